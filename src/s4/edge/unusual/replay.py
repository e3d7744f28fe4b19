"""Replay: the same minute twice. Somebody, or a fault, feeds earlier readings again as if they were new."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from s4.edge.unusual.detector import Detector
from s4.edge.unusual.grown import Field, Float, Int
from s4.edge.unusual.ladder import Moment

LENGTH: Final = 16
"""Readings that must be equal, one after the other."""
KEPT: Final = 128
_ONE_IN_BITS: Final = 3
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_BASE: Final = np.uint64(0xD1342543DE82EF95)
_DISTINCT: Final = 8
_MOST: Final = 6.0


def _power(base: np.uint64, exponent: int) -> np.uint64:
    return np.uint64(pow(int(base), exponent, 1 << 64))


class Replay(Detector):
    """Surprise when the last 16 readings equal 16 earlier ones, and the next that are compared do so at the same
    distance.

    A rolling hash of the last 16 values decides by itself whether a place is remembered (about one in eight), so 128
    places reach back about 1,000 readings, and the same passage picks the same places again (winnowing: Schleimer,
    Wilkerson and Aiken 2003). Passages of fewer than 8 different values are not compared; a series that repeats itself
    by nature soon does not surprise. Cost: 1.7 kB a series.
    """

    LABELS: ClassVar = ("replay",)
    GROUP: ClassVar = "replay"
    GAUGED: ClassVar = False
    FIELDS: ClassVar = {
        "recent": Field((LENGTH,), "u8", 0),
        "hash": Field((), "u8", 0),
        "places": Field((KEPT,), "u8", 0),
        "numbers": Field((KEPT,), "i4", 0),
        "filled": Field((), "i8", 0),
        "lag": Field((), "i8", 0),
        "alike": Field((), "i8", 0),
        "before": Field((), "f8", 0.0),
    }
    recent: NDArray[np.uint64]
    hash: NDArray[np.uint64]
    places: NDArray[np.uint64]
    numbers: NDArray[np.int32]
    filled: Int
    lag: Int
    alike: Int
    before: Float

    def measure(self, moment: Moment) -> Float:
        """How unlikely it is that this passage came before."""
        row = moment.row
        bits = (moment.value + 0.0).view(np.uint64)
        mixed = (bits ^ (bits >> np.uint64(29))) * _MIX
        slot = moment.seen % LENGTH
        rolled = self.hash[row] * _BASE + mixed - self.recent[row, slot] * _power(_BASE, LENGTH)
        self.recent[row, slot], self.hash[row] = mixed, rolled
        place = (rolled ^ (rolled >> np.uint64(31))) * _MIX
        chosen = np.flatnonzero((place >> np.uint64(64 - _ONE_IN_BITS) == 0) & (moment.seen >= LENGTH))
        found = np.zeros((len(row), 1))
        if len(chosen):
            found[chosen, 0] = self._compare(row[chosen], place[chosen], moment.seen[chosen])
        return found

    def _compare(self, row: Int, place: Any, count: Int) -> Float:
        rich = (np.diff(np.sort(self.recent[row], axis=1), axis=1) != 0).sum(axis=1) + 1 >= _DISTINCT
        same = self.places[row] == place[:, None]
        number = np.where(same, self.numbers[row], -1).max(axis=1)
        lag = count - number
        hit = rich & (number >= 0)
        alike = np.where(hit, np.where(lag == self.lag[row], self.alike[row] + 1, 1), 0)
        self.lag[row], self.alike[row] = lag, alike
        at = self.filled[row] % KEPT
        self.places[row, at], self.numbers[row, at] = place, count
        self.filled[row] += 1
        sure = alike >= 2
        found: Float = np.where(sure, _MOST / (1.0 + self.before[row]), 0.0)
        self.before[row] += sure
        return found
