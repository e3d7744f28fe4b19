"""Scores become happenings: each has a start and an end, and speaks twice."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.edge.unusual.grown import Field, Float, Grown, Int

CALM_READINGS: Final = 32
"""A happening ends when so many readings in a row, over at least the rest, were not half as odd as a start asks."""
_HALF: Final = 0.5


class Happenings(Grown):
    """Which series are in the middle of something odd. `start`: the surprise from which on; `rest_s`: seconds of event
    time without anything odd after which it is over. Cost: 41 bytes a series.
    """

    FIELDS: ClassVar = {
        "open": Field((), "?", 0),
        "since": Field((), "i8", 0),
        "odd": Field((), "i8", 0),
        "calm": Field((), "i8", 0),
        "label": Field((), "i8", 0),
        "newest": Field((), "i8", 0),
    }
    open: NDArray[np.bool_]
    since: Int
    odd: Int
    calm: Int
    label: Int
    newest: Int

    def __init__(self, start: float, rest_s: float) -> None:
        super().__init__()
        self.start, self.rest = start, int(rest_s * NS_PER_S)

    def take(self, row: Int, time: Int, surprise: Float, label: Int) -> tuple[Int, Int]:
        """One judged reading each of the series `row`: the places in it whose happening starts, and whose ends."""
        self.newest[row] = time
        open_ = self.open[row]
        starts = np.flatnonzero(~open_ & (surprise >= self.start))
        some = np.flatnonzero(open_)
        at = row[starts]
        self.open[at], self.since[at], self.odd[at], self.calm[at] = True, time[starts], time[starts], 0
        self.label[at] = label[starts]
        if not len(some):
            return starts, some
        still = surprise[some] >= _HALF * self.start
        at = row[some]
        self.odd[at] = np.where(still, time[some], self.odd[at])
        self.calm[at] = np.where(still, 0, self.calm[at] + 1)
        over = (self.calm[at] >= CALM_READINGS) & (time[some] - self.odd[at] >= self.rest)
        self.open[at[over]] = False
        return starts, some[over]

    def silent(self, now: int, count: int) -> Int:
        """The series, of the first `count`, whose happening ends because nothing came for ten times the rest."""
        gone: Int = np.flatnonzero(self.open[:count] & (now - self.newest[:count] >= 10 * max(self.rest, NS_PER_S)))
        self.open[gone] = False
        return gone
