"""Grid: lines on the ground, so many metres apart, as they are seen in the picture: what a calibration looks like."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import View
from s4.detection.video.whereabouts import Whereabouts

SPACINGS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
MOST_LINES: Final = 12
"""Each way; a coarser grid is taken before there are more."""
_ACROSS, _DOWN = 9, 13
_NEAREST: Final = 0.15
"""Depth, as a share of that in the middle, before which no line is drawn: it would run under the camera, and behind."""
Line = tuple[float, float, float, float]
Array = NDArray[np.float64]


class Grid(NamedTuple):
    """`lines`: (x, y, x, y), fractions of the picture; `spacing_m`: between two lines."""

    lines: tuple[Line, ...] = ()
    spacing_m: float = 0.0


def ground_grid(whereabouts: Whereabouts, view: View) -> Grid:
    """The grid of the ground that the picture shows; empty while that is not known. Cost: 140 looks at the ground."""
    pairs = [
        ((x / _ACROSS, y / _DOWN), spot.metres)
        for y in range(1, _DOWN + 1)
        for x in range(_ACROSS + 1)
        if (spot := whereabouts.find(view, (x / _ACROSS * view.width, y / _DOWN * view.height))) is not None
    ]
    if len(pairs) < 8:
        return Grid()
    points, metres = np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])
    away = np.linalg.norm(metres - np.median(metres, axis=0), axis=1)
    near = away <= 3 * np.median(away)  # up to the horizon would be kilometres
    points, metres = points[near], metres[near]
    if len(points) < 8:
        return Grid()
    return _drawn(fitted(metres, points), metres)


def fitted(start: Array, end: Array) -> Array:
    """The homography, float64[3, 3], that takes points `start`[n, 2] to `end`[n, 2], by least squares (DLT; Hartley,
    Zisserman 2004, section 4.1, with its normalisation). Four points or more, not on one line.

    >>> square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    >>> bool(np.allclose(moved(fitted(square, square / 8 + 0.25), np.array([[2.0, 2.0]])), [[0.5, 0.5]]))
    True
    """
    before, after = _normal(start), _normal(end)
    a, b = _through(before, start), _through(after, end)
    x, y, u, v, one, none = a[:, 0], a[:, 1], b[:, 0], b[:, 1], np.ones(len(a)), np.zeros(len(a))
    rows = np.concatenate([
        np.stack([x, y, one, none, none, none, -u * x, -u * y, -u], axis=1),
        np.stack([none, none, none, x, y, one, -v * x, -v * y, -v], axis=1),
    ])  # fmt: skip
    matrix = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    whole = np.linalg.inv(after) @ matrix @ before
    depth = (whole @ np.append(start.mean(axis=0), 1.0))[2]
    return np.asarray(whole / depth, np.float64)


def moved(matrix: Array, points: Array) -> Array:
    """Points[n, 2] through a homography."""
    return _through(matrix, points)


def _normal(points: Array) -> Array:
    centre = points.mean(axis=0)
    spread = max(float(np.abs(points - centre).mean()), 1e-9)
    return np.array([[1 / spread, 0, -centre[0] / spread], [0, 1 / spread, -centre[1] / spread], [0, 0, 1]])


def _through(matrix: Array, points: Array) -> Array:
    whole = np.c_[points, np.ones(len(points))] @ matrix.T
    return np.asarray(whole[:, :2] / whole[:, 2:], np.float64)


def _drawn(matrix: Array, metres: Array) -> Grid:
    low, high = metres.min(axis=0), metres.max(axis=0)
    spacing = next((one for one in SPACINGS if max(high - low) / one <= MOST_LINES), SPACINGS[-1])
    lines: list[Line] = []
    for axis in (0, 1):
        across = 1 - axis
        for step in range(math.ceil(low[axis] / spacing), math.floor(high[axis] / spacing) + 1):
            ends = np.empty((2, 2))
            ends[:, axis], ends[:, across] = step * spacing, (low[across], high[across])
            lines += _seen(matrix, ends)
    return Grid(tuple(lines), spacing)


def _seen(matrix: Array, ends: Array) -> list[Line]:
    """The part of a line that lies before the camera and in the picture."""
    first, second = (matrix @ np.append(end, 1.0) for end in ends)
    depths = float(first[2]), float(second[2])
    if max(depths) <= _NEAREST:
        return []
    if min(depths) < _NEAREST:
        share = (_NEAREST - depths[0]) / (depths[1] - depths[0])
        cut = first + share * (second - first)
        first, second = (cut, second) if depths[0] < _NEAREST else (first, cut)
    start, end = first[:2] / first[2], second[:2] / second[2]
    return _clipped((float(start[0]), float(start[1])), (float(end[0]), float(end[1])))


def _clipped(start: tuple[float, float], end: tuple[float, float]) -> list[Line]:
    """Liang and Barsky's way (1984) to cut a line to the unit square."""
    (x, y), dx, dy = start, end[0] - start[0], end[1] - start[1]
    begin, stop = 0.0, 1.0
    for step, room in ((-dx, x), (dx, 1 - x), (-dy, y), (dy, 1 - y)):
        if step == 0:
            if room < 0:
                return []
        elif step < 0:
            begin = max(begin, room / step)
        else:
            stop = min(stop, room / step)
    if begin >= stop:
        return []
    return [
        (round(x + begin * dx, 4), round(y + begin * dy, 4), round(x + stop * dx, 4), round(y + stop * dy, 4))
    ]  # fmt: skip
