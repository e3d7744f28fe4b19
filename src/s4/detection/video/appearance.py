"""What colours somebody wears: a coarse histogram of the upper and of the lower half of the body.

No face and no shape, nothing that would be known again tomorrow or by another camera: enough to tell apart two people
who have just walked past each other. Two looks are compared by Bhattacharyya's coefficient (Comaniciu, Ramesh and Meer
2003), which for roots of shares is their scalar product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Box, Image, Mask

Floats = NDArray[np.float32]
Look = Floats
"""float[96], of length 1: the roots of the shares of 16 bins, for 3 channels in 2 halves of the body."""

BINS: Final = 16
FINE: Final = 128  # parts of a scale: each counts for the two bins nearest to it, so that a little light changes little
LEVELS: Final = 256 // FINE
HALVES: Final = ((0.15, 0.5), (0.5, 0.9))  # of the height, from the top: without head and feet
MIDDLE: Final = (0.25, 0.75)  # of the width: what is beside is ground
POINTS: Final = (6, 4)  # rows and columns of points that are looked at in each half
BRIGHTEST: Final = 255.0
MOST_COLOUR: Final = 40.0  # grey levels between two colours from which on more makes no difference
BESIDE: Final = 0.1  # what a point counts that is no foreground: the foreground is not always right
LONGEST: Final = 30  # pictures: older ones count less and less
_HEIGHTS: Final = POINTS[0] * len(HALVES)


def _within(span: tuple[float, float], many: int) -> Floats:
    """The middles of so many equal parts of a span."""
    return (span[0] + (span[1] - span[0]) * (np.arange(many, dtype=np.float32) + 0.5) / many).astype(np.float32)


def _points() -> Floats:
    """The matrix that makes of a box (x, y, w, h) the rows, then the columns, of its points."""
    down = np.concatenate([_within(half, POINTS[0]) for half in HALVES])
    zero, one = np.zeros_like(down), np.ones_like(down)
    rows, columns = np.stack((zero, one, zero, down)), np.zeros((4, POINTS[1]), np.float32)
    columns[0], columns[2] = 1.0, _within(MIDDLE, POINTS[1])
    return np.concatenate((rows, columns), axis=1)


def _scales() -> Floats:
    """The transform of (blue, green, red) to light, red against green, and blue against both, each from 0 to 255."""
    channels = np.array([[1 / 3, 1 / 3, 1 / 3], [0.0, -1.0, 1.0], [1.0, -0.5, -0.5]], np.float32)
    least = np.array([0.0, -MOST_COLOUR, -MOST_COLOUR], np.float32)
    by = np.array([1.0, BRIGHTEST / (2 * MOST_COLOUR), BRIGHTEST / (2 * MOST_COLOUR)], np.float32)
    return np.column_stack((channels * by[:, None], -least * by)).astype(np.float32)


def _hats() -> NDArray[np.float64]:
    """float[FINE, BINS]: how much each fine part counts for each bin."""
    middle = (LEVELS * np.arange(FINE) + (LEVELS - 1) / 2) * (BINS - 1) / BRIGHTEST
    return np.asarray(np.maximum(1.0 - np.abs(middle[:, None] - np.arange(BINS)), 0.0), np.float64)


_POINTS: Final = _points()
_SCALES: Final = _scales()
_HATS: Final = _hats()
_COUNTS: Final = np.array([[BESIDE] * 3, [1.0] * 3])


def looks_of(image: Image, foreground: Mask | None, boxes: Sequence[Box]) -> Floats:
    """The looks, float[n, 96], of whoever is in these boxes, working pixels. Cost: 0.04 ms for seven."""
    import cv2

    at = _places(boxes, image.shape[0], image.shape[1])
    pixels = image.reshape(-1, 3).take(at, axis=0)
    values = cv2.transform(pixels[None], _SCALES)[0]
    weights = None if foreground is None else _COUNTS.take(foreground.ravel().take(at), axis=0).ravel()
    return _roots(values // LEVELS, weights, 2 * len(boxes))


def _places(boxes: Sequence[Box], height: int, width: int) -> NDArray[np.intp]:
    """Where the points lie in a picture whose rows follow each other: intp[n · points]."""
    at = np.array([value for box in boxes for value in box], np.float32).reshape(-1, 4).dot(_POINTS)
    np.minimum(np.maximum(at, 0.0, out=at), _last(height, width), out=at)
    whole = at.astype(np.intp)
    whole[:, :_HEIGHTS] *= width
    return np.asarray(whole[:, :_HEIGHTS, None] + whole[:, None, _HEIGHTS:], np.intp).ravel()


@lru_cache(maxsize=16)
def _last(height: int, width: int) -> Floats:
    """The last row, and the last column, that a point may lie in."""
    return np.array([height - 1.0] * _HEIGHTS + [width - 1.0] * POINTS[1], np.float32)


def _roots(parts: Image, weights: NDArray[np.float64] | None, halves: int) -> Floats:
    """Fine parts of the scales, uint8[points, 3] → float[n, 96]."""
    starts = np.arange(0, 3 * halves * FINE, FINE).reshape(halves, 1, 3)
    bins = (starts + parts.reshape(halves, -1, 3)).ravel()
    counts = np.bincount(bins, weights, 3 * halves * FINE).reshape(-1, FINE).dot(_HATS)
    counts /= counts.sum(axis=1, keepdims=True) * 6.0
    return np.asarray(np.sqrt(counts), np.float32).reshape(-1, 6 * BINS)


def unlike(one: Look, other: Look) -> float:
    """0 for the same colours in the same shares, 1 for none in common.

    >>> plain = np.full(96, 96**-0.5, np.float32)
    >>> abs(round(unlike(plain, plain), 3))
    0.0
    """
    return max(1.0 - float(one.dot(other)), 0.0)


@dataclass(slots=True)
class Memory:
    """The mean look of one person over `count` pictures, most of them lately."""

    look: Look
    count: int = 1

    def take(self, look: Look, count: int = 1) -> None:
        """Look again, at `count` pictures at once."""
        mean = self.look * (min(self.count, LONGEST) / count)
        mean += look
        mean /= sqrt(mean.dot(mean))
        self.look = mean
        self.count += count
