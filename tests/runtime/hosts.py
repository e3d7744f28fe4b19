"""A stage, an outlet and a door that are simple enough to say what must come of them; and hosts around them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Engine

from s4.core.city import City, Info, Outlet, Site, Source
from s4.core.clock import Clock, RealClock
from s4.core.errors import InputError
from s4.core.ids import derive_id
from s4.core.model import Detection, Observation, Place, Word
from s4.core.ports import Card, Context, Stage
from s4.core.snapshot import pack, unpack
from s4.runtime.bus import Bus
from s4.runtime.recorder import Recorder
from s4.runtime.routes import outgoing_fact
from s4.runtime.runner_stage import StageHost
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.snapshots import Snapshots
from tests.runtime.conftest import CITY
from tests.runtime.facts import START

HERE = Place(43.0, -2.0)
TOWN = City(
    Info(CITY, "Town", HERE), (Site("square", "Square", HERE),), source=(Source("door-1", "square", "device"),),
    outlet=(Outlet("gate-1", "square", "test", ("device.set",)),),
)  # fmt: skip
CARD = Card("counter", "1", "Counter", "Counts.")


class _State(msgspec.Struct):
    count: int = 0
    ticks: int = 0


class Counter(Stage):
    """States one detection for each observation, with how many came before it: order, loss and doubling all show."""

    card = CARD
    room = "edge"
    consumes = (Observation,)
    produces = (Detection,)
    period_s = 0.5

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.state = _State()

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        bad = [fact for fact in facts if isinstance(fact, Observation) and fact.body.get("poison")]
        if bad:
            if bad[0].body["poison"] == "fault":
                raise ZeroDivisionError("a fault of ours")
            raise InputError("is poison", field="body")
        stated = []
        for fact in facts:
            assert isinstance(fact, Observation)
            self.state.count += 1
            name = derive_id("det", "counter", fact.id, self.state.count)
            stated.append(
                Detection(name, "gas", now, "square", fact.source, "counter/1", fact.id, 0.5,
                          attributes={"count": float(self.state.count)})
            )  # fmt: skip
        self.state.ticks += not facts
        return stated

    def snapshot(self) -> bytes:
        return pack(self.state, "counter", 1)

    def restore(self, state: bytes) -> None:
        self.state = unpack(state, _State, "counter", 1)


def event(number: int, **body: Any) -> Observation:
    return Observation(f"obs-{number:06}", "door-1", "state", START + number, "square", START, body)


@dataclass
class Desk:
    """What a host needs, and the host of a `Counter`."""

    bus: Bus
    engine: Engine
    clock: Clock = field(default_factory=RealClock)
    stages: list[Counter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archive = SqlArchive(self.engine)
        self.sources = SourceBook(TOWN, self.clock)
        self.recorder = Recorder(CITY, self.bus, self.archive, self.clock, self.sources)

    def make(self) -> Counter:
        self.stages.append(Counter(Context(TOWN, self.clock)))
        return self.stages[-1]

    def host(self) -> StageHost:
        return StageHost("counter", self.make, CITY, self.bus, self.recorder, Snapshots(self.engine), self.clock)

    async def send(self, *events: Observation) -> None:
        await self.bus.publish([outgoing_fact(CITY, one) for one in events])

    def counted(self) -> list[int]:
        """What was stated, in the order of the observations."""
        found = sorted(self.archive.known(Detection, limit=100_000), key=lambda one: one.happening)
        return [int(one.attributes["count"]) for one in found]  # type: ignore[arg-type]

    async def until(self, done: Callable[[], bool], patience_s: float = 60.0) -> None:
        async with asyncio.timeout(patience_s):
            while not await asyncio.to_thread(done):
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def at_work(host: Any, keep: Callable[[Any], Any] | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """The host runs inside the block and is stopped properly at its end."""
    await host.open()
    task = asyncio.create_task(keep(host) if keep else host.run())
    try:
        yield task
    finally:
        host.stop()
        await asyncio.wait([task], timeout=20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for pull in getattr(host, "_pulls", []):
            await host._bus.drop(pull)


async def killed(task: asyncio.Task[None], host: StageHost) -> None:
    """Gone at whatever it was doing, without a last snapshot; its consumers stay on the bus."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for pull in host._pulls:
        await host._bus.drop(pull)
    host._pulls = []
