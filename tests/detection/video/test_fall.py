"""Who falls and stays down is told; who bends, sits down, walks away or drives by is not."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from s4.detection.video.behaviours.fall import Fall
from s4.detection.video.camera import CameraWatch
from s4.detection.video.outlines import Outlines, extent
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Image
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from tests.detection.recordings import START, frames_of
from tests.detection.video.bodies import Bodies, Body, between, frames, paint
from tests.detection.video.scenes import VIEW

FLOOR = 220.0
EMPTY = np.zeros((240, 320), np.bool_)
SIZE = PersonSize(Settings(), 240)


def watch(pictures: Iterable[Frame]) -> list[Statement]:
    """What the behaviour says, without people being looked for in the pictures."""
    behaviour, found, time = Fall(Settings(), ()), list[Statement](), START
    for frame in pictures:
        time = frame.time
        scene = Scene(time, 0.2, VIEW, frame.image, EMPTY, [], SIZE, settled=True, raw=frame.image)
        found += behaviour.see(scene)
    return found + behaviour.close(time)


def grey(bodies: tuple[Body, ...], seed: int) -> Image:
    return np.asarray(cv2.cvtColor(paint(bodies, seed), cv2.COLOR_BGR2GRAY), np.uint8)


def walker(second: float) -> Body:
    """From the left to the middle, then standing, with the arms never quite still."""
    return Body(60 + 100 * between(second, 0.0, 3.0) + 2 * np.sin(9 * second), FLOOR)


def falls(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(lean=88 * between(second, 3.4, 4.3)),)


def collapses(second: float) -> tuple[Body, ...]:
    down = between(second, 3.4, 4.4)
    return (walker(second)._replace(left=1 - 0.5 * down, lean=85 * down),)


def rises_again(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(lean=88 * (between(second, 3.4, 4.3) - between(second, 4.8, 5.8))),)


def sits_down(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(left=1 - 0.35 * between(second, 3.4, 4.2)),)


def sits_on_the_ground(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(left=1 - 0.47 * between(second, 3.4, 5.2)),)


def bends(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(left=1 - 0.5 * (between(second, 3.4, 4.0) - between(second, 4.6, 5.4))),)


def picks_something_up(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(left=1 - 0.55 * (between(second, 3.4, 4.0) - between(second, 5.4, 6.0))),)


def squats(second: float) -> tuple[Body, ...]:
    return (walker(second)._replace(left=1 - 0.5 * between(second, 3.4, 4.2)),)


def lies_down_slowly(second: float) -> tuple[Body, ...]:
    down = between(second, 3.4, 8.0)
    return (walker(second)._replace(left=1 - 0.5 * down, lean=85 * down),)


def leaves_below(second: float) -> tuple[Body, ...]:
    return (Body(160, 140 + 240 * between(second, 1.0, 5.0)),)


def leaves_at_the_side(second: float) -> tuple[Body, ...]:
    return (Body(160 + 260 * between(second, 1.0, 3.0), FLOOR, lean=25 * between(second, 1.0, 2.0)),)


def stops(second: float) -> tuple[Body, ...]:
    return (Body(60 + 100 * between(second, 0.0, 3.0), FLOOR),)


def comes_down_the_road(second: float) -> tuple[Body, ...]:
    return (Body(160, 90 + 150 * between(second, 1.0, 2.2), tall=60, shade=200),)


@pytest.mark.parametrize("scene", [falls, collapses])
def test_who_falls_is_told_once_and_where(scene: Bodies) -> None:
    found = watch(frames(scene, 7.6))
    assert [one.phase for one in found if one.phase != "update"] == ["start", "end"], found
    start = found[0]
    assert start.kind == "fall"
    assert 5.0 <= (start.time - START) / NS_PER_S <= 7.5
    assert 0.5 < start.confidence < 1.0
    assert 150 < start.box.x + start.box.w / 2 < 280
    assert start.box.y > FLOOR - 70


@pytest.mark.parametrize(
    "scene",
    [
        rises_again,
        sits_down,
        sits_on_the_ground,
        bends,
        picks_something_up,
        squats,
        lies_down_slowly,
        leaves_below,
        leaves_at_the_side,
        stops,
        comes_down_the_road,
    ],
)
def test_what_is_no_fall(scene: Bodies) -> None:
    assert watch(frames(scene, 7.6)) == []


@settings(max_examples=3, deadline=None)
@given(
    tall=st.floats(60, 140),
    way=st.sampled_from([-1, 1]),
    lasts=st.floats(0.6, 1.1),
    phase=st.floats(0, 0.2),
    shade=st.sampled_from([30, 60, 215]),
)
def test_falls_of_all_kinds(tall: float, way: int, lasts: float, phase: float, shade: int) -> None:
    def scene(second: float) -> tuple[Body, ...]:
        down = between(second, 3.4 + phase, 3.4 + phase + lasts)
        return (walker(second)._replace(tall=tall, lean=way * 88 * down, shade=shade),)

    assert [one.phase for one in watch(frames(scene, 7.5)) if one.phase != "update"] == ["start", "end"]


def test_a_fall_is_over_when_somebody_stands_there_again() -> None:
    def scene(second: float) -> tuple[Body, ...]:
        up = between(second, 11.5, 13.0)
        return (walker(second)._replace(lean=88 * (between(second, 3.4, 4.3) - up)),)

    found = watch(frames(scene, 14.0))
    assert [one.phase for one in found] == ["start", "update", "end"], found
    assert "Nobody lies there" in found[-1].text
    assert 11.5 <= (found[-1].time - START) / NS_PER_S <= 13.5


def test_a_fall_at_the_end_of_a_recording_is_told() -> None:
    found = watch(frames(falls, 5.4))
    assert [one.phase for one in found] == ["start", "end"]


def test_a_camera_that_corrects_its_exposure_makes_nobody_lie() -> None:
    def pictures() -> Iterable[Frame]:
        for frame in frames(leaves_below, 8.0):
            second = (frame.time - START) / NS_PER_S
            shift = 25 * between(second, 4.5, 6.0)
            yield frame._replace(image=np.clip(frame.image + shift, 0, 255).astype(np.uint8))

    assert watch(pictures()) == []


def test_outlines_leave_out_where_something_was() -> None:
    outlines, found = Outlines(), []
    for number in range(6):
        found.append(outlines.see(grey((Body(60 + 40 * number, FLOOR),), number), START + number * NS_PER_S // 5))
    assert found[0] is None
    for number, outline in enumerate(found[2:], start=1):
        one = outline and extent(outline.mask, Box(0, 0, 320, 240))
        assert one is not None
        assert abs((one.left + one.right) / 2 - (60 + 40 * number)) < 8


def test_a_sudden_light_is_no_outline() -> None:
    outlines = Outlines()
    for number in range(4):
        outlines.see(grey((), number), START + number * NS_PER_S // 5)
    brighter = np.clip(grey((), 4).astype(int) + 60, 0, 255).astype(np.uint8)
    assert outlines.see(brighter, START + NS_PER_S) is None
    assert not outlines.past


CLIPS = {
    "S1_Fall_13": 1,
    "S1_Fall_14": 1,
    "S1_Fall_15": 1,
    "S2_Fall_12": 1,
    "S2_Fall_13": 1,
    "S3_Fall_19": 1,
    "S2_ADL_23": 0,
    "S3_ADL_18": 0,
    "S3_ADL_19": 0,
    "S3_ADL_20": 0,
}
QUICK = ("S1_Fall_13", "S3_ADL_19")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CLIPS]
)
def test_falls_of_real_people(data_dir: Path, name: str) -> None:
    file = data_dir / "video" / "fall" / f"{name}.mp4"
    fps = 30.0 if name.startswith("S1") else 15.0
    camera = CameraWatch("cam-1", "room", Settings(behaviours=("fall",)), (), None)
    found = [one for frame in frames_of(file, fps=fps) for one in camera.look(frame)] + camera.close()
    assert sum(one.phase == "start" for one in found) == CLIPS[name]
