"""How people usually go through a place: in which direction and how fast, cell by cell, at each hour of the day."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S

CELLS: Final = (24, 16)  # across and down the picture
DIRECTIONS: Final = 8
SPEEDS: Final = (0.3, 1.2, 1.9)  # m/s: stands, walks, walks fast, runs
HOURS: Final = 24
Floats = NDArray[np.float32]
Step = tuple[int, int, int, int]
"""Column, row, direction (0–7, or 8 when standing), class of speed (0–3)."""


def step_of(x: float, y: float, vx: float, vy: float, speed: float) -> Step:
    """`x`, `y`: fractions of the picture; `vx`, `vy`: any unit, for the direction only; `speed`: m/s."""
    column = min(max(int(x * CELLS[0]), 0), CELLS[0] - 1)
    row = min(max(int(y * CELLS[1]), 0), CELLS[1] - 1)
    pace = int(np.searchsorted(SPEEDS, speed))
    way = DIRECTIONS if pace == 0 else round(float(np.arctan2(vy, vx)) / (2 * np.pi) * DIRECTIONS) % DIRECTIONS
    return column, row, way, pace


class Habits:
    """Counts of people, not of pictures: somebody counts once for each way of going through a cell. About 220 kB an
    hour of the day that was seen.
    """

    def __init__(self) -> None:
        self._people = np.zeros(HOURS)
        self._steps: dict[int, Floats] = {}

    def people(self, time: int) -> float:
        """How many were seen at this hour of the day (UTC), of any day."""
        return float(self._people[_hour(time)])

    def learn(self, time: int, steps: set[Step]) -> None:
        """One person's way; who went a little to the side, or a little otherwise, makes the neighbours usual too."""
        hour = _hour(time)
        self._people[hour] += 1
        table = self._steps.setdefault(hour, np.zeros((*CELLS, DIRECTIONS + 1, len(SPEEDS) + 1), np.float32))
        done = np.zeros(table.shape, np.bool_)
        for column, row, way, pace in steps:
            columns = slice(max(column - 1, 0), column + 2)
            rows = slice(max(row - 1, 0), row + 2)
            ways = [way] if way == DIRECTIONS else [(way + turn) % DIRECTIONS for turn in (-1, 0, 1)]
            for one in ways:
                done[columns, rows, one, pace] = True
        table += done

    def rarity(self, time: int, step: Step) -> float:
        """The share of people who did not do this here at this hour, 0–1, by Laplace's rule: 1 is unheard of."""
        hour = _hour(time)
        table = self._steps.get(hour)
        count = float(table[step]) if table is not None else 0.0
        return 1.0 - (count + 1.0) / (self.people(time) + 2.0)


def _hour(time: int) -> int:
    return time // (3600 * NS_PER_S) % HOURS
