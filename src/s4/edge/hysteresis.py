"""Threshold with hysteresis and hold time, for many (rule, series) pairs at once, in columns.

With x the value (negated for `under`), a pair is *on* from the first x > enter until the first x ≤ leave. It *fires*
at the first sample that is on and at least `hold` after it came on, says so again each `update`, and ends at the
first sample that is off. Nothing here looks at a sample in Python: first each segment's extremes tell which
pairs can change at all, then only those pairs' samples are walked, by forward fills.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

import numpy as np

from s4.core.clock import NS_PER_S
from s4.edge.columns import NEVER, Bool, Int, Samples, spread
from s4.edge.levels import Levels
from s4.edge.rule import Rule

START, UPDATE, END = 0, 1, 2
Column = TypeVar("Column", Int, Bool)
_MOST_AT_ONCE: Final = 1 << 18


class Change(NamedTuple):
    """Something to be stated: which pair, at which sample, the phase (start, update, end), on since when (ns)."""

    pair: int
    sample: int
    phase: int
    since: int


class Pairs:
    """The pairs of one stream of samples, and how each stands. Cost: 74 bytes a pair.

    A series' pairs have consecutive numbers, `first[series]` … + `count[series]`.
    """

    STATE: Final = ("on", "fired", "since", "at", "bucket")

    def __init__(self) -> None:
        self.rule = self.series = self.first = self.count = np.empty(0, np.int64)
        self.sign = self.enter = self.leave = np.empty(0, np.float64)
        self.hold = self.update = np.empty(0, np.int64)
        self.on: Bool = np.empty(0, np.bool_)
        self.fired: Bool = np.empty(0, np.bool_)
        self.since = self.at = self.bucket = np.empty(0, np.int64)

    def add(self, series: Sequence[Sequence[tuple[int, Rule, Levels]]]) -> None:
        """Add the next series, each with the rules that look at it (number, rule, levels in the series' unit)."""
        counts = np.array([len(rules) for rules in series], np.int64)
        flat = [one for rules in series for one in rules]
        self.series = np.append(self.series, np.repeat(np.arange(len(counts)) + len(self.first), counts))
        self.first = np.append(self.first, len(self.rule) + np.cumsum(counts) - counts)
        self.count = np.append(self.count, counts)
        self.rule = np.append(self.rule, np.array([number for number, _, _ in flat], np.int64))
        for name in Levels._fields:
            column = np.array([getattr(levels, name) for _, _, levels in flat], np.float64)
            setattr(self, name, np.append(getattr(self, name), column))
        self.hold = np.append(self.hold, np.array([int(r.hold_s * NS_PER_S) for _, r, _ in flat], np.int64))
        self.update = np.append(self.update, np.array([int(r.update_s * NS_PER_S) for _, r, _ in flat], np.int64))
        for name, empty in zip(self.STATE, (False, False, NEVER, NEVER, 0), strict=True):
            old = getattr(self, name)
            setattr(self, name, np.append(old, np.full(len(flat), empty, old.dtype)))

    def judge(self, samples: Samples) -> list[Change]:
        """Take samples, newer than all before of their series, and return what changed."""
        if not len(self.rule) or not len(samples.start):
            return []
        counts = self.count[samples.series]
        segment = np.repeat(np.arange(len(counts)), counts)
        pair = spread(self.first[samples.series], counts)
        stirred = self._stirred(pair, segment, samples)
        pair, segment = pair[stirred], segment[stirred]
        lengths = samples.length[segment]
        return [change for a, b in _chunks(lengths) for change in self._walk(pair[a:b], segment[a:b], samples)]

    def _stirred(self, pair: Int, segment: Int, samples: Samples) -> Bool:
        """Whether anything can change: idle and beyond, waiting to fire, or fired and back or due to say so again."""
        highest = np.maximum.reduceat(samples.value, samples.start)[segment]
        lowest = np.minimum.reduceat(samples.value, samples.start)[segment]
        latest = samples.time[samples.start + samples.length - 1][segment]
        over = self.sign[pair] > 0
        most, least = np.where(over, highest, -lowest), np.where(over, lowest, -highest)
        idle = ~self.on[pair] & (most > self.enter[pair])
        due = latest >= self.at[pair] + (self.bucket[pair] + 1) * self.update[pair]
        fired = self.fired[pair] & ((least <= self.leave[pair]) | due)
        stirred: Bool = idle | fired | (self.on[pair] & ~self.fired[pair])
        return stirred

    def _walk(self, pair: Int, segment: Int, samples: Samples) -> Iterator[Change]:
        lengths = samples.length[segment]
        first = np.cumsum(lengths) - lengths
        group = np.repeat(np.arange(len(pair)), lengths)
        index, p, begin = spread(samples.start[segment], lengths), pair[group], first[group]
        time, x = samples.time[index], self.sign[p] * samples.value[index]

        hot = x > self.enter[p]
        on = _fill(hot | (x <= self.leave[p]), hot, begin, self.on[p])
        since = _fill(on & ~_shift(on, first, self.on[pair]), time, begin, self.since[p])
        fired = on & (time - since >= self.hold[p])
        was_fired = _shift(fired, first, self.fired[pair])
        start, end = fired & ~was_fired, was_fired & ~fired
        at = _fill(start, time, begin, self.at[p])
        bucket = np.where(fired, (time - at) // self.update[p], 0)
        update = fired & was_fired & (bucket > _shift(bucket, first, self.bucket[pair]))

        last = first + lengths - 1
        for name, column in zip(self.STATE, (on, fired, since, at, bucket), strict=True):
            getattr(self, name)[pair] = column[last]
        for i in np.flatnonzero(start | update | end).tolist():
            phase = START if start[i] else END if end[i] else UPDATE
            yield Change(int(p[i]), int(index[i]), phase, int(since[i]))


def _fill(here: Bool, column: Column, begin: Int, initial: Column) -> Column:
    """`column` where `here`, else as it was at the last such place of the same group, else `initial`."""
    place = np.maximum.accumulate(np.where(here, np.arange(len(here)), -1))
    return np.where(place >= begin, column[place], initial)


def _shift(column: Column, first: Int, initial: Column) -> Column:
    """The value one sample earlier in the same group, `initial` for a group's first."""
    earlier = np.empty_like(column)
    earlier[1:] = column[:-1]
    earlier[first] = initial
    return earlier


def _chunks(lengths: Int) -> Iterator[tuple[int, int]]:
    """Ranges of groups that together hold about `_MOST_AT_ONCE` samples, so that memory stays bounded."""
    if not len(lengths):
        return
    number = np.cumsum(lengths) // _MOST_AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(lengths)]
    yield from pairwise(edges)
