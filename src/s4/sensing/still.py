"""Still: a picture of a motion-JPEG stream as it came, decoded only if somebody looks at it.

Most cameras send more pictures than are analysed. Those of motion JPEG stand by themselves, so the others need not be
decoded, and what is held of them is the camera's own JPEG.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

from s4.core.errors import InputError

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.codeccontext import VideoCodecContext

_START, _END, _APP0, _APP1, _SCAN = 0xD8, 0xD9, 0xE0, 0xE1, 0xDA
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a segment that tells the size."""
_PADDING: Final = 64
"""Bytes after the end that some cameras add."""


class Stills:
    """Decodes the stills of one stream, each when it is asked for."""

    def __init__(self, name: str) -> None:
        self._name, self._lock = name, Lock()
        self._codec: VideoCodecContext | None = None

    def of(self, jpeg: bytes) -> Still | None:
        """The still that a packet holds; None for one that is cut off, or must be decoded to know how it lies."""
        size = size_of(jpeg)
        return Still(self, jpeg, *size) if size else None

    def decode(self, jpeg: bytes) -> VideoFrame:
        """Raises `InputError` for what is no picture. Cost: about 1.7 ms for 640 × 480."""
        import av

        with self._lock:
            if self._codec is None:
                self._codec = av.CodecContext.create("mjpeg", "r")
                self._codec.thread_count = 1  # the city has more cameras than cores
            try:
                pictures = self._codec.decode(av.Packet(jpeg))
            except av.error.FFmpegError as error:
                raise InputError("holds a picture that cannot be decoded", file=self._name) from error
        if not pictures:
            raise InputError("holds a picture that cannot be decoded", file=self._name)
        return pictures[0]


class Still:
    """A picture of `width` × `height`, px, upright; `data`: the JPEG."""

    __slots__ = ("_stills", "data", "height", "width")

    pts = time_base = None
    rotation = 0

    def __init__(self, stills: Stills, data: bytes, width: int, height: int) -> None:
        self._stills, self.data, self.width, self.height = stills, data, width, height

    def decode(self) -> VideoFrame:
        """Raises `InputError` for what is no picture, or not of the size that it says."""
        picture = self._stills.decode(self.data)
        if (picture.width, picture.height) != (self.width, self.height):
            raise InputError("holds a picture of another size than it says")
        return picture


def size_of(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height, px, of a JPEG that is whole; None for anything else, one that may have to be turned (Exif), and
    one of half a picture's lines (AVI1).

    >>> import cv2, numpy as np
    >>> jpeg = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    >>> size_of(jpeg), size_of(jpeg[:-100]), size_of(b"")
    ((64, 48), None, None)
    """
    if jpeg[:2] != bytes((0xFF, _START)) or bytes((0xFF, _END)) not in jpeg[-_PADDING:]:
        return None
    at, found = 2, None
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker in {_APP0, _APP1} and jpeg[at + 4 : at + 8] in {b"AVI1", b"Exif"}:
            return None
        if marker in _FRAMES:
            found = int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")
        if marker == _SCAN or length < 2:
            break
        at += 2 + length
    return found if found and min(found) > 0 else None
