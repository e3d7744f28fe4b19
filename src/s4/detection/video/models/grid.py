"""The cells of a network's feature maps: where they stand in its input, level after level, row after row."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Array

STRIDES: Final[tuple[tuple[int, ...], ...]] = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32))
"""The pyramids that detectors use, in pixels of the input a cell."""


def cells(width: int, height: int, stride: int) -> int:
    """How many cells a level has; the last of a row or column may be cut.

    >>> cells(416, 416, 64)
    49
    """
    return ceil(width / stride) * ceil(height / stride)


def pyramid(width: int, height: int, total: int) -> tuple[int, ...] | None:
    """The strides of which the levels have `total` cells together; None when no usual pyramid has.

    >>> pyramid(640, 640, 8400)
    (8, 16, 32)
    """
    for strides in STRIDES:
        if sum(cells(width, height, stride) for stride in strides) == total:
            return strides
    return None


@lru_cache(maxsize=64)
def corners(width: int, height: int, strides: tuple[int, ...]) -> tuple[Array, Array]:
    """The (column, row) of each cell, float32[n, 2], and its stride, float32[n, 1]."""
    places, steps = [], []
    for stride in strides:
        rows, columns = np.mgrid[0 : ceil(height / stride), 0 : ceil(width / stride)]
        places.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        steps.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(steps).astype(np.float32)
