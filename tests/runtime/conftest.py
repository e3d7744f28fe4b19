"""A real bus, a real store."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine

from s4.runtime.bus import Bus
from s4.runtime.nats_config import RUNNER, ServerPlan
from s4.runtime.nats_server import NatsServer
from s4.runtime.sockets import free_port
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine
from s4.runtime.streams import plans

CITY = "town"
STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def server_plan(folder: Path, devices: Mapping[str, str] | None = None, sync_interval: str = "1s") -> ServerPlan:
    return ServerPlan(
        "test", folder / "bus", "127.0.0.1", free_port(), free_port(), "secret",
        devices or {}, sync_interval,
    )  # fmt: skip


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A nats-server of our own on free ports."""
    async with NatsServer(server_plan(tmp_path), tmp_path) as running:
        yield running


async def connect(server: NatsServer) -> Bus:
    return await Bus.connect(server.url, user=RUNNER, password=server.plan.runner_password)


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    """A connection to it, the streams made."""
    connected = await connect(server)
    await connected.ensure(plans(CITY), mqtt=True)
    yield connected
    await connected.close()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, SQLite and PostgreSQL in turn."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 's4.sqlite'}"


@pytest.fixture
def engine(store: str) -> Iterator[Engine]:
    opened = open_engine(store)
    yield opened
    opened.dispose()


@pytest.fixture
def archive(engine: Engine) -> SqlArchive:
    return SqlArchive(engine)
