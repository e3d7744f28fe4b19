"""Gap: readings that ought to have come between the last one and this one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Field, Float
from s4.edge.unusual.ladder import Moment

_FEW = 3.0
_MANY_OCTAVES = 6.0


class Gap(Detector):
    """Surprise at the reading after a pause: -log10 of how often pauses of half its length or more came until now, in
    full from 64 times the usual step on. The usual step is a running median, so any rate of sampling will do.
    """

    LABELS: ClassVar = ("gap",)
    GROUP: ClassVar = "gap"
    GAUGED: ClassVar = False
    FIELDS: ClassVar = {"usual": Field((), "f8", 0.0), "longest": Field((), "f8", 0.0), "pauses": Field((), "f8", 0.0)}
    usual: Float
    longest: Float
    pauses: Float

    def measure(self, moment: Moment) -> Float:
        """How unlikely the pause before this reading is."""
        row, step = moment.row, moment.step.astype(np.float64)
        usual, longest, pauses = self.usual[row], self.longest[row], self.pauses[row]
        pause = (usual > 0.0) & (step > _FEW * usual)
        octaves = np.log2(np.where(pause, step / np.maximum(usual, 1.0), 1.0))
        rare = -np.log10((pauses + 1.0) / (moment.seen + 2.0))
        new = pause & (step > 0.5 * longest)
        moved = np.where(step > usual, usual * 1.05, usual / 1.05)
        self.usual[row] = np.where(usual > 0.0, np.where(step > 0.0, moved, usual), step)
        self.longest[row] = np.where(pause, np.maximum(longest, step), longest)
        self.pauses[row] = pauses + pause
        return np.where(new, rare * np.minimum(octaves / _MANY_OCTAVES, 1.0), 0.0)[:, None]
