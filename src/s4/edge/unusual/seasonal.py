"""Seasonal: a reading unlike those of the same time of day."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Field, Float, Int
from s4.edge.unusual.ladder import Moment

DAY_NS: Final = 86_400_000_000_000
BINS: Final = 48
_MEMORY: Final = 60.0
"""Readings over which the mean of a bin forgets: about ten days of readings every five minutes."""


class Seasonal(Detector):
    """Two statistics against the day's profile in half hours, in the series' unit: distance from the mean of this half
    hour, and distance beyond all that this half hour and its neighbours ever held on days before. A third, for the
    level, is the mean over 6 readings of the first. Days are UTC days. Cost: 1.6 kB a series.
    """

    LABELS: ClassVar = ("seasonal", "seasonal")
    GROUP: ClassVar = "point"
    MEMORY: ClassVar = (1.0, 1.0)
    FIELDS: ClassVar = {
        "mean": Field((BINS,), "f8", 0.0),
        "held": Field((BINS,), "f4", 0.0),
        "high": Field((BINS,), "f8", -np.inf),
        "low": Field((BINS,), "f8", np.inf),
        "bin": Field((), "i8", -1),
        "bin_high": Field((), "f8", -np.inf),
        "bin_low": Field((), "f8", np.inf),
        "near_high": Field((), "f8", np.inf),
        "near_low": Field((), "f8", -np.inf),
        "lately": Field((), "f8", 0.0),
    }
    mean: Float
    held: Float
    high: Float
    low: Float
    bin: Int
    bin_high: Float
    bin_low: Float
    near_high: Float
    near_low: Float
    lately: Float

    def measure(self, moment: Moment) -> Float:
        """Distance from the half hour's mean and from its range; `lately` is brought up to date for `Trend`."""
        row, value = moment.row, moment.value
        bins = moment.time // (DAY_NS // BINS) % BINS
        over = np.flatnonzero(bins != self.bin[row])
        if len(over):
            self._turn(row[over], bins[over], value[over])
        held, mean = self.held[row, bins], self.mean[row, bins]
        off = np.where(held > 0, value - mean, 0.0)
        self.lately[row] += (off - self.lately[row]) / 6.0
        held = np.minimum(held + 1.0, _MEMORY)
        self.mean[row, bins], self.held[row, bins] = mean + (value - mean) / held, held
        self.bin_high[row] = np.maximum(self.bin_high[row], value)
        self.bin_low[row] = np.minimum(self.bin_low[row], value)
        beyond = np.maximum(np.maximum(value - self.near_high[row], self.near_low[row] - value), 0.0)
        return np.stack([np.abs(off), beyond], axis=1)

    def _turn(self, row: Int, bins: Int, value: Float) -> None:
        """Another half hour begins: the range of the one before takes in what it held, so that it never excuses itself;
        and the range for this one is looked up. Without any day before, all is in range.
        """
        was = self.bin[row]
        done, at = row[was >= 0], was[was >= 0]
        self.high[done, at] = np.maximum(self.high[done, at], self.bin_high[done])
        self.low[done, at] = np.minimum(self.low[done, at], self.bin_low[done])
        self.bin[row], self.bin_high[row], self.bin_low[row] = bins, value, value
        near = (bins[:, None] + np.array([-1, 0, 1])) % BINS
        high, low = self.high[row[:, None], near].max(axis=1), self.low[row[:, None], near].min(axis=1)
        none = high < low
        self.near_high[row], self.near_low[row] = np.where(none, np.inf, high), np.where(none, -np.inf, low)


class Trend(Detector):
    """The distance from the day's profile, meant over 6 readings: a level that is wrong for the hour."""

    LABELS: ClassVar = ("seasonal",)
    GROUP: ClassVar = "level"
    MEMORY: ClassVar = (6.0,)

    def __init__(self, seasonal: Seasonal) -> None:
        super().__init__()
        self.seasonal = seasonal

    def measure(self, moment: Moment) -> Float:
        """What `seasonal` has just brought up to date."""
        return np.abs(self.seasonal.lately[moment.row])[:, None]
