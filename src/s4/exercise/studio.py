"""Where the cameras' pictures are made: an empty scene for each pose, the people in it, light that wanders, noise."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.exercise.figures import Image, draw
from s4.exercise.light import sun_at
from s4.exercise.mjpeg import Picture
from s4.exercise.optics import HEIGHT, WIDTH, Optics
from s4.exercise.scenery import Scenery, paint
from s4.exercise.town import Town

QUALITY: Final = 84
_MARGIN: Final = 64


class Pose(NamedTuple):
    """A camera as it stands at the moment."""

    camera: str
    optics: Optics


class Studio:
    """Makes pictures of a town. `prepare` is slow and may run in another thread; `shoot` is quick."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._sun = sun_at(town.start)
        self._scenes: dict[str, tuple[Optics, Scenery]] = {}
        self._rng = np.random.default_rng([town.seed, 13])
        grain = self._rng.normal(0, 2.4, (HEIGHT + _MARGIN, WIDTH + _MARGIN, 1))
        colour = self._rng.normal(0, 1.1, (HEIGHT + _MARGIN, WIDTH + _MARGIN, 3))
        self._noise: NDArray[np.int16] = np.round(grain + colour).astype(np.int16)

    def missing(self, camera: str) -> Pose | None:
        """The pose whose scene is not painted yet, or None."""
        optics = self._town.optics[camera]
        painted = self._scenes.get(camera)
        return None if painted is not None and painted[0] == optics else Pose(camera, optics)

    def prepare(self, pose: Pose) -> None:
        """Paint the empty scene of a pose: about half a second."""
        self._scenes[pose.camera] = (pose.optics, paint(self._town.plan, pose.optics, self._sun))

    def shoot(self, camera: str) -> Image | None:
        """The camera's picture of this moment, uint8[360, 640, 3] BGR; None while its scene is not painted."""
        painted = self._scenes.get(camera)
        if painted is None:
            return None
        optics, scenery = painted
        town = self._town
        image = draw(scenery, optics, self._sun, town.figures(), tuple(town.things.values()))
        return self._expose(image, town.now / NS_PER_S)

    def _expose(self, image: Image, seconds: float) -> Image:
        """Clouds pass and the sensor's noise is never the same twice."""
        cloud = 1 + 0.035 * math.sin(seconds / 97 * 2 * math.pi) + 0.015 * math.sin(seconds / 31 * 2 * math.pi)
        x, y = (int(v) for v in self._rng.integers(0, _MARGIN, 2))
        lit = cv2.convertScaleAbs(image, alpha=cloud)
        return np.asarray(cv2.add(lit, self._noise[y : y + HEIGHT, x : x + WIDTH], dtype=cv2.CV_8U), np.uint8)

    def picture(self, camera: str) -> Picture | None:
        """The same, encoded, with its time."""
        image = self.shoot(camera)
        if image is None:
            return None
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return Picture(self._town.now, data.tobytes())
