"""Which part of what is new is the thing itself, and which only its shadow on the ground.

A shadow takes the same share of every colour and leaves a good part of the light; most things do not. Something grey
may: so a shadow is only taken off where enough of the thing is left (Cucchiara and others 2003 go by the same
properties of shadows, in another space of colours).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Mask

DARKEST, LIGHTEST = 0.4, 0.95  # of the light that is left
TINT: Final = 0.12  # by so much the shares of the colours may differ: the sky still lights a shadow
DARK: Final = 20.0  # grey levels: of what is darker, no share can be told


def shaded(now: NDArray[Any], empty: NDArray[Any]) -> Mask:
    """Where a picture could show the empty scene in shadow: bool[height, width]. Cost: 15 µs for 1,000 pixels.

    >>> floor = np.full((1, 3, 3), 120.0, np.float32)
    >>> shaded(np.array([[[72, 75, 78], [20, 60, 90], [119, 119, 119]]], np.uint8), floor).tolist()
    [[True, False, False]]
    """
    left = (now.astype(np.float32) + 1.0) / (empty.astype(np.float32) + 1.0)
    least, most = left.min(axis=2), left.max(axis=2)
    return np.asarray((least >= DARKEST) & (most <= LIGHTEST) & (most - least <= TINT) & (empty.max(axis=2) > DARK))
