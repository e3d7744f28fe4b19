"""Tumbling windows of event time, for many series at once, in columns.

Window w of width W covers [w·W, (w+1)·W). A series' watermark is the newest time it has shown minus the lateness L;
a window closes when the watermark reaches its end, and a reading for a closed window is late: counted, not used.
A series that falls silent cannot move its watermark, so the clock closes its windows W + L after it was last heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from s4.edge.columns import NEVER, Bool, Float, Int, Samples


@dataclass(frozen=True, slots=True)
class Panes:
    """Summaries of windows, one row each, ordered by series and window.

    `series`, `window`: whose and which; `count`, `total`, `low`, `high`: of its values; `time0`, `value0`, `time1`,
    `value1`: its first and last reading by time.
    """

    series: Int
    window: Int
    count: Int
    total: Float
    low: Float
    high: Float
    time0: Int
    value0: Float
    time1: Int
    value1: Float

    def aggregate(self, name: str) -> Float:
        """One number per window; `rate` is per second, 0 for a single reading."""
        if name == "mean":
            return self.total / self.count
        if name == "rate":
            seconds = (self.time1 - self.time0) / 1e9
            return np.where(seconds > 0, (self.value1 - self.value0) / np.where(seconds > 0, seconds, 1.0), 0.0)
        if name == "count":
            return self.count.astype(np.float64)
        return {"max": self.high, "min": self.low, "sum": self.total}[name]

    def take(self, index: Int | Bool) -> Panes:
        """Those rows."""
        return Panes(*(column[index] for column in self.columns()))

    def columns(self) -> tuple[Any, ...]:
        """The columns in their order."""
        return tuple(getattr(self, name) for name in self.__slots__)


def no_panes() -> Panes:
    """No windows."""
    whole, real = np.empty(0, np.int64), np.empty(0, np.float64)
    return Panes(whole, whole, whole, real, real, real, whole, real, whole, real)


class Windows:
    """Every series' windows of one width and lateness (ns). `closed[series]`: the first window still open."""

    def __init__(self, width: int, late: int) -> None:
        self.width, self.late = width, late
        self.open = no_panes()
        self.closed: Int = np.empty(0, np.int64)
        self.wanted: Bool = np.empty(0, np.bool_)
        self.late_readings = 0

    def add(self, wanted: Sequence[bool]) -> None:
        """Add the next series; `wanted` says which have a rule here."""
        self.wanted = np.append(self.wanted, np.array(wanted, np.bool_))
        self.closed = np.append(self.closed, np.full(len(wanted), NEVER // self.width, np.int64))

    def take(self, samples: Samples, seen: Int) -> Panes:
        """Put samples into their windows and return those that closed; `seen` is `columns.before(samples)`."""
        rows = np.repeat(self.wanted[samples.series], samples.length)
        if not rows.any():
            return no_panes()
        samples, seen = samples.keep(rows), seen[rows]
        times = samples.time
        window = samples.time // self.width
        owner = np.repeat(samples.series, samples.length)
        on_time = window >= np.maximum((seen - self.late) // self.width, self.closed[owner])
        self.late_readings += int(len(on_time) - on_time.sum())
        newest = np.maximum.reduceat(np.maximum(seen, samples.time), samples.start)
        series = samples.series
        self.closed[series] = np.maximum(self.closed[series], (newest - self.late) // self.width)
        samples, window = samples.keep(on_time), window[on_time]
        if len(window):
            owner, ordered = np.repeat(samples.series, samples.length), bool((seen <= times).all())
            self.open = _merge(self.open, owner, window, samples, ordered=ordered)
        return self._release()

    def close_silent(self, silent: Bool) -> Panes:
        """Close every window of the series that are `silent` (by number of series)."""
        quiet = silent[self.open.series]
        np.maximum.at(self.closed, self.open.series[quiet], self.open.window[quiet] + 1)
        return self._release()

    def _release(self) -> Panes:
        done = self.open.window < self.closed[self.open.series]
        closed, self.open = self.open.take(done), self.open.take(~done)
        return closed


def _merge(held: Panes, owner: Int, window: Int, samples: Samples, *, ordered: bool) -> Panes:
    """The held windows with the samples added; sums run in the order of arrival, however batches were cut."""
    series, windows = np.append(held.series, owner), np.append(held.window, window)
    span = int(windows.max()) - (base := int(windows.min())) + 1
    key = series * span + (windows - base)
    run = np.flatnonzero(np.diff(key, prepend=-1))  # far fewer than readings, so cheap to sort
    keys, of_run = np.unique(key[run], return_inverse=True)
    number = np.repeat(of_run, np.diff(run, append=len(key)))
    keys, size = keys.astype(np.int64), len(keys)
    low: Float = np.full(size, np.inf)
    np.minimum.at(low, number, np.append(held.low, samples.value))
    high: Float = np.full(size, -np.inf)
    np.maximum.at(high, number, np.append(held.high, samples.value))
    ones = np.append(held.count, np.ones(len(owner), np.int64))
    times0, times1 = np.append(held.time0, samples.time), np.append(held.time1, samples.time)
    first, last = _edges(times0, times1, number, size, ordered=ordered)
    return Panes(
        keys // span, keys % span + base,
        np.bincount(number, ones, size).astype(np.int64),
        np.bincount(number, np.append(held.total, samples.value), size).astype(np.float64),
        low, high,
        times0[first], np.append(held.value0, samples.value)[first],
        times1[last], np.append(held.value1, samples.value)[last],
    )  # fmt: skip


def _edges(first: Int, last: Int, number: Int, size: int, *, ordered: bool) -> tuple[Int, Int]:
    """For each window the positions of its earliest and latest reading; of equal times the first and the last to come.

    Where every reading is newer than those before it, these are simply the first and the last.
    """
    forward = np.arange(len(number)) if ordered else np.lexsort((last, number))
    backward = forward[::-1] if ordered else np.lexsort((first, number))[::-1]
    early, late = np.empty(size, np.int64), np.empty(size, np.int64)
    late[number[forward]] = forward
    early[number[backward]] = backward
    return early, late
