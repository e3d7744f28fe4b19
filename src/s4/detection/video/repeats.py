"""Pictures that come again: a frozen picture, and an older recording fed in place of what happens now."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

import numpy as np

from s4.detection.video.sight import Floats, Grey

STILL: Final = 0.2  # of the change of the quietest second so far
STIRRED: Final = 0.03  # grey levels
STILLEST: Final = 0.3  # grey levels: no sensor is quieter than this for seconds
CODEC: Final = 0.02  # grey levels: below this the pictures were made equal before, by a codec, and prove nothing
QUIET_S, KNOWN_S = 1.0, 1.4

CELLS: Final = (20, 15)
KEPT: Final = 3000
STRIDE_S: Final = 0.6  # a happening is what changed within this time
LATEST_S: Final = 1.5  # what was seen so lately is like now in any case
ALIKE: Final = 0.85
BLINK_S: Final = 0.5  # for so long a repeat may be unlike
APART_S, PERIODIC = 1.0, 3  # what came at so many times before comes again by itself
LEAST: Final = 0.8  # grey levels, root mean square over the picture: less is no happening that could be known again


class Stillness:
    """Whether pictures change less than they ever did. Cost: 0.1 ms a picture."""

    def __init__(self) -> None:
        self._before: Grey | None = None
        self._recent: list[float] = []
        self._quietest = np.inf
        self._known_s = 0.0
        self.still_s = 0.0

    def see(self, grey: Grey, dt_s: float) -> float:
        """For how long nothing has changed at all, seconds."""
        import cv2

        before, self._before = self._before, grey
        if before is None:
            return 0.0
        change = float(cv2.mean(cv2.absdiff(before, grey))[0])
        if self._known_s > KNOWN_S and change < self._limit():
            self.still_s += dt_s
            return self.still_s
        self.still_s = max(self.still_s - 2 * dt_s, 0.0)
        if self.still_s == 0.0:
            self._learn(change, dt_s)
        return self.still_s

    def _limit(self) -> float:
        """Well below the quietest second, but above what a codec stirs up when it sends a picture whole."""
        return min(max(STILL * self._quietest, STIRRED), 0.5 * self._quietest, STILLEST)

    def _learn(self, change: float, dt_s: float) -> None:
        self._known_s += dt_s
        self._recent = [*self._recent, change][-max(round(QUIET_S / dt_s), 1) :]
        if self._known_s >= QUIET_S:
            quiet = median(self._recent)
            self._quietest = min(self._quietest, quiet if quiet > CODEC else 0.0)


class Replay:
    """Whether what happens now happened before, change by change. Remembers the changes of 3,000 pictures in 300
    numbers each (3.6 MB). Cost: up to 0.7 ms a picture.
    """

    def __init__(self) -> None:
        self._cells: deque[Floats] = deque()
        self._changes: Floats = np.zeros((64, CELLS[0] * CELLS[1]), np.float32)
        self._count = 0
        self._runs: Floats = np.zeros(0, np.float32)
        self._misses: Floats = np.zeros(0, np.float32)

    def see(self, grey: Grey, dt_s: float) -> float:
        """For how many seconds things have moved as they did before."""
        import cv2

        now = np.asarray(cv2.resize(grey, CELLS, interpolation=cv2.INTER_AREA), np.float32).ravel()
        self._cells.append(now)
        change = _unlit(now - self._cells[0], now)
        if len(self._cells) > STRIDE_S / dt_s:
            self._cells.popleft()
        size = float(np.linalg.norm(change))
        moves = size >= LEAST * CELLS[0] ** 0.5 * CELLS[1] ** 0.5
        unit = change / np.float32(size) if moves else np.zeros_like(change)
        self._follow(unit if moves else None, dt_s)
        self._keep(unit)
        return self._longest(dt_s)

    def _follow(self, change: Floats | None, dt_s: float) -> None:
        """A repeat goes on at its lag; what does not move says nothing for it or against it."""
        self._runs, self._misses = (np.append(row, np.float32(0.0))[:KEPT] for row in (self._runs, self._misses))
        if change is None:
            return
        alike = (self._changes[: self._count] @ change)[::-1]
        runs, misses = self._runs[: self._count], self._misses[: self._count]
        fits = alike > ALIKE
        misses = np.where(fits, np.float32(0.0), misses + np.float32(dt_s))
        runs = np.where(misses > BLINK_S, np.float32(0.0), runs + fits * np.float32(dt_s))
        runs[: round(LATEST_S / dt_s)] = 0.0
        self._runs[: self._count], self._misses[: self._count] = runs, misses

    def _keep(self, change: Floats) -> None:
        if self._count == KEPT:
            self._changes[:-1] = self._changes[1:]
            self._count -= 1
        elif self._count == len(self._changes):
            self._changes = np.concatenate([self._changes, np.zeros_like(self._changes)])[:KEPT]
        self._changes[self._count] = change
        self._count += 1

    def _longest(self, dt_s: float) -> float:
        """The longest repeat; none where things repeat at many lags, as a sign that blinks does."""
        longest = float(self._runs.max()) if len(self._runs) else 0.0
        if longest == 0.0:
            return 0.0
        lags = np.flatnonzero(self._runs >= 0.5 * longest)
        times = 1 + int(np.count_nonzero(np.diff(lags) * dt_s > APART_S))
        return longest if times < PERIODIC else 0.0


def _unlit(change: Floats, now: Floats) -> Floats:
    """A change without what brighter or darker light explains, which looks the same every time: parts like the picture
    itself, and like an even grey.
    """
    even = now - now.mean()
    change = change - change.mean()
    square = float(even @ even)
    return change - even * np.float32(float(change @ even) / square) if square > 1.0 else change
