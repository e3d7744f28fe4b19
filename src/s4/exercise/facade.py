"""What walls and roofs look like: plaster with windows, the ribs of the stadium, striped stalls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from s4.exercise.blocks import FLOOR_M, Building
from s4.exercise.optics import Floats

_PLASTER: Final = np.array(
    [[176, 200, 214], [150, 180, 206], [190, 206, 212], [140, 160, 190], [196, 204, 204], [164, 190, 196]], float
)
_GLASS: Final = np.array([92.0, 82.0, 72.0])
_CANVAS: Final = np.array([[70, 74, 190], [150, 120, 60], [90, 150, 90], [60, 150, 210]], float)


def facade(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    """The colour (BGR 0–255) of points of a wall: `along` it and `height` above ground, in metres."""
    return _STYLES.get(building.style, _house)(building, along, height, length_m)


def _solid(shape: tuple[int, ...], colour: Floats) -> Floats:
    return np.broadcast_to(colour, (*shape, 3)).copy()


def _number(building: Building) -> int:
    return int(abs(building.shape.centroid.x) * 7 + abs(building.shape.centroid.y) * 13)


def _house(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    number = _number(building)
    colour = _solid(along.shape, _PLASTER[number % len(_PLASTER)])
    bays = max(1, round(length_m / 3.1))
    bay = (along / max(length_m, 0.1) * bays) % 1.0
    floor = (height / FLOOR_M) % 1.0
    upper = (height > FLOOR_M) & (height < FLOOR_M * math.floor(building.height_m / FLOOR_M)) & (length_m > 2.5)
    window = (np.abs(bay - 0.5) < 0.21) & (np.abs(floor - 0.55) < 0.29) & upper
    frame = (np.abs(bay - 0.5) < 0.26) & (np.abs(floor - 0.54) < 0.35) & upper
    shop = (np.abs(bay - 0.5) < 0.38) & (height < FLOOR_M * 0.82) & (height > 0.4) & (length_m > 2.5)
    colour[frame] = colour[frame] * 0.5 + 118
    colour[window | shop] = _GLASS + 18 * (number % 3)
    colour[(floor < 0.06) & (height > 1)] *= 0.86
    colour[height > building.height_m - 0.7] *= 0.8
    return colour


def _stadium(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    colour = _solid(along.shape, np.array([188.0, 184.0, 180.0]))
    colour[(height > 6.5) & (height < 17) & (along % 2.6 > 0.5)] = (128.0, 116.0, 104.0)
    colour[(height < 5.2) & (along % 7.8 > 1.2)] = (104.0, 102.0, 100.0)
    colour[height > 21.5] = (150.0, 92.0, 60.0)
    return colour


def _station(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    colour = _solid(along.shape, np.array([150.0, 172.0, 196.0]))
    arch = np.abs((along % 8.0) - 4.0) < 2.7 - np.clip(height - 7.0, 0, 2.4)
    colour[arch & (height < 9.2) & (height > 0.3)] = (88.0, 80.0, 70.0)
    colour[height > building.height_m - 1.2] *= 0.82
    return colour


def _stall(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    colour = _solid(along.shape, np.array([84.0, 104.0, 128.0]))
    canvas = _CANVAS[_number(building) % len(_CANVAS)]
    high = height > 1.9
    colour[high] = canvas
    colour[high & (along % 1.0 < 0.5)] = (214.0, 220.0, 224.0)
    colour[(height > 1.0) & ~high] = (52.0, 60.0, 70.0)
    return colour


def _stage(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    colour = _solid(along.shape, np.array([58.0, 54.0, 54.0]))
    colour[(height > building.height_m - 0.15) & (along % 2.0 < 0.06)] = (84.0, 80.0, 80.0)
    return colour


def _fountain(building: Building, along: Floats, height: Floats, length_m: float) -> Floats:
    colour = _solid(along.shape, np.array([160.0, 164.0, 166.0]))
    colour[height > building.height_m - 0.05] = (150.0, 132.0, 104.0)
    return colour


_STYLES: Final[dict[str, Callable[[Building, Floats, Floats, float], Floats]]] = {
    "stadium": _stadium,
    "station": _station,
    "stall": _stall,
    "stage": _stage,
    "fountain": _fountain,
}
