"""What speeds were usual in a place lately: a histogram that forgets."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEP: Final = 0.05  # heights a second
BINS: Final = 120
MEMORY_S: Final = 60.0
LATER_S: Final = 2.0  # what begins just now is not yet usual


class Usual:
    """`weight`: people-seconds in memory. Cost: about 0.1 ms a picture."""

    def __init__(self) -> None:
        self._bins = np.zeros(BINS)
        self._waiting: deque[tuple[int, Floats]] = deque()
        self.weight = 0.0
        self.nine_of_ten = 0.0
        """Heights a second that nine tenths of what moved did not reach."""

    def learn(self, time: int, dt_s: float, speed: Floats, weight: Floats) -> None:
        """Speeds (heights a second) and how many people move so at `time` (ns), for `dt_s`; it counts 2 s later.

        >>> usual = Usual()
        >>> for second in range(60):
        ...     usual.learn(second * 10**9, 1.0, np.array([0.2, 0.9]), np.array([0.95, 0.05]))
        >>> round(usual.nine_of_ten, 2)
        0.2
        """
        index = np.minimum((speed / STEP).astype(np.int64), BINS - 1)
        now = np.bincount(index, weight, minlength=BINS) * dt_s
        self._waiting.append((time, np.asarray(now, np.float64)))
        while time - self._waiting[0][0] >= LATER_S * 1e9:
            self._bins = self._bins * np.exp(-dt_s / MEMORY_S) + self._waiting.popleft()[1]
        heap = np.cumsum(self._bins)
        self.weight = float(heap[-1])
        self.nine_of_ten = float(np.searchsorted(heap, 0.9 * heap[-1])) * STEP if self.weight > 0 else 0.0
