"""A server to every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from s4.picture.streams import Streams
from tests.picture.stand import Stand, running


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A running server, its streams quicker than in life so that tests are."""
    with running(tmp_path, Streams(most=4, slow_s=1.0, sources_s=0.05, clock_s=0.2)) as one:
        yield one


@pytest.fixture
def operator(stand: Stand) -> httpx.Client:
    """An operator's browser."""
    return stand.client("operator")
