"""How rare is that, for this very series: each statistic against its own history, whatever its unit and shape."""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from s4.edge.unusual.grown import Field, Float, Grown, Int

Counts: TypeAlias = NDArray[np.uint16]
"""[n, statistics, bins + 1]: how many readings reached each bin; the first is all of them."""

BINS: Final = 32
PER_OCTAVE: Final = 2
_UP: Final = 4
_YOUNG: Final = 64
_OFTEN: Final = 8
_FREAK: Final = 16
_FULL: Final = 32_768
_SEEN_AT_LEAST: Final = 0.1
"""When fewer reach beyond the lowest bin, the scale was that of a freak and is sought anew."""
PRIOR: Final = 4.0
"""Weight of what was never seen, in readings: the first of a kind in n readings has a probability of 4 / (n + 4)."""
_FOLLOW: Final = 0.5
"""How far the largest seen follows a larger one, at once or over the memory of the statistic: what creeps stays odd."""
STEEP: Final = 3.0
"""How the probability falls beyond all that was seen: to 2^-3 per doubling (a Student tail with 3 degrees)."""
MOST: Final = 12.0
_STEPS: Final = np.arange(BINS + 1, dtype=np.int16)


class Tails(Grown):
    """A histogram of the logarithm of each of `width` statistics: 32 bins of half an octave that follow the scale.

    Surprise is -log10 of the share of earlier readings at least as large, interpolated within a bin, and continued
    beyond the largest by a power law. What stays alike for m readings gives the unseen √m times the weight, since
    n readings hold fewer excursions of it. After 32,768 readings all counts are halved: what is long past fades. Cost:
    84 bytes a statistic and series.
    """

    def __init__(self, memory: tuple[float, ...]) -> None:
        width = len(memory)
        self.prior = PRIOR * np.sqrt(memory)
        self.FIELDS = {  # type: ignore[misc]  # how many statistics there are is known only here
            "reached": Field((width, BINS + 1), "u2", 0),
            "base": Field((width,), "f8", np.nan),
            "top": Field((width,), "f8", 0.0),
        }
        super().__init__()
        self._at = np.arange(width)
        self._pace = _FOLLOW / np.array(memory)

    FIELDS: ClassVar[Any] = {}
    reached: Counts
    base: Float
    top: Float

    def surprise(self, row: Int, statistics: Float) -> Float:
        """-log10 of the probability of such a value or a larger one, 0–12, each by its own history; then learn it."""
        some = statistics > 0.0
        octaves = np.log2(statistics, where=some, out=np.zeros_like(statistics)) * PER_OCTAVE
        base, top, reached = self.base[row], self.top[row], self.reached[row]
        at = octaves - base
        unknown = np.isnan(at)
        if unknown.any():
            new = some & unknown
            base[new] = octaves[new] - 2 * BINS // 3
            at[new] = top[new] = octaves[new] - base[new]
            at[unknown & ~new] = 0.0
        at = np.maximum(at * some, 0.0)
        if (at >= BINS).any():
            _follow(reached, at, base, top)
        bins = np.minimum(at, BINS - 1).astype(np.int64)
        found = self._rarity(reached, at, bins, top)
        self._learn(row, reached, base, bins)
        self.top[row] = top + self._pace * np.maximum(at - top, 0.0)
        return found * some

    def _rarity(self, reached: Counts, at: Float, bins: Int, top: Float) -> Float:
        lines = np.arange(len(bins))[:, None]
        from_here, above = reached[lines, self._at, bins].astype(np.float64), reached[lines, self._at, bins + 1]
        part = np.where(at < BINS, at - bins, 0.0)
        seen = from_here - part * (from_here - above)
        unseen = self.prior * np.exp2(-STEEP / PER_OCTAVE * np.maximum(at - top, 0.0))
        share = (seen + unseen) / (reached[:, :, 0] + self.prior)
        found: Float = -np.log10(np.clip(share, 10.0**-MOST, 1.0))
        return found

    def _learn(self, row: Int, reached: Counts, base: Float, bins: Int) -> None:
        reached += bins.astype(np.int16)[:, :, None] >= _STEPS
        full = np.flatnonzero(reached[:, 0, 0] >= _FULL)
        for i in full:
            reached[i] //= 2
            buried = reached[i, :, 1] < _SEEN_AT_LEAST * reached[i, :, 0]
            reached[i, buried, 1:], base[i, buried] = 0, np.nan
        self.reached[row], self.base[row] = reached, base


def _follow(reached: Counts, at: Float, base: Float, top: Float) -> None:
    """Move a histogram up when larger values are the rule, not one freak: its lowest bins become one."""
    often = (reached[:, :, 0] < _YOUNG) | (reached[:, :, BINS - 1] >= _OFTEN) | (at < BINS + _FREAK)
    for i, j in np.argwhere((at >= BINS) & often):
        shift = int(at[i, j]) - BINS + 1 + _UP
        kept = reached[i, j, min(shift, BINS) + 1 :].copy()
        reached[i, j, 1:] = 0
        reached[i, j, 1 : len(kept) + 1] = kept
        base[i, j] += shift
        at[i, j] -= shift
        top[i, j] = max(top[i, j] - shift, 0.0)
