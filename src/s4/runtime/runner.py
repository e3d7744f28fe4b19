"""The runner: starts the bus and the store, gives every room's parts their host, and stops them in order.

It alone speaks on the bus. What may run where is the caller's choice (`RunPlan`); the runner knows no room by name.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Container, Sequence
from pathlib import Path
from typing import Final

import msgspec
from nats.aio.msg import Msg

from s4.core.city import City, Source
from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import InputError
from s4.core.live import LiveBoard
from s4.core.logs import get_logger
from s4.core.model import Observation, ObservationBatch, Raw
from s4.core.model.command import ZONE_DECISIONS
from s4.core.ports import Camera, Door, Exporter, Outlet, Stage
from s4.core.register import Register
from s4.core.subjects import MQTT_IN
from s4.core.zones import ZoneBook
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.claims import claimed
from s4.runtime.devices import DeviceBook, decisions, keep_register, keep_zones
from s4.runtime.export.record import record_ends
from s4.runtime.export.state import ExportState
from s4.runtime.feed import LiveFeed
from s4.runtime.history.merge import merge_history
from s4.runtime.history.reader import HistoryReader
from s4.runtime.history.writer import events_writer, readings_writer
from s4.runtime.host import Host
from s4.runtime.live import LiveBook, keep_board
from s4.runtime.recorder import Recorder
from s4.runtime.routes import raw_of
from s4.runtime.rules import RuleBook
from s4.runtime.runner_camera import CameraHost
from s4.runtime.runner_commands import CommandHost
from s4.runtime.runner_dispatch import Dispatch, no_newcomer
from s4.runtime.runner_door import DoorHost
from s4.runtime.runner_export import ExportHost
from s4.runtime.runner_history import HistoryHost
from s4.runtime.runner_stage import StageHost
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine
from s4.runtime.store.snapshots import Snapshots
from s4.runtime.streams import DUPLICATE_WINDOW_S, FACTS, plans
from s4.runtime.uplink.orders import SiteOrders

_MERGE_EVERY_S: Final = 600.0
_STOP_S: Final = 10.0

log = get_logger(__name__)


class Beside(msgspec.Struct, frozen=True):
    """What a host that is no room's part may need: an edge site's uplink, the hub's receiver."""

    city: str
    bus: Bus
    recorder: Recorder
    archive: SqlArchive
    clock: Clock
    dispatch: Dispatch


class RunPlan(msgspec.Struct, frozen=True):
    """What to run here: made by the composition root. `bus_url` with `bus_user`, `bus_password`; `store_url` as
    SQLAlchemy wants it; `history`: its folder, or None when another process keeps it; `beside`: make further
    hosts; `register`: the devices that the parts let in, which the runner keeps up to date, as it does `zones`;
    `board`: where the cameras show themselves; `exports`: what leaves from here, their queues in `exports_folder`
    (None: no export is this process' business); `edges`: the edge sites that come in here;
    `newcomer`: the outlet of a device that was approved since the city was described.
    """

    city: City
    clock: Clock
    bus_url: str
    bus_user: str
    bus_password: str
    store_url: str
    stages: Sequence[tuple[str, Callable[[], Stage]]] = ()
    doors: Sequence[Door] = ()
    cameras: Sequence[tuple[Source, Camera, list[Stage]]] = ()
    outlets: Sequence[Outlet] = ()
    newcomer: Callable[[str], Outlet | None] = no_newcomer
    deliver: bool = True
    history: Path | None = None
    beside: Sequence[Callable[[Beside], Sequence[Host]]] = ()
    register: Register | None = None
    board: LiveBoard | None = None
    zones: ZoneBook | None = None
    exports: Sequence[Exporter] = ()
    exports_folder: Path | None = None
    edges: Callable[[], Container[str]] | None = None


