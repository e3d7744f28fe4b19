"""What the tests stand on holds."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError


def test_a_database_is_real_and_empty(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE city (name text)"))
        connection.execute(text("INSERT INTO city VALUES ('Trikala')"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM city")) == "Trikala"
    engine.dispose()


def test_the_server_asks_for_the_password(postgres_url: str) -> None:
    user, _, rest = postgres_url.rpartition("@")
    engine = create_engine(f"{user}x@{rest}")
    with pytest.raises(OperationalError, match="password"):
        engine.connect()
    engine.dispose()


def test_chromium_starts(chromium: Path) -> None:
    shown = subprocess.run([chromium, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    assert "Chrom" in shown
