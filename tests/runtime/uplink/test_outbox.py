"""The outbox: whatever is done to it, wherever it is killed: the same things are in it, in order, within its bound."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.errors import ServiceError
from s4.runtime.uplink.chunk import Draft
from s4.runtime.uplink.outbox import Outbox
from s4.runtime.uplink.ranks import FIRST_TO_GO, Rank

LARGE = 1 << 40
ranks = st.sampled_from(Rank)
puts = st.tuples(st.just("put"), st.lists(st.tuples(ranks, st.integers(1, 3000)), max_size=4))
settles = st.tuples(st.just("settle"), st.tuples(ranks, st.integers(0, 12)))
steps = st.lists(st.one_of(puts, settles, st.tuples(st.just("reopen"), st.none())), max_size=25)


def draft(rank: Rank, size: int, count: int = 1) -> Draft:
    return Draft(rank, count, os.urandom(size), size)


def numbers(outbox: Outbox, rank: Rank) -> list[int]:
    return [parcel.number for parcel in outbox.read(rank, 0, LARGE)]


@settings(max_examples=60)
@given(steps=steps)
def test_it_keeps_everything_in_order_until_the_hub_has_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("outbox") / "outbox.sqlite"
    outbox = Outbox(path, LARGE)
    model: dict[Rank, list[tuple[int, bytes]]] = {rank: [] for rank in Rank}
    given_, position, identity = dict.fromkeys(Rank, 0), 0, outbox.id
    for what, detail in steps:
        if what == "put":
            drafts = [draft(rank, size) for rank, size in detail]
            position += 1
            outbox.put(drafts, "stream", position, position)
            for one in drafts:
                given_[one.rank] += 1
                model[one.rank].append((given_[one.rank], one.body))
        elif what == "settle":
            of, last = detail
            outbox.settle({of: last})
            model[of] = [(n, body) for n, body in model[of] if n > last]
        else:
            outbox.close()
            outbox = Outbox(path, LARGE)
        for rank in Rank:
            found = outbox.read(rank, 0, LARGE)
            assert [(one.number, one.body) for one in found] == model[rank]
            assert [one.after for one in found] == [0, *(one.number for one in found[:-1])][: len(found)]
            waiting = outbox.waiting()[rank]
            assert (waiting.chunks, waiting.bytes) == (len(found), sum(len(one.body) for one in found))
        assert (outbox.position("stream"), outbox.given, outbox.id) == (position, given_, identity)
    outbox.close()


@settings(max_examples=25, deadline=None)
@given(chunks=st.lists(st.tuples(ranks, st.integers(500, 60_000)), min_size=30, max_size=120))
def test_the_disk_is_bounded_and_what_is_urgent_goes_last(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[tuple[Rank, int]]
) -> None:
    path = tmp_path_factory.mktemp("outbox") / "outbox.sqlite"
    bound = 500_000
    outbox = Outbox(path, bound)
    put = dict.fromkeys(Rank, 0)
    lost_before: dict[Rank, int] = {}
    for position, (rank, size) in enumerate(chunks, 1):
        before = {one: outbox.waiting()[one].chunks for one in Rank}
        outbox.put([draft(rank, size)], "stream", position, position)
        put[rank] += 1
        before[rank] += 1
        lost = {one.rank: one.count for one in outbox.untold()}
        newly = {one for one in Rank if lost.get(one, 0) > lost_before.get(one, 0)}
        for one in newly:  # nothing of a rank is given up while a rank that goes before it still has anything
            for sooner in FIRST_TO_GO[: FIRST_TO_GO.index(one)]:
                assert outbox.waiting()[sooner].chunks == 0
        for one in Rank:
            assert put[one] == outbox.waiting()[one].chunks + lost.get(one, 0), "kept or counted as lost"
            kept = numbers(outbox, one)
            assert kept == list(range(put[one] - len(kept) + 1, put[one] + 1)), "the oldest go first"
        lost_before = lost
    used = sum(file.stat().st_size for file in path.parent.iterdir() if "wal" not in file.name)
    assert used <= bound + 60_000 + 3 * 4096 + 32_768, "the file itself, with its shared memory"
    outbox.close()


def test_urgent_goes_too_when_nothing_else_is_left(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", 200_000)
    for position in range(1, 21):
        outbox.put([draft(Rank.URGENT, 20_000)], "stream", position, position)
    (lost,) = outbox.untold()
    assert (lost.rank, lost.count + outbox.waiting()[Rank.URGENT].chunks) == (Rank.URGENT, 20)
    assert (lost.since, numbers(outbox, Rank.URGENT)[-1]) == (1, 20)
    outbox.told([lost])
    assert outbox.untold() == []
    outbox.close()


def test_given_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, LARGE)
    outbox.put([draft(Rank.NORMAL, 100_000) for _ in range(100)], "stream", 1, 1)
    outbox.settle({Rank.NORMAL: 100})
    for _ in range(3):
        outbox.tidy()
    outbox.close()
    assert path.stat().st_size < 200_000


def test_a_copy_brought_back_takes_another_name(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", LARGE)
    outbox.put([draft(Rank.FACT, 10)], "stream", 1, 1)
    outbox.settle({Rank.FACT: 1})
    was = outbox.id
    outbox.rename()
    assert outbox.id != was
    assert outbox.numbers()[Rank.FACT] == (0, 1)
    outbox.close()
    again = Outbox(tmp_path / "outbox.sqlite", LARGE)
    assert again.id == outbox.id
    again.close()


def test_several_may_put_things_in_at_the_same_time(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", LARGE)

    def put(rank: Rank) -> None:
        for position in range(1, 40):
            outbox.put([draft(rank, 10)], rank.name, position, position)
            assert outbox.given[rank] == position

    with ThreadPoolExecutor() as pool:
        list(pool.map(put, Rank))
    assert outbox.given == dict.fromkeys(Rank, 39)
    assert {waiting.chunks for waiting in outbox.waiting().values()} == {39}
    outbox.close()


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(ServiceError, match=r"outbox\.sqlite cannot be used"):
        Outbox(path, LARGE)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", LARGE)
    outbox.put([draft(Rank.FACT, 10)], "stream", 1, 1)
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    outbox.close()


WRITER = """
import sys, hashlib
from pathlib import Path
from s4.runtime.uplink.chunk import Draft
from s4.runtime.uplink.outbox import Outbox
from s4.runtime.uplink.ranks import Rank
outbox = Outbox(Path(sys.argv[1]), 3_000_000)
while True:
    position = outbox.position("stream") + 1
    body = hashlib.sha512(str(position).encode()).digest() * (position % 300 + 1)
    drafts = [Draft(Rank.URGENT, 1, str(position).encode(), 8), Draft(Rank.NORMAL, 1, body, len(body))]
    outbox.put(drafts, "stream", position, position)
    if position % 7 == 0:
        outbox.settle({Rank.URGENT: position - 5})
    print(position, flush=True)
"""


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(6))
def test_killed_anywhere_nothing_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    """Each chunk's number is the position it came from: a repeat or a gap would shift all that follow."""
    path, chance = tmp_path / "outbox.sqlite", random.Random(seed)
    said = 0
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline()
            time.sleep(chance.random() * 0.3)
            writer.send_signal(signal.SIGKILL)
            said = max([said, *map(int, writer.stdout.read().split())])
        outbox = Outbox(path, 3_000_000)
        position = outbox.position("stream")
        assert position >= said
        urgent = outbox.read(Rank.URGENT, 0, LARGE)
        assert [one.number for one in urgent] == list(range(position - len(urgent) + 1, position + 1))
        assert all(one.body == str(one.number).encode() for one in urgent)
        assert outbox.given == dict.fromkeys(Rank, 0) | {Rank.URGENT: position, Rank.NORMAL: position}
        normal = outbox.read(Rank.NORMAL, 0, LARGE)
        lost = sum(one.count for one in outbox.untold() if one.rank is Rank.NORMAL)
        assert len(normal) + lost == position
        outbox.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
