"""Logs: followed through everything that happens to a log file, and replayed by their own times."""

import asyncio
import contextlib
import gzip
import json
import lzma
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S, Clock, ManualClock, ScaledClock, parse_time
from s4.core.errors import CapacityError, InputError
from s4.core.model import Observation
from s4.core.model.raw import LARGEST_RAW
from s4.core.ports import Produced
from s4.sensing.log import LogDoor
from s4.sensing.tail import Position, Tail, load_position, save_position
from tests.sensing.city import NOW, make_context, make_source


class Recorder:
    """Keeps what a door records, and when."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.seen = clock, list[Observation]()
        self.at: list[int] = []
        self.failures = 0

    async def __call__(self, facts: Sequence[Produced]) -> None:
        if self.failures:
            self.failures -= 1
            raise CapacityError("behind")
        for fact in facts:
            assert isinstance(fact, Observation)
            self.seen.append(fact)
            self.at.append(self.clock.now())

    def numbers(self) -> list[int]:
        return [one.body["n"] for one in self.seen]

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.seen) < count:
                await asyncio.sleep(0.01)


def door(clock: Clock | None = None, **options: Any) -> LogDoor:
    source = make_source("log", poll_s=0.02, **options)
    return LogDoor(make_context(source, clock=clock or ManualClock(NOW)), source)


@contextlib.asynccontextmanager
async def following(one: LogDoor) -> AsyncIterator[Recorder]:
    record = Recorder(ManualClock(NOW))
    task = asyncio.create_task(one.run(record))
    await asyncio.sleep(0.1)
    try:
        yield record
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def write(path: Path, *numbers: int, mode: str = "a", end: str = "\n") -> None:
    with path.open(mode) as file:
        file.write("".join(json.dumps({"n": n}) + end for n in numbers))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "door.jsonl"


async def test_only_what_is_added_is_taken_unless_told_otherwise(path: Path) -> None:
    write(path, 1, 2)
    async with following(door(path=str(path))) as record:
        write(path, 3)
        await record.wait_for(1)
    assert record.numbers() == [3]
    async with following(door(path=str(path), from_start=True)) as record:
        await record.wait_for(3)
    assert record.numbers() == [1, 2, 3]


async def test_a_line_is_taken_when_it_is_whole(path: Path) -> None:
    async with following(door(path=str(path))) as record:  # the file appears later
        write(path, 1, end="")
        await asyncio.sleep(0.15)
        assert record.seen == []
        with path.open("a") as file:
            file.write('\n{"n"')
        await record.wait_for(1)
        with path.open("a") as file:
            file.write(": 2}\r\n")
        await record.wait_for(2)
    assert record.numbers() == [1, 2]


async def test_rotation_loses_nothing(path: Path) -> None:
    write(path, 0)
    async with following(door(path=str(path), from_start=True)) as record:
        for turn in range(1, 6):
            with path.open("a") as held:
                path.rename(path.with_name(f"door.jsonl.{turn}"))
                held.write(json.dumps({"n": 100 * turn}) + "\n")  # the writer still has the old file open
                held.flush()
                write(path, 100 * turn + 1, 100 * turn + 2)
            await record.wait_for(3 * turn + 1)
    assert record.numbers() == [0] + [100 * turn + n for turn in range(1, 6) for n in range(3)]


async def test_the_last_words_of_a_rotated_log_need_no_line_end(path: Path) -> None:
    write(path, 1)
    async with following(door(path=str(path), from_start=True)) as record:
        await record.wait_for(1)
        write(path, 2, end="")
        path.rename(path.with_name("door.jsonl.1"))
        write(path, 3)
        await record.wait_for(3)
    assert record.numbers() == [1, 2, 3]


async def test_a_truncated_log_starts_over(path: Path) -> None:
    write(path, 1, 2, 3)
    async with following(door(path=str(path), from_start=True)) as record:
        await record.wait_for(3)
        write(path, 4, mode="w")
        await record.wait_for(4)
    assert record.numbers() == [1, 2, 3, 4]


async def test_a_restart_goes_on_where_it_was(path: Path, tmp_path: Path) -> None:
    state = tmp_path / "kept" / "position"
    options: dict[str, Any] = {"path": str(path), "state": str(state), "from_start": True}
    write(path, 1, 2)
    async with following(door(**options)) as record:
        await record.wait_for(2)
        await asyncio.sleep(0.1)
    write(path, 3)
    async with following(door(**options)) as record:
        await record.wait_for(1)
        await asyncio.sleep(0.1)
    assert record.numbers() == [3]
    write(path, 4)  # while nobody reads: more, then a rotation, then a new file
    path.rename(path.with_name("door.jsonl.1"))
    write(path, 5)
    async with following(door(**options)) as record:
        await record.wait_for(2)
    assert record.numbers() == [4, 5]


async def test_another_file_under_the_old_name_is_read_from_its_start(path: Path, tmp_path: Path) -> None:
    state = tmp_path / "position"
    write(path, 1, 2)
    async with following(door(path=str(path), state=str(state), from_start=True)) as record:
        await record.wait_for(2)
        await asyncio.sleep(0.1)
    write(path, 7, 8, 9, mode="w")  # same inode, longer, but other bytes
    async with following(door(path=str(path), state=str(state))) as record:
        await record.wait_for(3)
    assert record.numbers() == [7, 8, 9]


async def test_a_damaged_position_is_refused_by_name(path: Path, tmp_path: Path) -> None:
    state = tmp_path / "position"
    state.write_text("{}")
    with pytest.raises(InputError, match=r"position: holds no position of a log"):
        await door(path=str(path), state=str(state)).run(Recorder(ManualClock(NOW)))


async def test_bad_lines_are_refused_by_number_and_the_rest_goes_on(path: Path) -> None:
    one = door(path=str(path), from_start=True)
    path.write_bytes(b'{"n": 1}\nnonsense\n\n{"n": 2, "time": "?"}\n' + b"x" * (LARGEST_RAW + 10) + b'\n{"n": 3}\n')
    async with following(one) as record:
        await record.wait_for(2)
    assert record.numbers() == [1, 3]
    wrong = [str(error) for _, error in one.rejects()]
    assert [reason.removeprefix(str(path)) for reason in wrong] == [
        ", line 2: JSON is malformed: invalid character (byte 4)",
        ", line 4, time: '?' is not an ISO 8601 time",
        ", line 5: is longer than 1 MiB",
    ]
    assert one.rejects() == []


async def test_line_numbers_count_what_was_there_before(path: Path) -> None:
    write(path, *range(1000))
    one = door(path=str(path))
    async with following(one):
        with path.open("a") as file:
            file.write("nonsense\n")
        await asyncio.sleep(0.2)
    assert [error.line for _, error in one.rejects()] == [1001]


async def test_a_runner_that_is_behind_loses_nothing(path: Path) -> None:
    write(path, 1)
    async with following(door(path=str(path), from_start=True)) as record:
        record.failures = 2
        write(path, 2)
        await record.wait_for(2)
    assert record.numbers() == [1, 2]


async def test_a_zeek_log_that_is_joined_in_the_middle_knows_its_columns(path: Path) -> None:
    path.write_text(
        "#separator \\x09\n#unset_field\t-\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n"
        "1.5\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n"
    )
    async with following(door(path=str(path), format="zeek-conn")) as record:
        with path.open("a") as file:
            file.write("2.5\t10.0.0.3\t1\t10.0.0.2\t2\ttcp\n")
        await record.wait_for(1)
    assert record.seen[0].body["src_ip"] == "10.0.0.3"


@given(st.lists(st.tuples(st.binary(max_size=12), st.booleans()), max_size=12))
def test_however_a_file_grows_its_lines_come_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bytes, bool]]
) -> None:
    path = tmp_path_factory.mktemp("tail") / "log"
    path.touch()
    tail, seen, resumed = Tail(path, from_start=True), list[bytes](), None
    for part, restart in steps:
        with path.open("ab") as file:
            file.write(part)
        seen += [line.text for line in tail.read(3)]
        if restart:
            resumed = tail.position
            tail.close()
            tail = Tail(path, resumed)
    while lines := tail.read(2):
        seen += [line.text for line in lines]
    tail.close()
    whole = b"".join(part for part, _ in steps).split(b"\n")[:-1]
    assert seen == [line.removesuffix(b"\r") for line in whole]


@given(st.builds(Position, *[st.integers(0, 2**62)] * 3, st.text(max_size=40), *[st.integers(0, 2**62)] * 2))
def test_a_position_is_kept(tmp_path_factory: pytest.TempPathFactory, position: Position) -> None:
    path = tmp_path_factory.mktemp("kept") / "a" / "position"
    assert load_position(path) is None
    save_position(path, position)
    assert load_position(path) == position


# Replaying


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)])
async def test_a_replay_keeps_its_own_times(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    lines = [{"n": n, "time": f"2020-01-01T00:00:{n:02}Z"} for n in range(3)]
    path = tmp_path / f"log{suffix}"
    path.write_bytes(pack("\n".join(map(json.dumps, lines)).encode()))
    clock = ScaledClock(start=NOW, speed=20.0)
    record = Recorder(clock)
    await door(clock, path=str(path), replay=True).run(record)
    first = parse_time("2020-01-01T00:00:00Z")
    assert [one.time for one in record.seen] == [first + n * NS_PER_S for n in range(3)]
    gaps = [(at - record.at[0]) / NS_PER_S for at in record.at]
    assert gaps[1] >= 0.9
    assert gaps[2] >= 1.9
    assert all(one.received <= at for one, at in zip(record.seen, record.at, strict=True))


async def test_a_replay_may_stand_for_another_time(path: Path) -> None:
    path.write_text('{"n": 0, "time": 1000}\nnonsense\n{"n": 1, "time": 5000}\n{"n": 2, "time": 3000}\n')
    clock = ScaledClock(start=NOW)
    record, one = Recorder(clock), door(clock, path=str(path), replay=True, start="2026-06-01T00:00:00Z")
    begin = parse_time("2026-06-01T00:00:00Z")
    task = asyncio.create_task(one.run(record))
    await asyncio.sleep(0.2)
    assert record.seen == []  # that instant has not come
    task.cancel()
    clock = ScaledClock(start=begin)
    record, one = Recorder(clock), door(clock, path=str(path), replay=True, start="2026-06-01T00:00:00Z")
    await one.run(record)
    assert [one.time - begin for one in record.seen] == [0, 4000, 2000]
    assert len({one.id for one in record.seen}) == 3
    assert [error.line for _, error in one.rejects()] == [2]


async def test_what_cannot_be_replayed_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl: there is no such file"):
        await door(path=str(tmp_path / "none.jsonl"), replay=True).run(Recorder(ManualClock(NOW)))
    damaged = tmp_path / "log.xz"
    damaged.write_bytes(lzma.compress(b'{"n": 1}\n' * 1000)[:-20])
    with pytest.raises(InputError, match=r"log\.xz, line \d+: cannot be read"):
        await door(path=str(damaged), replay=True).run(Recorder(ManualClock(NOW)))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, r"options\.path: is missing"),
        ({"path": "x", "format": "syslog"}, r"options\.format"),
        ({"path": "x", "start": "noon"}, r"options\.start: 'noon' is not an ISO 8601 time"),
        ({"path": "x", "time_unit": "min"}, r"options\.time_unit"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        door(**options)


async def test_three_hours_of_a_real_connection_log_in_a_second(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "conn.log.xz"
    with lzma.open(data_dir / "cyber" / "iot23" / "conn.log.labeled.xz") as lines:
        path.write_bytes(lzma.compress(b"".join(islice(lines, 3008))))
    clock = ScaledClock(start=NOW, speed=10_000.0)
    record = Recorder(clock)
    one = door(clock, path=str(path), format="zeek-conn", replay=True, start="now")
    await one.run(record)
    assert len(record.seen) == 3000
    assert one.rejects() == []
    assert record.seen[0].time >= NOW
    assert {one.property for one in record.seen} == {"flow"}
    assert all(one.time <= at for one, at in zip(record.seen, record.at, strict=True))
