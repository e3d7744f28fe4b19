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
        "levels": Field((len(SPANS),), "f8", 0.0),
        "pace": Field((len(PACE_SPANS),), "f8", 0.0),
        "errors": Field((len(ERROR_SPANS),), "f8", 0.0),
    }
    count: Int
    newest: Int
    last: Float
    levels: Float
    pace: Float
    errors: Float

    def take(self, row: Int, time: Int, value: Float) -> Moment:
        """Take one finite reading of each series in `row` (distinct) and say what was known before it."""
        count = self.count[row]
        first = count == 0
        share = 1.0 / (count[:, None] + 1.0)
        levels = np.where(first[:, None], value[:, None], self.levels[row])
        change = np.where(first, 0.0, value - self.last[row])
        step = np.where(first, 0, np.maximum(time - self.newest[row], 0))
        pace, errors = self.pace[row], self.errors[row]
        levels_now = levels + np.maximum(1.0 / SPANS, share) * (value[:, None] - levels)
        pace_now = pace + np.maximum(1.0 / PACE_SPANS, share) * (np.abs(change)[:, None] - pace)
        missed = np.abs(value[:, None] - levels[:, [0, 2]])
        self.errors[row] = errors + np.maximum(1.0 / ERROR_SPANS, share) * (missed - errors)
        self.levels[row], self.pace[row], self.last[row] = levels_now, pace_now, value
        self.count[row] = count + 1
        self.newest[row] = np.where(first, time, np.maximum(self.newest[row], time))
        return Moment(row, count, time, value, step, change, levels, levels_now, pace, pace_now, errors)
