"""Decoded pictures made BGR and smaller: the same colours whatever way they come and go."""

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.model import Frame
from s4.sensing import convert
from s4.sensing.convert import NOTHING, Size, frame_of, to_bgr

FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "nv12", "gray", "bgr24", "rgb24", "yuyv422"]


def scene(width: int, height: int) -> NDArray[np.uint8]:
    """Soft colours that change slowly, so that one way of reducing is as good as another."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    planes = [60 + 130 * x, 200 - 120 * y, 80 + 90 * (x + y) / 2]
    return np.stack(planes, axis=2).astype(np.uint8)


def decoded(picture: NDArray[np.uint8], pixels: str) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=pixels)


@pytest.mark.parametrize("pixels", FORMATS)
@pytest.mark.parametrize(
    "size", [Size(), Size(width=160), Size(width=214), Size(aspect=0.5, width=100), Size(width=33)]
)
def test_every_format_keeps_its_colours(pixels: str, size: Size) -> None:
    picture = scene(320, 246)
    width, height = size.of(320, 246)
    got = to_bgr(decoded(picture, pixels), size)
    want = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    assert got.shape == (height, width, 3)
    assert got.flags.c_contiguous
    if pixels == "gray":
        want = cv2.cvtColor(cv2.cvtColor(want, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    away = np.abs(got.astype(int) - want)
    assert away.mean() < 2.5
    assert away.max() <= 12


@given(st.integers(16, 200), st.integers(16, 200), st.integers(0, 220), st.floats(0.2, 3), st.sampled_from(FORMATS[:4]))
@settings(max_examples=40)
def test_any_size(width: int, height: int, widest: int, aspect: float, pixels: str) -> None:
    size = Size(aspect, widest)
    got = to_bgr(decoded(np.full((height, width, 3), 120, np.uint8), pixels), size)
    assert got.shape[1::-1] == size.of(width, height)
    assert np.abs(got.astype(int) - 120).max() <= 6


def test_what_nobody_looks_at_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Size]()

    def make(picture: av.VideoFrame, size: Size) -> NDArray[np.uint8]:
        made.append(size)
        return to_bgr(picture, size)

    monkeypatch.setattr(convert, "to_bgr", make)
    plain = Frame("cam", "", 7, 5, NOTHING, (320, 240), 0, 1.0)
    frame = frame_of(plain, decoded(scene(320, 240), "yuv420p"), Size(width=160))
    assert (frame.shape, frame.number, frame.size, made) == ((120, 160, 3), 7, (320, 240), [])
    assert frame.image.shape == frame.shape
    assert frame.image is frame.image
    assert made == [Size(width=160)]
