"""Faint: what differs a little from the empty place, by the mean colour of coarse cells.

A second witness beside the foreground of detection, which asks for more contrast, pixel by pixel, and passes over
shadows. The mean of a cell has a fraction of the noise, so that somebody in the colours of the wall still shows. It is
quick to take in what nobody is at, since it only has to do with those who move; detection remembers the others.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.evidence.planes import Planes, draw_near, far
from s4.detection.video.picture import Mask

LEAST: Final = 8.0  # grey levels, in the colour that differs most
UNREST: Final = 4.0  # times what the cell usually differs by: leaves, water, noise
UNREST_FIRST: Final = 2.0  # grey levels
UNREST_MOST: Final = 30.0
FOLLOW_S: Final = 15.0  # where nothing differs
TAKE_IN_S: Final = 10.0  # what differs, and detection sees nothing at
KEEP_OUT_S: Final = 240.0  # what differs, and detection sees
RESTLESS_S: Final = 10.0


class Faint:
    """The memory of one camera's empty place, in cells. Cost: about 0.3 ms a picture."""

    def __init__(self) -> None:
        self._empty: Planes | None = None
        self._unrest: NDArray[np.float32] = np.zeros((1, 1), np.float32)

    def look(self, now: Planes, seen: Mask, dt_s: float) -> Mask:
        """Which cells differ. `now`: one pixel a cell, in even light; `seen`: where detection sees something."""
        import cv2

        if self._empty is None or self._empty.shape != now.shape:
            self._empty, self._unrest = now.copy(), np.full(seen.shape, UNREST_FIRST, np.float32)
        apart = far(now, self._empty)
        differs = apart >= np.maximum(self._unrest * np.float32(UNREST), np.float32(LEAST))
        for where, period_s in ((~differs, FOLLOW_S), (differs & seen, KEEP_OUT_S), (differs & ~seen, TAKE_IN_S)):
            draw_near(self._empty, now, dt_s / period_s, where)
        restless = np.float32(min(dt_s / RESTLESS_S, 1.0)) * (np.minimum(apart, np.float32(UNREST_MOST)) - self._unrest)
        self._unrest += np.where(seen, np.float32(0.0), restless)
        grain = np.ones((2, 2), np.uint8)
        joined = cv2.morphologyEx(differs.view(np.uint8), cv2.MORPH_OPEN, grain)
        return np.asarray(cv2.dilate(joined, np.ones((3, 3), np.uint8))) > 0
