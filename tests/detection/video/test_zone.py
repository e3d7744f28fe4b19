"""Zone intrusion on painted clips, where the truth is exact."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.model import Detection
from s4.detection.video.watch import VideoWatch
from tests.detection.city import PLACE, context_of
from tests.detection.recordings import START
from tests.detection.video.render import HEIGHT, WIDTH, Moment, Person, Script, frames, walk

STAGE_AREA = Zone("stage", "cam-1", "Stage area", ((0.4, 0.5), (0.7, 0.5), (0.7, 1.0), (0.4, 1.0)))


def watch(
    script: Script, seconds: float, *, zone: Zone = STAGE_AREA, start: int = START, **options: Any
) -> list[Detection]:
    stage = VideoWatch(context_of("cam-1", zones=(zone,), **options))
    found = [one for frame in frames(script, seconds, start=start) for one in stage.step([frame], frame.time)]
    return found + stage.step([], start + round((seconds + 60) * NS_PER_S))


def second(detection: Detection) -> float:
    return (detection.time - START) / NS_PER_S


def crossing(at: float) -> Moment:
    """Walks from left to right, feet on row 180, from 5 s to 25 s: inside x 128–224 from 12.4 s to 17.2 s."""
    return Moment(walk(at, 5.0, 25.0, (-20.0, 340.0), 180.0))


def test_start_update_and_end_of_a_visit() -> None:
    found = watch(crossing, 30.0)
    assert [one.phase for one in found] == ["start", "end"]
    start, end = found
    entered, left = 5 + (128 + 20) / 18, 5 + (224 + 20) / 18
    assert second(start) == pytest.approx(entered + 1.0, abs=0.6)
    assert second(end) == pytest.approx(left, abs=0.6)
    assert start.kind == "zone_intrusion"
    assert start.text == "Person in Stage area for 1 s"
    assert end.text.startswith("Person left Stage area after")
    assert start.place == PLACE
    assert start.happening == end.happening
    assert start.id != end.id
    box = start.attributes["bbox_px"]
    assert isinstance(box, tuple)
    x = -20 + 18 * (second(start) - 5)
    assert box == pytest.approx((x - 10, 120, 20, 60), abs=6)
    assert 0.5 < start.confidence < end.confidence < 1.0


def test_a_long_visit_is_said_again_every_five_seconds() -> None:
    def stays(at: float) -> Moment:
        return Moment((Person(min(18 * (at - 5), 170.0), 180.0),)) if at > 5 else Moment()

    found = watch(stays, 40.0)
    assert [one.phase for one in found] == ["start", *["update"] * (len(found) - 2), "end"]
    said = [second(one) for one in found[:-1]]
    assert all(4.9 <= later - earlier <= 5.3 for earlier, later in pairwise(said))
    assert len(found) >= 6


def test_who_walks_past_or_only_casts_a_shadow_inside_is_not_in() -> None:
    assert watch(lambda at: Moment(walk(at, 5.0, 25.0, (-20.0, 340.0), 110.0)), 30.0) == []

    def beside(at: float) -> Moment:  # feet at x 116, the shadow reaches from 126 to 156
        return Moment((Person(min(-20 + 18 * (at - 5), 116.0), 180.0),)) if at > 5 else Moment()

    assert watch(beside, 25.0) == []


def test_only_in_its_hours() -> None:
    def at_hours(hours: str) -> int:  # the clip starts at 18:00 UTC
        return len(watch(crossing, 30.0, zone=msgspec.structs.replace(STAGE_AREA, hours=hours)))

    assert at_hours("17:00-19:00") == 2
    assert at_hours("19:00-17:00") == 0


def test_the_dwell_time_is_kept() -> None:
    assert watch(crossing, 30.0, zone_dwell_s=8.0) == []


@pytest.mark.parametrize("light", [0.6, 1.5])
def test_a_change_of_light_is_nobody(light: float) -> None:
    def clouded(at: float) -> Moment:
        return Moment(light=light if at > 12.0 else 1.0)

    assert watch(clouded, 30.0) == []


@pytest.mark.parametrize("light", [0.7, 1.3])
def test_a_person_is_found_through_a_change_of_light(light: float) -> None:
    def clouded(at: float) -> Moment:
        return crossing(at)._replace(light=light if at > 14.5 else 1.0)

    found = watch(clouded, 30.0)
    assert [one.phase for one in found] == ["start", "end"]
    assert second(found[1]) == pytest.approx(18.5, abs=1.0)


def test_a_place_comes_from_the_ground_where_it_is_known() -> None:
    ground = [[0, 0, 43.0, -3.0], [1, 0, 43.0, -2.999], [1, 1, 42.999, -2.999], [0, 1, 42.999, -3.0]]
    start = watch(crossing, 30.0, ground=ground)[0]
    box = start.attributes["bbox_px"]
    assert isinstance(box, tuple)
    assert start.place is not None
    assert start.place.lat == pytest.approx(43.0 - 0.001 * (box[1] + box[3]) / HEIGHT, abs=1e-5)
    assert start.place.lon == pytest.approx(-3.0 + 0.001 * (box[0] + box[2] / 2) / WIDTH, abs=1e-5)
    assert start.place.ellipse is not None
    assert 1.0 < start.place.ellipse.semi_major_m < 10.0
