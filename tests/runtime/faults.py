"""What the faults tests send, how they kill, and what must be there afterwards."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from nats.errors import Error as NatsError

from s4.core.model import Incident, Risk, revision_of
from s4.runtime.bus import Bus
from s4.runtime.history.reader import HistoryReader
from s4.runtime.nats_config import RUNNER
from s4.runtime.nats_server import runner_password
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine, store_url
from tests.support.city import CITY, Town, device
from tests.support.mqtt import Book, Message, Publisher

DEVICES = ("careful", "careless", "poster", "doors")
SPIKES = 20
APART_NS = 2 * 3600 * 1_000_000_000  # further apart than anything that fusion puts into one incident
POST = 100
ASSET = """
[[asset]]
id = "gate"
name = "Gate"
site = "square"
kind = "entrance"
place = { lat = 43.26, lon = -2.93 }
"""
RULE = """
[[rule]]
id = "force-{i}"
property = "force-{i}"
kind = "door_forced"
text = "Door {i} forced"
over = 100
"""


def write_city(folder: Path) -> None:
    """A city with four devices, and a rule for each of the doors."""
    head = CITY.replace('name = "Town"', 'name = "Town"\nrules = "rules.toml"')
    (folder / "city.toml").write_text(head + "".join(map(device, DEVICES)))
    (folder / "rules.toml").write_text("".join(RULE.format(i=i) for i in range(SPIKES)))


def reading(value: float, time: int, **more: object) -> dict[str, object]:
    return {"value": value, "time": time, **more}


def plain(name: str, count: int, start: int) -> list[Message]:
    """Readings of one device, each with a time and a value of its own."""
    return [(f"s4/in/{name}/level", json.dumps(reading(i / 2, start + i)).encode()) for i in range(count)]


def spikes(start: int) -> list[Message]:
    """One reading over its limit for each door."""
    when = [start - (i + 1) * APART_NS for i in range(SPIKES)]
    return [(f"s4/in/doors/force-{i}", json.dumps(reading(500.0, t)).encode()) for i, t in enumerate(when)]


@dataclass
class Traffic:
    """Everything that is sent in one run, and what became of it. `start`: ns of the first reading."""

    town: Town
    secrets: dict[str, str]
    start: int
    counts: dict[str, int]
    on_ack: Callable[[int], None] = lambda _: None
    books: dict[str, Book] = field(default_factory=dict)

    async def send(self) -> None:
        """Send it all at once; returns when each observation is acknowledged or given up."""
        await asyncio.gather(
            self._mqtt("careful", plain("careful", self.counts["careful"], self.start)),
            self._mqtt(
                "careless",
                plain("careless", self.counts["careless"], self.start),
                careful=False,
                window=32,
                pace_s=0.1,
            ),
            self._mqtt("doors", spikes(self.start), window=1, pause_s=self.counts.get("pause_ms", 0) / 1000),
            self._post(self.counts["poster"]),
        )

    async def _mqtt(
        self, name: str, messages: list[Message], *, careful: bool = True, window: int = 256, pace_s: float = 0.0,
        pause_s: float = 0.0,
    ) -> None:  # fmt: skip
        book = self.books[name] = Book()
        publisher = Publisher(
            self.town.mqtt_port, name, self.secrets[name], careful, window, pace_s, book, on_ack=self.on_ack
        )  # fmt: skip
        if not pause_s:
            await publisher.send(messages)
            return
        total = Book()
        for number, message in enumerate(messages):  # one by one, so that they meet every kill
            publisher.book = Book()
            await publisher.send([message])
            total.acknowledged.add(number)
            total.repeated += publisher.book.repeated
            await asyncio.sleep(pause_s)
        self.books[name] = total

    async def _post(self, count: int) -> None:
        book = self.books["poster"] = Book()
        headers = {"authorization": f"Bearer {self.secrets['poster']}", "content-type": "application/x-ndjson"}
        async with httpx.AsyncClient(timeout=20, headers=headers) as client:
            for first in range(0, count, POST):
                rows = [reading(i / 2, self.start + i, property="level") for i in range(first, first + POST)]
                body = "\n".join(map(json.dumps, rows)).encode()
                while not await self._posted(client, body):
                    book.repeated += POST
                    await asyncio.sleep(0.1)
                book.acknowledged.update(range(first, first + POST))
                self.on_ack(POST)

    async def _posted(self, client: httpx.AsyncClient, body: bytes) -> bool:
        try:
            answer = await client.post(f"{self.town.http}/ingest/poster", content=body)
        except httpx.HTTPError:
            return False
        return answer.status_code == 202


@dataclass
class Killer:
    """Kills when so much has been acknowledged: `moments` of s4 and of the bus, counted in observations."""

    town: Town
    kills: list[int]
    bus_kills: list[int]
    chance: random.Random
    acknowledged: int = 0
    done: list[str] = field(default_factory=list)

    @classmethod
    def seeded(cls, town: Town, total: int, kills: int, bus_kills: int, seed: int) -> "Killer":
        chance = random.Random(seed)
        moments = sorted(chance.sample(range(total // 50, total * 9 // 10), kills + bus_kills))
        which = set(chance.sample(range(kills + bus_kills), bus_kills))
        return cls(
            town, [m for i, m in enumerate(moments) if i not in which],
            [m for i, m in enumerate(moments) if i in which], chance,
        )  # fmt: skip

    def count(self, number: int) -> None:
        self.acknowledged += number

    async def run(self, over: Callable[[], bool]) -> None:
        """Kill at every moment, start again at once, until it is over; fail when s4 ends by itself."""
        while not over():
            await asyncio.sleep(0.02)
            assert self.town.process is not None
            assert self.town.process.poll() is None, f"s4 has ended:\n{self.town.log()[-3000:]}"
            if self.kills and self.acknowledged >= self.kills[0]:
                self.kills.pop(0)
                await asyncio.sleep(self.chance.random() * 0.3)
                await asyncio.to_thread(self.town.kill)
                self.town.start()
                self.done.append("s4")
            if self.bus_kills and self.acknowledged >= self.bus_kills[0]:
                await asyncio.sleep(self.chance.random() * 0.3)
                if self.town.kill_bus():
                    self.bus_kills.pop(0)
                    self.done.append("bus")


async def settled(town: Town, patience_s: float = 120.0) -> None:
    """Return when nothing waits on the bus for anybody."""
    where = await asyncio.to_thread(town.wait_ready)
    bus = await Bus.connect(where["bus"], user=RUNNER, password=runner_password(town.data))
    calm, until = 0, time.monotonic() + patience_s
    try:
        while calm < 3:
            await asyncio.sleep(0.5)
            waiting = await _waiting(bus)
            calm = 0 if waiting else calm + 1
            assert time.monotonic() < until, f"still waiting: {waiting}"
    finally:
        await bus.close()


async def _waiting(bus: Bus) -> dict[str, int]:
    """Who still has something to read, or to make durable before it acknowledges."""
    js = bus.client.jetstream(timeout=10)
    try:
        waiting = {"devices": (await js.stream_info("$MQTT_msgs")).state.messages}
        for stream in ("S4_OBSERVATIONS", "S4_FACTS"):
            for one in await js.consumers_info(stream):
                waiting[one.name] = (one.num_pending or 0) + (one.num_ack_pending or 0)
    except (NatsError, TimeoutError) as error:
        return {str(error): 1}
    return {name: number for name, number in waiting.items() if number}


@dataclass(frozen=True)
class Outcome:
    """What is stored after a run: kind by incident, how many detections each rests on, risks by incident."""

    incidents: dict[str, str]
    detections: dict[str, int]
    risks: dict[str, str]


def outcome(town: Town, store: str = "") -> Outcome:
    """Read it from the store: what the doors say. Whether the others are a flood depends on how fast they may be."""
    engine = open_engine(store_url(store, town.data))
    archive = SqlArchive(engine)
    incidents = [one for one in archive.known(Incident, limit=10_000) if one.kind == "door_forced"]
    ours = {one.id for one in incidents}
    risks = [one for one in archive.known(Risk, limit=10_000) if one.incident in ours]
    for one in incidents:
        revisions = [revision_of(row.fact) for row in archive.revisions(one.id)]
        assert sorted(revisions) == list(range(len(revisions))), f"revisions of {one.id}: {revisions}"
    engine.dispose()
    return Outcome(
        {one.id: one.kind for one in incidents},
        {one.id: one.detections for one in incidents},
        {one.id: f"{one.incident} {one.asset}" for one in risks},
    )


def in_history(town: Town, name: str, count: int, start: int) -> dict[int, list[float]]:
    """index → the values that history has for a device's reading of that index; more than one is one too many."""
    reader, found = HistoryReader(town.data / "history"), dict[int, list[float]]()
    for first in range(0, count, 5000):
        rows = reader.window(name, "level", start + first, start + first + 5000, 5000)
        for at, _, low, high in rows:
            found[at - start] = [low] if low == high else [low, high]
    return found


def check_history(traffic: Traffic) -> int:
    """Every acknowledged observation once, nothing that was never sent; returns how many unacknowledged ones are."""
    extra, total = 0, 0
    for name in ("careful", "careless", "poster"):
        count, book = traffic.counts[name], traffic.books[name]
        found = in_history(traffic.town, name, count, traffic.start)
        missing = book.acknowledged - found.keys()
        assert not missing, f"{len(missing)} acknowledged observations of {name} are missing: {sorted(missing)[:5]}"
        assert found.keys() <= set(range(count)), f"{name} never sent that"
        assert all(values == [i / 2] for i, values in found.items()), f"{name}: another value than was sent"
        extra += len(found.keys() - book.acknowledged)
        total += len(found)
    assert HistoryReader(traffic.town.data / "history").count("readings") == total + SPIKES, "each exactly once"
    return extra
