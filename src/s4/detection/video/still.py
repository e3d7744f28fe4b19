"""Where something new stands still, and for how long: an age for each pixel of a reduced picture.

The age grows while a pixel is foreground and keeps its grey value, and shrinks faster than it grows otherwise, so that
someone walking past in front costs little and something that moves never gets old.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.blobs import boxes_of
from s4.detection.video.picture import Box, Image, Mask

WIDEST: Final = 320
SETTLED_S: Final = 3.0
STEADY: Final = 14.0  # grey levels
FOLLOW_S: Final = 1.0
SHRINK: Final = 2.0
OLDEST_S: Final = 3600.0
LEAST_AREA: Final = 12.0


class Still(NamedTuple):
    """A thing that stands still: its box in working pixels, and how long it has stood there."""

    box: Box
    age_s: float


class StillMap:
    """The ages of one camera. Cost: about 1 ms a picture."""

    def __init__(self, width: int, height: int) -> None:
        self._scale = max(width / WIDEST, 1.0)
        self._shape = round(width / self._scale), round(height / self._scale)
        self._age = np.zeros(self._shape[::-1], np.float32)
        self._grey: NDArray[np.float32] | None = None

    def learn(self, image: Image, foreground: Mask, dt_s: float) -> None:
        """Take in the next picture and its (clean) foreground."""
        import cv2

        reduced = cv2.resize(image, self._shape, interpolation=cv2.INTER_AREA)
        grey = np.asarray(cv2.cvtColor(reduced, cv2.COLOR_BGR2GRAY), np.float32)
        small = cv2.resize(foreground.view(np.uint8), self._shape, interpolation=cv2.INTER_NEAREST)
        if self._grey is None:
            self._grey = grey
        steady = (np.asarray(small) > 0) & (np.abs(grey - self._grey) < STEADY)
        self._grey += np.float32(min(dt_s / FOLLOW_S, 1.0)) * (grey - self._grey)
        self._age += np.where(steady, np.float32(dt_s), np.float32(-SHRINK * dt_s))
        np.clip(self._age, 0.0, OLDEST_S, out=self._age)

    def things(self) -> list[Still]:
        """Everything that has stood still for `SETTLED_S`."""
        old = self._age >= SETTLED_S
        scale = self._scale
        return [
            Still(Box(box.x * scale, box.y * scale, box.w * scale, box.h * scale), self._age_in(box))
            for box, _ in boxes_of(old, LEAST_AREA)
        ]

    def _age_in(self, box: Box) -> float:
        x, y, w, h = (int(value) for value in box)
        ages = self._age[y : y + h, x : x + w]
        return float(np.median(ages[ages >= SETTLED_S]))
