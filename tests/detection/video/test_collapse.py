"""Who drops and lies dead still is told by what stands out from the background; who crouches, leaves or sits is not."""

from functools import lru_cache
from math import sin

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.model import Detection
from s4.detection.video.camera import CameraWatch
from s4.detection.video.collapse import STILL_S, Collapse, Collapses
from s4.detection.video.outlines import smoothed
from s4.detection.video.picture import Mask
from s4.detection.video.settings import Settings
from s4.detection.video.sight import Grey
from tests.detection.recordings import START
from tests.detection.video.bodies import Bodies, Body, between, frames, paint

FLOOR = 220.0
DROPS = 5.0
ENDS = 12.0


@lru_cache(maxsize=128)
def picture(bodies: tuple[Body, ...], seed: int) -> Grey:
    """Grey and smoothed."""
    return smoothed(np.asarray(cv2.cvtColor(paint(bodies, seed), cv2.COLOR_BGR2GRAY), np.uint8))


def seen(bodies: tuple[Body, ...], number: int) -> tuple[Grey, Mask]:
    """A picture, and what stands out in it."""
    with_them, empty = picture(bodies, number % 4), picture((), number % 4)
    return with_them, np.asarray(cv2.absdiff(with_them, empty)) > 15


def watch(scene: Bodies, seconds: float = ENDS) -> list[tuple[float, Collapse]]:
    """What is found, and when."""
    collapses, found = Collapses(0.08), list[tuple[float, Collapse]]()
    for number in range(round(seconds * 5)):
        grey, mask = seen(scene(number / 5), number)
        time = START + number * NS_PER_S // 5
        found += [(number / 5, one) for one in collapses.see(mask, grey, time)]
    return found


def walker(second: float) -> Body:
    """Comes in from the left and stands in the middle, the weight now on one foot, now on the other."""
    return Body(-40 + 200 * between(second, 0.0, 3.5), FLOOR, lean=1.5 * sin(3 * second))


def drops(second: float) -> tuple[Body, ...]:
    if second < DROPS:
        return (walker(second),)
    return (Body(160, FLOOR, lean=88 * between(second, DROPS, DROPS + 0.7) ** 2),)


def crouches(second: float) -> tuple[Body, ...]:
    return (walker(min(second, DROPS))._replace(left=1 - 0.5 * between(second, DROPS, DROPS + 0.8)),)


def sits_down(second: float) -> tuple[Body, ...]:
    return (walker(min(second, DROPS))._replace(left=1 - 0.35 * between(second, DROPS, DROPS + 0.8)),)


def lies_down(second: float) -> tuple[Body, ...]:
    down = between(second, DROPS, DROPS + 4)
    return (walker(min(second, DROPS))._replace(left=1 - 0.5 * down, lean=85 * down),)


def gets_up(second: float) -> tuple[Body, ...]:
    body = drops(min(second, DROPS + 2))[0]
    return (body._replace(lean=body.lean * (1 - between(second, DROPS + 2, DROPS + 3))),)


def stands(second: float) -> tuple[Body, ...]:
    return (walker(min(second, DROPS)),)


def leaves_a_bundle(second: float) -> tuple[Body, ...]:
    """As long as a body, and lying; it was behind the one who stood there."""
    gone = 160 + 300 * between(second, DROPS, DROPS + 3)
    bundle = Body(130, FLOOR, lean=88, tall=60)
    return (bundle, walker(second) if second < DROPS else Body(gone, FLOOR)) if second > 4 else (walker(second),)


def walks_through(second: float) -> tuple[Body, ...]:
    return (Body(-40 + 60 * second, FLOOR),)


def test_who_drops_and_lies_dead_still_is_told_once_and_where() -> None:
    ((second, one),) = watch(drops)
    assert DROPS + STILL_S <= second <= DROPS + STILL_S + 1.6
    assert DROPS - 0.2 <= (one.since - START) / NS_PER_S <= DROPS + 0.7
    assert 150 < one.box.x + one.box.w / 2 < 280
    assert one.box.y > FLOOR - 60
    assert one.tall == pytest.approx(115, abs=15)
    assert 0.36 <= one.sure <= 1.0


@pytest.mark.parametrize("scene", [crouches, sits_down, lies_down, gets_up, stands, leaves_a_bundle, walks_through])
def test_what_is_no_fall(scene: Bodies) -> None:
    assert watch(scene) == []


@settings(max_examples=3, deadline=None)
@given(
    tall=st.floats(60, 140),
    way=st.sampled_from([-1, 1]),
    lasts=st.floats(0.4, 1.0),
    phase=st.floats(0, 0.2),
    shade=st.sampled_from([30, 60, 215]),
)
def test_drops_of_all_kinds(tall: float, way: int, lasts: float, phase: float, shade: int) -> None:
    def scene(second: float) -> tuple[Body, ...]:
        body = walker(second) if second < DROPS + phase else Body(160, FLOOR)
        down = between(second, DROPS + phase, DROPS + phase + lasts) ** 2
        return (body._replace(tall=tall, lean=body.lean + way * 88 * down, shade=shade),)

    assert len(watch(scene)) == 1


def test_nothing_is_remembered_when_the_light_has_changed() -> None:
    collapses, found = Collapses(0.08), []
    for number in range(round(ENDS * 5)):
        grey, mask = seen(drops(number / 5), number)
        if number == round((DROPS + 2) * 5):
            collapses.forget()
        found += collapses.see(mask, grey, START + number * NS_PER_S // 5)
    assert found == []


def test_the_camera_tells_of_a_doll_once_and_that_somebody_stands_there_again() -> None:
    empty_s, rises = 4.0, 10.0

    def scene(second: float) -> tuple[Body, ...]:
        second -= empty_s
        rising = Body(160 + 2 * sin(9 * second), FLOOR, lean=88 * (1 - between(second, rises, rises + 1)))
        return ((drops(second)[0] if second < rises else rising)._replace(shade=215),)

    camera, found = CameraWatch("cam-1", "room", Settings(behaviours=("fall",)), (), None), list[Detection]()
    for frame in frames(scene, empty_s + rises + 2.4):
        found += camera.look(frame)
    assert [one.phase for one in found if one.phase != "update"] == ["start", "end"], found
    assert DROPS + 1.0 <= (found[0].time - START) / NS_PER_S - empty_s <= DROPS + STILL_S + 1.6
    assert "Nobody lies there" in found[-1].text
