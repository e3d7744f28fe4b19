"""The proportions and the size in which a picture is looked at, and the way back to the file's own pixels."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import Frame
from s4.detection.video.look import guessed_aspect, view_of
from s4.detection.video.picture import HIGHEST, Box, View
from s4.detection.video.settings import Settings


def frame(width: int, height: int, **more: Any) -> Frame:
    return Frame("cam", "", 0, 0, np.zeros((height, width, 3), np.uint8))._replace(**more)


@pytest.mark.parametrize(
    ("size", "working"),
    [
        ((720, 1152), (640, 512)),  # PETS 2006 as it is handed about: each line twice
        ((704, 288), (640, 524)),  # every second line only
        ((352, 576), (352, 288)),  # every second column only
        ((720, 576), (640, 512)),
        ((720, 1280), (640, 1138)),  # an upright picture of a telephone
        ((720, 960), (640, 853)),
        ((320, 240), (320, 240)),
        ((7680, 4320), (640, 360)),
    ],
)
def test_sizes_that_betray_their_aspect(size: tuple[int, int], working: tuple[int, int]) -> None:
    view = view_of(frame(64, 64, size=size, image=np.zeros((64, 2000, 3), np.uint8)), Settings())
    assert (view.width, view.height) == working
    assert (view.file_width, view.file_height) == size


def test_what_is_declared_goes_before_what_is_guessed() -> None:
    assert view_of(frame(720, 1152, pixel_aspect=1.0), Settings()).height == 512  # "1" is what a copy says unasked
    assert view_of(frame(720, 1152, pixel_aspect=1.5), Settings()).height == 683
    assert view_of(frame(720, 1152, pixel_aspect=1.5), Settings(pixel_aspect=1.0)).height == 1024
    assert view_of(frame(640, 480, pixel_aspect=16384 / 16383), Settings()).height == 480
    assert view_of(frame(640, 480, pixel_aspect=900.0), Settings()).height == 480


def test_a_reduced_picture_is_not_enlarged_again() -> None:
    view = view_of(frame(320, 180, size=(1920, 1080)), Settings(width_px=640))
    assert view == View(1920, 1080, 320, 180)


sides = st.integers(16, 4000)


@given(sides, sides, st.sampled_from([0, 90, 180, 270]), st.floats(0.25, 4.0), st.integers(64, 1920))
def test_the_whole_picture_is_the_whole_file(width: int, height: int, turned: int, aspect: float, widest: int) -> None:
    view = View.of(width, height, widest=widest, pixel_aspect=aspect, turned=turned)
    assert view.to_file(Box(0, 0, view.width, view.height)) == (0.0, 0.0, width, height)
    assert view.width <= widest
    assert view.height <= HIGHEST * widest * (1 + 1 / view.width) + 1


@given(st.sampled_from([90, 180, 270]), st.integers(0, 30), st.integers(0, 30), st.integers(1, 10), st.integers(1, 10))
def test_a_turned_box_covers_the_same_pixels(turned: int, x: int, y: int, w: int, h: int) -> None:
    file = np.zeros((48, 64), np.uint8)
    upright = np.rot90(file, -turned // 90)  # a view of the same pixels
    upright[y : y + h, x : x + w] = 1
    view = View.of(64, 48, widest=4000, pixel_aspect=1.0, turned=turned)
    left, top, width, height = (round(value) for value in view.to_file(Box(x, y, w, h)))
    assert file[top : top + height, left : left + width].all()
    assert file.sum() == width * height


@given(sides, sides)
def test_only_sizes_of_television_are_guessed(width: int, height: int) -> None:
    assert guessed_aspect(width, height) in {0.5, 1.0, 2.0}
    if width not in {352, 704, 720, 768}:
        assert guessed_aspect(width, height) == 1.0
