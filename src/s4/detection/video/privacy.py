"""Privacy mask: parts of a camera's picture at which nobody may look, and nothing of s4 does.

They are painted over before anything else, so they are neither analysed nor shown, filmed or kept, not even sealed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from s4.core.city import PRIVACY_MASK, Zone
from s4.core.model import Frame, LateFrame
from s4.detection.video.picture import Image

GREY: Final = (128, 128, 128)
Outline = tuple[tuple[float, float], ...]


class PrivacyMask:
    """The zones of this kind, of those of one camera.

    >>> frame = Frame("cam-1", "square", 0, 0, np.zeros((48, 64, 3), np.uint8))
    >>> window = Zone("window", "cam-1", "Window", ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)), PRIVACY_MASK)
    >>> PrivacyMask([window]).over(frame).image[24, ::16, 0].tolist()
    [0, 0, 128, 128]
    """

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.outlines: tuple[Outline, ...] = tuple(zone.outline for zone in zones if zone.kind == PRIVACY_MASK)

    def over(self, frame: Frame) -> Frame:
        """The frame without what is masked; its image is made when somebody looks at it. Cost: 0.2 ms for 640 × 480 if
        somebody does, and what the camera's own JPEG would have saved in decoding and encoding.
        """
        if not self.outlines:
            return frame
        return LateFrame.of(frame._replace(image=_NOTHING, jpeg=b""), _Painted(frame, self.outlines))


_NOTHING: Final = np.zeros((0, 0, 3), np.uint8)


class _Painted:
    """The image of a frame with the outlines painted, once it is asked for."""

    __slots__ = ("_frame", "_made", "_outlines", "shape")

    def __init__(self, frame: Frame, outlines: tuple[Outline, ...]) -> None:
        self._frame, self._outlines, self.shape = frame, outlines, frame.shape
        self._made: Image | None = None

    def __call__(self) -> Image:
        if self._made is None:
            self._made = painted(self._frame.image, self._outlines)
        return self._made


def painted(image: Image, outlines: Iterable[Outline]) -> Image:
    """A copy with each outline, fractions of the picture, filled to its rim."""
    import cv2

    height, width = image.shape[:2]
    copy = image.copy()
    for outline in outlines:
        corners = np.round(np.array(outline) * (width, height)).astype(np.int32)
        cv2.fillPoly(copy, [corners], GREY)
    return copy