class Running(msgspec.Struct, frozen=True):
    """What stands while the runner runs: for the HTTP side and for whoever asks how it is."""

    bus: Bus
    archive: SqlArchive
    feed: LiveFeed
    recorder: Recorder
    history: HistoryReader | None
    sources: SourceBook
    register: Register
    live: LiveBook
    zones: ZoneBook
    exports: Sequence[ExportState] = ()


@contextlib.asynccontextmanager
async def running(plan: RunPlan) -> AsyncIterator[Running]:
    """Start everything in `plan`; inside the block it runs; leaving it stops cleanly (snapshots, history, bus)."""
    async with contextlib.AsyncExitStack() as stack:
        engine = await asyncio.to_thread(open_engine, plan.store_url)
        stack.callback(engine.dispose)
        bus = await Bus.connect(plan.bus_url, user=plan.bus_user, password=plan.bus_password)
        stack.push_async_callback(bus.close)
        city = plan.city.city.id
        sources = SourceBook(plan.city, plan.clock)
        archive = SqlArchive(engine)
        devices, rules = DeviceBook(), RuleBook()
        feed = LiveFeed(archive, sources, devices, rules)
        archive.on_record = feed.recorded
        if plan.register is not None:  # before any stage is made, so that each begins with what was decided
            plan.register.take(await asyncio.to_thread(decisions, archive))
        if plan.zones is not None:
            plan.zones.take(await asyncio.to_thread(decisions, archive, ZONE_DECISIONS))
        recorder = Recorder(city, bus, archive, plan.clock, sources)
        team = _Team(plan, bus, archive, recorder, Snapshots(engine))
        claiming = stack.enter_async_context(claimed(bus, city, team.names))
        await asyncio.gather(claiming, bus.ensure(plans(city), mqtt=team.hears_mqtt))
        for heard in (feed, devices, rules):
            await heard.listen(bus, city)
        live = LiveBook(bus, city)
        await live.listen()
        told_until = await bus.newest(FACTS)
        stack.push_async_callback(team.stop)
        await team.start()
        await _tell_again(plan.clock, told_until, archive, recorder)
        if plan.exports_folder is not None:
            await record_ends(plan.exports_folder, [one.export.id for one in plan.exports], recorder)
        reader = HistoryReader(plan.history) if plan.history else None
        yield Running(
            bus, archive, feed, recorder, reader, sources, plan.register or Register(plan.city), live,
            plan.zones or ZoneBook(plan.city), team.exports,
        )  # fmt: skip


async def _tell_again(clock: Clock, told_until: int, archive: SqlArchive, recorder: Recorder) -> None:
    """Publish what the last life committed and perhaps could not publish, or a power cut took from the bus again."""
    since = min(clock.now(), clock.at(told_until)) if told_until else clock.now()
    since -= int(DUPLICATE_WINDOW_S * NS_PER_S * clock.speed)
    await recorder.tell_again([item.fact for item in await asyncio.to_thread(archive.since, since)])


