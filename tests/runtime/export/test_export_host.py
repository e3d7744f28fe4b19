"""An export at work on a real bus, towards a real HTTP server that is well, slow, away, or refuses."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from prometheus_client import generate_latest

from s4.adapters.export.pipeline import Pipeline
from s4.core import registry
from s4.core.clock import RealClock
from s4.core.export import Export
from s4.core.model import ObservationBatch, Series
from s4.core.ports import Card, Context, Parcel, Target
from s4.runtime import deadletters
from s4.runtime.bus import Bus
from s4.runtime.export.record import record_ends
from s4.runtime.metrics import REGISTRY
from s4.runtime.recorder import Recorder
from s4.runtime.runner_export import ExportHost
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive
from s4.runtime.store.engine import open_engine
from tests.runtime.conftest import CITY
from tests.runtime.facts import detection
from tests.runtime.hosts import TOWN, at_work, event
from tests.support.receiver import Heard, Receiver, receiving

SERIES = (Series("co2-1", "co2", "[ppm]"), Series("temp-1", "air", "K"))
LARGE = {"rows": 1000, "seconds": 0.05}
READY = {"rows": 50, "seconds": 0.05}
PATIENT = {"first_s": 0.05, "most_s": 0.2, "timeout_s": 0.5}


def readings(first: int, count: int) -> ObservationBatch:
    """Readings whose times and values are numbered."""
    numbers = np.arange(first, first + count)
    code = (numbers % 2).astype(np.int32)
    return ObservationBatch("square", 1, SERIES, code, numbers.astype(np.int64), numbers.astype(np.float64))


class Desk:
    """What an export needs around it."""

    def __init__(self, bus: Bus, folder: Path) -> None:
        self.bus, self.folder, self.clock = bus, folder, RealClock()
        self.engine = open_engine(f"sqlite:///{folder / 's4.sqlite'}")
        self.archive = SqlArchive(self.engine)
        self.recorder = Recorder(CITY, bus, self.archive, self.clock, SourceBook(TOWN, self.clock))

    def host(self, receiver: Receiver | None = None, kind: type[Target] | None = None, **more: Any) -> ExportHost:
        values: dict[str, Any] = {
            "id": "out", "target": "webhook", "words": ["observation", "detection"], "batch": READY, "retry": PATIENT,
        }  # fmt: skip
        if receiver is not None:
            values["options"] = {"url": receiver.url}
        row = msgspec.convert(values | more, Export)
        row.check("export[0]")
        context = Context(TOWN, self.clock, {}, str(self.folder))
        kind = kind or registry.load("s4.targets", row.target)
        assert kind is not None
        made = Pipeline(context, row, kind(context, row))
        return ExportHost(made, self.folder / "exports", CITY, self.bus, self.recorder, self.clock)

    async def until(self, done: Any, patience_s: float = 60.0) -> None:
        async with asyncio.timeout(patience_s):
            while not done():
                await asyncio.sleep(0.02)

    async def letters(self) -> list[deadletters.DeadLetter]:
        return [one async for one in deadletters.read(self.bus)]


@pytest.fixture
async def desk(bus: Bus, tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(bus, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def rows(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(line) for one in list(receiver.heard) for line in one.body.splitlines()]


def values(receiver: Receiver) -> list[int]:
    return [int(row["value"]) for row in rows(receiver) if "value" in row]


def once(found: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(found))


# The plain way


async def test_what_is_wanted_arrives_in_batches_and_in_order(desk: Desk, receiver: Receiver) -> None:
    host = desk.host(receiver, sources=["co2-1", "door-1"], batch={"rows": 40, "seconds": 0.05})
    async with at_work(host):
        for first in range(0, 1000, 100):
            await desk.recorder.out([readings(first, 100), event(first), detection(f"det-{first}")])
        await desk.until(lambda: len(rows(receiver)) == 500 + 10 + 10)
        await desk.until(lambda: host.state.sent == 520)
    assert values(receiver) == list(range(0, 1000, 2))
    assert [row["id"] for row in rows(receiver) if row["word"] == "detection"] == [
        f"det-{i}" for i in range(0, 1000, 100)
    ]
    assert max(int(one.headers["s4-rows"]) for one in receiver.heard) <= 40
    assert (host.state.state, host.state.memory_rows, host.state.disk_rows, host.state.last_error) == ("up", 0, 0, "")
    assert 's4_export_rows_total{export="out",result="sent"}' in generate_latest(REGISTRY).decode()


async def test_a_batch_is_no_larger_than_it_may_be(desk: Desk, receiver: Receiver) -> None:
    async with at_work(desk.host(receiver, batch={"rows": 10_000, "seconds": 0.1, "bytes": 4096})):
        await desk.recorder.out([event(n, text="x" * 300) for n in range(100)])
        await desk.until(lambda: len(rows(receiver)) == 100)
    assert max(len(one.body) for one in receiver.heard) <= 4096
    assert len(receiver.heard) < 50
    assert [row["id"] for row in rows(receiver)] == [f"obs-{n:06}" for n in range(100)]


async def test_it_begins_now_or_with_what_the_bus_still_holds(desk: Desk, receiver: Receiver) -> None:
    await desk.recorder.out([readings(0, 10)])
    async with at_work(desk.host(receiver, id="now")), at_work(desk.host(receiver, id="all", start="all")):
        await desk.recorder.out([readings(10, 10)])
        await desk.until(lambda: len(rows(receiver)) == 30)
    by_export = {name: [one for one in receiver.heard if one.headers["s4-export"] == name] for name in ("now", "all")}
    counts = {name: sum(int(one.headers["s4-rows"]) for one in found) for name, found in by_export.items()}
    assert counts == {"now": 10, "all": 20}


async def test_what_came_while_it_was_off_is_sent_when_it_is_on_again(desk: Desk, receiver: Receiver) -> None:
    async with at_work(desk.host(receiver)):
        await desk.recorder.out([readings(0, 10)])
        await desk.until(lambda: len(values(receiver)) == 10)
    await desk.recorder.out([readings(10, 10)])
    async with at_work(desk.host(receiver)):
        await desk.until(lambda: len(values(receiver)) == 20)
    assert values(receiver) == list(range(20))


# Kills


async def test_kills_at_any_moment_lose_nothing_and_repeats_are_known_by_id(desk: Desk, receiver: Receiver) -> None:

    def slowly(_: Heard) -> int:
        time.sleep(0.02)
        return 204

    receiver.answer = slowly
    sent = 0
    for life in range(8):
        host = desk.host(receiver, batch={"rows": 30, "seconds": 0.01}, queue={"memory_rows": 60})
        await host.open()
        task = asyncio.create_task(host.run())
        for _ in range(10):
            await desk.recorder.out([readings(sent, 25)])
            sent += 25
        await asyncio.sleep(0.03 * life)
        host._box.close()  # type: ignore[union-attr] # nothing that it says after this instant is kept
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    receiver.answer = lambda _: 204
    host = desk.host(receiver)
    async with at_work(host):
        await desk.until(lambda: set(values(receiver)) == set(range(sent)))
        await desk.until(lambda: host.state.memory_rows + host.state.disk_rows == 0)
    assert once(values(receiver)) == list(range(sent)), "the first time that each came is in order"
    ids = {row["id"] for row in rows(receiver)}
    assert len(ids) == sent, "a repeat has the id of what it repeats"


# Targets that are not well


async def test_a_target_that_is_away_is_waited_for_and_nothing_is_lost(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: 503
    host = desk.host(receiver, queue={"memory_rows": 100})
    async with at_work(host):
        for first in range(0, 2000, 100):
            await desk.recorder.out([readings(first, 100)])
        await desk.until(lambda: host.state.state == "retrying" and host.state.disk_rows > 1000)
        assert host.state.memory_rows <= 100
        assert host.state.last_error == "127.0.0.1 answered 503"
        await desk.until(lambda: host.state.oldest_s > 1)
        receiver.answer = lambda _: 204
        await desk.until(lambda: len(values(receiver)) >= 2000)
        await desk.until(lambda: host.state.memory_rows + host.state.disk_rows == 0)
    assert values(receiver) == list(range(2000)), "once and in order, since nothing was killed"
    assert (host.state.state, host.state.sent, host.state.dead, host.state.last_error) == ("up", 2000, 0, "")


async def test_a_full_queue_gives_up_the_oldest_and_says_so(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: 503
    host = desk.host(receiver, batch=LARGE, queue={"memory_rows": 100, "spill_mib": 1})
    async with at_work(host):
        for first in range(0, 100_000, 5000):
            await desk.recorder.out([readings(first, 5000)])
        await desk.until(lambda: host.state.dropped > 10_000)
        assert host.state.disk_bytes <= 1 << 20
        receiver.answer = lambda _: 204
        await desk.until(lambda: host.state.sent + host.state.dropped == 100_000)
    found = values(receiver)
    assert once(found) == sorted(set(found))
    assert len(set(found)) + host.state.dropped == 100_000, "every row is either there or counted"


async def test_with_the_other_policy_it_takes_no_more_and_nothing_is_lost(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: 503
    host = desk.host(receiver, queue={"memory_rows": 100, "spill_mib": 1, "full": "stop"}, batch=LARGE)
    async with at_work(host):
        for first in range(0, 100_000, 5000):
            await desk.recorder.out([readings(first, 5000)])
        await desk.until(lambda: host.state.state == "full")
        assert host.state.dropped == 0
        assert host.state.disk_bytes < 6 << 20
        receiver.answer = lambda _: 204
        await desk.until(lambda: host.state.sent == 100_000, 60)
    assert once(values(receiver)) == list(range(100_000))
    assert host.state.dropped == 0


async def test_a_refusal_becomes_dead_letters_that_can_be_sent_again(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: 401
    host = desk.host(receiver)
    async with at_work(host):
        await desk.recorder.out([readings(0, 10), detection("det-1")])
        await desk.until(lambda: host.state.dead == 11)
        (*letters,) = await desk.letters()
        assert {one.stage for one in letters} == {"export-out"}
        assert {one.reason for one in letters} == {"127.0.0.1 answered 401: the field `v` is missing"}
        receiver.answer = lambda _: 204
        for letter in letters:
            await deadletters.replay(desk.bus, letter)
        await desk.until(lambda: len(rows(receiver)) == 11)
    assert sorted(values(receiver)) == list(range(10))
    assert not await desk.letters()


async def test_one_row_that_is_refused_does_not_take_the_others_along(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda one: 422 if b'"poison"' in one.body else 204
    host = desk.host(receiver, batch={"rows": 64, "seconds": 0.3})
    async with at_work(host):
        await desk.recorder.out([event(n, **({"poison": True} if n == 37 else {})) for n in range(64)])
        await desk.until(lambda: host.state.sent == 63 and host.state.dead == 1)
    assert [row["id"] for row in rows(receiver)] == [f"obs-{n:06}" for n in range(64) if n != 37]
    (letter,) = await desk.letters()
    assert b"obs-000037" in letter.payload()


async def test_messages_of_one_row_are_refused_one_by_one(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda one: 422 if json.loads(one.body)["value"] in (5.0, 6.0, 20.0) else 204
    host = desk.host(receiver, format="json")
    async with at_work(host):
        await desk.recorder.out([readings(0, 30)])
        await desk.until(lambda: host.state.sent == 27 and host.state.dead == 3)
    assert values(receiver) == [n for n in range(30) if n not in (5, 6, 20)]


async def test_patience_may_end(desk: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda _: 500
    host = desk.host(receiver, retry={"first_s": 0.01, "most_s": 0.01, "attempts": 3})
    async with at_work(host):
        await desk.recorder.out([readings(0, 10)])
        await desk.until(lambda: host.state.dead == 10)
        (letter,) = await desk.letters()
    assert letter.reason == "after 3 attempts: 127.0.0.1 answered 500"
    assert receiver.refused == 3


class Strange(Target):
    """A stranger's target, with a fault."""

    card = Card("strange", "1", "Strange", "Fails.")
    faults = 3

    async def send(self, parcels: Sequence[Parcel]) -> None:
        self.faults -= 1
        if self.faults >= 0:
            raise ZeroDivisionError("a fault of theirs")


