"""What moves, picture by picture, without a background: what differs from the picture before and from the next.

A background must be learnt, and in a short recording whoever is there from the start becomes a part of it. Something
that moves differs from where it was and from where it will be; what it leaves differs only once. So the outline of one
picture is known when the next has come.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from s4.core.clock import NS_PER_S
from s4.detection.video.picture import Box, Mask
from s4.detection.video.sight import Grey

DIFFERS: Final = 18  # grey levels, after a slight blur
FAINT: Final = 10  # where the whole picture is so dark or dull that people hardly stand out
DULL: Final = 0.35  # of the spread of its grey levels
KEPT_S: Final = 6.0
SUDDEN: Final = 0.5  # share of the picture: the light has changed, nobody moves like that
JOINS: Final = 9  # px: parts of one body that move are so near to each other
LEAST_PX: Final = 15
EDGE: Final = 0.04  # share of an outline beyond its top, its left and its right: specks
SHADOW: Final = 0.03  # beyond its bottom


class Outline(NamedTuple):
    """`time`: ns UTC; `grey`: the picture, blurred; `mask`: where it moves, the same size."""

    time: int
    grey: Grey
    mask: Mask


class Extent(NamedTuple):
    """Rows and columns between which most of an outline lies, and its area; px of the grey picture."""

    top: float
    bottom: float
    left: float
    right: float
    area: int


class Outlines:
    """The outlines of the last seconds, oldest first. Cost: about 0.4 ms a picture of 320 × 240."""

    def __init__(self) -> None:
        self.past: deque[Outline] = deque()
        self._last: Outline | None = None

    @property
    def now(self) -> Grey | None:
        """The newest picture, smoothed."""
        return None if self._last is None else self._last.grey

    def see(self, grey: Grey, time: int) -> Outline | None:
        """The outline of the picture before this one; None when there is none, or the light has changed."""
        smooth, last = smoothed(grey), self._last
        if last is None or last.grey.shape != smooth.shape:
            self.past.clear()
            self._last = Outline(time, smooth, np.ones(grey.shape, np.bool_))
            return None
        moves = differs(smooth, last.grey)
        self._last = Outline(time, smooth, moves)
        if moves.mean() > SUDDEN:
            self.past.clear()
            return None
        outline = last._replace(mask=_without_specks(last.mask & moves))
        self.past.append(outline)
        while last.time - self.past[0].time > KEPT_S * NS_PER_S:
            self.past.popleft()
        return outline

    def regions(self, within_s: float) -> list[Box]:
        """Where something moved lately: the boxes of what hangs together."""
        import cv2

        since = self.past[-1].time - within_s * NS_PER_S
        union = np.logical_or.reduce([outline.mask for outline in self.past if outline.time >= since])
        joined = cv2.dilate(union.view(np.uint8), np.ones((JOINS, JOINS), np.uint8))[::2, ::2]
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        return [Box(2 * x, 2 * y, 2 * w, 2 * h) for x, y, w, h, _ in np.asarray(stats)[1:].tolist()]


def smoothed(grey: Grey) -> Grey:
    """Without the grain of the sensor."""
    import cv2

    return np.asarray(cv2.GaussianBlur(grey, (5, 5), 0), np.uint8)


def differs(a: Grey, b: Grey) -> Mask:
    """Where two smoothed pictures are not the same; in a dull one, less is enough."""
    import cv2

    spread = float(cv2.meanStdDev(a)[1][0, 0])
    return np.asarray(cv2.absdiff(a, b)) > min(max(DULL * spread, FAINT), DIFFERS)


def extent(mask: Mask, box: Box) -> Extent | None:
    """How far an outline reaches within a box; None where next to nothing moves.

    >>> mask = np.zeros((40, 30), np.bool_)
    >>> mask[10:20, 5:15] = True
    >>> extent(mask, Box(0, 0, 30, 40))
    Extent(top=10.0, bottom=20.0, left=5.0, right=15.0, area=100)
    """
    x, y = int(box.x), int(box.y)
    part = mask[y : y + int(box.h), x : x + int(box.w)]
    rows, columns = part.sum(axis=1).cumsum(), part.sum(axis=0).cumsum()
    area = int(rows[-1]) if len(rows) else 0
    if area < LEAST_PX:
        return None
    top, bottom = np.searchsorted(rows, (EDGE * area, (1 - SHADOW) * area))
    left, right = np.searchsorted(columns, (EDGE * area, (1 - EDGE) * area))
    return Extent(y + float(top), y + float(bottom) + 1, x + float(left), x + float(right) + 1, area)


def _without_specks(mask: Mask) -> Mask:
    import cv2

    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))) > 0
