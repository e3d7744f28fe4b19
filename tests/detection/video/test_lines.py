"""Lines: counted both ways, one way only, and at a door."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.city import City, Info, Site, Source, Zone
from s4.core.errors import ConfigError
from s4.detection.video.behaviours.line_crossing import LineCrossing
from s4.detection.video.behaviours.tailgating import Tailgating
from s4.detection.video.behaviours.wrong_way import WrongWay
from s4.detection.video.line import crossing
from s4.detection.video.settings import Settings
from s4.detection.video.watch import VideoWatch
from tests.detection.city import PLACE, context_of
from tests.detection.video.render import Moment, frames
from tests.detection.video.render import walk as walk_in_pixels
from tests.detection.video.scenes import Walk, path, said, second_of

GATE = Zone("gate", "cam-1", "Gate", ((0.5, 0.2), (0.5, 0.9)), kind="line_crossing")
"""From the top down: its right, and so the way in, is the left of the picture."""
TO_THE_LEFT = path((0, 0.9, 0.6), (8, 0.1, 0.6))
TO_THE_RIGHT = path((0, 0.1, 0.6), (8, 0.9, 0.6))


def count(walks: dict[int, Walk], zone: Zone = GATE) -> tuple[float | str | bool | tuple[float, ...], ...]:
    found = said(LineCrossing(Settings(), [zone]), walks, 30.0)
    assert [one.phase for one in found] == ["start", "end"] * (len(found) // 2)
    assert len({(one.key, one.began) for one in found}) == len(found) // 2
    return (found[-1].attributes["in"], found[-1].attributes["out"]) if found else (0, 0)


def test_crossings_are_counted_both_ways() -> None:
    found = said(LineCrossing(Settings(), [GATE]), {1: TO_THE_LEFT, 2: TO_THE_RIGHT, 3: TO_THE_LEFT}, 10.0)
    starts = [one for one in found if one.phase == "start"]
    assert sorted(one.attributes["way"] for one in starts) == ["in", "in", "out"]
    assert all(second_of(one) == pytest.approx(4.0, abs=1.0) for one in starts)
    assert found[-1].text == "Person crossed Gate going in: 2 in, 1 out"
    assert 0.8 < found[-1].confidence < 1.0


def test_who_turns_round_counts_each_way_and_who_trembles_on_the_line_not_at_all() -> None:
    assert count({1: path((0, 0.9, 0.6), (4, 0.3, 0.6), (8, 0.9, 0.6))}) == (1, 1)
    trembling = path(*[(n * 0.2, 0.5 + 0.008 * (-1) ** n, 0.6) for n in range(100)])
    assert count({1: trembling}) == (0, 0)


@pytest.mark.parametrize("begin", [0.9, 0.91, 0.92, 0.93, 0.94])
def test_who_walks_on_is_told_in_the_first_picture_behind_the_line(begin: float) -> None:
    walks = {1: path((0, begin, 0.6), (5, begin - 0.8, 0.6))}
    start, _ = said(LineCrossing(Settings(), [GATE]), walks, 10.0)
    assert 0.0 <= second_of(start) - (begin - 0.5) / 0.16 <= 0.2  # 5 pictures a second


def test_who_passes_beyond_its_ends_does_not_cross_it() -> None:
    assert count({1: path((0, 0.9, 0.97), (8, 0.1, 0.97))}) == (0, 0)


def test_a_line_has_its_hours() -> None:  # the scene begins at 18:00 UTC
    assert count({1: TO_THE_LEFT}, msgspec.structs.replace(GATE, hours="19:00-20:00")) == (0, 0)
    assert count({1: TO_THE_LEFT}, msgspec.structs.replace(GATE, hours="17:00-20:00")) == (1, 0)


def test_a_bent_line_is_one_line() -> None:
    bent = msgspec.structs.replace(GATE, outline=((0.3, 0.2), (0.5, 0.6), (0.3, 0.95)))
    assert count({1: path((0, 0.9, 0.58), (8, 0.1, 0.58))}, bent) == (1, 0)


fraction = st.floats(0.0, 1.0)
point = st.tuples(fraction, fraction)


@given(a=point, b=point, steps=st.lists(point, min_size=2, max_size=30))
def test_there_and_back_again_is_nothing(
    a: tuple[float, float], b: tuple[float, float], steps: list[tuple[float, float]]
) -> None:
    there = sum(crossing(a, b, *step) for step in pairwise(steps))
    back = sum(crossing(a, b, *step) for step in pairwise(steps[::-1]))
    assert there == -back


def test_only_the_wrong_way_is_said() -> None:
    exit_only = msgspec.structs.replace(GATE, kind="wrong_way")
    found = said(WrongWay(Settings(), [exit_only]), {1: TO_THE_LEFT, 2: TO_THE_RIGHT}, 10.0)
    assert [(one.phase, one.attributes["track"]) for one in found] == [("start", 2), ("end", 2)]
    assert found[0].text == "Person goes the wrong way over Gate"


@pytest.mark.parametrize(
    ("second", "follows"),
    [
        (path((1.0, 0.9, 0.6), (9.0, 0.1, 0.6)), True),
        (path((4.0, 0.9, 0.6), (12.0, 0.1, 0.6)), False),
        (path((1.0, 0.1, 0.6), (9.0, 0.9, 0.6)), False),
        (path((1.0, 0.9, 0.21), (9.0, 0.1, 0.21)), False),
    ],
    ids=["close behind", "later", "towards", "at the other end of the line"],
)
def test_who_follows_another_one_through_a_door(second: Walk, follows: bool) -> None:
    door = msgspec.structs.replace(GATE, kind="tailgating")
    found = said(Tailgating(Settings(), [door]), {1: TO_THE_LEFT, 2: second}, 15.0)
    assert [(one.phase, one.attributes["track"]) for one in found] == ([("start", 2), ("end", 2)] if follows else [])


def test_lines_in_a_city_have_two_points_and_zones_three() -> None:
    def city(zone: Zone) -> City:
        site = Site("square", "Square", PLACE)
        return City(Info("bilbao", "Bilbao", PLACE), (site,), zone=(zone,), source=(Source("cam-1", "square"),))

    city(GATE).check()
    with pytest.raises(ConfigError, match="at least 3 points"):
        city(msgspec.structs.replace(GATE, kind="loitering")).check()
    with pytest.raises(ConfigError, match="at least 2 points"):
        city(msgspec.structs.replace(GATE, outline=((0.5, 0.5),))).check()
    with pytest.raises(ConfigError, match=r"zone gate\.outline: a line needs at least 2 points"):
        LineCrossing(Settings(), [msgspec.structs.replace(GATE, outline=((0.5, 0.5),))])


def test_a_painted_person_crosses_a_line_once() -> None:
    stage = VideoWatch(context_of("cam-1", zones=(GATE,), behaviours=["line_crossing"]))
    clip = frames(lambda at: Moment(walk_in_pixels(at, 2.0, 10.0, (340.0, -20.0), 180.0)), 12.0, fps=5.0)
    found = [one for frame in clip for one in stage.step([frame], frame.time)]
    assert [(one.phase, one.attributes["way"]) for one in found] == [("start", "in"), ("end", "in")]
