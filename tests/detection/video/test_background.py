"""What stands out, in pictures of any size; large ones are compared reduced."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.detection.video.background import WIDEST, Background
from s4.detection.video.mixture import LEARNT
from s4.detection.video.picture import Box, Image, iou


def place(width: int, height: int) -> Image:
    rough = np.random.default_rng(7).uniform(60, 180, (max(height // 16, 1), max(width // 16, 1), 3)).astype(np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def with_thing(empty: Image, box: Box) -> Image:
    image = empty.copy()
    x, y, w, h = (int(side) for side in box)
    image[y : y + h, x : x + w] = 15
    return image


@pytest.mark.parametrize("width", [WIDEST // 2, WIDEST + 160])
def test_a_thing_is_where_it_is_whatever_the_size(width: int) -> None:
    height = width * 3 // 4
    empty, background = place(width, height), Background(200.0)
    thing = Box(width // 3, height // 4, width // 12, height // 4)
    for _ in range(LEARNT + 1):
        background.learn(empty, 0.2)
    mask = background.learn(with_thing(empty, thing), 0.2).mask
    assert mask.shape == (height, width)
    assert mask.dtype == np.bool_
    assert iou(Box(*cv2.boundingRect(mask.view(np.uint8))), thing) > 0.9


@pytest.mark.parametrize("width", [WIDEST // 2, WIDEST + 160])
def test_who_stands_still_is_seen_for_as_long_as_it_is_said(width: int) -> None:
    height = width * 3 // 4
    empty, background = place(width, height), Background(10.0)
    person = Box(width // 3, height // 4, width // 12, height // 4)
    for _ in range(LEARNT):
        background.learn(empty, 0.2)
    for _ in range(40):
        mask = background.learn(with_thing(empty, person), 0.2, [person]).mask
    x, y, w, h = (int(side) for side in person)
    assert mask[y : y + h, x : x + w].mean() > 0.95
    for _ in range(40):
        mask = background.learn(with_thing(empty, person), 0.2).mask
    assert not mask.any(), "who is not said to stand there becomes a part of the place"


@given(
    width=st.integers(1, 1100),
    height=st.integers(1, 60),
    box=st.tuples(*[st.floats(-50, 1200)] * 2, *[st.floats(0, 1200)] * 2),
)
@settings(max_examples=15)
def test_any_size_and_any_box_give_a_mask_of_that_size(
    width: int, height: int, box: tuple[float, float, float, float]
) -> None:
    background, image = Background(200.0), place(width, height)
    for _ in range(3):
        assert background.learn(image, 0.2, [Box(*box)]).mask.shape == (height, width)