class _Team:
    """Every host of a plan, and the order in which they start and stop: those that read first, the doors last."""

    def __init__(self, plan: RunPlan, bus: Bus, archive: SqlArchive, recorder: Recorder, snapshots: Snapshots) -> None:
        city, clock = plan.city.city.id, plan.clock
        self._plan, self._bus, self._recorder, self._archive = plan, bus, recorder, archive
        self._stages = [StageHost(name, make, city, bus, recorder, snapshots, clock) for name, make in plan.stages]
        self._readers: list[Host] = list(self._stages)
        if plan.history:
            readings, events = readings_writer(plan.history), events_writer(plan.history)
            self._readers += [
                HistoryHost("readings", ObservationBatch, readings, city, bus, clock, recorder),
                HistoryHost("events", Observation, events, city, bus, clock),
            ]
        sites = SiteOrders(bus, plan.edges) if plan.edges is not None else None
        dispatch = Dispatch(plan.outlets, bus, clock, newcomer=plan.newcomer, sites=sites)
        if plan.deliver:
            self._readers.append(CommandHost(dispatch, city, bus, recorder, archive, clock))
        folder = plan.exports_folder
        sending = [ExportHost(one, folder, city, bus, recorder, clock) for one in plan.exports] if folder else []
        self.exports = [host.state for host in sending]
        self._readers += sending
        around = Beside(city, bus, recorder, archive, clock, dispatch)
        self._readers += [host for make in plan.beside for host in make(around)]
        self._entrances: list[Host] = [DoorHost(door, city, bus, recorder, clock) for door in plan.doors]
        self._entrances += [CameraHost(*camera, recorder, clock, plan.board) for camera in plan.cameras]
        self._tasks: dict[Host, asyncio.Task[None]] = {}
        self._chores: list[asyncio.Task[None]] = []

    @property
    def names(self) -> list[str]:
        """Of what may run only once on a bus."""
        return [host.name for host in self._readers]

    @property
    def hears_mqtt(self) -> bool:
        """Whether devices are heard here."""
        return any(Raw in host.stage.consumes for host in self._stages)

    async def start(self) -> None:
        """Consumers first, so that nothing a door records is missed."""
        await asyncio.gather(*(host.open() for host in self._readers))
        await self._hear_lossy()
        self._tasks = {host: asyncio.create_task(_keep(host)) for host in (*self._readers, *self._entrances)}
        self._chores = [asyncio.create_task(self._watch_bus())]
        where = (self._archive, self._bus, self._plan.city.city.id, self._plan.clock)
        if self._plan.register is not None:
            self._chores.append(asyncio.create_task(keep_register(self._plan.register, *where)))
        if self._plan.zones is not None:
            self._chores.append(asyncio.create_task(keep_zones(self._plan.zones, *where)))
        if self._plan.board is not None and self._plan.cameras:
            self._chores.append(asyncio.create_task(keep_board(self._plan.board, self._bus, self._plan.city.city.id)))
        if self._plan.history:
            self._chores.append(asyncio.create_task(self._merge_now_and_then(self._plan.history)))

    async def _hear_lossy(self) -> None:
        """MQTT QoS 0 is not stored by the bus: it is heard as it passes."""
        takers = [host for host in self._stages if Raw in host.stage.consumes]
        if not takers:
            return

        async def on_message(message: Msg) -> None:
            if (message.headers or {}).get("Nmqtt-Pub", "0") != "0":
                return
            with contextlib.suppress(InputError):
                raw = raw_of(message.subject, message.data, self._plan.clock.now())
                for host in takers:
                    host.offer(raw)

        await self._bus.listen(f"{MQTT_IN}.>", on_message)

    @staticmethod
    async def _merge_now_and_then(history: Path) -> None:
        while True:
            await asyncio.sleep(_MERGE_EVERY_S)
            await asyncio.to_thread(merge_history, history)

    async def _watch_bus(self) -> None:
        while True:
            metrics.BUS_UP.set(1.0 if self._bus.connected else 0.0)
            await asyncio.sleep(1.0)

    async def stop(self) -> None:
        """Doors first; then the readers finish what is under way and make it durable."""
        for task in self._chores:
            task.cancel()
        for hosts in (self._entrances, self._readers):
            await self._stop([(host, self._tasks[host]) for host in hosts if host in self._tasks])

    @staticmethod
    async def _stop(team: list[tuple[Host, asyncio.Task[None]]]) -> None:
        for host, _ in team:
            host.stop()
        tasks = [task for _, task in team]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_STOP_S)
        for task in late:
            task.cancel()  # what it did since its last snapshot will be done again from the bus
        await asyncio.gather(*tasks, return_exceptions=True)
        for host, task in team:
            if task in late:
                log.warning("did not stop in time", host=host.name)


async def _keep(host: Host) -> None:
    """A host that fails for a fault of ours is started again, and says so; it never takes the others along."""
    pause = 0.5
    while not host.stopping:
        try:
            await host.run()
            return
        except Exception:
            log.exception("host failed; it starts again", host=host.name)
            metrics.STAGE_ERRORS.labels(host.name).inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)
