"""Cycle: a reading unlike those of the same phase of a period that the series itself has shown."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Field, Float, Int
from s4.edge.unusual.ladder import Moment
from s4.edge.unusual.period import find_period

CELLS: Final = 128
PHASES: Final = 64
_LOOKS: Final = (CELLS * 3 // 4, CELLS - 1)
_MEMORY: Final = 20.0
_DAY_S: Final = 86_400.0


class Cycle(Detector):
    """Distance from the profile of the found period, in the series' unit; nothing until there is proof of one.

    The whole life of a series is kept as 128 means over equal spans of time, which double when they are full; twice per
    doubling their autocorrelation is asked for a period. A period of one day is left to `Seasonal`. Cost: 3.2 kB a
    series, and about 60 µs each time a period is sought.
    """

    LABELS: ClassVar = ("seasonal",)
    GROUP: ClassVar = "point"
    MEMORY: ClassVar = (1.0,)
    FIELDS: ClassVar = {
        "origin": Field((), "i8", 0),
        "width": Field((), "i8", 0),
        "sum": Field((CELLS,), "f8", 0.0),
        "held": Field((CELLS,), "f4", 0.0),
        "looked": Field((), "i8", -1),
        "period": Field((), "f8", 0.0),
        "mean": Field((PHASES,), "f8", 0.0),
        "known": Field((PHASES,), "f4", 0.0),
    }
    origin: Int
    width: Int
    sum: Float
    held: Float
    looked: Int
    period: Float
    mean: Float
    known: Float

    def measure(self, moment: Moment) -> Float:
        """Distance from what this phase of the period usually holds."""
        off = np.zeros((len(moment.row), 1))
        some = np.flatnonzero(self.period[moment.row] > 0.0)
        if len(some):
            off[some, 0] = self._against(moment.row[some], moment.time[some], moment.value[some])
        self._keep(moment)
        return off

    def _against(self, row: Int, time: Int, value: Float) -> Float:
        since = (time - self.origin[row]).astype(np.float64)
        phase = (since / self.period[row] % 1.0 * PHASES).astype(np.int64) % PHASES
        known, mean = self.known[row, phase], self.mean[row, phase]
        self.mean[row, phase] = mean + (value - mean) / np.minimum(known + 1.0, _MEMORY)
        self.known[row, phase] = np.minimum(known + 1.0, _MEMORY)
        return np.where(known >= 2.0, np.abs(value - mean), 0.0)

    def _keep(self, moment: Moment) -> None:
        row, time = moment.row, moment.time
        first = moment.seen == 0
        self.origin[row[first]] = time[first]
        started = (self.width[row] == 0) & (moment.step > 0)
        self.width[row[started]] = moment.step[started]
        width = np.maximum(self.width[row], 1)
        cell = np.maximum((time - self.origin[row]) // width, 0)
        cell[self.width[row] == 0] = 0
        for i in np.flatnonzero(cell >= CELLS):
            cell[i] = self._halve(int(row[i]), int(cell[i]))
        self.sum[row, cell] += moment.value
        self.held[row, cell] += 1.0
        due = (cell == _LOOKS[0]) | (cell == _LOOKS[1])
        for i in np.flatnonzero(due & (self.looked[row] != cell)):
            self._look(int(row[i]), int(cell[i]))

    def _halve(self, row: int, cell: int) -> int:
        """Double the span of the cells until `cell` is among them; gives its new number."""
        while cell >= CELLS:
            for cells in (self.sum, self.held):
                cells[row, : CELLS // 2] = cells[row].reshape(-1, 2).sum(axis=1)
                cells[row, CELLS // 2 :] = 0.0
            self.width[row] *= 2
            self.looked[row] = -1
            cell //= 2
        return cell

    def _look(self, row: int, cell: int) -> None:
        self.looked[row] = cell
        held: Any = self.held[row, :cell]
        found = find_period(np.where(held > 0, self.sum[row, :cell] / np.maximum(held, 1.0), np.nan))
        period = found * float(self.width[row])
        if found == 0.0 or abs(period / 1e9 / _DAY_S - 1.0) < 0.1:
            return
        if abs(period - self.period[row]) > 0.03 * period:
            self.period[row], self.mean[row], self.known[row] = period, 0.0, 0.0
