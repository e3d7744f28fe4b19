"""What a surveyor would note of a camera: four points of the ground, how tall people look, where its zone lies."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import Polygon

from s4.exercise.optics import HEIGHT, WIDTH, Optics
from s4.exercise.plan import FRAME
from s4.exercise.shapes import Point, parts

PERSON_M: Final = 1.72


def calibration(optics: Optics, fps: float) -> dict[str, Any]:
    """Settings of video detection for this camera: `ground`, `perspective`, `analysed_fps`."""
    low, high = 0.95, _row_at(optics, 55.0)
    ties = [_tie(optics, x, y) for x, y in ((0.1, low), (0.9, low), (0.8, high), (0.2, high))]
    rows = [(round(y, 4), round(_person(optics, y), 4)) for y in (_row_at(optics, 45.0), 0.9)]
    return {"ground": ties, "perspective": rows, "analysed_fps": fps}


def _tie(optics: Optics, x: float, y: float) -> tuple[float, float, float, float]:
    at = optics.ground(x * WIDTH, y * HEIGHT)
    lat, lon = FRAME.to_degrees(*(at or (0.0, 0.0)))
    return round(x, 4), round(y, 4), round(lat, 8), round(lon, 8)


def _ahead(optics: Optics, metres: float) -> Point:
    forward = optics.axes[2][:2] / np.hypot(*optics.axes[2][:2])
    return float(optics.at[0] + metres * forward[0]), float(optics.at[1] + metres * forward[1])


def _row_at(optics: Optics, metres: float) -> float:
    y = float(optics.project(np.array([[*_ahead(optics, metres), 0.0]]))[0, 1])
    return round(y / HEIGHT, 4)


def _person(optics: Optics, row: float) -> float:
    """How tall a person looks whose feet are at `row`, as a fraction of the picture's height."""
    feet = optics.ground(WIDTH / 2, row * HEIGHT) or _ahead(optics, 10.0)
    both = optics.project(np.array([[*feet, 0.0], [*feet, PERSON_M]]))
    return float(both[0, 1] - both[1, 1]) / HEIGHT


def zone_outline(optics: Optics, area: Polygon) -> tuple[tuple[float, float], ...]:
    """A piece of ground → its outline in the picture, as fractions."""
    rim = np.array(area.exterior.coords[:-1])
    pixels = optics.outline(np.column_stack((rim, np.zeros(len(rim)))))
    seen = Polygon(pixels / (WIDTH, HEIGHT)).buffer(0).intersection(shapely.box(0, 0, 1, 1)).simplify(0.002)
    largest = max(parts(seen), key=lambda p: p.area)
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in largest.exterior.coords[:-1])
