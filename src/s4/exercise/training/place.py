"""Places to film: somewhere in the exercise city, or a room. Where people may walk in view of the camera there."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray

from s4.exercise.light import Sun
from s4.exercise.optics import HEIGHT, WIDTH, Floats, Optics
from s4.exercise.plan import Plan, make_plan
from s4.exercise.scenery import Scenery, paint
from s4.exercise.shapes import Point
from s4.exercise.training.room import Room
from s4.exercise.training.scene import Light, Scene
from s4.exercise.walkways import Walkways

Clearance = Callable[[Floats], tuple[NDArray[np.float32], NDArray[np.float32]]]
CITY: Final = 7
_TRIES: Final = 60
SUNS: Final[dict[Light, Sun]] = {
    "day": Sun((0.45, 0.55), 1.0, 219.0),
    "clouds": Sun((0.5, -0.35), 0.95, 305.0),
    "evening": Sun((1.9, 0.8), 0.72, 247.0),
    "overcast": Sun((1e-3, 0.0), 0.82, 270.0),
    "night": Sun((1e-3, 0.0), 0.9, 270.0),
}


class Place(NamedTuple):
    """`area`: points of the ground, float[n, 2], half a metre apart, where a person is in full view and large enough to
    be seen; `clearance`: metres to the next wall, and away from it; `lamps`: east, north, up of those that burn.
    """

    optics: Optics
    scenery: Scenery
    sun: Sun
    area: Floats
    clearance: Clearance
    lamps: Floats

    def inside(self, rng: np.random.Generator, room_m: float = 0.0) -> Point:
        """A point in view; at least `room_m` from the edge of what is in view where that is possible."""
        chosen = self.area
        if room_m:
            middle = self.area.mean(axis=0)
            order = np.argsort(np.hypot(*(self.area - middle).T))
            chosen = self.area[order[: max(len(order) // 4, 1)]]
        east, north = chosen[rng.integers(len(chosen))]
        return float(east), float(north)

    def outside(self, rng: np.random.Generator, start: Point | None = None) -> Point:
        """A point just out of view that can be walked to from `start` straight on, or nearly so."""
        start = start or self.inside(rng)
        angles = rng.uniform(0, 2 * math.pi, 24)
        best, least = start, math.inf
        for angle in angles:
            way = np.arange(1.0, 45.0, 0.5)
            line = np.array(start) + way[:, None] * (math.cos(angle), math.sin(angle))
            hidden = self._out_of_sight(line)
            walls = np.asarray(self.clearance(line)[0]) < 0.5
            first = int(np.argmax(hidden)) if hidden.any() else len(way) - 1
            cost = float(walls[: first + 1].sum()) * 10 + (0.0 if hidden.any() else 100.0) + first * 0.1
            if cost < least:
                best, least = (float(line[first, 0]), float(line[first, 1])), cost
        return best

    def beside(self, rng: np.random.Generator, at: Point, near_m: float, far_m: float) -> Point:
        """A point in view whose distance from `at` is between the two, or as nearly as there is one."""
        far = np.hypot(*(self.area - at).T)
        fits = np.flatnonzero((far >= near_m) & (far <= far_m))
        chosen = rng.choice(fits) if len(fits) else int(np.argmin(np.abs(far - (near_m + far_m) / 2)))
        return float(self.area[chosen, 0]), float(self.area[chosen, 1])

    def _out_of_sight(self, at: Floats) -> NDArray[np.bool_]:
        feet = self.optics.project(np.column_stack((at, np.zeros(len(at)))))
        head = self.optics.project(np.column_stack((at, np.full(len(at), 2.0))))
        pad = 0.25 * np.abs(feet[:, 1] - head[:, 1])
        width, height = self.optics.size
        beside = (feet[:, 0] < -pad) | (feet[:, 0] > width + pad)
        return np.asarray((feet[:, 2] < 0.8) | beside | (head[:, 1] > height) | (feet[:, 1] < 0), bool)


@lru_cache(maxsize=1)
def city() -> tuple[Plan, Walkways]:
    """The city and its walkways, made once."""
    plan = make_plan(CITY)
    return plan, Walkways(plan)


@lru_cache(maxsize=4)
def place_of(scene: Scene) -> Place:
    """The place of a scene, with the camera put up there. Costs about two seconds."""
    rng = np.random.default_rng([scene.seed, 29])
    place = _room(scene, rng) if scene.place == "room" else _outdoors(scene, rng)
    if scene.width == WIDTH:
        return place
    optics = place.optics.scaled(scene.width / WIDTH)
    scenery = Scenery(
        _resized(place.scenery.image, optics, cv2.INTER_AREA).astype(np.uint8),
        _resized(place.scenery.depth, optics, cv2.INTER_NEAREST).astype(np.float32),
        _resized(place.scenery.lit, optics, cv2.INTER_AREA).astype(np.uint8),
    )
    return place._replace(optics=optics, scenery=scenery)


def _resized(plane: NDArray[Any], optics: Optics, way: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(plane, optics.size, interpolation=way))


def _outdoors(scene: Scene, rng: np.random.Generator) -> Place:
    plan, walkways = city()
    optics = _put_up(scene, plan, walkways, rng)
    sun = SUNS[scene.light]
    scenery = paint(plan, optics, sun)
    area = _area(optics, scenery, walkways.clearance)
    lamps = np.column_stack((area[rng.integers(len(area), size=3)] + rng.uniform(-6, 6, (3, 2)), np.full(3, 5.0)))
    return Place(optics, scenery, sun, area, walkways.clearance, lamps)


def _room(scene: Scene, rng: np.random.Generator) -> Place:
    room = Room.furnished(rng)
    optics = room.camera(min(scene.height_m, 2.7), scene.tilt_deg, scene.view_deg)
    scenery = room.paint(optics)
    area = _area(optics, scenery, room.clearance, least=0.18, greatest=0.95)
    return Place(optics, scenery, SUNS["overcast"], area, room.clearance, room.lamps)


def _put_up(scene: Scene, plan: Plan, walkways: Walkways, rng: np.random.Generator) -> Optics:
    """A camera that looks at an open part of the place, with no house in between."""
    square = plan.squares[("square", "stadium", "station").index(scene.place)].shape
    houses = shapely.union_all([b.shape for b in plan.buildings if b.height_m > 2.0])
    reach = scene.height_m / math.tan(math.radians(scene.tilt_deg))
    west, south, east, north = square.bounds
    best, most = None, -1.0
    for _ in range(_TRIES):
        focus, pan = rng.uniform((west, south), (east, north)), rng.uniform(0, 2 * math.pi)
        foot = focus - reach * np.array([math.sin(pan), math.cos(pan)])
        line = shapely.LineString([foot, focus])
        clear = float(walkways.clearance(focus[None])[0][0])
        if line.distance(houses) < 1.0 or not square.contains(shapely.Point(focus)):
            continue
        optics = Optics((foot[0], foot[1], scene.height_m), math.degrees(pan) % 360, scene.tilt_deg, scene.view_deg)
        if clear > most:
            best, most = optics, clear
        if clear > 9.0:
            break
    return best or Optics((0.0, -10.0, scene.height_m), 0.0, scene.tilt_deg, scene.view_deg)


def _area(optics: Optics, scenery: Scenery, clearance: Clearance, least: float = 0.10, greatest: float = 0.8) -> Floats:
    """Where somebody 1.7 m tall is in full view, `least` to `greatest` of the picture's height."""
    near, far = np.array(optics.at[:2]), 60.0
    steps = np.arange(-far, far, 0.5)
    grid = near + np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    feet = optics.project(np.column_stack((grid, np.zeros(len(grid)))))
    head = optics.project(np.column_stack((grid, np.full(len(grid), 1.7))))
    tall = feet[:, 1] - head[:, 1]
    seen = (feet[:, 2] > 1.0) & (feet[:, 0] > 20) & (feet[:, 0] < WIDTH - 20) & (head[:, 1] > 4)
    seen &= (feet[:, 1] < HEIGHT - 6) & (tall >= least * HEIGHT) & (tall <= greatest * HEIGHT)
    grid, feet = grid[seen], feet[seen]
    if len(grid):
        depth = scenery.depth[feet[:, 1].astype(int), feet[:, 0].astype(int)]
        free = (np.asarray(clearance(grid)[0]) > 0.8) & (depth > feet[:, 2] - 0.5)
        grid = grid[free]
    if len(grid) * 0.25 < 2.0:
        down = optics.ground(WIDTH / 2, 0.7 * HEIGHT) or (optics.at[0], optics.at[1] + 5.0)
        grid = np.array([down])
    return np.asarray(grid, float)
