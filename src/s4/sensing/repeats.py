"""Readings that come twice: a device that got no answer sends again, and a reading counts once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.sensing.channels import Columns

REMEMBERED: Final = 64
"""Readings of each channel that are remembered; a repeat comes soon or not at all."""
MOST_CHANNELS: Final = 50_000


class Repeats:
    """Remembers the last readings of each channel that carry a time of their own.

    A reading without one was stamped when it arrived and can be told from no other; it is never a repeat. Cost: about
    0.5 µs a reading with its own time.

    >>> repeats, columns = Repeats(), Columns(np.zeros(3, np.int32), np.array([5, 6, 5]), np.array([1.0, 1.0, 1.0]))
    >>> repeats.among(columns, np.full(3, 9)).tolist()
    [False, False, True]
    """

    def __init__(self) -> None:
        self._seen: dict[int, dict[tuple[int, float], None]] = {}

    def among(self, rows: Columns, received: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the rows have come already, in the batch or before it."""
        repeated = np.zeros(len(rows.code), np.bool_)
        own = np.flatnonzero(rows.time != received)
        if len(own):
            codes, times, values = rows.code[own].tolist(), rows.time[own].tolist(), rows.value[own].tolist()
            for i, code, time, value in zip(own.tolist(), codes, times, values, strict=True):
                repeated[i] = self._came(code, (time, value))
        return repeated

    def _came(self, code: int, reading: tuple[int, float]) -> bool:
        seen = self._seen.get(code)
        if seen is None:
            if len(self._seen) >= MOST_CHANNELS:
                del self._seen[next(iter(self._seen))]
            seen = self._seen[code] = {}
        if reading in seen:
            return True
        seen[reading] = None
        if len(seen) > REMEMBERED:
            del seen[next(iter(seen))]
        return False
