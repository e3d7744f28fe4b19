"""The grain of a picture: noise of single pixels, which in the dark is as strong as what tells people from the ground.

It is measured on what changes from one picture to the next, and there on how neighbours differ: what moves, and light
that wanders, changes neighbours alike. Grain is averaged away, at the cost of a pixel of sharpness, where it is strong
against the light.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image

EVERY: Final = 8  # rows
GREEN: Final = 1
MOST: Final = 24  # grey levels: more is an edge that has moved
PER_SIGMA: Final = 4.0 / sqrt(2 * pi)  # the mean of what is measured, of Gaussian noise of one grey level
FOLLOW: Final = 0.1  # of what is new in each picture
STRONG: Final = 0.06  # of the light
BOX: Final = (3, 3)


class Grain:
    """Of one camera's pictures. `sigma`: of a pixel, grey levels; 0 until two pictures have been seen."""

    def __init__(self) -> None:
        self.sigma = 0.0
        self._last: NDArray[np.int16] | None = None

    def calmed(self, image: Image, light: float) -> Image:
        """The picture, averaged over neighbours if its grain is strong for so much `light` (grey levels). Cost: 0.1 ms
        for 640 × 480, and 0.3 ms when there is something to average away.
        """
        import cv2

        self._measure(image)
        if self.sigma <= STRONG * light:
            return image
        return np.asarray(cv2.blur(image, BOX), np.uint8)

    def _measure(self, image: Image) -> None:
        rows = image[::EVERY, :, GREEN].astype(np.int16)
        if self._last is not None and self._last.shape == rows.shape and rows.shape[1] > 2:
            change = rows - self._last
            apart = np.minimum(np.abs(change[:, 2:] - change[:, :-2]), MOST)
            sigma = float(apart.mean()) / PER_SIGMA
            self.sigma += (FOLLOW if self.sigma else 1.0) * (sigma - self.sigma)
        self._last = rows
