"""Stuck: the same value again and again, from a series that does not do that."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Field, Float
from s4.edge.unusual.ladder import Moment

_MOST = 5.0
_MOVES = 32.0
_SMALL = 10.0


class Stuck(Detector):
    """Surprise at a run of equal readings: -log10 of the chance of such a run, if repeats came by themselves as often
    as until now; counted only from twice the longest run ever seen, once the series has moved 32 times, and while the
    run is less than a tenth of all readings: a first night is none. One that is constant by nature never surprises.
    """

    LABELS: ClassVar = ("stuck",)
    GROUP: ClassVar = "stuck"
    GAUGED: ClassVar = False
    FIELDS: ClassVar = {"run": Field((), "f8", 0.0), "longest": Field((), "f8", 0.0), "repeats": Field((), "f8", 0.0)}
    run: Float
    longest: Float
    repeats: Float

    def measure(self, moment: Moment) -> Float:
        """How unlikely the present run of equal values is."""
        row = moment.row
        same = (moment.change == 0.0) & (moment.seen > 0)
        run, longest, repeats = self.run[row], self.longest[row], self.repeats[row]
        longest = np.where(same, longest, np.maximum(longest, run))
        run = np.where(same, run + 1.0, 0.0)
        before = np.maximum(repeats + 1.0 - np.minimum(run, repeats), 1.0)
        chance = before / (moment.seen - np.minimum(run, moment.seen) + 2.0)
        whole = np.clip((run - 2.0 * longest) / (longest + 8.0), 0.0, 1.0)
        whole[moment.seen - repeats < _MOVES] = 0.0
        whole *= np.clip(moment.seen / np.maximum(_SMALL * run, 1.0) - 1.0, 0.0, 1.0)
        self.run[row], self.longest[row], self.repeats[row] = run, longest, repeats + same
        found: Float = np.minimum(-np.log10(np.minimum(chance, 1.0)) * run, _MOST) * whole
        return found[:, None]