async def test_a_strangers_target_with_a_fault_is_tried_again(desk: Desk) -> None:
    host = desk.host(kind=Strange)
    async with at_work(host):
        await desk.recorder.out([readings(0, 10)])
        await desk.until(lambda: "ZeroDivisionError: a fault of theirs" in host.state.last_error)
        await desk.until(lambda: host.state.sent == 10)


# What nobody else may notice


async def ingest(desk: Desk, first: int, seconds: float, per_s: float = 0.0) -> tuple[float, float]:
    """Readings per second that the node records, and the slowest that one of them was (s). `per_s`: those offered, as
    many as it takes when 0.
    """
    slowest, count, began = 0.0, 0, time.monotonic()
    while (now := time.monotonic()) - began < seconds:
        await desk.recorder.out([readings(first + count, 100)])
        slowest, count = max(slowest, time.monotonic() - now), count + 100
        if per_s:
            await asyncio.sleep(max(began + count / per_s - time.monotonic(), 0.0))
    return count / (time.monotonic() - began), slowest


@pytest.mark.alone
async def test_a_target_that_hangs_does_not_slow_the_node(desk: Desk, receiver: Receiver) -> None:
    well, hung = [], []
    host = desk.host(
        receiver, batch={"rows": 500, "seconds": 0.1}, queue={"memory_rows": 5000}, retry={"timeout_s": 60}
    )
    async with at_work(host):
        for turn in range(3):  # by turns, since other work on this machine comes and goes
            receiver.hanging.clear()
            well.append(await ingest(desk, turn * 1_000_000, 1.0))
            receiver.hanging.set()
            await asyncio.sleep(0.3)
            hung.append(await ingest(desk, turn * 1_000_000 + 500_000, 1.0))
        steady, slowest = await ingest(desk, 4_000_000, 2.0, per_s=20_000)
        assert host.state.memory_rows <= 5000
        receiver.hanging.clear()
    assert max(rate for rate, _ in hung) >= max(rate for rate, _ in well)  # flat out, both share the core with the node
    assert steady > 19_000
    assert slowest < 0.5


# The audit log


async def test_the_audit_log_says_when_an_export_begins_changes_and_ends(desk: Desk, receiver: Receiver) -> None:
    for words in (["observation"], ["observation"], ["detection"], ["detection"]):
        async with at_work(desk.host(receiver, None, words=words)):
            pass
    for _ in range(2):
        await record_ends(desk.folder / "exports", [], desk.recorder)
    entries = [(one.actor, one.action, one.target) for one in desk.archive.audit()]
    assert entries == [("s4", "export.start", "out"), ("s4", "export.change", "out"), ("s4", "export.end", "out")]
    assert desk.archive.audit()[1].reason == f"detection by webhook to url={receiver.url}"
