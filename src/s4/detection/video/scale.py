"""How tall a person looks at each row of the picture, from everybody who is followed: a person is a yardstick of 1.7 m.

A straight line of height against row, as flat ground gives it, through the median of the last sightings, with Huber's
weights for its slope (Huber 1964). It needs no calibration and is good to a third: a group counts as one tall person.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.track import Track

Floats = NDArray[np.float64]
KEPT: Final = 800
FEWEST, FEWEST_FOR_A_SLOPE = 12, 60
LEAST_RANGE: Final = 0.15  # of the picture's height, between the farthest and the nearest people (5 % to 95 %)
STEEPEST: Final = 0.6  # heights grow by so many pixels with each row at most
EVERY: Final = 5  # pictures between two fits
SPREAD: Final = 0.2  # of a height: what lies farther off counts less
UNKNOWN: Final = 0.25  # of the picture's height, while nobody was seen
PERSON_M: Final = 1.7


class _Line(NamedTuple):
    slope: float
    at_zero: float
    median: float


class Scale:
    """Of a picture `height` working pixels high. Cost: some µs a track, 0.2 ms every fifth picture."""

    def __init__(self, height: int) -> None:
        self._height = height
        self._seen: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._line: _Line | None = None
        self._due = 0

    @property
    def known(self) -> bool:
        """Whether enough people were seen."""
        return self._line is not None

    def learn(self, tracks: Sequence[Track]) -> None:
        """Take in those who are seen in this picture."""
        self._seen.extend((track.y.position - track.h / 2, track.h) for track in tracks if track.unseen_s == 0.0)
        self._due -= 1
        if self._due <= 0 and len(self._seen) >= FEWEST:
            self._due = EVERY
            self._line = _fit(np.array(self._seen), self._height)

    def tall(self, rows: Floats) -> Floats:
        """The height in working pixels of people whose middle is on `rows`[n]; between half and twice the median.

        >>> Scale(480).tall(np.array([100.0, 200.0]))
        array([120., 120.])
        """
        if self._line is None:
            return np.full(len(rows), UNKNOWN * self._height)
        line = self._line
        return np.clip(line.slope * rows + line.at_zero, 0.5 * line.median, 2.0 * line.median)


def _fit(seen: Floats, height: int) -> _Line:
    rows, tall = seen[:, 0], seen[:, 1]
    median = float(np.median(tall))
    slope = 0.0
    if len(seen) >= FEWEST_FOR_A_SLOPE and np.ptp(np.quantile(rows, (0.05, 0.95))) > LEAST_RANGE * height:
        weight = np.ones(len(seen))
        for _ in range(3):
            middle, mean = np.average(rows, weights=weight), np.average(tall, weights=weight)
            away = rows - middle
            slope = float((weight * away * (tall - mean)).sum() / (weight * away * away).sum())
            weight = 1.0 / np.maximum(np.abs(tall - mean - slope * away) / (SPREAD * median), 1.0)
        slope = min(max(slope, 0.0), STEEPEST)
    return _Line(slope, median - slope * float(rows.mean()), median)
