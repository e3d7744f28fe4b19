"""What a camera sees when nobody is there: ground, houses, trees and sky, with the distance of every pixel.

Painted once per pose of a camera, half as large again and scaled down, so that edges are smooth.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from s4.exercise.blocks import Building
from s4.exercise.facade import facade
from s4.exercise.ground import GroundMap
from s4.exercise.light import Sun
from s4.exercise.optics import HEIGHT, WIDTH, Floats, Optics
from s4.exercise.plan import Plan, Tree

FAR_M: Final = 420.0
_LEAVES: Final = 13
_TREE: Final = np.array([[0, 0, 0], [58, 70, 84], [58, 96, 70], [66, 110, 80], [52, 86, 62], [74, 120, 92]], np.float32)
_SKY_LOW, _SKY_HIGH = np.array([226.0, 216.0, 206.0]), np.array([206.0, 172.0, 132.0])


class Scenery(NamedTuple):
    """`image` uint8[h, w, 3] BGR; `depth` float32[h, w] metres along the axis, FAR_M for the sky; `lit` uint8[h, w]:
    255 where the sun reaches the ground, 0 where there is no ground.
    """

    image: NDArray[np.uint8]
    depth: NDArray[np.float32]
    lit: NDArray[np.uint8]


class _Canvas:
    def __init__(self, camera: Optics, sun: Sun) -> None:
        self.camera, self.sun = camera, sun
        self.rays = camera.rays()
        width, height = camera.size
        self.image = np.zeros((height, width, 3), np.float32)
        self.depth = np.full((height, width), FAR_M, np.float32)
        self.lit = np.zeros((height, width), np.uint8)


def paint(plan: Plan, camera: Optics, sun: Sun) -> Scenery:
    """The empty scene. Costs about half a second."""
    canvas = _Canvas(camera.scaled(1.5), sun)
    _sky_and_ground(canvas, plan)
    eye = shapely.Point(*camera.at[:2])
    things: list[tuple[float, Building | Tree]] = [(b.shape.distance(eye), b) for b in plan.buildings]
    things += [(math.dist(camera.at[:2], tree.at), tree) for tree in plan.trees]
    for _, thing in sorted((t for t in things if t[0] < FAR_M * 0.8), key=lambda t: -t[0]):
        if isinstance(thing, Building):
            _building(canvas, thing)
        else:
            _tree(canvas, thing, plan.seed)
    size = (WIDTH, HEIGHT)
    image = cv2.resize(np.clip(canvas.image * sun.gain, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    depth = cv2.resize(canvas.depth, size, interpolation=cv2.INTER_NEAREST)
    lit = cv2.resize(canvas.lit, size, interpolation=cv2.INTER_AREA)
    return Scenery(np.asarray(image, np.uint8), np.asarray(depth, np.float32), np.asarray(lit, np.uint8))


def _sky_and_ground(canvas: _Canvas, plan: Plan) -> None:
    camera, rays = canvas.camera, canvas.rays
    down = rays[..., 2] < -camera.at[2] / FAR_M
    height = np.clip(rays[..., 2:3] * 1.8, 0, 1)
    canvas.image[:] = _SKY_LOW + (_SKY_HIGH - _SKY_LOW) * height
    distance = np.where(down, -camera.at[2] / np.where(down, rays[..., 2], -1.0), 0.0)
    east, north = camera.at[0] + distance * rays[..., 0], camera.at[1] + distance * rays[..., 1]
    ahead = camera.axes[2]
    centre = (camera.at[0] + 75 * float(ahead[0]), camera.at[1] + 75 * float(ahead[1]))
    ground = GroundMap(plan, centre, canvas.sun, plan.seed)
    colour, light = ground.sample(east, north)
    shade = 0.42 + 0.58 * light.astype(np.float32) / 255.0
    haze = np.clip(distance / 600.0, 0, 0.6)[..., None].astype(np.float32)
    lit = colour * shade[..., None] * (1 - haze) + _SKY_LOW.astype(np.float32) * haze
    canvas.image[down] = lit[down]
    canvas.depth[down] = distance[down]
    canvas.lit[down] = light[down]


def _building(canvas: _Canvas, building: Building) -> None:
    rim = np.array(building.shape.exterior.coords)
    walls = []
    for a, b in pairwise(rim):
        outward = np.array([b[1] - a[1], a[0] - b[0]]) * (1 if building.shape.exterior.is_ccw else -1)
        eye = np.array(canvas.camera.at[:2])
        if outward @ (eye - a) > 0 and np.hypot(*outward) > 0.05:
            walls.append((float(np.hypot(*((a + b) / 2 - eye))), a, b, outward / np.hypot(*outward)))
    for _, a, b, outward in sorted(walls, key=lambda w: -w[0]):
        _wall(canvas, building, a, b, outward)
    if building.height_m < canvas.camera.at[2]:
        _roof(canvas, building, rim)


def _wall(canvas: _Canvas, building: Building, a: Floats, b: Floats, outward: Floats) -> None:
    top = building.height_m
    corners = np.array([[*a, 0.0], [*b, 0.0], [*b, top], [*a, top]])
    found = _mask(canvas, corners)
    if found is None:
        return
    rows, columns, mask = found
    rays = canvas.rays[rows, columns]
    normal = np.array([outward[0], outward[1], 0.0])
    facing = rays @ normal
    depth = (np.array([*a, 0.0]) - canvas.camera.at) @ normal / np.where(np.abs(facing) < 1e-9, -1e-9, facing)
    point = np.array(canvas.camera.at) + depth[..., None] * rays
    along = (point[..., :2] - a) @ ((b - a) / np.hypot(*(b - a)))
    sunny = float(np.clip(-(outward @ np.array(canvas.sun.toward)) / np.hypot(*canvas.sun.toward), 0, 1))
    colour = facade(building, along, point[..., 2], float(np.hypot(*(b - a)))) * (0.5 + 0.5 * sunny)
    _put(canvas, (rows, columns), mask, depth, colour)


def _roof(canvas: _Canvas, building: Building, rim: Floats) -> None:
    corners = np.column_stack((rim[:-1], np.full(len(rim) - 1, building.height_m)))
    found = _mask(canvas, corners)
    if found is None:
        return
    rows, columns, mask = found
    rays = canvas.rays[rows, columns]
    depth = (building.height_m - canvas.camera.at[2]) / np.minimum(rays[..., 2], -1e-6)
    point = canvas.camera.at[0] + depth * rays[..., 0]
    _put(canvas, (rows, columns), mask, depth, facade(building, point, np.full_like(point, building.height_m), 0.0))


def _put(canvas: _Canvas, where: tuple[slice, slice], mask: NDArray[np.bool_], depth: Floats, colour: Floats) -> None:
    seen = mask & (depth > 0.3) & (depth < canvas.depth[where] + 0.05)
    haze = np.clip(depth / 600.0, 0, 0.6)[..., None]
    canvas.image[where][seen] = (colour * (1 - haze) + _SKY_LOW * haze)[seen]
    canvas.depth[where][seen] = depth[seen]
    canvas.lit[where][seen] = 0


def _mask(canvas: _Canvas, corners: Floats) -> tuple[slice, slice, NDArray[np.bool_]] | None:
    """The pixels inside the outline of `corners`, cut off just before the camera."""
    pixels = canvas.camera.outline(corners)
    if len(pixels) < 3:
        return None
    width, height = canvas.camera.size
    pixels = np.clip(pixels, -4 * width, 5 * width)
    x0, y0 = np.maximum(np.floor(pixels.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + 1, (width, height))
    if x0 >= x1 or y0 >= y1:
        return None
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillPoly(mask, [np.round((pixels - (x0, y0)) * 16).astype(np.int32)], (1,), cv2.LINE_8, 4)
    return slice(y0, y1), slice(x0, x1), mask.astype(bool)


def _tree(canvas: _Canvas, tree: Tree, seed: int) -> None:
    crown = np.array([[*tree.at, tree.height_m * 0.62], [*tree.at, 0.0]])
    (x, y, depth), (fx, fy, _) = canvas.camera.project(crown)
    if not 3 < depth < 260:
        return
    scale = canvas.camera.focal_px / float(depth)
    (width, height), reach = canvas.camera.size, 2.2 * tree.radius_m * scale + 2
    x0, x1 = max(0, int(x - reach)), min(width, int(x + reach))
    y0, y1 = max(0, int(y - reach)), min(height, int(max(fy, y) + 3))
    if x0 >= x1 or y0 >= y1:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.line(mask, (int(x) - x0, int(y) - y0), (int(fx) - x0, int(fy) - y0), (1,), max(1, int(0.28 * scale)))
    rng = np.random.default_rng([seed, int(abs(tree.at[0]) * 10), int(abs(tree.at[1]) * 10)])
    for k in range(_LEAVES):
        dx, dy = rng.normal(0, 0.36 * tree.radius_m, 2) * scale
        radius = max(1, int(tree.radius_m * scale * rng.uniform(0.34, 0.58)))
        cv2.circle(mask, (int(x + dx) - x0, int(y + dy * 0.9) - y0), radius, (2 + k % 4,), -1)
    where = slice(y0, y1), slice(x0, x1)
    seen = (mask > 0) & (canvas.depth[where] > depth)
    haze = min(float(depth) / 600.0, 0.6)
    canvas.image[where][seen] = _TREE[mask[seen]] * (1 - haze) + _SKY_LOW * haze
    canvas.depth[where][seen], canvas.lit[where][seen] = depth, 0
