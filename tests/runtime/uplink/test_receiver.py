"""The hub's receiver: whatever comes, in whatever order, however often, wherever it was killed: once, and in order."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nats.aio.msg import Msg

from s4.core.model import Detection
from s4.runtime import deadletters
from s4.runtime.recorder import Recorder
from s4.runtime.uplink.chunk import READINGS, Parcel, Receipt, Record, decode, pack
from s4.runtime.uplink.ledger import Ledger
from s4.runtime.uplink.ranks import Rank
from s4.runtime.wire import encode_batch, encode_fact
from tests.runtime.facts import command, detection
from tests.runtime.uplink.pair import End, hub, plain, readings, receiver, until

BOX = "0123456789abcdef"


def parcel(number: int, records: list[Record], after: int | None = None, rank: int = 1, box: str = BOX) -> Parcel:
    draft = pack(Rank.FACT, records, len(records))
    after = number - 1 if after is None else after
    return Parcel(box, rank, number, after, len(records), draft.size, draft.body)


def facts(number: int) -> list[Record]:
    return [("detection", encode_fact(plain(number * 3 + i))) for i in range(3)]


async def send(at: End, *parcels: Parcel, site: str = "square") -> None:
    for one in parcels:
        await at.bus.client.publish(f"s4.up.{site}.data", msgspec.msgpack.encode(one))
    await at.bus.settle()


class Receipts:
    """What the hub tells the site."""

    def __init__(self) -> None:
        self.all: list[Receipt] = []

    async def listen(self, at: End, site: str = "square") -> "Receipts":
        async def on_message(message: Msg) -> None:
            self.all.append(decode(message.data, Receipt))

        await at.bus.client.subscribe(f"s4.down.{site}.receipt", cb=on_message)
        return self

    def last(self, rank: int = 1, box: str = BOX) -> int:
        return max((one.last for one in self.all if (one.rank, one.outbox) == (rank, box)), default=0)


@pytest.fixture
async def above(tmp_path: Path) -> AsyncIterator[End]:
    async with hub(tmp_path / "hub") as found:
        yield found


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_lost_repeated_and_mixed_up_it_is_taken_once_and_in_order(above: End, seed: int) -> None:
    """A sender that goes back to the last receipt, over a line that drops, doubles and swaps."""
    chance, receipts = random.Random(seed), await Receipts().listen(above)
    await above.start([receiver(above)])
    count = 60
    while receipts.last() < count:
        behind = receipts.last()
        burst = [parcel(n, facts(n)) for n in range(behind + 1, min(behind + 10, count) + 1)]
        burst = [one for one in burst if chance.random() > 0.2]
        burst += [parcel(n, facts(n)) for n in range(max(behind - 3, 1), behind + 1)]
        if chance.random() < 0.3:
            chance.shuffle(burst)
        await send(above, *burst)
        await asyncio.sleep(0.05)
    assert await above.detections() == [plain(i).id for i in range(3, 3 * count + 3)]


async def test_numbers_that_were_given_up_are_skipped(above: End) -> None:
    receipts = await Receipts().listen(above)
    await above.start([receiver(above)])
    await send(above, parcel(1, facts(1)), parcel(5, facts(5), after=1), parcel(9, facts(9), after=0))
    await until(lambda: receipts.last() == 9, 10)
    await send(above, parcel(30, facts(30), after=12))
    gap = await until(lambda: next((one for one in receipts.all if one.gap), None), 10)
    assert gap.last == 9
    assert await above.detections() == [plain(n * 3 + i).id for n in (1, 5, 9) for i in range(3)]


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(4))
async def test_killed_between_storing_and_writing_down(above: End, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings have no id by which the bus would know a repeat after its two minutes: here it knows none at all."""
    chance, receipts = random.Random(seed), await Receipts().listen(above)
    real = Recorder.pass_on

    async def pass_on(self: Recorder, facts: Any, heard: Any, messages: Any) -> None:
        nameless = [msgspec.structs.replace(one, id="") for one in messages]
        cut = chance.randrange(len(nameless) + 1) if chance.random() < 0.5 else None
        await real(self, facts, heard, nameless[:cut])
        if cut is not None:
            raise RuntimeError("killed")

    monkeypatch.setattr(Recorder, "pass_on", pass_on)
    count = 25

    def records(number: int) -> list[Record]:
        return [(READINGS, encode_batch(readings(number * 4 + i))) for i in range(4)]

    for _ in range(30):
        host = receiver(above)
        await host.open()
        task = asyncio.create_task(host.run())
        while not task.done() and receipts.last() < count:
            await send(above, *(parcel(n, records(n)) for n in range(receipts.last() + 1, count + 1)))
            await asyncio.wait([task], timeout=0.3)
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        assert "killed" in str(ended) or receipts.last() >= count
        if receipts.last() >= count:
            break
    assert await above.values() == [float(i) for i in range(80, 80 * (count + 1))]


