"""Activity: the series moves more, or less, than it did."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Float
from s4.edge.unusual.ladder import TINY, Moment

_MOST = 20.0
_SETTLED = 32


class Activity(Detector):
    """The mean change over 8 and over 32 readings against that over 512: the larger over the smaller, minus 1."""

    LABELS: ClassVar = ("activity",) * 2
    GROUP: ClassVar = "activity"
    MEMORY: ClassVar = (8.0, 32.0)

    def measure(self, moment: Moment) -> Float:
        """How many times faster or slower than in the long run, minus 1; held finite by a fiftieth of the long pace."""
        long = moment.pace[:, 2:]
        floor = 0.02 * long + TINY
        off = np.abs(np.log(moment.pace_now[:, :2] + floor) - np.log(long + floor))
        more: Float = np.expm1(np.minimum(off, _MOST))
        more[moment.seen < _SETTLED] = 0.0
        return more
