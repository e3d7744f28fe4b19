"""A batch of readings put in order: series by series, each series' readings in the order in which they came."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.model import ObservationBatch

Int = NDArray[np.int64]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

NEVER: Final = -(1 << 62)
"""Earlier than any time, and far enough from the end of int64 that a lateness can be taken off."""


class Samples(NamedTuple):
    """Numbers of several series, in segments without gaps between them.

    `series`: number of the series of each segment; `start`: where its samples start (they end where the next
    one's start); `time` (ns), `value`, `row` (which row of the batch each goes back to): one per sample.
    """

    series: Int
    start: Int
    time: Int
    value: Float
    row: Int

    @property
    def length(self) -> Int:
        """How many samples each segment has."""
        return np.diff(self.start, append=len(self.time))

    def keep(self, mask: Bool) -> Samples:
        """Only the samples where `mask` is true; segments that become empty go."""
        if mask.all():
            return self
        counts = np.add.reduceat(mask.astype(np.int64), self.start) if len(self.start) else self.start
        filled = counts > 0
        start = (np.cumsum(counts) - counts)[filled]
        return Samples(self.series[filled], start, self.time[mask], self.value[mask], self.row[mask])


def arrange(batch: ObservationBatch, numbers: Int, usable: Bool) -> Samples:
    """The usable rows of a batch, by series; `numbers[code]` is the number under which the stage knows a series.

    Costs one stable sort of small integers (a radix sort up to 32,767 series in the batch).
    """
    narrow = batch.code.astype(np.int16) if len(batch.series) <= np.iinfo(np.int16).max else batch.code
    row = np.argsort(narrow, kind="stable")
    if not usable.all():
        row = row[usable[row]]
    code = batch.code[row]
    start = np.flatnonzero(np.diff(code, prepend=-1))
    return Samples(numbers[code[start]], start, batch.time[row], batch.value[row], row)


def before(samples: Samples, newest: Int) -> Int:
    """For each sample the newest time its series had shown until then; `newest` is by number of series."""
    seen = np.empty_like(samples.time)
    seen[1:] = samples.time[:-1]
    seen[samples.start] = newest[samples.series]
    end = np.append(samples.start[1:], len(samples.time))
    disorder = np.flatnonzero(seen > samples.time)
    for segment in np.unique(np.searchsorted(samples.start, disorder, side="right") - 1):
        a, b = samples.start[segment], end[segment]
        seen[a:b] = np.maximum.accumulate(seen[a:b])
    return seen


def spread(first: Int, count: Int) -> Int:
    """The numbers first[i], first[i]+1 … of `count[i]` each, one after the other.

    >>> spread(np.array([10, 50]), np.array([3, 2])).tolist()
    [10, 11, 12, 50, 51]
    """
    offset = np.cumsum(count) - count
    numbers: Int = np.arange(int(count.sum()), dtype=np.int64) + np.repeat(first - offset, count)
    return numbers