async def test_a_new_life_goes_on_where_the_last_one_was(above: End) -> None:
    receipts = await Receipts().listen(above)
    await above.start([receiver(above)])
    await send(above, parcel(1, facts(1)), parcel(2, facts(2)))
    await until(lambda: receipts.last() == 2, 10)
    await above.stop()
    receipts.all.clear()
    await above.start([receiver(above)])
    await send(above, parcel(1, facts(1)), parcel(2, facts(2)), parcel(3, facts(3)))
    await until(lambda: receipts.last() == 3, 10)
    assert await above.detections() == [plain(i).id for i in range(3, 12)]


async def test_each_outbox_of_a_site_is_numbered_by_itself(above: End) -> None:
    receipts, other = await Receipts().listen(above), "f" * 16
    await above.start([receiver(above)])
    await send(above, parcel(1, facts(1)), parcel(1, facts(2), box=other), parcel(1, facts(3), rank=0))
    await until(lambda: receipts.last() == receipts.last(1, other) == receipts.last(0) == 1, 10)
    assert len(await above.detections()) == 9


async def test_what_a_site_may_not_say_is_buried_and_the_rest_goes_on(above: End) -> None:
    receipts = await Receipts().listen(above)
    await above.start([receiver(above)])
    stranger = detection("det-x", site="stadium")
    records: list[Record] = [
        ("detection", encode_fact(plain(1))), ("detection", encode_fact(stranger)),
        ("command", encode_fact(command())), ("detection", b"no JSON"), ("frame", b"{}"), (READINGS, b"no Arrow"),
        ("detection", encode_fact(plain(2))),
    ]  # fmt: skip
    broken = Parcel(BOX, 1, 2, 1, 1, 100, b"no zstd")
    await send(above, parcel(1, records), broken, parcel(3, facts(3)))
    await until(lambda: receipts.last() == 3, 10)
    assert (await above.detections())[:2] == [plain(1).id, plain(2).id]
    reasons = sorted([letter.reason[:40] async for letter in deadletters.read(above.bus)])
    assert reasons == sorted([
        "site: the site square may not speak for ", "word: a site states facts; commands are ",
        "'frame' is not a word of s4",
        "detection: JSON is malformed: invalid ch", "is not an Arrow stream of readings (Expe",
        "is not a chunk of s4 (ZSTD decompression",
    ])  # fmt: skip
    assert not [one for one in await above.detections() if one == "det-x"]
    known = await asyncio.to_thread(above.archive.known, Detection, limit=100)
    assert {one.site for one in known} == {"square"}


async def test_nonsense_is_refused_and_does_not_stop_anything(above: End) -> None:
    receipts = await Receipts().listen(above)
    await above.start([receiver(above)])
    for data in (b"", b"\xc1", msgspec.msgpack.encode([1, 2]), msgspec.msgpack.encode(parcel(1, facts(1), rank=9))):
        await above.bus.client.publish("s4.up.square.data", data)
    for odd in (parcel(1, facts(1), after=1), parcel(0, facts(1), after=-1), parcel(1, facts(1), box="../../etc")):
        await send(above, odd)
    await above.bus.client.publish("s4.up.square.other", b"x")
    await above.bus.client.publish("s4.up.SQUARE!.data", b"x")
    await send(above, *(parcel(1, facts(1), box=f"{i:016x}") for i in range(100)))
    await send(above, parcel(1, facts(2), box="0" * 16, rank=2))
    await until(lambda: receipts.last(2, "0" * 16) == 1, 10)
    ledger = Ledger(above.folder / "uplink.sqlite")
    assert len({way.outbox for way in ledger.taken()}) <= 64 + 36, "one burst may pass before the count is known"
    ledger.close()


async def test_a_beat_is_echoed_and_bounded(above: End) -> None:
    await above.start([receiver(above)])
    echoes = await above.bus.client.subscribe("s4.down.square.echo")
    await above.bus.client.publish("s4.up.square.beat", b"7" * 500)
    assert (await echoes.next_msg(timeout=5)).data == b"7" * 64
