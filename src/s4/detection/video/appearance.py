"""What colours somebody wears: a coarse histogram of the upper and of the lower half of the body.

No face and no shape, nothing that would be known again tomorrow or by another camera: enough to tell apart two people
who have just walked past each other. Two looks are compared by Bhattacharyya's coefficient (Comaniciu, Ramesh and Meer
2003), which for roots of shares is their scalar product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Box, Image, Mask

Floats = NDArray[np.float32]
Look = Floats
"""float[96], of length 1: the roots of the shares of 16 bins, for 3 channels in 2 halves of the body."""

BINS: Final = 16
HALVES: Final = ((0.15, 0.5), (0.5, 0.9))  # of the height, from the top: without head and feet
MIDDLE: Final = (0.25, 0.75)  # of the width: what is beside is ground
POINTS: Final = (6, 4)  # rows and columns of points that are looked at in each half
BRIGHTEST: Final = 255.0
MOST_COLOUR: Final = 40.0  # grey levels between two colours from which on more makes no difference
BESIDE: Final = 0.1  # what a point counts that is no foreground: the foreground is not always right
LONGEST: Final = 30  # pictures: older ones count less and less


def _within(span: tuple[float, float], many: int) -> Floats:
    """The middles of so many equal parts of a span."""
    return (span[0] + (span[1] - span[0]) * (np.arange(many, dtype=np.float32) + 0.5) / many).astype(np.float32)


_DOWN: Final = np.concatenate([_within(half, POINTS[0]) for half in HALVES])
_ACROSS: Final = _within(MIDDLE, POINTS[1])
_FROM_BGR: Final = np.array([[1 / 3, 1 / 3, 1 / 3], [0.0, -1.0, 1.0], [1.0, -0.5, -0.5]], np.float32)
_LEAST: Final = np.array([0.0, -MOST_COLOUR, -MOST_COLOUR], np.float32)
_STEP: Final = np.array([BRIGHTEST, 2 * MOST_COLOUR, 2 * MOST_COLOUR], np.float32) / (BINS - 1)
_TO_BINS: Final = np.ascontiguousarray((_FROM_BGR / _STEP[:, None]).T)
_FIRST_BIN: Final = -_LEAST / _STEP


def looks_of(image: Image, foreground: Mask | None, boxes: Sequence[Box]) -> Floats:
    """The looks, float[n, 96], of whoever is in these boxes, working pixels. Cost: 0.1 ms for ten."""
    many = len(boxes)
    at = _points(np.array(boxes, np.float32), image.shape[0], image.shape[1])
    pixels = image.reshape(-1, 3).take(at, axis=0)
    weights = np.ones(len(pixels), np.float32)
    if foreground is not None:
        weights[~foreground.ravel().take(at)] = BESIDE
    place = np.asarray(pixels @ _TO_BINS, np.float32)
    place += _FIRST_BIN
    np.minimum(np.maximum(place, 0.0, out=place), BINS - 1.001, out=place)
    return _roots(place.reshape(2 * many, -1, 3), weights.reshape(2 * many, -1, 1))


def _points(boxes: Floats, height: int, width: int) -> NDArray[np.intp]:
    """Where the points lie in a picture whose rows follow each other: intp[n · points]."""
    x, y, w, h = boxes.T[..., None]
    rows = np.minimum(np.maximum(y + h * _DOWN, 0.0), height - 1.0).astype(np.intp)
    columns = np.minimum(np.maximum(x + w * _ACROSS, 0.0), width - 1.0).astype(np.intp)
    return np.asarray(rows[:, :, None] * width + columns[:, None, :], np.intp).ravel()


def _roots(place: Floats, weights: Floats) -> Floats:
    """Places among the bins, float[2 n, points, 3] → float[n, 96]. Each point counts for the two bins nearest to it, so
    that a little light more or less changes little.
    """
    low = place.astype(np.intp)
    upper = (place - low) * weights
    bins = (low + np.arange(3 * len(place)).reshape(-1, 1, 3) * BINS).ravel()
    many = 3 * len(place) * BINS
    counts = np.bincount(bins, (weights - upper).ravel(), many) + np.bincount(bins + 1, upper.ravel(), many + 1)[:many]
    table = counts.reshape(-1, BINS)
    roots = np.sqrt(table / (6.0 * table.sum(axis=1, keepdims=True)))
    return np.asarray(roots.reshape(-1, 6 * BINS), np.float32)


def unlike(one: Look, other: Look) -> float:
    """0 for the same colours in the same shares, 1 for none in common.

    >>> plain = np.full(96, 96**-0.5, np.float32)
    >>> abs(round(unlike(plain, plain), 3))
    0.0
    """
    return max(1.0 - float(one @ other), 0.0)


@dataclass(slots=True)
class Memory:
    """The mean look of one person over `count` pictures, most of them lately."""

    look: Look
    count: int = 1

    def take(self, look: Look, count: int = 1) -> None:
        """Look again, at `count` pictures at once."""
        before = min(self.count, LONGEST)
        mean = self.look * np.float32(before) + look * np.float32(count)
        self.look = np.asarray(mean / np.float32(sqrt(mean @ mean)), np.float32)
        self.count += count
