"""Frame: one picture of a camera. Lives in memory only; never on the bus, in the store or in a log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Frame(NamedTuple):
    """`image`: uint8[height, width, 3], BGR; `number`: counted from 0 as decoded; `time`: ns UTC.

    `size`: width and height, px, of the picture as decoded where `image` is reduced or turned ((0, 0): its own);
    `turned`: degrees clockwise by which the image was turned to stand upright (0, 90, 180, 270); `pixel_aspect`:
    width ÷ height of one pixel as decoded, as the file declares it (0: it says nothing).
    """

    source: str
    site: str
    number: int
    time: int
    image: NDArray[np.uint8]
    size: tuple[int, int] = (0, 0)
    turned: int = 0
    pixel_aspect: float = 0.0
