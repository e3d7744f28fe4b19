"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres import PostgresServer, postgres_server
from tests.support.programs import find_chromium, find_postgres
from tests.support.side_by_side import ByFile

CHECKOUT = Path(__file__).resolve().parent.parent

# A busy two-core machine makes single examples slow now and then; that says nothing about the code. The suite tries the
# same examples every time, so that it says the same of the same code; `make fuzz` looks for new ones.
settings.register_profile(
    "house", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("explore", settings.get_profile("house"), derandomize=False)
settings.load_profile(os.environ.get("S4_EXAMPLES", "house"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real recordings, `$S4_DATA` or `../shared/data`; without it the test is skipped."""
    folder = Path(os.environ.get("S4_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}; set S4_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own; without its programs the test is skipped."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine; scripts/system-packages installs it where possible")
    with postgres_server(programs) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The address of a new, empty database, as SQLAlchemy writes it: `postgresql+psycopg://…`."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A Chromium that starts, for Playwright's `executable_path`; without one the test is skipped."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium on this machine; scripts/system-packages installs it where possible")
    return found


KINDS = {"data_dir": "data", "postgres": "postgres", "chromium": "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for, so that `-m "not postgres"` means what it says."""
    for item in items:
        for fixture in KINDS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(KINDS[fixture])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """With `-n`: who gets which tests."""
    return ByFile(config, log)
