"""Frame: one picture of a camera. Lives in memory only; never on the bus, in the store or in a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray


class Frame(NamedTuple):
    """`image`: uint8[height, width, 3], BGR; `number`: counted from 0 as decoded; `time`: ns UTC.

    `size`: width and height, px, of the picture as decoded where `image` is reduced or turned ((0, 0): its own);
    `turned`: degrees clockwise by which the image was turned to stand upright (0, 90, 180, 270); `pixel_aspect`:
    width ÷ height of one pixel as decoded, as the file declares it (0: it says nothing); `live`: from a stream that
    ought to go on, as against a recording; `jpeg`: the picture as the camera sent it, of `size`, where it sends JPEG
    and nothing is turned (it may be damaged); `newer`: hands on the frame that has come since, if one has: for
    who had to wait before looking.
    """

    source: str
    site: str
    number: int
    time: int
    image: NDArray[np.uint8]
    size: tuple[int, int] = (0, 0)
    turned: int = 0
    pixel_aspect: float = 0.0
    live: bool = False
    jpeg: bytes = b""
    newer: Callable[[], Frame | None] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and colours of `image`; asking for them never makes it."""
        return tuple(self.image.shape)


class Making(Protocol):
    """An `image` that is made when it is looked at first. `shape`: as it will be."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, colours."""

    def __call__(self) -> NDArray[np.uint8]:
        """The image; the same every time. Raises `InputError` when the picture cannot be decoded."""


class LateFrame(Frame):
    """A frame whose `image` is made when somebody looks at it: of the pictures of a camera most are passed over."""

    __slots__ = ()

    @classmethod
    def of(cls, frame: Frame, image: Making) -> LateFrame:
        """The same frame with an image that is yet to be made."""
        return cls._make([*frame[:4], image, *frame[5:]])

    @property
    def image(self) -> NDArray[np.uint8]:
        """Made now, if nobody looked before. Raises `InputError` when the picture cannot be decoded."""
        return self._making()

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and colours of `image`."""
        return self._making.shape

    @property
    def _making(self) -> Making:
        return cast("Making", tuple.__getitem__(self, 4))
