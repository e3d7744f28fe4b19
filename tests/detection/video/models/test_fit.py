"""Pictures into inputs and boxes back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.detection.video.models.card import Input
from s4.detection.video.models.fit import Way, fit

SIDES = st.integers(32, 300)


@given(width=SIDES, height=SIDES, wide=SIDES, high=SIDES, way=st.sampled_from(["stretch", "letterbox", "corner"]),
       place=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)))  # fmt: skip
def test_boxes_come_back_to_where_they_were(
    width: int, height: int, wide: int, high: int, way: str, place: tuple[float, float]
) -> None:
    laid = Way.into(width, height, Input(wide, high, fit=way))  # type: ignore[arg-type]
    box = np.array([place[0] * width, place[1] * height, 0.8 * width, 0.9 * height])
    there = box * np.array([laid.sx, laid.sy] * 2)
    there = there + np.array([laid.left, laid.top] * 2)
    assert (there >= -1e-6).all()
    assert (there[[0, 2]] <= wide + 1).all()
    assert (there[[1, 3]] <= high + 1).all()
    assert laid.back(there[np.newaxis].astype(np.float32))[0] == pytest.approx(box, abs=0.01)


def test_the_channels_are_in_the_order_and_scale_of_the_card() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[...] = (10, 20, 30)  # blue, green, red
    shown, _ = fit(image, Input(64, 64, "rgb", (30.0, 0.0, 0.0), (1.0, 10.0, 5.0)))
    assert shown.shape == (1, 3, 64, 64)
    assert shown[0, :, 5, 7].tolist() == [0.0, 2.0, 2.0]


@pytest.mark.parametrize(("way", "top"), [("letterbox", 16), ("corner", 0)])
def test_what_is_left_over_is_padded(way: str, top: int) -> None:
    image = np.full((32, 64, 3), 200, np.uint8)
    shown, laid = fit(image, Input(64, 64, fit=way, pad=7))  # type: ignore[arg-type]
    assert (laid.left, laid.top) == (0, top)
    assert (shown[0, :, top : top + 32] == 200).all()
    assert (shown == 7).sum() == 3 * 32 * 64


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (5, 5)])
def test_pictures_of_any_form_fit(size: tuple[int, int]) -> None:
    for way in ("stretch", "letterbox", "corner"):
        assert fit(np.zeros((*size, 3), np.uint8), Input(64, 32, fit=way))[0].shape == (1, 3, 32, 64)
