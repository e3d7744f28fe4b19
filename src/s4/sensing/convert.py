"""Decoded pictures → BGR, upright, reduced. What comes as planes of brightness and colour is reduced plane by plane
before it is made BGR, so that no full-size BGR picture is made for nothing: half the work for 1280 × 720 and more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.model import Frame, LateFrame
from s4.sensing.still import Still

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.plane import VideoPlane

Plane = NDArray[np.uint8]

_NARROW: Final = frozenset({"yuv420p", "yuv422p", "yuv444p"})
_FULL: Final = frozenset({"yuvj420p", "yuvj422p", "yuvj444p"})
_FULL_RANGE: Final = 2  # AVCOL_RANGE_JPEG
NOTHING: Final = np.empty((0, 0, 3), np.uint8)
_LEVELS: Final = np.arange(256)
_BRIGHT: Final = np.round(16 + _LEVELS * 219 / 255).astype(np.uint8)  # ITU-R BT.601: full range → the narrow one
_COLOUR: Final = np.round(128 + (_LEVELS - 128) * 224 / 255).astype(np.uint8)


class Size(NamedTuple):
    """How pictures are resized: `aspect` is a factor on the height, `width` the widest allowed (0 = as it is)."""

    aspect: float = 1.0
    width: int = 0

    def of(self, width: int, height: int) -> tuple[int, int]:
        """The size of a picture that comes as `width` × `height`, px, never enlarged.

        >>> Size(aspect=0.5, width=360).of(720, 1152)
        (360, 288)
        """
        scale = min(1.0, self.width / width) if self.width else 1.0
        return max(1, round(width * scale)), max(1, round(height * scale * self.aspect))


def turn_of(picture: VideoFrame | Still) -> int:
    """Degrees clockwise by which the picture has to be turned to stand upright, as its file says: 0, 90, 180, 270."""
    return int(-90 * round(picture.rotation / 90) % 360)


def to_bgr(picture: VideoFrame, size: Size) -> NDArray[np.uint8]:
    """A decoded picture → uint8[height, width, 3], BGR, upright, resized. Cost: about 1 ms for 720 × 576."""
    turn = turn_of(picture)
    if turn % 180:
        height, width = size.of(picture.height, picture.width)
    else:
        width, height = size.of(picture.width, picture.height)
    if (width, height) == (picture.width, picture.height):
        bgr = _whole(picture)
    elif width % 2 == 0 and (planes := _planes(picture)):
        bgr = _reduced(planes, width, height)
    else:
        bgr = _resized(_whole(picture), width, height)
    return np.ascontiguousarray(np.rot90(bgr, -turn // 90)) if turn else bgr


def frame_of(frame: Frame, picture: VideoFrame | Still, size: Size) -> Frame:
    """`frame`, whose image is that of `picture`, made when somebody looks at it; with the JPEG where it came as one."""
    jpeg = picture.data if isinstance(picture, Still) else b""
    return LateFrame.of(frame._replace(jpeg=jpeg), _Late(picture, size))


class _Late:
    """The image of a decoded picture, once it is asked for."""

    __slots__ = ("_made", "_picture", "_size", "shape")

    def __init__(self, picture: VideoFrame | Still, size: Size) -> None:
        self._picture, self._size, self._made = picture, size, NOTHING
        across, down = (picture.width, picture.height)
        across, down = (down, across) if turn_of(picture) % 180 else (across, down)
        width, height = size.of(across, down)
        self.shape = (height, width, 3)

    def __call__(self) -> Plane:
        if self._made is NOTHING:
            picture = self._picture.decode() if isinstance(self._picture, Still) else self._picture
            self._made = to_bgr(picture, self._size)
        return self._made


def _whole(picture: VideoFrame) -> Plane:
    return np.asarray(picture.reformat(format="bgr24").to_ndarray(), np.uint8)


def _planes(picture: VideoFrame) -> list[Plane]:
    """Brightness and two of colour, in the narrow range, seen in place; none for a format that is not of three."""
    name = picture.format.name
    if name not in _NARROW | _FULL or any(plane.line_size < plane.width for plane in picture.planes):
        return []
    planes = [_seen(plane) for plane in picture.planes]
    if name in _FULL or picture.color_range == _FULL_RANGE:
        return [table[plane] for table, plane in zip((_BRIGHT, _COLOUR, _COLOUR), planes, strict=True)]
    return planes


def _seen(plane: VideoPlane) -> Plane:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _reduced(planes: list[Plane], width: int, height: int) -> Plane:
    """Resized planes, one below the other as OpenCV takes them (I420), made BGR. An odd height is made even first."""
    import cv2

    even = height + height % 2
    stacked = np.empty(even * width * 3 // 2, np.uint8)
    bright = stacked[: even * width].reshape(even, width)
    bright[:height] = _resized(planes[0], width, height)
    bright[height:] = bright[height - 1]
    colours = stacked[even * width :].reshape(2, even // 2, width // 2)
    for colour, plane in zip(colours, planes[1:], strict=True):
        colour[:] = _resized(plane, width // 2, even // 2)
    return np.asarray(cv2.cvtColor(stacked.reshape(-1, width), cv2.COLOR_YUV2BGR_I420), np.uint8)[:height]


def _resized(image: Plane, width: int, height: int) -> Plane:
    import cv2

    # Averaging is needed to reduce by much, and slow: a little less is as good with the quick way.
    way = cv2.INTER_AREA if image.shape[1] >= 1.5 * width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=way), np.uint8)
