"""Drift: the series as a whole creeps away from where it has long been."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Float
from s4.edge.unusual.ladder import Moment


class Drift(Detector):
    """Distance of the mean over 256 readings from that over 2,048, in the series' unit."""

    LABELS: ClassVar = ("drift",)
    GROUP: ClassVar = "drift"
    MEMORY: ClassVar = (256.0,)

    def measure(self, moment: Moment) -> Float:
        """How far the middle term has left the long one."""
        return np.abs(moment.levels_now[:, 3:4] - moment.levels[:, 4:5])
