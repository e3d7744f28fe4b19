"""Spike: a reading far from what several short memories of the series expect."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Float
from s4.edge.unusual.ladder import TINY, Moment

_SETTLED = 16
_LEAST = 1e-12


class Spike(Detector):
    """Distance from the last reading and from the levels over 4, 16, 64 and 256 readings, in the series' unit; and
    three of these again in units of how far off such forecasts were lately, so that a restless hour forgives more.
    """

    LABELS: ClassVar = ("spike",) * 8
    GROUP: ClassVar = "point"
    MEMORY: ClassVar = (1.0,) * 8

    def measure(self, moment: Moment) -> Float:
        """Absolute forecast errors: five in the series' unit, three relative to recent ones."""
        off = np.abs(moment.value[:, None] - moment.levels[:, :4])
        change = np.abs(moment.change)[:, None]
        lately = np.concatenate([moment.pace[:, 1:2], moment.errors], axis=1) + 0.05 * moment.pace[:, 2:]
        now = np.concatenate([change, off[:, 0:4:2]], axis=1)
        relative = now / np.maximum(lately, now * _LEAST + TINY)
        relative[moment.seen < _SETTLED] = 0.0
        return np.concatenate([change, off, relative], axis=1)
