"""The heights of those who walked through the picture, kept until they say how the camera stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from s4.detection.video.calibrate import FEWEST, Calibration, calibrate
from s4.detection.video.picture import View
from s4.detection.video.track import Track

KEPT: Final = 480
APART: Final = 0.5  # heights that somebody has to walk before being measured again
MARGIN: Final = 0.02  # of the picture: nearer to its edge a person may be cut off
TALLER: Final = 0.15  # of a height: where taller people would be cut off, only the small would count
UPRIGHT: Final = 0.9
FEWEST_PEOPLE: Final = 3


class Statures:
    """`calibration` is renewed whenever twice as many heights are known as at the time before, later with every
    `KEPT` new ones; None until they fit a camera. Starts anew when the working picture changes.
    """

    def __init__(self) -> None:
        self.calibration: Calibration | None = None
        self._view: View | None = None
        self._forget()

    def learn(self, tracks: Sequence[Track], view: View) -> None:
        """Measure those who walk, stand upright and are in full view. Cost: some µs a track, now and then 5 ms."""
        if view != self._view:
            self._view = view
            self._forget()
        for track in tracks:
            if _measurable(track, view) and self._moved(track):
                self._seen[track.number] = track.box.foot
                self._people[track.number] = None
                self._heights.append((track.box.foot[1] / view.height - 0.5, track.h / view.height))
                self._new += 1
        if self._new >= self._due and len(self._people) >= FEWEST_PEOPLE:
            self._fit()
        self._tidy(tracks)

    def _forget(self) -> None:
        self.calibration = None
        self._heights: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._seen: dict[int, tuple[float, float]] = {}
        self._people: dict[int, None] = {}
        self._new, self._due = 0, FEWEST

    def _moved(self, track: Track) -> bool:
        last = self._seen.get(track.number)
        return last is None or float(np.hypot(*np.subtract(track.box.foot, last))) >= APART * track.h

    def _fit(self) -> None:
        feet, tall = np.array(self._heights).T
        self.calibration = calibrate(feet, tall)
        self._new, self._due = 0, len(self._heights)

    def _tidy(self, tracks: Sequence[Track]) -> None:
        """Forget where they were measured who have gone; that there were people stays."""
        if len(self._seen) > KEPT:
            alive = {track.number for track in tracks}
            self._seen = {number: foot for number, foot in self._seen.items() if number in alive}
            self._people = dict.fromkeys(list(self._people)[-FEWEST_PEOPLE:])


def _measurable(track: Track, view: View) -> bool:
    box = track.box
    inside = (
        box.x > MARGIN * view.width
        and box.y > MARGIN * view.height + TALLER * box.h
        and box.x + box.w < (1 - MARGIN) * view.width
        and box.y + box.h < (1 - MARGIN) * view.height
    )
    walks = track.travelled >= 1.0 and track.unseen_s == 0.0 and track.standing_s < 2.0
    return inside and walks and track.upright >= UPRIGHT * track.hits
