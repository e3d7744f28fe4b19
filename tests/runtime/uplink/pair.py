"""A hub and an edge site, each with a real bus and store of its own, and a bad line between them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s4.core.city import City
from s4.core.clock import RealClock
from s4.core.model import Detection, Fact, Observation, ObservationBatch, Reading, Series
from s4.core.uplink import UplinkPolicy
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.leaf_control import ServerWatch
from s4.runtime.nats_config import RUNNER, ServerPlan
from s4.runtime.nats_leaf import LeafListen, LeafRemote
from s4.runtime.nats_server import NatsServer
from s4.runtime.recorder import Recorder
from s4.runtime.routes import outgoing_batch, outgoing_fact
from s4.runtime.runner import _keep
from s4.runtime.sockets import free_port
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine
from s4.runtime.streams import FACTS, OBSERVATIONS, plans
from s4.runtime.uplink.edge import Line, UplinkPlan
from s4.runtime.uplink.intake import intakes
from s4.runtime.uplink.link import LinkHost
from s4.runtime.uplink.receiver import ReceiverHost
from s4.runtime.uplink.sender import SenderHost
from s4.runtime.wire import decode_batch, decode_fact
from s4.shield.secret import bcrypt_of
from tests.runtime.conftest import CITY
from tests.runtime.facts import START, detection
from tests.runtime.hosts import TOWN
from tests.runtime.uplink.proxy import BadLine

SITE, SECRET = "square", "a-secret-of-the-test"


def urgent(number: int) -> Detection:
    return detection(f"det-urgent-{number:05}", kind="gunshot", time=START + number)


def plain(number: int) -> Detection:
    return detection(f"det-plain-{number:05}", kind="loitering", time=START + number)


def readings(number: int, count: int = 20, source: str = "co2-1") -> ObservationBatch:
    """Readings whose values count on from batch to batch."""
    series = Series(source, "co2", "[ppm]")
    found = [Reading(series, START + number * count + i, float(number * count + i)) for i in range(count)]
    return ObservationBatch.of(SITE, START, found)


@dataclass
class End:
    """One end: its server, its bus, its store, and the hosts at work."""

    folder: Path
    server: NatsServer
    bus: Bus
    archive: SqlArchive
    recorder: Recorder
    city: City = TOWN
    line: Line | None = None
    tasks: dict[Host, asyncio.Task[None]] = field(default_factory=dict)

    async def start(self, hosts: Iterable[Host]) -> None:
        for host in hosts:
            await host.open()
            self.tasks[host] = asyncio.create_task(_keep(host))

    async def stop(self) -> None:
        for host in self.tasks:
            host.stop()
        if self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=15)
        await self.kill()

    async def kill(self) -> None:
        """Gone at whatever they were doing."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        self.tasks.clear()

    async def state(self, *facts: Fact | ObservationBatch) -> None:
        """As a room would have it recorded here."""
        messages = [
            outgoing_batch(CITY, f) if isinstance(f, ObservationBatch) else outgoing_fact(CITY, f) for f in facts
        ]
        await self.bus.publish(messages)

    async def stored(self, stream: str) -> list[tuple[str, bytes, dict[str, str]]]:
        """Everything in a stream, in order: subject, bytes, headers."""
        js = self.bus.client.jetstream(timeout=30)
        state = (await js.stream_info(stream)).state
        if not state.messages:
            return []
        reader = await js.subscribe("", stream=stream, ordered_consumer=True)
        found: list[tuple[str, bytes, dict[str, str]]] = []
        while len(found) < state.messages:
            message = await reader.next_msg(timeout=30)
            found.append((message.subject, message.data, dict(message.headers or {})))
        await reader.unsubscribe()
        return found

    async def detections(self, kind: str = "") -> list[str]:
        """The ids in the stream of facts, in order."""
        facts = [decode_fact(s.split(".")[3], data) for s, data, _ in await self.stored(FACTS) if ".gap." not in s]
        return [one.id for one in facts if isinstance(one, Detection) and kind in ("", one.kind)]

    async def values(self, property: str = "co2") -> list[float]:
        """The values of a property in the stream of readings, in order."""
        batches = [decode_batch(data) for s, data, _ in await self.stored(OBSERVATIONS) if s.endswith(".readings")]
        return [one.value for batch in batches for one in batch if one.series.property == property]

    async def events(self, property: str) -> list[Observation]:
        """The events of a property, in order."""
        found = [decode_fact("observation", d) for s, d, _ in await self.stored(OBSERVATIONS) if ".event." in s]
        return [one for one in found if isinstance(one, Observation) and one.property == property]


async def until(done: Callable[[], Any], patience_s: float = 60.0, every_s: float = 0.1) -> Any:
    """Wait until `done()`, awaited if need be, is true; returns it."""
    async with asyncio.timeout(patience_s):
        while True:
            found = done()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(every_s)


@contextlib.asynccontextmanager
async def end(folder: Path, plan: dict[str, Any]) -> AsyncIterator[End]:
    """A server, a bus with its streams, a store."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = (free_port(), free_port())
    full = ServerPlan(folder.name, folder / "bus", "127.0.0.1", *ports, "secret", **plan)
    engine = open_engine(f"sqlite:///{folder / 's4.sqlite'}")
    async with NatsServer(full, folder) as server:
        bus = await Bus.connect(server.url, user=RUNNER, password="secret")
        await bus.ensure(plans(CITY), mqtt=False)
        archive, clock = SqlArchive(engine), RealClock()
        found = End(folder, server, bus, archive, Recorder(CITY, bus, archive, clock, SourceBook(TOWN, clock)))
        try:
            yield found
        finally:
            await found.stop()
            await bus.close()
            engine.dispose()


@contextlib.asynccontextmanager
async def hub(folder: Path, port: int = 0) -> AsyncIterator[End]:
    """A hub that knows the site `square`, its receiver not yet at work."""
    listen = LeafListen("127.0.0.1", port or free_port(), {SITE: bcrypt_of(SECRET), "other": bcrypt_of("o")})
    async with end(folder, {"listen": listen}) as found:
        yield found


def receiver(at: End) -> ReceiverHost:
    return ReceiverHost(at.folder, CITY, at.bus, at.recorder, RealClock())


@contextlib.asynccontextmanager
async def edge(folder: Path, port: int, *, site: str = SITE, secret: str = SECRET) -> AsyncIterator[End]:
    """The edge site, its uplink not yet at work."""
    async with end(folder, {"remote": LeafRemote(site, secret, "127.0.0.1", port)}) as found:
        yield found


def uplink(at: End, policy: UplinkPolicy | None = None) -> list[Host]:
    """The uplink's hosts."""
    words = ("observation", "detection")
    at.line = Line(UplinkPlan(SITE, policy or UplinkPolicy(), words, at.folder))
    link = LinkHost(at.line, at.bus, at.recorder, RealClock(), ServerWatch(at.server).control)
    return [*intakes(at.line, CITY, at.bus, RealClock()), SenderHost(at.line, at.bus), link]


@dataclass
class Pair:
    """Both ends and the line between them."""

    hub: End
    edge: End
    line: BadLine


@contextlib.asynccontextmanager
async def pair(folder: Path, policy: UplinkPolicy | None = None) -> AsyncIterator[Pair]:
    """Both ends at work."""
    async with hub(folder / "hub") as above:
        assert above.server.plan.listen is not None
        line = BadLine(above.server.plan.listen.port)
        try:
            async with edge(folder / "edge", line.port) as below:
                await above.start([receiver(above)])
                await below.start(uplink(below, policy))
                yield Pair(above, below, line)
        finally:
            line.close()
