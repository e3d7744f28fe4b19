"""One score out of many surprises, and one event for one happening."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from s4.edge.unusual.grown import Field, Float, Grown, Int

TOGETHER: Final = ("point", "level")
"""Groups that look at the same thing in different ways: their root mean square is taken, so that agreement counts."""
ALONE: Final[Mapping[str, float]] = {"activity": 0.5, "drift": 0.5, "stuck": 1.0, "gap": 0.7, "replay": 1.0}
"""Groups that see what no other does, and how much their word weighs."""
PEAKS: Final = 32
_WORTH: Final = 1.5
_HANDICAP: Final = 1.0
"""How much more surprising it must be for its hour than as a spike to be called seasonal."""
_ALIKE: Final = 0.3
_CLOSE: Final = 100
_AGAIN: Final = 120
_DAMPED: Final = 0.5


def to_score(surprise: Float) -> Float:
    """Surprise ≥ 0 → score 0–1: halves the distance from 1 with each unit.

    >>> to_score(np.array([0.0, 1.0, 4.0])).tolist()
    [0.0, 0.5, 0.9375]
    """
    score: Float = 1.0 - np.exp2(-surprise)
    return score


def to_surprise(score: float) -> float:
    """The surprise that a score below 1 stands for.

    >>> to_surprise(0.9375)
    4.0
    """
    return float(-np.log2(1.0 - score))


class Blend(Grown):
    """Weighs surprises together, gets used to what keeps happening, and lets a happening speak once.

    *Habit*: of each happening (100 readings from the first surprise over 1.5) the peak is remembered, the last 32; what
    is no odder than k of these loses log10(1 + k). *Rest*: within 120 readings of a peak that spoke only a higher one
    counts in full, the rest for half. Cost: 170 bytes a series.
    """

    FIELDS: ClassVar = {
        "peaks": Field((PEAKS,), "f4", -1.0),
        "filled": Field((), "i8", 0),
        "peak": Field((), "f8", 0.0),
        "age": Field((), "i8", _CLOSE),
        "spoken": Field((), "f8", 0.0),
        "rest": Field((), "i8", _AGAIN),
    }
    peaks: NDArray[np.float32]
    filled: Int
    peak: Float
    age: Int
    spoken: Float
    rest: Int

    def __init__(self, groups: tuple[str, ...], labels: tuple[str, ...]) -> None:
        super().__init__()
        self.labels = ("", *dict.fromkeys(labels))
        self.code = np.array([self.labels.index(label) for label in labels])
        alone = [name for name in ALONE if name in groups]
        member = np.array([[group == name for name in (*TOGETHER, *alone)] for group in groups], np.float64)
        self._mean = member / member.sum(axis=0)
        self._weight = np.array([ALONE[name] for name in alone])
        self._shared = np.flatnonzero(member[:, : len(TOGETHER)].any(axis=1))
        self._handicap = np.array([_HANDICAP * (labels[i] == "seasonal") for i in self._shared])
        self._alone = self.code[[groups.index(name) for name in alone]]

    def weigh(self, surprises: Float) -> tuple[Float, Int]:
        """Surprises [n, columns] → the weighed surprise of each reading, and the number of its label in `labels`."""
        squares = (surprises * surprises) @ self._mean
        shared = np.sqrt(squares[:, : len(TOGETHER)].mean(axis=1))
        alone = np.sqrt(squares[:, len(TOGETHER) :]) * self._weight
        best = alone.argmax(axis=1)
        loudest = alone.max(axis=1)
        label = self.code[self._shared[(surprises[:, self._shared] - self._handicap).argmax(axis=1)]]
        return np.maximum(shared, loudest), np.where(loudest > shared, self._alone[best], label)

    def habit(self, row: Int, weighed: Float) -> Float:
        """What is left of a surprise for a series that has had its like."""
        worth = weighed > _WORTH
        left = weighed.copy()
        some = np.flatnonzero(worth)
        if len(some):
            peaks, now = self.peaks[row[some]], weighed[some]
            like = 1.0 / (1.0 + np.exp(np.clip((now[:, None] - _ALIKE - peaks) * 10.0, -50.0, 50.0)))
            times = np.where(peaks > 0.0, like, 0.0).sum(axis=1)
            left[some] = np.maximum(now - np.log10(1.0 + times), 0.9 * _WORTH)
        self._remember(row, weighed, worth)
        return left

    def _remember(self, row: Int, weighed: Float, worth: NDArray[np.bool_]) -> None:
        peak, age = self.peak[row], self.age[row]
        over = (age >= _CLOSE) & (peak > 0.0)
        done = row[over]
        self.peaks[done, self.filled[done] % PEAKS] = peak[over]
        self.filled[done] += 1
        peak = np.where(over, 0.0, peak)
        age = np.where(worth & (peak == 0.0), 0, age)
        self.peak[row] = np.where(worth, np.maximum(peak, weighed), peak)
        self.age[row] = age + 1

    def once(self, row: Int, left: Float) -> Float:
        """A happening speaks at its first reading and at each new peak; otherwise half as loud until it is over."""
        spoken, rest = self.spoken[row], self.rest[row]
        spoken = np.where(rest >= _AGAIN, 0.0, spoken)
        higher = left > spoken
        self.spoken[row] = np.where(higher, left, spoken)
        self.rest[row] = np.where(higher, 0, rest + 1)
        return np.where(higher, left, _DAMPED * left)
