"""Layers: where lines and letters are drawn: a BGR picture, or the planes of brightness and colour of a film's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image

Plane = Literal["bgr", "y", "u", "v"]
Way = NDArray[np.float64]
"""Points (x, y), fractions of the picture."""
Colour = tuple[int, int, int]
"""Blue, green, red."""
_WEIGHTS: Final = {
    "y": (25.06, 129.06, 65.74, 16.0), "u": (112.44, -74.49, -37.95, 128.0), "v": (-18.29, -94.15, 112.44, 128.0),
}  # fmt: skip
"""ITU-R BT.601, narrow range: of blue, green and red in 256ths, and the offset."""


class Layer(NamedTuple):
    """A plane of a picture that is `width` px wide. `colour`: what its values are."""

    image: Image
    width: int
    colour: Plane = "bgr"

    @classmethod
    def of(cls, image: Image) -> Layer:
        """A BGR picture."""
        return cls(image, int(image.shape[1]))

    def value(self, colour: Colour) -> tuple[float, ...]:
        """A colour, as it is in this plane.

        >>> white, plane = (255, 255, 255), np.zeros((2, 2), np.uint8)
        >>> [Layer(plane, 2, name).value(white) for name in "yuv"]
        [(235,), (128,), (128,)]
        """
        if self.colour == "bgr":
            return colour
        *weights, offset = _WEIGHTS[self.colour]
        mixed = sum(share * one for share, one in zip(weights, colour, strict=True)) / 256
        return (round(mixed + offset),)

    def thick(self, thickness: int) -> int:
        """A line's thickness here, px, that is `thickness` in the whole picture."""
        return max(round(thickness * int(self.image.shape[1]) / self.width), 1)

    def lines(self, ways: Sequence[Way], colour: Colour, thickness: int, *, closed: bool = False) -> None:
        """Lines through the points of each way."""
        import cv2

        if ways:
            size = self.image.shape[1::-1]
            points = [np.round(way * size).astype(np.int32) for way in ways]
            cv2.polylines(self.image, points, closed, self.value(colour), self.thick(thickness), cv2.LINE_8)
