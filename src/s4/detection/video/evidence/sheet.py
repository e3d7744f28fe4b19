"""Sheet: a picture of a film as JPEG and H.264 both hold it, brightness and two halved planes of colour.

It is blurred and drawn into as it is: half the bytes of a BGR picture, and two conversions less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from s4.detection.video.evidence.blur import hide
from s4.detection.video.evidence.layers import Layer, Plane
from s4.detection.video.picture import Image, Mask

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.codeccontext import VideoCodecContext
    from av.video.plane import VideoPlane


PLANES: Final[tuple[Plane, ...]] = ("y", "u", "v")
PLANAR: Final = frozenset({"yuvj420p", "yuvj422p", "yuvj444p"})


_NARROW: Final = (
    np.round(16 + np.arange(256) * 219 / 255).astype(np.uint8),
    np.round(128 + (np.arange(256) - 128) * 224 / 255).astype(np.uint8),
)
"""ITU-R BT.601, brightness and colour: the full range of JPEG → the narrow one of video."""


class Sheets:
    """Develops the JPEGs of one film, all brought to the size of the first, less an odd row or column."""

    def __init__(self) -> None:
        self._codec: VideoCodecContext | None = None
        self._size = (0, 0)

    def of(self, jpeg: bytes) -> Sheet | None:
        """None when the JPEG is damaged. Cost: about 2 ms for 640 × 480."""
        import av

        if self._codec is None:
            self._codec = av.CodecContext.create("mjpeg", "r")
            self._codec.thread_count = 1  # the city has more cameras than cores
        try:
            pictures = self._codec.decode(av.Packet(jpeg)) if jpeg else []
        except av.error.FFmpegError:  # also one of a kind that nobody decodes
            pictures = []
        if not pictures:
            return None
        if not self._size[0]:
            self._size = max(pictures[0].width // 2 * 2, 2), max(pictures[0].height // 2 * 2, 2)
        sheet = Sheet(av.VideoFrame(*self._size, "yuv420p"))
        sheet.take(pictures[0])
        return sheet


class Sheet:
    """`frame`: what goes into the film; `layers`: the same, to draw into."""

    def __init__(self, frame: VideoFrame) -> None:
        self.frame = frame
        planes = zip(frame.planes, PLANES, strict=True)
        self.layers = [Layer(_seen(plane), frame.width, colour) for plane, colour in planes]

    def take(self, picture: VideoFrame) -> None:
        """Become this picture."""
        import cv2

        if picture.format.name not in PLANAR:
            picture = picture.reformat(format="yuvj420p")
        for layer, plane, narrow in zip(self.layers, picture.planes, (*_NARROW, _NARROW[1]), strict=True):
            size, seen = layer.image.shape[1::-1], _seen(plane)
            fitting = seen if seen.shape[1::-1] == size else cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
            cv2.LUT(fitting, narrow, layer.image)

    def cover(self, mask: Mask) -> None:
        """Blur what is under the mask (coarse, over the whole picture). Cost: about 0.5 ms for 640 × 480."""
        for layer in self.layers:
            hide(layer.image, mask)


def _seen(plane: VideoPlane) -> Image:
    """The plane's own memory."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
