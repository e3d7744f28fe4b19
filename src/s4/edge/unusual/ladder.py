"""What is known of a series before a reading comes: its count, its levels over several spans, its usual pace."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

import numpy as np

from s4.edge.unusual.grown import Field, Float, Grown, Int

SPANS: Final = np.array([4.0, 16.0, 64.0, 256.0, 2048.0])
"""Time constants of the levels, in readings."""
PACE_SPANS: Final = np.array([8.0, 32.0, 512.0])
ERROR_SPANS: Final = np.array([32.0, 128.0])
TINY: Final = 1e-280
_SHARES: Final = 1.0 / np.concatenate([SPANS, PACE_SPANS, ERROR_SPANS])
_LEVELS: Final = slice(0, 5)
_PACE: Final = slice(5, 8)
_ERRORS: Final = slice(8, 10)


class Moment(NamedTuple):
    """One reading each of n different series, and what was known before it.

    `row`: which series; `seen`: readings before; `time`: ns; `value`; `step`: ns since the reading before (0 at the
    first); `change`: value minus the one before; `levels` [n, 5]: exponential means over `SPANS` before, `levels_now`
    after; `pace` [n, 3]: mean absolute change over `PACE_SPANS` before, `pace_now` after; `errors` [n, 2]: mean
    distance from the level of 4 and of 64 readings, before. Values and levels in the series' own unit.
    """

    row: Int
    seen: Int
    time: Int
    value: Float
    step: Int
    change: Float
    levels: Float
    levels_now: Float
    pace: Float
    pace_now: Float
    errors: Float


class Ladder(Grown):
    """Exponential means over growing spans; plain means during the first readings. Cost: 104 bytes a series."""

    FIELDS: ClassVar = {
        "count": Field((), "i8", 0),
        "newest": Field((), "i8", 0),
        "last": Field((), "f8", 0.0),
        "means": Field((len(_SHARES),), "f8", 0.0),
    }
    count: Int
    newest: Int
    last: Float
    means: Float

    def take(self, row: Int, time: Int, value: Float) -> Moment:
        """Take one finite reading of each series in `row` (distinct) and say what was known before it."""
        seen, newest, last, means = self.count[row], self.newest[row], self.last[row], self.means[row]
        first = seen == 0
        if first.any():
            newest[first], last[first] = time[first], value[first]
            means[first, _LEVELS] = value[first, None]
        change = value - last
        told = np.empty_like(means)
        told[:, _LEVELS] = value[:, None]
        told[:, _PACE] = np.abs(change)[:, None]
        told[:, _ERRORS] = np.abs(value[:, None] - means[:, 0:4:2])
        means_now = means + np.maximum(_SHARES, (1.0 / (seen + 1.0))[:, None]) * (told - means)
        self.means[row], self.last[row], self.count[row] = means_now, value, seen + 1
        self.newest[row] = np.maximum(newest, time)
        return Moment(
            row, seen, time, value, np.maximum(time - newest, 0), change, means[:, _LEVELS], means_now[:, _LEVELS],
            means[:, _PACE], means_now[:, _PACE], means[:, _ERRORS],
        )  # fmt: skip
