"""Activity: the series moves more, or less, than it did."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Float
from s4.edge.unusual.ladder import TINY, Moment


class Activity(Detector):
    """The logarithm (without sign) of the mean change over 8 and 32 readings against that over 512."""

    LABELS: ClassVar = ("activity",) * 2
    GROUP: ClassVar = "activity"
    MEMORY: ClassVar = (8.0, 32.0)

    def measure(self, moment: Moment) -> Float:
        """|ln(short pace / long pace)|, held finite by a fiftieth of the long one."""
        long = moment.pace[:, 2:]
        floor = 0.02 * long + TINY
        return np.abs(np.log((moment.pace_now[:, :2] + floor) / (long + floor)))
