"""What colours somebody wears: a coarse histogram of the upper and of the lower half of the body.

No face and no shape, nothing that would be known again tomorrow or by another camera: enough to tell apart two people
who have just walked past each other. Two looks are compared by Bhattacharyya's coefficient (Comaniciu, Ramesh and Meer
2003), which for roots of shares is their scalar product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
POINTS: Final = (12, 6)  # rows and columns of points that are looked at in each half
BRIGHTEST: Final = 255.0
MOST_COLOUR: Final = 40.0  # grey levels between two colours from which on more makes no difference
BESIDE: Final = 0.1  # what a point counts that is no foreground: the foreground is not always right
LONGEST: Final = 30  # pictures: older ones count less and less

_DOWN: Final = np.concatenate([a + (b - a) * (np.arange(POINTS[0]) + 0.5) / POINTS[0] for a, b in HALVES])
_ACROSS: Final = MIDDLE[0] + (MIDDLE[1] - MIDDLE[0]) * (np.arange(POINTS[1]) + 0.5) / POINTS[1]
_LEAST: Final = np.array([[0.0], [-MOST_COLOUR], [-MOST_COLOUR]], np.float32)
_STEP: Final = np.array([[BRIGHTEST], [2 * MOST_COLOUR], [2 * MOST_COLOUR]], np.float32) / (BINS - 1)


def looks_of(image: Image, foreground: Mask | None, boxes: Sequence[Box]) -> Floats:
    """The looks of whoever is in these boxes (working pixels): float[n, 96]. Cost: about 0.2 ms for ten people."""
    if not boxes:
        return np.zeros((0, 6 * BINS), np.float32)
    rows, columns = _points(boxes, image.shape[0], image.shape[1])
    colours = image[rows, columns].reshape(len(boxes), 2, -1, 3).astype(np.float32)
    weights = np.ones(colours.shape[:3], np.float32)
    if foreground is not None:
        weights = np.where(foreground[rows, columns].reshape(weights.shape), np.float32(1.0), np.float32(BESIDE))
    blue, green, red = colours[..., 0], colours[..., 1], colours[..., 2]
    channels = np.stack(((blue + green + red) / 3, red - green, blue - (green + red) / 2), axis=2)
    return _roots(channels, weights)


def _points(boxes: Sequence[Box], height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    x, y, w, h = np.array(boxes, np.float32).T[..., None]
    rows = np.clip(y + h * _DOWN, 0, height - 1).astype(np.intp)
    columns = np.clip(x + w * _ACROSS, 0, width - 1).astype(np.intp)
    return rows[:, :, None], columns[:, None, :]


def _roots(channels: Floats, weights: Floats) -> Floats:
    """float[n, 2, 3, points] → float[n, 96]. Each point counts for the two bins nearest to it, so that a little light
    more or less changes little.
    """
    place = np.clip((channels - _LEAST) / _STEP, 0.0, BINS - 1.001)
    low = place.astype(np.intp)
    upper = (place - low) * weights[:, :, None, :]
    whole = np.broadcast_to(weights[:, :, None, :], channels.shape)
    rows = channels.shape[0] * 6
    bins = (low.reshape(rows, -1) + (np.arange(rows) * BINS)[:, None]).ravel()
    counts = np.bincount(bins, (whole - upper).ravel(), rows * BINS)
    counts += np.bincount(bins + 1, upper.ravel(), rows * BINS)
    table = counts.reshape(channels.shape[0], 6, BINS)
    roots = np.sqrt(table / table.sum(axis=2, keepdims=True) / 6)
    return np.asarray(roots.reshape(len(table), -1), np.float32)


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
        self.look = np.asarray(mean / np.linalg.norm(mean), np.float32)
        self.count += count
