"""Things left behind, on painted clips."""

from typing import Any

import pytest

from s4.core.clock import NS_PER_S
from s4.core.model import Detection
from s4.detection.video.picture import Box, iou
from s4.detection.video.watch import VideoWatch
from tests.detection.city import context_of
from tests.detection.recordings import START
from tests.detection.video.render import BAG, Moment, Person, Script, frames, walk

WHERE = 180, 185


def watch(script: Script, seconds: float, *, fps: float = 5.0, **options: Any) -> list[Detection]:
    stage = VideoWatch(context_of("cam-1", **{"behaviours": ["unattended_object"], **options}))
    found = [one for frame in frames(script, seconds, fps=fps) for one in stage.step([frame], frame.time)]
    return found + stage.step([], START + round((seconds + 60) * NS_PER_S))


def second(detection: Detection) -> float:
    return (detection.time - START) / NS_PER_S


def comes_and_goes(at: float, until: float) -> tuple[Person, ...]:
    """Comes from the left at 8 s, stands beside the place from 15 s, and leaves to the right at `until`."""
    if at < 8.0 or at > until + 10:
        return ()
    x = min(-20 + 25 * (at - 8), 158.0) + max(at - until, 0.0) * 25
    return (Person(x, 180.0),)


def left_at_20(at: float) -> Moment:
    return Moment(comes_and_goes(at, 20.0), WHERE if at > 17 else None)


def test_a_bag_is_said_after_t_seconds_alone_and_until_it_is_taken() -> None:
    found = watch(lambda at: left_at_20(at) if at < 60 else Moment(), 75.0)
    assert [one.phase for one in found] == ["start", *["update"] * (len(found) - 2), "end"]
    assert 20 + 15 <= second(found[0]) <= 20 + 15 + 5
    assert 59 <= second(found[-1]) <= 62
    box = found[0].attributes["bbox_px"]
    assert isinstance(box, tuple)
    assert iou(Box(*box), Box(WHERE[0] - BAG / 2, WHERE[1] - BAG, BAG, BAG)) >= 0.4
    assert found[0].kind == "unattended_object"
    assert found[0].confidence > 0.5


@pytest.mark.slow
def test_what_the_edge_of_the_picture_cuts_off_may_be_somebody() -> None:
    """A bag that is half outside, told where the edge does not count."""

    def script(at: float) -> Moment:
        x = max(340 - 25 * (at - 8), 26.0) + max(at - 24.0, 0.0) * 25
        return Moment((Person(x, 180.0),) if 8.0 <= at <= 37.0 else (), (3, 185) if at > 21.5 else None)

    assert watch(script, 45.0) == []


def test_nothing_is_told_from_pictures_too_far_apart() -> None:
    """Every 1.5 s: between two of them anybody may have come and gone."""
    assert watch(left_at_20, 60.0, fps=1 / 1.5) == []


@pytest.mark.slow
def test_a_bag_left_for_longer_than_the_memory_is_not_said_to_be_taken() -> None:
    found = watch(left_at_20, 420.0, fps=2.5, update_every_s=60.0)
    assert [one.phase for one in found] == ["start", *["update"] * (len(found) - 2), "end"]
    assert found[-1].text == "Left object: the camera has gone"


def test_a_bag_is_attended_while_its_owner_stands_by() -> None:
    assert watch(lambda at: Moment(comes_and_goes(at, 70.0), WHERE if at > 17 else None), 70.0) == []


def test_the_time_alone_is_counted_from_the_leaving() -> None:
    found = watch(lambda at: Moment(comes_and_goes(at, 40.0), WHERE if at > 17 else None), 70.0)
    assert 40 + 15 <= second(found[0]) <= 40 + 15 + 8
    assert second(watch(left_at_20, 70.0, unattended_after_s=30.0)[0]) >= 50


def test_what_was_taken_away_leaves_no_bag() -> None:
    """The bag was part of the scene; somebody fetches it. Its place looks new, but nothing is there."""
    assert watch(lambda at: Moment(comes_and_goes(at, 20.0), WHERE if at < 17 else None), 70.0) == []


def test_passers_by_do_not_count_as_company() -> None:
    def busy(at: float) -> Moment:
        moment = left_at_20(at)
        passing = walk(at % 9, 0.0, 6.0, (-20.0, 340.0), 215.0) if at > 25 else ()
        return moment._replace(people=moment.people + passing)

    found = watch(busy, 70.0)
    assert found
    assert 20 + 15 <= second(found[0]) <= 20 + 15 + 8


@pytest.mark.slow
def test_who_stops_beside_it_for_a_moment_is_no_company_either() -> None:
    def stopped(at: float) -> Moment:
        moment = left_at_20(at)
        x = 340.0 - 40.0 * max(at - 27.0, 0.0)
        stop = Person(max(x, 200.0) if at < 36.5 else 200.0 - 40.0 * (at - 36.5), 195.0)
        return moment._replace(people=(*moment.people, stop)) if at > 27 else moment

    found = watch(stopped, 60.0)
    assert found
    assert 20 + 15 <= second(found[0]) <= 20 + 15 + 5


def test_an_empty_square_and_a_standing_person_raise_nothing() -> None:
    assert watch(lambda _: Moment(), 60.0) == []
    assert watch(lambda at: Moment(comes_and_goes(at, 200.0)), 90.0) == []
