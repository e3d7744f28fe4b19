"""Frame: one picture of a camera. Lives in memory only; never on the bus, in the store or in a log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Frame(NamedTuple):
    """`image`: uint8[height, width, 3], BGR; `number`: counted from 0 as decoded; `time`: ns UTC."""

    source: str
    site: str
    number: int
    time: int
    image: NDArray[np.uint8]
