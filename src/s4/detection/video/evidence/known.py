"""Known: which parts of one camera's picture are known to be empty place, because nothing moved there for so long.

Without a model nobody can tell somebody who stands there since before the camera was switched on from the place. But
people who stand do move, a little and again and again, and what shows no movement for `still_s` is a thing. Until a
part has been still for that long it is not known, and covered; from then on it is known by its look, and covered
whenever it looks otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.evidence.planes import Planes, draw_near, far, in_planes
from s4.detection.video.picture import Mask

MOVES: Final = 6.0  # grey levels of a cell's mean, in the colour that differs most: more than codecs make
DIFFERS: Final = 10.0  # from the known look
NOISE: Final = 4.0  # times what half of the cells differ by: what moves fills less than half of a picture
MOST: Final = 3.0  # times the least, however much differs: the light may have changed everywhere
FOLLOW_S: Final = 20.0  # the light of the day changes slowly
HOLE: Final = 11  # cells: still parts amid what moves, a coat between head and feet


class Known:
    """The memory of one camera's place, in cells. `still_s`: 0 takes everything as known. Cost: about 0.4 ms a picture.

    >>> known, grey = Known(2.0), np.full((12, 4), 90, np.float32)
    >>> [bool(known.look(grey, dt_s=1.0).any()) for _ in range(4)]
    [True, True, False, False]
    """

    def __init__(self, still_s: float) -> None:
        self._still_s = still_s
        self._now: Planes | None = None

    def look(self, now: Planes, dt_s: float) -> Mask:
        """Which cells are not known to be empty. `now`: one pixel a cell, in even light; `dt_s`: since the last."""
        if self._still_s <= 0.0:
            return np.zeros((len(now) // 3, now.shape[1]), np.bool_)
        if self._now is None or self._now.shape != now.shape:
            self._now, self._place = now.copy(), now.copy()
            self._still = np.zeros((len(now) // 3, now.shape[1]), np.float32)
            self._known = np.zeros(self._still.shape, np.bool_)
        else:
            self._learn(now, self._now, dt_s)
        return _filled(~self._known | _beyond(far(now, self._place), DIFFERS))

    def _learn(self, now: Planes, before: Planes, dt_s: float) -> None:
        moved = _beyond(far(now, before), MOVES)
        self._still = np.where(moved, np.float32(0.0), self._still + np.float32(dt_s))
        np.copyto(before, now, where=in_planes(moved))
        draw_near(before, now, dt_s / FOLLOW_S, ~moved)
        proven = self._still >= self._still_s
        np.copyto(self._place, before, where=in_planes(proven))
        self._known |= proven


def _beyond(apart: NDArray[np.float32], least: float) -> Mask:
    some = apart[::3, ::3].ravel()
    half = len(some) // 2
    usual = float(np.partition(some, half)[half])
    return apart > min(max(least, NOISE * usual), MOST * least)


def _filled(unknown: Mask) -> Mask:
    """Without specks, and with the holes that a still part of somebody who moves would leave."""
    import cv2

    joined = cv2.morphologyEx(unknown.view(np.uint8), cv2.MORPH_CLOSE, np.ones((HOLE, HOLE), np.uint8))
    return np.asarray(cv2.dilate(joined, np.ones((3, 3), np.uint8))) > 0
