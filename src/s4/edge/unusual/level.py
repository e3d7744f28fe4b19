"""Change of level: a short mean that has left a longer one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Float
from s4.edge.unusual.ladder import Moment


class Level(Detector):
    """Distance of the mean over 4 readings from those over 16 and 64, and of 16 from 256, in the series' unit."""

    LABELS: ClassVar = ("level",) * 3
    GROUP: ClassVar = "level"
    MEMORY: ClassVar = (4.0, 4.0, 16.0)

    def measure(self, moment: Moment) -> Float:
        """Absolute differences of levels, the short ones with this reading, the long ones before it."""
        return np.abs(moment.levels_now[:, [0, 0, 1]] - moment.levels[:, [1, 2, 3]])
