"""History: whole files or none, each observation once, whatever is killed in between."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.core.model import Observation, ObservationBatch, Reading, Series
from s4.runtime.history import merge as merging
from s4.runtime.history import writer as writing
from s4.runtime.history.layout import all_pieces, pieces
from s4.runtime.history.merge import merge_history
from s4.runtime.history.reader import HistoryReader
from s4.runtime.history.writer import events_writer, readings_writer
from tests.runtime.facts import START, S

SERIES = Series("co2-1", "co2", "[ppm]")


class KilledError(BaseException):
    """A kill -9, as far as the code can tell: nothing after it runs, no `except` catches it."""


def batch(first: int, count: int = 1, series: Series = SERIES) -> ObservationBatch:
    rows = [Reading(series, START + i, i / 2) for i in range(first, first + count)]
    return ObservationBatch.of("square", START, rows)


def write(root: Path, first: int, last: int, *, every: int = 1) -> None:
    """Messages `first` … `last` − 1, one reading each, flushed after each `every`."""
    writer = readings_writer(root)
    for seq in range(first, last):
        writer.add(seq, START, batch(seq))
        if (seq - first + 1) % every == 0:
            writer.flush()
    writer.flush()


def values(root: Path, last: int) -> list[int]:
    rows = HistoryReader(root).window("co2-1", "co2", START, START + 5000, 5000)
    assert all(low == high == (time - START) / 2 for time, _, low, high in rows)
    return [time - START for time, *_ in rows]


def test_what_is_flushed_is_read_and_reached(tmp_path: Path) -> None:
    writer = readings_writer(tmp_path)
    assert (writer.reached(), writer.flush()) == (0, 0)
    writer.add(7, START, batch(1, 3), 3)
    writer.add(9, START, batch(4, 2), 2)
    assert writer.rows == 5
    assert writer.reached() == 0, "what is not flushed is not there"
    assert writer.flush() == 9
    assert (writer.rows, writer.reached(), readings_writer(tmp_path).reached()) == (0, 9, 9)
    assert HistoryReader(tmp_path).count("readings") == 5
    assert HistoryReader(tmp_path).series() == [tuple(SERIES)]


def test_a_repeat_counts_once(tmp_path: Path) -> None:
    writer = readings_writer(tmp_path)
    for seq in (1, 2):
        writer.add(seq, START, batch(0, 4))
        writer.flush()
    writer.add(3, START, ObservationBatch.of("square", START + 99, batch(0, 4)))
    writer.flush()
    assert HistoryReader(tmp_path).count("readings") == 4


def test_events_are_kept_and_count_once(tmp_path: Path) -> None:
    writer = events_writer(tmp_path)
    event = Observation("obs-1", "door-1", "door.state", START, "square", START, {"state": "öpen", "n": [1, None]})
    for seq in (1, 2):
        writer.add(seq, START, event)
    writer.flush()
    assert HistoryReader(tmp_path).count("events") == 1


def test_an_empty_history_answers(tmp_path: Path) -> None:
    reader = HistoryReader(tmp_path)
    assert (reader.count("readings"), reader.series()) == (0, [])
    assert reader.window("a", "b", 0, 9, 3) == []


@pytest.mark.parametrize(("start", "end", "points"), [(5, 5, 1), (6, 5, 1), (0, 9, 0), (0, 9, 5001)])
def test_a_window_that_makes_no_sense_is_refused(tmp_path: Path, start: int, end: int, points: int) -> None:
    with pytest.raises(InputError, match="a window needs"):
        HistoryReader(tmp_path).window("a", "b", start, end, points)


@settings(max_examples=15)
@given(
    times=st.lists(st.integers(0, 100), min_size=1, max_size=30), start=st.integers(0, 60),
    length=st.integers(1, 60), points=st.integers(1, 20),
)  # fmt: skip
def test_a_window_is_what_numpy_says(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], start: int, length: int, points: int
) -> None:
    root = tmp_path_factory.mktemp("history")
    rows = [Reading(SERIES, START + t, float(i)) for i, t in enumerate(times)]
    writer = readings_writer(root)
    writer.add(1, START, ObservationBatch.of("square", START, rows))
    writer.flush()
    found = HistoryReader(root).window("co2-1", "co2", START + start, START + start + length, points)
    width = max(length // points, 1)
    bins: dict[int, list[float]] = {}
    for i, t in enumerate(times):
        if start <= t < start + length:
            bins.setdefault(START + start + (t - start) // width * width, []).append(float(i))
    assert [(at, low, high) for at, _, low, high in found] == [(at, min(v), max(v)) for at, v in sorted(bins.items())]
    assert np.allclose([row[1] for row in found], [np.mean(v) for _, v in sorted(bins.items())])


def test_hours_have_their_folders(tmp_path: Path) -> None:
    writer = readings_writer(tmp_path)
    for seq in (1, 2):
        writer.add(seq, START + (seq - 1) * 3600 * S, batch(seq))
        writer.flush()
    assert [p.path.parent.name for p in pieces(tmp_path, "readings")] == ["hour=2026-05-01T18", "hour=2026-05-01T19"]


STEPS = ("fsync", "rename", "sync_folder", "write_table")


@pytest.fixture
def killing() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.parametrize("step", STEPS)
def test_killed_within_a_flush(tmp_path: Path, step: str, killing: pytest.MonkeyPatch) -> None:
    """Either the file is there, whole, or what it would have held comes again from the bus."""
    write(tmp_path, 1, 6, every=2)

    def die(*_: object, **__: object) -> None:
        raise KilledError

    target = {
        "fsync": "os.fsync",
        "rename": "pathlib.Path.rename",
        "sync_folder": "s4.runtime.history.writer.sync_folder",
        "write_table": "pyarrow.parquet.write_table",
    }[step]
    with killing.context() as patch:
        patch.setattr(target, die)
        with pytest.raises(KilledError):
            write(tmp_path, 6, 9, every=3)
    reached = readings_writer(tmp_path).reached()
    assert reached == (8 if step == "sync_folder" else 5)
    write(tmp_path, reached + 1, 12)
    assert values(tmp_path, 12) == list(range(1, 12))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("step", ["copied", "renamed", "one part gone"])
def test_killed_within_a_merge(tmp_path: Path, step: str, killing: pytest.MonkeyPatch) -> None:
    write(tmp_path, 1, 21)
    left = {"copied": 0, "renamed": 0, "one part gone": 1}[step]
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        nonlocal left
        if left == 0:
            raise KilledError
        left -= 1
        real(path, missing_ok=missing_ok)

    def rename(path: Path, target: Path) -> Path:
        raise KilledError

    with killing.context() as patch:
        patch.setattr(Path, *(("rename", rename) if step == "copied" else ("unlink", unlink)))
        with pytest.raises(KilledError):
            merge_history(tmp_path)
    assert values(tmp_path, 21) == list(range(1, 21)), "read in between"
    assert readings_writer(tmp_path).reached() == 20
    write(tmp_path, 21, 23)
    merge_history(tmp_path)
    assert values(tmp_path, 23) == list(range(1, 23))
    assert len(all_pieces(tmp_path, "readings")) == len(pieces(tmp_path, "readings"))
    assert not list(tmp_path.rglob("*.merge"))


def test_merging_makes_one_file_of_many(tmp_path: Path) -> None:
    write(tmp_path, 1, 31)
    assert merge_history(tmp_path) == 29
    assert merge_history(tmp_path) == 0
    (only,) = all_pieces(tmp_path, "readings")
    assert (only.first, only.last) == (1, 30)
    write(tmp_path, 31, 60)
    assert merge_history(tmp_path) == 29
    assert values(tmp_path, 60) == list(range(1, 60))


Act = st.sampled_from(["write", "flush", "merge", "restart", "kill flush", "kill merge"])


@settings(max_examples=25)
@given(acts=st.lists(Act, min_size=1, max_size=25), sizes=st.lists(st.integers(1, 3), min_size=25, max_size=25))
def test_any_life_leaves_each_observation_once(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str], sizes: list[int]
) -> None:
    """Written, flushed, merged, killed in any order: in the end history is what the bus has handed out."""
    root, written = tmp_path_factory.mktemp("history"), 0
    writer, done = readings_writer(root), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "_ENOUGH", 2)
        for act, size in zip([*acts, "restart", "flush"], [*sizes, 1, 1], strict=False):
            dead = False
            if act == "write":
                for _ in range(size):
                    written += 1
                    writer.add(written, START, batch(written))
            elif act == "flush":
                done = writer.flush() or done
            elif act == "merge":
                merge_history(root)
            elif act != "restart":
                with pytest.MonkeyPatch.context() as deadly:
                    module = writing if act == "kill flush" else merging
                    deadly.setattr(module, "sync_folder", lambda _: (_ for _ in ()).throw(KilledError()))
                    try:
                        writer.flush() if act == "kill flush" else merge_history(root)
                    except KilledError:
                        dead = True
            if (
                dead or act == "restart"
            ):  # a new life continues behind what the files hold; the bus hands out the rest again
                writer = readings_writer(root)
                assert writer.reached() >= done
                for seq in range(writer.reached() + 1, written + 1):
                    writer.add(seq, START, batch(seq))
    writer.flush()
    assert values(root, written) == list(range(1, written + 1))
    spans = [(piece.first, piece.last) for piece in pieces(root, "readings")]
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_reading_while_it_is_merged(tmp_path: Path) -> None:
    write(tmp_path, 1, 3)
    reader, wrong, stop = HistoryReader(tmp_path), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            if (count := reader.count("readings")) < 2:
                wrong.append(count)

    thread = threading.Thread(target=read)
    thread.start()
    for turn in range(8):
        write(tmp_path, 3 + turn * 16, 19 + turn * 16)
        merge_history(tmp_path)
    stop.set()
    thread.join()
    assert not wrong
    assert reader.count("readings") == 2 + 8 * 16
