"""Vehicles where only people walk, by their outlines; and groups of people, who are none."""

from collections.abc import Callable

import numpy as np
import pytest

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.detection.video.behaviours.vehicle_in_pedestrian_area import VehicleInPedestrianArea
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Mask
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from tests.detection.recordings import START
from tests.detection.video.scenes import STEP_S, VIEW, path, scenes, second_of

TALL = 40.0
PERSPECTIVE = Settings(perspective=((0.0, TALL / 240), (1.0, TALL / 240)))
MALL = Zone("mall", "cam-1", "Mall", ((0, 0.3), (1, 0.3), (1, 1), (0, 1)), kind="vehicle_in_pedestrian_area")
Outlines = Callable[[float], list[Box]]


def mask_of(boxes: list[Box]) -> Mask:
    mask = np.zeros((240, 320), np.bool_)
    for x, y, w, h in boxes:
        mask[max(int(y), 0) : max(int(y + h), 0), max(int(x), 0) : max(int(x + w), 0)] = True
    return mask


def watch(outlines: Outlines, zones: tuple[Zone, ...] = (MALL,), settings: Settings = PERSPECTIVE) -> list[Statement]:
    behaviour = VehicleInPedestrianArea(settings, zones)
    found: list[Statement] = []
    image = np.zeros((240, 320, 3), np.uint8)
    for number in range(60):
        time = START + round(number * STEP_S * NS_PER_S)
        mask = mask_of(outlines(number * STEP_S))
        size = PersonSize(settings, 240)
        found += behaviour.see(Scene(time, STEP_S, VIEW, image, mask, [], size, settled=True, raw=image))
    return found + behaviour.close(START + 12 * NS_PER_S)


def car(speed: float) -> Outlines:
    """From the left at `speed` person heights a second: 4 m long and 1.5 m high where 1.7 m are 40 px."""
    return lambda second: [
        Box(-100 + speed * TALL * second, 150, 94, 25),
        Box(-80 + speed * TALL * second, 140, 54, 12),
    ]


def group(speed: float) -> Outlines:
    """Five people abreast, with gaps between heads and legs, and one wide shadow."""

    def outlines(second: float) -> list[Box]:
        left = -100 + speed * TALL * second
        people = [Box(left + 18 * n, 140, 6, TALL) for n in range(5)]
        return [*people, Box(left, 155, 80, 10)]

    return outlines


def test_a_car_is_said_once_soon_after_it_came() -> None:
    found = watch(car(2.0))
    assert [one.phase for one in found] == ["start", "end"]
    assert 1.5 <= second_of(found[0]) <= 3.0
    assert found[0].text.startswith("Vehicle in Mall, at ")
    assert 1.2 <= float(str(found[0].attributes["speed_heights_s"])) <= 2.1
    assert found[0].box.w == pytest.approx(94, abs=30)
    assert 0.5 < found[0].confidence < 1.0


@pytest.mark.parametrize(
    "outlines",
    [
        car(0.4),
        group(0.8),
        group(2.0),
        lambda _: [Box(100, 140, 90, 40)],
        lambda second: [Box(80 * second, 140, 14, 40)],
    ],
    ids=["crawling car", "group walking", "group running", "parked car", "one running"],
)
def test_what_is_no_vehicle_or_stands(outlines: Outlines) -> None:
    assert watch(outlines) == []


def test_only_in_its_zone_and_only_where_people_s_size_is_known() -> None:
    road = Zone("road", "cam-1", "Road", ((0, 0), (1, 0), (1, 0.3), (0, 0.3)), kind=MALL.kind)
    assert watch(car(2.0), (road,)) == []
    assert watch(car(2.0), ()) == []
    assert watch(car(2.0), settings=Settings()) == []


def test_the_size_is_learnt_from_those_who_walk_there() -> None:
    behaviour = VehicleInPedestrianArea(Settings(), (MALL,))
    for scene in scenes({1: path((0, 0.1, 0.75), (10, 0.9, 0.75))}, 10.0):
        assert behaviour.see(scene) == []
    found: list[Statement] = []
    for number, scene in enumerate(scenes({}, 8.0)):
        mask = mask_of([Box(-120 + 20 * number, 110, 130, 60)])
        found += behaviour.see(scene._replace(time=scene.time + 10 * NS_PER_S, foreground=mask))
    assert [one.phase for one in found] == ["start", "end"]
