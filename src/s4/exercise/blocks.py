"""Blocks and houses: what is left between the streets is cut into parcels around courtyards."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from s4.exercise.shapes import parts, ring, rounded, simpler

EDGE: Final = ring((-15, 22), (612, 418), 3, 0.02)
PAVEMENT_M: Final = 3.0
DEPTH_M: Final = 14.0
FLOOR_M: Final = 3.2
SMALLEST_BLOCK_M2: Final = 420.0
SMALLEST_HOUSE_M2: Final = 70.0


class Building(NamedTuple):
    """One building. `style` says how it looks: `house`, `tower`, `church`, `stadium`, `station`, `stage`, `stall`."""

    shape: Polygon
    height_m: float
    style: str
    name: str = ""


class Blocks(NamedTuple):
    """The houses, and the gardens in their courtyards."""

    buildings: tuple[Building, ...]
    gardens: tuple[Polygon, ...]


def build_blocks(rng: np.random.Generator, roads: list[tuple[LineString, float]], kept: BaseGeometry) -> Blocks:
    """Fill the land inside `EDGE` that is neither road nor `kept` with houses."""
    streets = shapely.union_all([line.buffer(width / 2) for line, width in roads])
    land = EDGE.difference(streets).difference(kept.buffer(2))
    buildings: list[Building] = []
    gardens: list[Polygon] = []
    for block in parts(land):
        for lot in parts(rounded(block.buffer(-PAVEMENT_M), 4.0)):
            if lot.area >= SMALLEST_BLOCK_M2:
                houses, garden = _perimeter(rng, simpler(lot, 0.6))
                buildings += houses
                gardens += garden
    return Blocks(tuple(buildings), tuple(gardens))


def _perimeter(rng: np.random.Generator, lot: Polygon) -> tuple[list[Building], list[Polygon]]:
    yard = rounded(lot.buffer(-DEPTH_M), 3.0)
    yards = [y for y in parts(yard) if y.area > 160]
    built = lot.difference(shapely.union_all(yards)) if yards else lot
    middle = lot.buffer(-min(DEPTH_M / 2, 0.3 * math.sqrt(lot.area)))
    seeds = [p for m in parts(middle) for p in _along(rng, m)]
    if len(seeds) < 2:
        return [_house(rng, lot)], []
    cells = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=lot)
    pieces = [p for cell in cells.geoms for p in parts(built.intersection(cell).buffer(-0.05))]
    houses = [_house(rng, simpler(p, 0.3)) for p in pieces if p.area > SMALLEST_HOUSE_M2 and rng.random() > 0.035]
    return houses, [y.buffer(-2.0) for y in yards if y.area > 420 and rng.random() < 0.8]


def _along(rng: np.random.Generator, middle: Polygon) -> list[tuple[float, float]]:
    edge = middle.exterior
    count = max(3, round(edge.length / 31))
    at = (np.arange(count) + rng.uniform(-0.22, 0.22, count)) * edge.length / count
    return [(p.x, p.y) for p in (edge.interpolate(float(s) % edge.length) for s in at)]


def _house(rng: np.random.Generator, shape: Polygon) -> Building:
    away = math.hypot(shape.centroid.x, shape.centroid.y)
    floors = int(rng.integers(3, 6)) if away < 190 else int(rng.integers(4, 8))
    return Building(shape, round(floors * FLOOR_M + 1.2 + float(rng.uniform(0, 1.2)), 1), "house")
