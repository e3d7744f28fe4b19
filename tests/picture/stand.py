"""The picture's server as it runs in the platform: uvicorn on a free port, a real store, real history."""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn

from s4.app.replays import Replays
from s4.core.archive import Recorded
from s4.core.clock import ManualClock
from s4.core.live import CameraState, LiveBoard, Look, Wish
from s4.core.model import Fact, Observation, ObservationBatch
from s4.core.register import Register
from s4.core.zones import ZoneBook
from s4.edge.queries.desk import Desk
from s4.picture.routes import create_app
from s4.picture.services import PictureServices
from s4.picture.streams import Streams
from s4.runtime.devices import DeviceBook
from s4.runtime.feed import LiveFeed
from s4.runtime.history.reader import HistoryReader
from s4.runtime.history.writer import events_writer, readings_writer
from s4.runtime.rules import RuleBook
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from s4.shield.credentials import Credentials
from s4.shield.failures import FailureLimit
from s4.shield.openings import Openings
from s4.shield.roles import Role
from s4.shield.sessions import Person, Sessions
from tests.picture.facts import CITY, T0


class StorePublisher:
    """`core.archive.Publisher` where nobody else is on the bus: decisions go straight into the store."""

    def __init__(self, archive: SqlArchive, clock: ManualClock) -> None:
        self._archive, self._clock = archive, clock

    async def decide(self, facts: Sequence[Fact], actor: str, action: str, target: str, reason: str) -> None:
        entry = (actor, action, target, reason, "")
        await asyncio.to_thread(self._archive.decide, facts, entry, self._clock.now())

    async def take(self, batches: Sequence[ObservationBatch | Fact]) -> None:
        facts = [one for one in batches if not isinstance(one, ObservationBatch)]
        await asyncio.to_thread(self._archive.record, facts, self._clock.now())


class BoardLive:
    """`core.live.Live` where cameras and picture are one process and nothing goes over a bus."""

    def __init__(self, board: LiveBoard) -> None:
        self._board = board

    def states(self) -> Mapping[str, CameraState]:
        return {one.camera: one for one in self._board.states()}

    async def looks(self, cameras: Sequence[str], wish: Wish) -> AsyncGenerator[Look]:
        loop, newest = asyncio.get_running_loop(), asyncio.Queue[Look]()

        def on_look(look: Look) -> None:
            loop.call_soon_threadsafe(newest.put_nowait, look)

        self._board.on_look = on_look
        for camera in cameras:
            self._board.ask(camera, wish)
        while True:
            yield await newest.get()


@dataclass
class Stand:
    """A running server and what stands behind it."""

    folder: Path
    services: PictureServices
    archive: SqlArchive
    sources: SourceBook
    clock: ManualClock
    machine: ManualClock
    devices: DeviceBook = field(default_factory=DeviceBook)
    rules: RuleBook = field(default_factory=RuleBook)
    board: LiveBoard = field(default_factory=LiveBoard)
    port: int = 0
    open: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, role: Role | None = "operator", actor: str = "ana") -> httpx.Client:
        """A browser of somebody with this role; None: of nobody."""
        client = self.open.enter_context(httpx.Client(base_url=self.url, headers={"X-S4": "1"}, timeout=20))
        if role is not None:
            cookie = self.services.sessions.open(Person(actor, role, actor.title()))
            client.cookies.set("s4_session", cookie, domain="127.0.0.1")
        return client

    def record(self, *facts: Fact, seconds: float | None = None) -> list[Recorded]:
        """Facts that became known so many seconds after the start (now if left out)."""
        if seconds is not None:
            self.clock.advance_to(T0 + int(seconds * 1e9))
        return self.archive.record(facts, self.clock.now())

    def read(self, batch: ObservationBatch) -> None:
        """Readings that went into history."""
        writer = readings_writer(self.folder / "history")
        writer.add(writer.reached() + 1, batch.received, batch, len(batch))
        writer.flush()

    def happen(self, *events: Observation) -> None:
        """Events that went into history."""
        writer = events_writer(self.folder / "history")
        first = writer.reached() + 1
        for number, event in enumerate(events, first):
            writer.add(number, event.received, event, 1)
        writer.flush()


def build(folder: Path, streams: Streams) -> Stand:
    """Everything behind the server, but the feed, which needs the server's loop."""
    clock, machine = ManualClock(T0), ManualClock(T0)
    archive = SqlArchive(open_engine(store_url(None, folder)))
    sources, devices, rules, board = SourceBook(CITY, clock), DeviceBook(), RuleBook(), LiveBoard()
    for name in ("evidence", "page", "history"):
        (folder / name).mkdir()
    readings = HistoryReader(folder / "history")
    services = PictureServices(
        archive=archive,
        readings=readings,
        feed=LiveFeed(archive, sources, devices, rules),
        publisher=StorePublisher(archive, clock),
        city=CITY,
        clock=clock,
        sessions=Sessions(machine),
        credentials=Credentials(folder / "credentials.json", machine),
        failures=FailureLimit(machine),
        openings=Openings(machine),
        evidence=folder / "evidence",
        register=Register(CITY),
        desk=Desk(CITY, readings),
        live=BoardLive(board),
        zones=ZoneBook(CITY),
        replays=Replays(CITY, ZoneBook(CITY), folder, folder / "recordings"),
        map_file=folder / "map.geojson",
        page=folder / "page",
        streams=streams,
    )
    archive.on_record = services.feed.recorded  # type: ignore[attr-defined]
    return Stand(folder, services, archive, sources, clock, machine, devices, rules, board)


Box = list[tuple[Stand, uvicorn.Server, asyncio.AbstractEventLoop]]


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test run keeps its own."""


@contextmanager
def running(folder: Path, streams: Streams) -> Iterator[Stand]:
    """A stand whose server answers; stopped at the end, streams first."""
    ready, box = threading.Event(), Box()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(folder, streams, box, ready)))
    thread.start()
    assert ready.wait(20)
    stand, server, loop = box[0]
    try:
        yield stand
    finally:
        stand.open.close()
        loop.call_soon_threadsafe(streams.stop)
        server.should_exit = True
        thread.join(20)
        stand.archive._engine.dispose()
        assert not thread.is_alive()


async def _serve(folder: Path, streams: Streams, box: Box, ready: threading.Event) -> None:
    stand = build(folder, streams)
    listener = socket.create_server(("127.0.0.1", 0))
    stand.port = listener.getsockname()[1]
    config = uvicorn.Config(create_app(stand.services), log_level="warning", lifespan="off", http="httptools")
    server = _Server(config)
    box.append((stand, server, asyncio.get_running_loop()))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    ready.set()
    await serving
    listener.close()
