"""Readings of many series, as they come, put into the rounds in which they are judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from s4.core.model import ObservationBatch
from s4.edge.columns import NEVER, Samples, before
from s4.edge.unusual.grown import Float, Int

_NOTHING: Final = np.empty(0, np.int64)


class Round(NamedTuple):
    """At most one reading of each series. `order`: its place among all that were gathered."""

    row: Int
    time: Int
    value: Float
    order: Int


class Gathered:
    """Readings that wait to be judged together: a small batch costs as much as a large one. At most `most` wait."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.clear()

    def clear(self) -> None:
        """Nothing waits any more."""
        self.row, self.time, self.value = [_NOTHING], [_NOTHING], [np.empty(0)]
        self.waiting = 0

    def add(self, row: Int, time: Int, value: Float) -> None:
        """Let these wait, in this order."""
        self.row.append(row)
        self.time.append(time)
        self.value.append(value)
        self.waiting += len(row)

    @property
    def full(self) -> bool:
        """Whether as many wait as may."""
        return self.waiting >= self.most

    def columns(self) -> tuple[Int, Int, Float]:
        """All that waits, in the order in which it came."""
        return np.concatenate(self.row), np.concatenate(self.time), np.concatenate(self.value)


def usable(batch: ObservationBatch, latest: int) -> tuple[np.ndarray, int, int]:
    """Which readings can be judged, how many are not finite, how many are later than `latest` (ns)."""
    finite = np.isfinite(batch.value)
    timely = (batch.time <= latest) & (batch.time > NEVER // 2)
    return finite & timely, int(len(finite) - finite.sum()), int(len(timely) - timely.sum())


def by_series(row: Int, time: Int, value: Float) -> Samples:
    """Readings in segments, one a series, each in the order in which they came."""
    order = np.argsort(row, kind="stable")
    start = np.flatnonzero(np.diff(row[order], prepend=-1))
    return Samples(row[order][start], start, time[order], value[order], order)


def thinned(samples: Samples, newest: Int, fastest: int) -> tuple[Samples, int, int]:
    """The samples to judge: of each series only what is newer than all before, and of each span of `fastest` ns only
    the first. Also how many came out of order, and how many were one too many.
    """
    seen = before(samples, newest)
    newer = samples.time > seen
    first = newer & (samples.time // fastest != seen // fastest) if fastest else newer
    return samples.keep(first), int(len(newer) - newer.sum()), int(newer.sum() - first.sum())


def rounds(samples: Samples) -> Iterator[Round]:
    """The first reading of every series, then every second one, and so on."""
    length = samples.length
    longest_first = np.argsort(-length, kind="stable")
    start, series, length = samples.start[longest_first], samples.series[longest_first], length[longest_first]
    for number in range(int(length[0]) if len(length) else 0):
        some = int(np.searchsorted(-length, -number, side="left"))
        at = start[:some] + number
        yield Round(series[:some], samples.time[at], samples.value[at], samples.row[at])


def named(patterns: Sequence[str], name: str) -> bool:
    """Whether a name is among names or patterns with `*`.

    >>> named(["gps_*", "battery"], "gps_lat")
    True
    """
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name, pattern) for pattern in patterns)
