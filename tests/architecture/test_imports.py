"""Importing a package does nothing but define names: no heavy library, no file, no thread comes with it."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.architecture.sources import PACKAGE

HEAVY = {"alembic", "av", "cv2", "duckdb", "playwright", "pyarrow", "scipy", "shapely", "sklearn"}
DOORS = sorted(f"s4.{path.parent.name}" for path in PACKAGE.glob("*/__init__.py"))
COMMAND_LINE = [name for name in ("s4.app.cli",) if find_spec(name)]

REPORT = """
import sys, threading
import {module}
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
print(threading.active_count())
"""


@pytest.mark.parametrize("module", DOORS + COMMAND_LINE)
def test_an_import_is_light(module: str) -> None:
    command = [sys.executable, "-W", "error", "-c", REPORT.format(module=module)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded, threads = result.stdout.splitlines()
    assert not HEAVY & set(loaded.split()), f"importing {module} also imports these; import them where they are used"
    assert threads == "1"
