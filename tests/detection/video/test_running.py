"""Who runs, and who only seems to."""

from pathlib import Path

import pytest
from benchmarks.detection.trajectories import read_paths, scenes_of, shown

from s4.detection.video.behaviours.running import Running
from s4.detection.video.settings import Settings
from tests.detection.video.scenes import STEP_S, Walk, path, said, second_of

HEIGHT = 60 / 320  # a person's height, in widths of the picture


def at(heights_a_second: float, seconds: float = 4.0, start: float = 0.05) -> Walk:
    return path((0.0, start, 0.6), (seconds, start + heights_a_second * seconds * HEIGHT, 0.6))


def walkers_and(walk: Walk) -> dict[int, Walk]:
    """Three who walk, from the beginning on; and this one, from the fourth second on."""
    return {n: path((0.0, 0.1, 0.5), (12.0, 0.9, 0.5)) for n in (11, 12, 13)} | {1: lambda second: walk(second - 4.0)}


@pytest.mark.parametrize(("speed", "runs"), [(0.8, False), (1.3, False), (2.4, True), (6.5, False)])
def test_by_heights_a_second(speed: float, runs: bool) -> None:
    found = said(Running(Settings(), []), walkers_and(at(speed, min(4.0, 4.6 / speed))), 10.0)
    assert bool(found) == runs


def test_told_after_a_second_and_ended_with_the_run() -> None:
    walk = path((0, 0.05, 0.6), (3, 0.15, 0.6), (4.9, 0.97, 0.6), (8, 0.95, 0.6))
    start, end = said(Running(Settings(), []), walkers_and(walk), 14.0)
    assert (start.phase, end.phase) == ("start", "end")
    assert 8.2 <= second_of(start) <= 9.0
    assert second_of(end) <= 9.7
    assert start.attributes["track"] == 1
    assert 0.2 < start.confidence < 1.0
    assert (start.key, start.began) == (end.key, end.began)


def test_two_who_are_taken_for_each_other_do_not_run() -> None:
    def jumps(second: float) -> tuple[float, float] | None:
        return (0.3 + 0.02 * second + (0.35 if second >= 3 else 0.0), 0.6) if second < 7 else None

    def trembles(second: float) -> tuple[float, float] | None:
        return (0.5 + (0.12 if round(second / STEP_S) % 2 else -0.12), 0.6) if second < 7 else None

    assert said(Running(Settings(), []), walkers_and(jumps), 12.0) == []
    assert said(Running(Settings(), []), walkers_and(trembles), 12.0) == []


def test_where_all_run_it_is_no_matter() -> None:
    walks: dict[int, Walk] = {n: path((2.0 * n, 0.02, 0.6), (2.0 * n + 2.0, 0.98, 0.6)) for n in range(6)}
    assert said(Running(Settings(), []), walks, 14.0) == []


@pytest.mark.slow
def test_of_real_pedestrians_hardly_anybody_runs(data_dir: Path) -> None:
    folder = data_dir / "video" / "opentraj"
    starts = {}
    for name in ("hotel", "zara01"):
        found, _ = shown(Running(Settings(), []), scenes_of(read_paths(folder, name)))
        starts[name] = sum(one.phase == "start" for one in found)
    assert starts == {"hotel": 0, "zara01": 0}
