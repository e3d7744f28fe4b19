"""How tall people really are at each height of the picture, learnt from those who walked there."""

from __future__ import annotations

from collections import deque
from typing import Final

from s4.detection.video.track import Track

BANDS: Final = 12
KEPT: Final = 64
ENOUGH: Final = 8
WHOLE: Final = 0.8  # quantile: people are seen in pieces more often than in groups


class Heights:
    """The last heights of walking people, in `BANDS` bands from the top of the picture to its bottom."""

    def __init__(self, height: int) -> None:
        self._height = height
        self._bands = [deque[float](maxlen=KEPT) for _ in range(BANDS)]

    def learn(self, tracks: list[Track]) -> None:
        """Only those who have come at least their own height count: they are no things."""
        for track in tracks:
            if track.travelled >= 1.0 and track.unseen_s == 0.0:
                self._bands[self._band(track.y.position)].append(track.h)

    def typical(self, row: float) -> float | None:
        """The height in pixels of a whole person whose feet are on `row`, from the nearest band that knows; or None."""
        band = self._band(row)
        for away in range(3):
            for near in (band - away, band + away):
                if 0 <= near < BANDS and len(self._bands[near]) >= ENOUGH:
                    return sorted(self._bands[near])[int(WHOLE * len(self._bands[near]))]
        return None

    def _band(self, row: float) -> int:
        return min(max(int(row / self._height * BANDS), 0), BANDS - 1)
