"""A room: floor, walls, a door, a window and some furniture, seen by a camera under its ceiling."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.exercise.optics import HEIGHT, WIDTH, Floats, Optics
from s4.exercise.scenery import Scenery

CEILING_M: Final = 2.9
_FACES: Final = np.array([0.78, 0.92, 1.0])
_WOOD: Final = np.array([[96, 128, 164], [70, 96, 132], [120, 146, 176], [150, 158, 166]], float)
_PAINT: Final = np.array([[196, 208, 214], [188, 204, 196], [206, 200, 190], [176, 196, 214]], float)


class Block(NamedTuple):
    """A piece of furniture: its lowest and highest corner, m, and its colour (BGR)."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    colour: tuple[float, float, float]


class Room(NamedTuple):
    """`size_m`: east, north; the camera hangs on the southern wall. `seed`: of its looks."""

    size_m: tuple[float, float]
    blocks: tuple[Block, ...]
    seed: int

    @classmethod
    def furnished(cls, rng: np.random.Generator) -> Room:
        """Some room, with things along its walls."""
        wide, deep = float(rng.uniform(6.0, 9.0)), float(rng.uniform(6.0, 9.0))
        rows = (
            (0.0, deep - 0.6, 1.6, deep, 1.9), (wide - 0.9, deep - 2.8, wide, deep - 0.8, 0.8),
            (2.4, deep - 0.9, 4.4, deep, 0.75), (0.0, deep * 0.35, 0.7, deep * 0.35 + 1.2, 0.5),
        )  # fmt: skip
        blocks = []
        for x0, y0, x1, y1, high in rows:
            shade = rng.uniform(40, 170, 3)
            if rng.random() < 0.8:
                blocks.append(Block((x0, y0, 0.0), (x1, y1, high), (shade[0], shade[1], shade[2])))
        return cls((wide, deep), tuple(blocks), int(rng.integers(1 << 30)))

    @property
    def lamps(self) -> Floats:
        """The one in the middle of the ceiling."""
        return np.array([[self.size_m[0] / 2, self.size_m[1] / 2, CEILING_M - 0.1]])

    def camera(self, height_m: float, tilt_deg: float, view_deg: float) -> Optics:
        """A camera in the middle of the southern wall."""
        return Optics((self.size_m[0] / 2, 0.15, height_m), 0.0, max(tilt_deg, 15.0), view_deg)

    def clearance(self, at: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Metres to the next wall or piece of furniture, and the direction away from it."""
        wide, deep = self.size_m
        x, y = at[:, 0], at[:, 1]
        gaps = [(x, (1.0, 0.0)), (wide - x, (-1.0, 0.0)), (y, (0.0, 1.0)), (deep - y, (0.0, -1.0))]
        best = np.full(len(at), np.inf)
        away = np.zeros((len(at), 2))
        for gap, way in gaps:
            nearer = gap < best
            best, away = np.where(nearer, gap, best), np.where(nearer[:, None], way, away)
        for block in self.blocks:
            inner = np.column_stack((x.clip(block.low[0], block.high[0]), y.clip(block.low[1], block.high[1])))
            off = at - inner
            gap = np.hypot(*off.T)
            nearer = gap < best
            middle = at - (np.array(block.low[:2]) + block.high[:2]) / 2
            way = np.where(gap[:, None] > 1e-6, off, middle)
            best = np.where(nearer, gap, best)
            away = np.where(nearer[:, None], way / np.maximum(np.hypot(*way.T), 1e-6)[:, None], away)
        return np.asarray(best.clip(0), np.float32), np.asarray(away, np.float32)

    def paint(self, camera: Optics) -> Scenery:
        """The empty room. Costs about 0.3 s."""
        fine = camera.scaled(1.5)
        eye, rays = np.array(fine.at), fine.rays()
        rays = np.where(np.abs(rays) < 1e-9, 1e-9, rays)
        rng = np.random.default_rng(self.seed)
        low, high = np.zeros(3), np.array([*self.size_m, CEILING_M])
        exits = np.maximum((low - eye) / rays, (high - eye) / rays)
        depth, face = exits.min(axis=-1), exits.argmin(axis=-1)
        point = eye + depth[..., None] * rays
        image = self._shell(point, face, rng)
        floor = (face == 2) & (rays[..., 2] < 0)
        for block in self.blocks:
            self._block(block, eye, rays, (image, depth, floor), rng)
        image *= _lit(eye + depth[..., None] * rays, self.lamps[0])[..., None]
        image += cv2.resize(rng.normal(0, 4, (HEIGHT // 2, WIDTH // 2)), image.shape[1::-1])[..., None]
        size = WIDTH, HEIGHT
        small = cv2.resize(image.clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
        far = cv2.resize(depth.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
        lit = cv2.resize(floor.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
        return Scenery(np.asarray(small, np.uint8), np.asarray(far, np.float32), np.asarray(lit, np.uint8))

    def _shell(self, point: Floats, face: NDArray[np.intp], rng: np.random.Generator) -> Floats:
        """Boards on the floor, plaster on the walls, a window, a door, a skirting."""
        wood, paint = _WOOD[rng.integers(len(_WOOD))], _PAINT[rng.integers(len(_PAINT))]
        x, y, z = point[..., 0], point[..., 1], point[..., 2]
        image = np.broadcast_to(paint, point.shape).copy()
        image[(z < 0.1) & (face != 2)] = wood * 0.8
        door = (face == 0) & (x > 1) & (np.abs(y - 0.4 * self.size_m[1]) < 0.5) & (z < 2.05)
        window = (face == 1) & (y > 1) & (np.abs(x - 0.6 * self.size_m[0]) < 0.9) & (np.abs(z - 1.6) < 0.6)
        image[door], image[window] = wood * 1.1, (222.0, 214.0, 196.0)
        image[window & ((np.abs(x - 0.6 * self.size_m[0]) < 0.05) | (np.abs(z - 1.6) < 0.04))] = 240.0
        floor = (face == 2) & (z < 1)
        board = np.floor(x / 0.14).astype(int)
        shade = rng.uniform(0.85, 1.1, 200)[board % 200] * np.where((x % 0.14 < 0.012), 0.7, 1.0)
        image[floor] = (wood * shade[..., None])[floor]
        image[(face == 2) & (z > 1)] = 226.0
        return image

    def _block(
        self, block: Block, eye: Floats, rays: Floats, canvas: tuple[Floats, Floats, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        """A box hides what is behind it."""
        image, depth, floor = canvas
        one, other = (np.array(block.low) - eye) / rays, (np.array(block.high) - eye) / rays
        enter, leave = np.minimum(one, other), np.maximum(one, other).min(axis=-1)
        near, face = enter.max(axis=-1), enter.argmax(axis=-1)
        hit = (near < leave) & (near > 0.2) & (near < depth)
        point = eye + near[..., None] * rays
        grain = 1 + 0.08 * np.sin(point[..., 0] * 9 + point[..., 2] * 31 + rng.uniform(0, 6))
        colour = np.array(block.colour) * (_FACES[face] * grain)[..., None]
        image[hit], depth[hit], floor[hit] = colour[hit], near[hit], False


def _lit(point: Floats, lamp: Floats) -> Floats:
    """A lamp with a shade: brighter below it."""
    far = np.sqrt(((point - lamp) ** 2).sum(axis=-1))
    return np.asarray(0.62 + 0.5 / (1 + (far / 2.6) ** 2) * math.sqrt(2))
