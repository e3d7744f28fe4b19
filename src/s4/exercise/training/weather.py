"""Light, rain, fog, noise and a shaking mast: what lies between the place and the recorded picture."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.exercise.figures import Image
from s4.exercise.training.place import Place
from s4.exercise.training.scene import Scene

_MARGIN: Final = 64
_STREAKS: Final = 350
_DARK: Final = 0.07
_FOG: Final = np.array([206.0, 204.0, 200.0], np.float32)


class Weather:
    """Changes picture after picture, by the scene and its seed alone. Cost: about 3 ms a picture; rain 1 ms more."""

    def __init__(self, scene: Scene, place: Place) -> None:
        self._scene = scene
        self._rng = np.random.default_rng([scene.seed, 37])
        self._phases = self._rng.uniform(0, 2 * math.pi, 4)
        self._lit = _lamplight(place) if scene.light == "night" and scene.place != "room" else None
        self._clear = _clearness(scene, place)
        sigma = scene.noise * (2.0 if scene.light == "night" else 1.0)
        self._size = width, height = place.optics.size
        self._off_s = (0.0, 0.0)
        self._spared = self._switched_off() if scene.light == "switched" else None
        shape = height + _MARGIN, width + _MARGIN
        grain = self._rng.normal(0, sigma, (*shape, 1)) + self._rng.normal(0, 0.45 * sigma, (*shape, 3))
        self._noise: NDArray[np.int16] = np.round(grain).astype(np.int16)
        self._sway = np.zeros(2)
        self.shift = (0.0, 0.0)

    def over(self, image: Image, now_s: float) -> Image:
        """The picture as it is recorded; `shift` is then by how much (x, y px) the mast moved it."""
        lit = image.astype(np.float32)
        if self._lit is not None:
            lit *= self._lit
        if self._spared is not None and self._off_s[0] <= now_s < self._off_s[1]:
            lit *= self._spared
        if self._clear is not None:
            lit = lit * self._clear + _FOG * (1 - self._clear)
        lit *= self._brightness(now_s)
        if self._scene.rain:
            self._streaks(lit)
        return self._grainy(self._shaken(lit))

    def _switched_off(self) -> NDArray[np.float32]:
        """What is left of the light when most lamps are out, float[height, width, 1]: more around one that stays on."""
        rng = np.random.default_rng([self._scene.seed, 41])
        width, height = self._size
        off_s = float(rng.uniform(14, 40))
        self._off_s = off_s, off_s + float(rng.uniform(8, 20))
        middle = rng.uniform((0, 0), (width, height))
        rows, columns = np.mgrid[0:height, 0:width]
        far = ((columns - middle[0]) ** 2 + (rows - middle[1]) ** 2) / (0.3 * width) ** 2
        return np.asarray((0.28 + 0.22 * np.exp(-far))[..., None], np.float32)

    def _brightness(self, now_s: float) -> float:
        a, b, c, d = self._phases
        slow = 0.035 * math.sin(now_s / 97 * 2 * math.pi + a) + 0.015 * math.sin(now_s / 31 * 2 * math.pi + b)
        if self._scene.light != "clouds":
            return 1.0 + slow
        cover = math.sin(now_s / 23 * 2 * math.pi + c) + 0.7 * math.sin(now_s / 9 * 2 * math.pi + d)
        return 0.84 + slow + 0.17 * math.tanh(4 * cover)

    def _streaks(self, lit: NDArray[np.float32]) -> None:
        rain, rng = self._scene.rain, self._rng
        mask = np.zeros(self._size[::-1], np.uint8)
        count = round(_STREAKS * rain)
        start = rng.uniform((0, -20), self._size, (count, 2))
        length = rng.uniform(6, 24, count)
        for (x, y), reach in zip(start, length, strict=True):
            end = round((x + 0.12 * reach) * 16), round((y + reach) * 16)
            cv2.line(mask, (round(x * 16), round(y * 16)), end, (int(60 + 2 * reach),), 1, cv2.LINE_AA, 4)
        lit *= 1.0 - 0.12 * rain
        lit += (mask * np.float32(0.3))[..., None]

    def _shaken(self, lit: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._scene.shake_px:
            return lit
        keep = 0.6
        push = self._rng.normal(0, self._scene.shake_px * math.sqrt(1 - keep * keep), 2)
        self._sway = keep * self._sway + push * (1.0, 0.6)
        self.shift = float(self._sway[0]), float(self._sway[1])
        move = np.array([[1, 0, self.shift[0]], [0, 1, self.shift[1]]], np.float32)
        moved = cv2.warpAffine(lit, move, self._size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32)

    def _grainy(self, lit: NDArray[np.float32]) -> Image:
        x, y = (int(v) for v in self._rng.integers(0, _MARGIN, 2))
        noise = self._noise[y : y + self._size[1], x : x + self._size[0]]
        return np.asarray(np.clip(lit + noise, 0, 255), np.uint8)


def _lamplight(place: Place) -> NDArray[np.float32]:
    """How much of the daylight the lamps of the street give back, float[height, width, 3]: warm, in pools."""
    ground = np.array(place.optics.at) + place.scenery.depth[..., None] * place.optics.rays()
    light = np.full(place.scenery.depth.shape, _DARK)
    for lamp in place.lamps:
        square = ((ground - lamp) ** 2).sum(axis=-1) - lamp[2] ** 2
        light += 0.62 / (1 + np.maximum(square, 0) / 30.0) ** 1.3
    return np.asarray(light.clip(0, 1.1)[..., None] * np.array([0.78, 0.95, 1.05]), np.float32)


def _clearness(scene: Scene, place: Place) -> NDArray[np.float32] | None:
    """What share of each pixel fog lets through."""
    if not scene.fog_m:
        return None
    return np.asarray(np.exp(-3.0 * place.scenery.depth / scene.fog_m)[..., None], np.float32)
