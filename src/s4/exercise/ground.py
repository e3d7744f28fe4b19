"""The ground before one camera: what it is made of and where it lies in shadow, as a small picture from above."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from s4.exercise.fixtures import YARD
from s4.exercise.light import Sun
from s4.exercise.optics import Floats
from s4.exercise.plan import Plan
from s4.exercise.shapes import Point, parts, side

SIDE_M: Final = 220.0
PIXEL_M: Final = 0.2
_SIDE: Final = int(SIDE_M / PIXEL_M)
_PAVEMENT, _ASPHALT, _PAVING, _GRASS = (150, 152, 154), (96, 97, 99), (158, 170, 182), (86, 122, 98)
_WATER, _BALLAST, _LANE = (120, 104, 84), (104, 110, 118), (138, 146, 156)


class GroundMap:
    """Colour (BGR) and sunlight, 0–255, of every 20 cm of a square of 220 m around `centre`."""

    def __init__(self, plan: Plan, centre: Point, sun: Sun, seed: int) -> None:
        self._west, self._north = centre[0] - SIDE_M / 2, centre[1] + SIDE_M / 2
        self._window = shapely.box(self._west, self._north - SIDE_M, self._west + SIDE_M, self._north)
        self.colour = self._grain(self._paint(plan), seed)
        self.light = self._shadows(plan, sun)

    def sample(self, east: Floats, north: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Colour and light at points of the ground, interpolated; beyond the map, its edge."""
        x = ((east - self._west) / PIXEL_M).astype(np.float32)
        y = ((self._north - north) / PIXEL_M).astype(np.float32)
        colour = cv2.remap(self.colour, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        light = cv2.remap(self.light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(colour, np.uint8), np.asarray(light, np.uint8)

    def _pixels(self, shape: Polygon) -> list[NDArray[np.int32]]:
        rings = [shape.exterior, *shape.interiors]
        return [
            np.round(
                np.column_stack((np.array(r.coords)[:, 0] - self._west, self._north - np.array(r.coords)[:, 1]))
                / PIXEL_M
                * 16
            ).astype(np.int32)
            for r in rings
        ]

    def _fill(self, image: NDArray[np.uint8], shape: BaseGeometry, colour: tuple[int, ...]) -> None:
        if self._window.intersects(shape):
            for part in parts(shape.intersection(self._window)):
                cv2.fillPoly(image, self._pixels(part), colour, cv2.LINE_AA, 4)

    def _paint(self, plan: Plan) -> NDArray[np.uint8]:
        image = np.full((_SIDE, _SIDE, 3), _PAVEMENT, np.uint8)
        layers = [(a.shape, _WATER) for a in plan.water] + [(a.shape, _GRASS) for a in plan.greens]
        for road in plan.roads:
            paint = _LANE if road.kind == "lane" else _ASPHALT
            layers.append((road.line.buffer(road.width_m / 2 - (0 if road.kind == "lane" else 2.5)), paint))
        layers += [(a.shape, _PAVING) for a in plan.squares]
        layers += [(r.buffer(3.2), _BALLAST) for r in plan.rails] + [(p, _PAVEMENT) for p in plan.platforms]
        layers += [(side(r, s).buffer(0.08), (60, 62, 66)) for r in plan.rails for s in (-0.72, 0.72)]
        for shape, colour in layers:
            self._fill(image, shape, colour)
        for stripe in _hatch(YARD):
            self._fill(image, stripe.intersection(YARD), (60, 150, 190))
        self._fill(image, YARD.exterior.buffer(0.14), (70, 190, 225))
        squares = np.zeros((_SIDE, _SIDE), np.uint8)
        for area in plan.squares:
            self._fill(squares, area.shape, (255,))
        return _tiled(image, squares)

    @staticmethod
    def _grain(image: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng([seed, 2])
        fine = rng.normal(0, 5.0, (_SIDE, _SIDE)).astype(np.float32)
        stains = cv2.resize(rng.normal(0, 6.0, (_SIDE // 40, _SIDE // 40)).astype(np.float32), (_SIDE, _SIDE))
        return np.asarray(np.clip(image + (fine + stains)[..., None], 0, 255), np.uint8)

    def _shadows(self, plan: Plan, sun: Sun) -> NDArray[np.uint8]:
        light = np.full((_SIDE, _SIDE), 255, np.uint8)
        east, north = sun.toward
        for b in plan.buildings:
            self._cast(light, b.shape, (east * b.height_m, north * b.height_m))
        for tree in plan.trees:
            top = (tree.at[0] + east * tree.height_m * 0.7, tree.at[1] + north * tree.height_m * 0.7)
            self._fill(light, shapely.Point(top).buffer(tree.radius_m, quad_segs=4), (110,))
        return np.asarray(cv2.GaussianBlur(light, (0, 0), 2.2), np.uint8)

    def _cast(self, light: NDArray[np.uint8], shape: Polygon, by: Point) -> None:
        rim = np.array(shape.exterior.coords)
        if not self._window.buffer(math.hypot(*by)).intersects(shape):
            return
        for a, b in pairwise(rim):
            quad = Polygon([a, b, b + by, a + by])
            if quad.is_valid:
                self._fill(light, quad, (90,))


def _hatch(area: Polygon) -> list[Polygon]:
    """Slanted stripes, as painted where nobody may stand."""
    west, south, east, north = area.bounds
    lines = [
        LineString([(west + d, south), (west + d + north - south, north)]) for d in range(-40, int(east - west), 3)
    ]
    return [line.buffer(0.12) for line in lines]


def _tiled(image: NDArray[np.uint8], squares: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Joints between the slabs of the squares, every 1.2 m, and a darker band every 9.6 m."""
    step, wide = round(1.2 / PIXEL_M), round(9.6 / PIXEL_M)
    index = np.arange(_SIDE)
    joint = (index % step == 0).astype(np.int16) * 16
    band = (index % wide < 5).astype(np.int16) * 22
    pattern = np.maximum(joint[None, :], joint[:, None]) + np.maximum(band[None, :], band[:, None])
    pattern[squares < 128] = 0
    return np.asarray(np.clip(image.astype(np.int16) - pattern[..., None], 0, 255), np.uint8)
