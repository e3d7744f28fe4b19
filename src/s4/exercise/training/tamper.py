"""What can be done to a camera, done to its pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.exercise.figures import Image

LASTS_S: Final = 8.0
Change = Callable[[Image, np.random.Generator], NDArray[np.generic]]


def _grain(image: Image, rng: np.random.Generator, spread: float) -> NDArray[np.float32]:
    """What a sensor adds to whatever it is shown."""
    return rng.normal(0, spread, image.shape).astype(np.float32)


def _soft(image: NDArray[Any], spread: float) -> NDArray[np.float32]:
    """Blurred by so many px in a picture 640 px wide."""
    return cv2.GaussianBlur(image, (0, 0), spread * image.shape[1] / 640).astype(np.float32)


def _hand(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
    return 6 + _grain(image, rng, 2.0)


def _cloth(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
    return _soft(image, 60.0) * 0.3 + 50 + _grain(image, rng, 2.0)


def _blurred(spread: float) -> Change:
    return lambda image, rng: _soft(image, spread) + _grain(image, rng, 1.0)


def _turned(dx: float, dy: float, degrees: float = 0.0, scale: float = 1.0) -> Change:
    """Looks elsewhere: by shares of the width and height, and turned about its axis."""

    def change(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
        matrix[:, 2] += dx * width, dy * height
        return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT))

    return change


def _painted(share: float) -> Change:
    """Paint on the lens, over so much of it, with soft edges."""

    def change(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
        height, width = image.shape[:2]
        field = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, (height, width)), (0, 0), width / 16)
        mask = _soft((field > np.quantile(field, 1 - share)).astype(np.float32), 4.0)[..., None]
        return np.asarray(image * (1 - mask) + 40 * mask + _grain(image, rng, 1.5))

    return change


def _torch(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    square = ((x - 0.45 * width) ** 2 + (y - 0.5 * height) ** 2) / (0.3 * width) ** 2
    return np.asarray(image + 40 + 400 * np.exp(-square / 2)[..., None])


def _sun(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
    return image * 0.3 + 230 + _grain(image, rng, 2.0)


def _blue(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
    return np.broadcast_to(np.array((180, 20, 10)), image.shape)


def _snow(image: Image, rng: np.random.Generator) -> NDArray[np.generic]:
    return rng.integers(0, 256, image.shape)


TAMPERS: Final[dict[str, Change]] = {
    "covered, hand": _hand,
    "covered, cloth": _cloth,
    "defocused, 3 px": _blurred(3.0),
    "defocused, 8 px": _blurred(8.0),
    "moved, 8 %": _turned(0.08, 0.03),
    "moved, half": _turned(0.5, 0.2),
    "moved, 10 degrees": _turned(0.0, 0.0, 10.0, 1.1),
    "sprayed, 45 %": _painted(0.45),
    "sprayed, 70 %": _painted(0.7),
    "blinded, torch": _torch,
    "blinded, sun": _sun,
    "signal lost, blue": _blue,
    "signal lost, snow": _snow,
}
"""By what is done and how: each turns a picture into what the camera then shows."""
REPEATED: Final = ("frozen", "looped")
"""What shows older pictures instead."""


class Tampering:
    """Does one thing to a run of pictures, from a time on. `name`: of `TAMPERS` or `REPEATED`. Older pictures are
    kept only to be repeated: `LASTS_S` seconds.
    """

    def __init__(self, name: str, fps: float, seed: int = 0) -> None:
        self._name, self._rng = name, np.random.default_rng([seed, 41])
        self._keep = round(LASTS_S * fps) if name == "looped" else 1
        self._old: list[Image] = []
        self._next = 0

    def see(self, image: Image) -> None:
        """A picture from before."""
        if self._name in REPEATED:
            self._old = [*self._old, image][-self._keep :]

    def change(self, image: Image) -> Image:
        """What is shown in place of a picture."""
        if self._name in REPEATED:
            shown = self._old[self._next % len(self._old)] if self._old else image
            self._next += 1
            return shown
        return np.asarray(np.clip(TAMPERS[self._name](image, self._rng), 0, 255), np.uint8)
