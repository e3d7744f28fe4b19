"""Imports point down the street, and the contract that says so would notice one that does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import CHECKOUT, PACKAGE


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_layers_hold() -> None:
    result = lint_imports(CHECKOUT)
    assert result.returncode == 0, result.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "src" / "s4", ignore=shutil.ignore_patterns("page", "__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("importer", "imported"),
    [("fusion", "detection"), ("core", "shield"), ("shield", "picture"), ("runtime", "app")],
)
def test_a_wrong_import_is_noticed(copy: Path, importer: str, imported: str) -> None:
    (copy / "src" / "s4" / importer / "intruder.py").write_text(f"import s4.{imported}\n")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert f"s4.{importer}.intruder -> s4.{imported}" in result.stdout


def test_a_package_outside_the_street_is_noticed(copy: Path) -> None:
    (copy / "src" / "s4" / "common").mkdir()
    (copy / "src" / "s4" / "common" / "__init__.py").touch()
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "common" in result.stdout
