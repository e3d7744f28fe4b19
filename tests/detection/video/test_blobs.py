"""Pieces of foreground: their boxes and their areas are those that numbering every pixel gives."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s4.detection.video.blobs import boxes_of, clean


@given(
    seed=st.integers(0, 10_000),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    share=st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.7, 0.95, 1.0]),
    smooth=st.booleans(),
    least=st.sampled_from([1.0, 4.0, 25.0]),
)
def test_boxes_and_areas_of_any_mask(
    seed: int, size: tuple[int, int], share: float, smooth: bool, least: float
) -> None:
    mask = np.random.default_rng(seed).random(size) < share
    if smooth:
        mask = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    numbered = sorted((y, x, w, h, area) for x, y, w, h, area in stats[1:].tolist() if area >= least)
    found = boxes_of(mask, least)
    assert sorted((box.y, box.x, box.w, box.h, area) for box, area in found) == numbered
    assert [box.y for box, _ in found] == sorted(box.y for box, _ in found)


def test_nothing_stays_nothing() -> None:
    empty = np.zeros((12, 9), np.bool_)
    assert not clean(empty).any()
    assert boxes_of(empty, 1.0) == []
