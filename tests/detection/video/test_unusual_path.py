"""What is usual is learnt; who goes otherwise is told, and nobody before enough is known."""

from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.detection.video.behaviours.unusual_path import FEWEST, UnusualPath
from s4.detection.video.habits import CELLS, DIRECTIONS, SPEEDS, Habits, step_of
from s4.detection.video.settings import Settings
from tests.detection.recordings import START
from tests.detection.video.scenes import Walk, path, scenes, second_of

HOUR = 3600 * NS_PER_S


def along(y: float, since: float, *, left: bool = False, seconds: float = 6.0) -> Walk:
    ends = (0.95, 0.05) if left else (0.05, 0.95)
    return path((since, ends[0], y), (since + seconds, ends[1], y))


def taught(people: int) -> UnusualPath:
    """Everybody goes along the lower edge, from left to right."""
    behaviour = UnusualPath(Settings(), [])
    for number in range(0, people, 10):
        walks = {n: along(0.75 + 0.01 * (n % 5), 0.3 * (n % 10)) for n in range(number, number + 10)}
        for scene in scenes(walks, 10.0):
            assert behaviour.see(scene) == []
        behaviour.close(START)
    return behaviour


def test_who_goes_otherwise_is_told_and_who_goes_along_is_not() -> None:
    behaviour = taught(FEWEST)
    walks = {1: along(0.77, 0.0), 2: along(0.77, 0.5, left=True), 3: path((0.0, 0.5, 0.3), (6.0, 0.5, 0.98))}
    found = [one for scene in scenes(walks, 8.0) for one in behaviour.see(scene)] + behaviour.close(START)
    assert {one.attributes["track"] for one in found} == {2, 3}
    starts = [one for one in found if one.phase == "start"]
    assert len(starts) == 2
    assert all(1.0 < second_of(one) < 6.0 for one in starts)
    assert all(0.0 < one.confidence < 1.0 for one in starts)


def test_nobody_is_told_before_enough_were_seen() -> None:
    behaviour = taught(FEWEST - 10)
    assert [one for scene in scenes({2: along(0.77, 0.5, left=True)}, 8.0) for one in behaviour.see(scene)] == []


Point = tuple[float, float, float, float, float]
POINTS = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.floats(-9, 9), st.floats(-9, 9), st.floats(0, 20))


@given(st.lists(st.lists(POINTS, min_size=1, max_size=5), max_size=8), POINTS, st.integers(0, 23))
def test_rarity_is_a_share_and_falls_with_every_who_does_it(
    ways: list[list[tuple[float, float, float, float, float]]],
    point: tuple[float, float, float, float, float],
    hour: int,
) -> None:
    habits, time = Habits(), START - START % (24 * HOUR) + hour * HOUR
    for way in ways:
        steps = {step_of(*one) for one in way}
        assert all(0 <= s[0] < CELLS[0] and 0 <= s[1] < CELLS[1] for s in steps)
        assert all(0 <= s[2] <= DIRECTIONS and 0 <= s[3] <= len(SPEEDS) for s in steps)
        habits.learn(time, steps)
    step = step_of(*point)
    before = habits.rarity(time, step)
    assert 0.0 < before < 1.0
    habits.learn(time, {step})
    assert habits.people(time) == len(ways) + 1
    assert habits.rarity(time, step) < before or before == 0.5
    assert habits.people(time + HOUR) == 0, "another hour has habits of its own"
