"""The servers of others that these tests speak to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.programs import find_mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto; without its program the test is skipped."""
    program = find_mosquitto()
    if program is None:
        pytest.skip("no Mosquitto on this machine; scripts/system-packages installs it where possible")
    one = Mosquitto(program, tmp_path)
    one.start()
    yield one
    one.stop()
