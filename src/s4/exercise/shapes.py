"""The small geometry that the city is drawn with: smooth lines, wobbling rings, boxes. All in metres east and north."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Point = tuple[float, float]
Points = tuple[Point, ...]


def smooth(points: Sequence[Point], step_m: float = 8.0) -> LineString:
    """A Catmull-Rom curve through `points`, sampled about every `step_m` metres."""
    p = np.array([points[0], *points, points[-1]], float)
    pieces: list[NDArray[np.float64]] = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        n = max(2, int(np.hypot(*(c - b)) / step_m))
        t = np.linspace(0, 1, n, endpoint=False)[:, None]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return LineString(np.vstack([*pieces, p[-1:]]))


def ring(centre: Point, axes: Point, turn_deg: float = 0.0, wobble: float = 0.0, corners: int = 72) -> Polygon:
    """An ellipse turned by `turn_deg` (anticlockwise), its radius wobbling by the fraction `wobble`."""
    a = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    r = 1 + wobble * (np.sin(3 * a + 0.6) + 0.6 * np.sin(5 * a + 2.1))
    x, y = axes[0] * r * np.cos(a), axes[1] * r * np.sin(a)
    t = math.radians(turn_deg)
    return Polygon(
        np.column_stack((centre[0] + x * math.cos(t) - y * math.sin(t), centre[1] + x * math.sin(t) + y * math.cos(t)))
    )


def box(centre: Point, size: Point, turn_deg: float = 0.0) -> Polygon:
    """A rectangle of `size` (along, across) whose long side points `turn_deg` anticlockwise from east."""
    t = math.radians(turn_deg)
    corners = [(sx * size[0] / 2, sy * size[1] / 2) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return Polygon(
        [
            (centre[0] + x * math.cos(t) - y * math.sin(t), centre[1] + x * math.sin(t) + y * math.cos(t))
            for x, y in corners
        ]
    )


def rounded(shape: BaseGeometry, radius_m: float) -> BaseGeometry:
    """The shape with its outer corners rounded and its narrow necks gone."""
    return shape.buffer(-radius_m).buffer(radius_m, quad_segs=3)


def side(line: LineString, metres: float) -> LineString:
    """The line that runs `metres` to the left of `line` (negative: to the right)."""
    moved = line.offset_curve(metres)
    return moved if isinstance(moved, LineString) else max(moved.geoms, key=lambda piece: piece.length)


def simpler(shape: Polygon, metres: float) -> Polygon:
    """The shape with fewer corners, none moved by more than `metres`; the largest part if it falls apart."""
    return max(parts(shape.simplify(metres)), key=lambda part: part.area, default=shape)


def parts(shape: BaseGeometry) -> list[Polygon]:
    """The polygons of any geometry."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    return [p for g in getattr(shape, "geoms", ()) for p in parts(g)]


def outline(shape: Polygon) -> Points:
    """The outer corners, the first not repeated."""
    return tuple((float(x), float(y)) for x, y in shape.exterior.coords[:-1])
