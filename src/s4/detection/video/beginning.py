"""The first seconds of a camera: which picture of the place to begin with, while people come, stand and go.

The median of the first three seconds is there at once, so that something put down soon after is new. Whoever stood
there from the first picture on is in it, though; so the median of the first ten seconds is laid beside it, and where
the two differ, each piece is taken from the one that looks more like the ground around it: what was put down meanwhile
stays new, and of who went meanwhile nothing is kept.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.blobs import boxes_of
from s4.detection.video.likeness import likeness
from s4.detection.video.picture import Image, Mask

FIRST_S: Final = 3.0
LASTS_S: Final = 10.0
EARLY: Final = 7  # pictures of the first three seconds
LATE: Final = 11  # of all ten
CHANGED: Final = 14  # grey levels, in the colour that differs most
LEAST_AREA: Final = 12.0
SAME: Final = 0.5  # of `likeness`: neither is more like the ground


class Beginning:
    """Pictures of the first ten seconds, of one camera. `over`: when they have passed."""

    def __init__(self) -> None:
        self.over = False
        self._early: list[Image] = []
        self._late: list[Image] = []

    def empty(self, now: Image, seen_s: float) -> Image | None:
        """The empty scene as far as the pictures until now, `seen_s` after the first, tell; None when this one changes
        nothing. Cost: up to 10 ms for a picture of 320 × 240, some twenty times in all.
        """
        if seen_s > LASTS_S:
            before, all_of_it = _median(self._early), _median(self._late)
            self.over, self._early, self._late = True, [], []
            return None if before is None or all_of_it is None else _better(before, all_of_it)
        if seen_s >= len(self._late) * LASTS_S / LATE:
            self._late.append(now)
        if seen_s <= FIRST_S and seen_s >= len(self._early) * FIRST_S / EARLY:
            self._early.append(now)
            return _median(self._early)
        return None


def _median(pictures: list[Image]) -> Image | None:
    """The middle one of each pixel's values."""
    if not pictures:
        return None
    return np.asarray(np.partition(np.stack(pictures), len(pictures) // 2, axis=0)[len(pictures) // 2], np.uint8)


def _better(early: Image, late: Image) -> Image:
    """The early picture, with those pieces of the late one that look more like the ground."""
    import cv2

    changed = cv2.absdiff(early, late).max(axis=2) >= CHANGED
    joined: Mask = cv2.morphologyEx(changed.view(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    result = late.copy()
    for box, _ in boxes_of(joined, LEAST_AREA):
        if likeness(late, early, box) < SAME:
            x, y, w, h = (int(value) for value in box)
            area = slice(y, y + h), slice(x, x + w)
            result[area] = np.where(joined[area][..., np.newaxis], early[area], late[area])
    return result
