"""What waits: whatever happens, everything comes out, in order; a kill repeats, and loses nothing."""

import asyncio
import math
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.errors import InputError, ServiceError
from s4.core.export import Queueing
from s4.core.model import ObservationBatch, Reading, Series, Unit
from s4.runtime.export.backlog import Backlog, Item
from s4.runtime.export.codec import decode_lines, encode_line
from s4.runtime.export.spill import Chunk, SpillBox

STREAM = "S4_FACTS"


def unit(number: int, size: int = 0) -> Unit:
    return Unit(f"u{number}", number, number, "square", "x" * size, "patrol", "free")


def item(number: int, size: int = 100) -> Item:
    return Item(unit(number, size), 1, size, number, STREAM, number)


def number_of(one: Item) -> int:
    assert isinstance(one.word, Unit)
    return one.word.revision


class Life:
    """An export without a target: reads numbers from a stream behind its position, hands them out, dies at will."""

    def __init__(self, folder: Path, queue: Queueing, spill_bytes: int = 1 << 30) -> None:
        self.folder, self.queue, self.spill_bytes = folder, queue, spill_bytes
        self.came: list[int] = []
        self.pool = ThreadPoolExecutor(1)
        self.born()

    def born(self) -> None:
        self.box = SpillBox(self.folder / "q.sqlite", self.spill_bytes)
        self.backlog = Backlog(self.box, self.queue, self.pool)
        self.read = self.box.position(STREAM) or 0
        self.flight: list[Item] = []

    async def put(self, count: int) -> None:
        numbers = range(self.read + 1, self.read + count + 1)
        self.read += count
        await self.backlog.put([item(n) for n in numbers if n % 7], {STREAM: self.read})  # one in seven is not wanted

    async def take(self, count: int) -> None:
        if not self.flight:
            self.flight = await self.backlog.take(count, 1 << 20)

    async def settle(self, count: int) -> None:
        done, self.flight = self.flight[:count], self.flight[count:]
        self.came += [number_of(one) for one in done]
        await self.backlog.settle(done, {"sent": len(done)})

    async def die(self, _count: int) -> None:
        self.box.close()
        self.born()

    async def to_the_end(self) -> None:
        while self.backlog.rows:
            await self.take(50)
            await self.settle(len(self.flight))
        await self.backlog.idle()


STEP = st.tuples(st.sampled_from(["put", "put", "take", "settle", "spill", "die"]), st.integers(1, 30))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40), st.integers(1, 40))
def test_everything_comes_in_order_and_only_a_kill_repeats(steps: list[tuple[str, int]], memory: int) -> None:
    async def play(folder: Path) -> None:
        life = Life(folder, Queueing(memory_rows=memory))
        deaths = [0]
        for step, count in steps:
            if step == "spill":
                await life.backlog.spill()
            else:
                await getattr(life, step)(count)
            if step == "die":
                deaths.append(len(life.came))
        furthest = life.read
        await life.to_the_end()
        whole = life.came
        for begin, end in zip(deaths, [*deaths[1:], len(whole)], strict=True):
            assert whole[begin:end] == sorted(set(whole[begin:end])), "in order and once, within a life"
        assert set(whole) >= {n for n in range(1, furthest + 1) if n % 7}, "nothing is lost"
        assert (life.box.position(STREAM) or 0) == furthest
        assert life.backlog.spilled.chunks == 0
        life.box.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))


async def test_memory_is_bounded_by_rows_and_by_bytes(tmp_path: Path) -> None:
    life = Life(tmp_path, Queueing(memory_rows=10))
    for _ in range(100):
        await life.put(3)
        assert life.backlog.memory_rows <= 10
    assert life.backlog.rows == sum(1 for n in range(1, 301) if n % 7)
    large = Life(tmp_path / "large", Queueing(memory_rows=1_000_000))
    for n in range(1, 40):
        await large.backlog.put([item(n, 1 << 20)], {STREAM: n})
        assert large.backlog.memory_bytes <= 33 << 20
    assert large.backlog.spilled.rows


async def test_the_disk_is_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    life = Life(tmp_path, Queueing(memory_rows=100), spill_bytes=200_000)
    for _ in range(200):
        await life.put(101)
        assert life.backlog.spilled.bytes <= 200_000
    dropped = life.backlog.dropped
    assert dropped > 10_000
    assert life.box.counts() == {"dropped": dropped}
    await life.to_the_end()
    wanted = [n for n in range(1, 20_201) if n % 7]
    assert life.came == wanted[dropped:], "what came last is what is left, in order, and the count is right"


async def test_nothing_is_dropped_that_is_being_sent(tmp_path: Path) -> None:
    life = Life(tmp_path, Queueing(memory_rows=100), spill_bytes=50_000)
    await life.put(100)
    await life.take(50)
    sending = [number_of(one) for one in life.flight]
    for _ in range(50):
        await life.put(101)
    await life.settle(20)
    await life.settle(30)
    assert life.came == sending
    await life.to_the_end()
    assert life.came == sorted(set(life.came))


async def test_the_other_policy_is_to_stop(tmp_path: Path) -> None:
    life = Life(tmp_path, Queueing(memory_rows=100, full="stop"), spill_bytes=50_000)
    while not life.backlog.full:
        await life.put(101)
    assert life.backlog.dropped == 0
    assert life.backlog.spilled.bytes < 200_000
    await life.to_the_end()
    assert life.backlog.rows == 0
    assert life.came == [n for n in range(1, life.read + 1) if n % 7]


async def test_a_damaged_chunk_is_given_up_and_counted(tmp_path: Path) -> None:
    life = Life(tmp_path, Queueing(memory_rows=1))
    await life.put(3)
    life.box.put([Chunk(1, 5, b"not a line\n")], {})
    await life.put(2)
    await life.to_the_end()
    assert life.came == [1, 2, 3, 4, 5]
    assert life.backlog.dropped == 5


def test_a_file_that_is_no_queue_is_said(tmp_path: Path) -> None:
    (tmp_path / "q.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(ServiceError, match=r"q\.sqlite cannot be used"):
        SpillBox(tmp_path / "q.sqlite", 1)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-(2**62), 2**62), st.floats(allow_infinity=False))))
def test_readings_lie_on_disk_as_they_were(rows: list[tuple[str, int, float]]) -> None:
    batch = ObservationBatch.of("square", 5, [Reading(Series(s, "co2", "[ppm]"), t, v) for s, t, v in rows])
    (found,) = decode_lines(encode_line(batch))
    assert isinstance(found, ObservationBatch)
    assert (found.site, found.received, found.series) == ("square", 5, batch.series)
    for one, other in zip(batch, found, strict=True):
        assert one == other or (math.isnan(one.value) and math.isnan(other.value) and one[:2] == other[:2])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_junk_is_refused_with_its_line(junk: bytes) -> None:
    body = encode_line(unit(1)) + junk
    refused: InputError | None = None
    try:
        words = decode_lines(body)
    except InputError as error:
        refused = error
    assert words[0] == unit(1) if refused is None else (refused.line or 0) >= 2
