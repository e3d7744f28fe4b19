"""The working picture: reduced, with square pixels; and the way back to the pixels of the file.

Everything inside video detection is in working pixels; only what leaves it is in pixels of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class Box(NamedTuple):
    """A rectangle; `x`, `y` is its upper left corner, y grows downwards."""

    x: float
    y: float
    w: float
    h: float

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge: where a standing person touches the ground."""
        return self.x + self.w / 2, self.y + self.h

    @property
    def area(self) -> float:
        """Width × height."""
        return self.w * self.h


HIGHEST: Final = 3.0  # times the widest: an upright picture is twice as high as wide, what goes beyond costs memory
NOWHERE: Final = Box(0.0, 0.0, 0.0, 0.0)


def overlap(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    return max(width, 0.0) * max(height, 0.0)


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0–1.

    >>> iou(Box(0, 0, 2, 1), Box(1, 0, 2, 1))
    0.3333333333333333
    """
    shared = overlap(a, b)
    union = a.area + b.area - shared
    return shared / union if union > 0 else 0.0


def gap(a: Box, b: Box) -> float:
    """The distance between the nearest points of two boxes; 0 when they touch."""
    dx = max(a.x - b.x - b.w, b.x - a.x - a.w, 0.0)
    dy = max(a.y - b.y - b.h, b.y - a.y - a.h, 0.0)
    return float(np.hypot(dx, dy))


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all; raises `ValueError` for none.

    >>> around([Box(0, 0, 2, 1), Box(3, 3, 1, 1)])
    Box(x=0, y=0, w=4, h=4)
    """
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, low = max(box.x + box.w for box in boxes), max(box.y + box.h for box in boxes)
    return Box(left, top, right - left, low - top)


class View(NamedTuple):
    """How a file's picture (`file_width` × `file_height`) becomes the working one (`width` × `height`), which is turned
    clockwise by `turned` degrees (0, 90, 180, 270) against it.
    """

    file_width: int
    file_height: int
    width: int
    height: int
    turned: int = 0

    @classmethod
    def of(cls, file_width: int, file_height: int, *, widest: int, pixel_aspect: float, turned: int = 0) -> View:
        """The working size: at most `widest` wide and three times as high, with square pixels.

        >>> View.of(720, 1152, widest=640, pixel_aspect=2.0)
        View(file_width=720, file_height=1152, width=640, height=512, turned=0)
        >>> View.of(720, 1152, widest=640, pixel_aspect=2.0, turned=90)[2:4]
        (640, 800)
        """
        across, down = file_width * pixel_aspect, float(file_height)
        if turned % 180:
            across, down = down, across
        width = min(widest, file_height if turned % 180 else file_width)
        width = max(min(width, round(HIGHEST * widest * across / down)), 1)
        return cls(file_width, file_height, width, max(round(down * width / across), 1), turned)

    def reduce(self, image: Image) -> Image:
        """The working picture, uint8[height, width, 3]."""
        import cv2

        if image.shape[1::-1] == (self.width, self.height):
            return image
        # Averaging is needed to reduce by much, and slow: a little less is as good with the quick way.
        way = cv2.INTER_AREA if image.shape[1] >= 1.5 * self.width else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (self.width, self.height), interpolation=way), np.uint8)

    def to_file(self, box: Box) -> tuple[float, float, float, float]:
        """A working box → (x, y, w, h) in pixels of the file, to a tenth.

        >>> View.of(64, 48, widest=640, pixel_aspect=1.0, turned=90).to_file(Box(0, 0, 10, 20))
        (0.0, 38.0, 20.0, 10.0)
        """
        x, y, w, h = self._turned_back(box)
        across, down = (self.height, self.width) if self.turned % 180 else (self.width, self.height)
        sx, sy = self.file_width / across, self.file_height / down
        return round(x * sx, 1), round(y * sy, 1), round(w * sx, 1), round(h * sy, 1)

    def _turned_back(self, box: Box) -> Box:
        """The box in a picture of the working size that lies as the file's does."""
        if self.turned == 90:
            return Box(box.y, self.width - box.x - box.w, box.h, box.w)
        if self.turned == 180:
            return Box(self.width - box.x - box.w, self.height - box.y - box.h, box.w, box.h)
        if self.turned == 270:
            return Box(self.height - box.y - box.h, box.x, box.h, box.w)
        return box

    def fraction(self, x: float, y: float) -> tuple[float, float]:
        """A working point → fractions 0–1 of the picture."""
        return x / self.width, y / self.height
