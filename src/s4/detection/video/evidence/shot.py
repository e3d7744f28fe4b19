"""Shot: one picture of a camera, held encoded in memory until it is clear whom to blur in it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from s4.core.clock import format_time
from s4.core.errors import ServiceError
from s4.core.model import Frame
from s4.detection.video.evidence.blur import blurred
from s4.detection.video.evidence.layers import Layer
from s4.detection.video.evidence.overlay import Mark
from s4.detection.video.evidence.painter import Painter
from s4.detection.video.picture import Image, Mask

QUALITY: Final = 90  # of the JPEG, of 100


class Shot(NamedTuple):
    """`time`: ns UTC; `jpeg`: the picture as it came, so nothing that may be shown or kept; `marks`: what to draw."""

    time: int
    jpeg: bytes
    marks: tuple[Mark, ...]

    @classmethod
    def of(cls, frame: Frame, marks: tuple[Mark, ...], size: tuple[int, int]) -> Shot:
        """Take a frame at `size` (width, height), px. Cost: about 3 ms for 640 × 480; nothing where the camera sends
        JPEG of that size. Raises `InputError` when the frame is no picture.
        """
        import cv2

        if frame.jpeg and frame.size == size:
            return cls(frame.time, frame.jpeg, marks)
        image = frame.image
        if image.shape[1::-1] != size:
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        return cls(frame.time, encoded(image), marks)

    def picture(self) -> Image | None:
        """As it was taken, un-blurred: uint8[height, width, 3], BGR; None when the camera sent it damaged."""
        import cv2

        image = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        return None if image is None else np.asarray(image, np.uint8)

    def shown(self, cover: Mask, painter: Painter, source: str) -> Image | None:
        """As it may be shown: blurred under `cover`, marks drawn, the camera and the time written below."""
        taken = self.picture()
        if taken is None:
            return None
        image = blurred(taken, cover)
        painter.paint([Layer.of(image)], self.marks, self.time, stamp(source, self.time))
        return image


def stamp(source: str, time: int) -> str:
    """What is written into a picture of a camera, taken at `time` (ns UTC)."""
    return f"{source} {format_time(time)}"


def encoded(image: Image) -> bytes:
    """The picture as JPEG."""
    import cv2

    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ServiceError("a picture cannot be encoded as JPEG")
    return bytes(jpeg)
