"""How rare is that, for this very series: each statistic against its own history, whatever its unit and shape."""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from s4.edge.unusual.grown import Field, Float, Grown, Int

BINS: Final = 32
PER_OCTAVE: Final = 2
_UP: Final = 4
_YOUNG: Final = 64
_OFTEN: Final = 8
_FULL: Final = 32_768
_BURIED: Final = 0.9
"""When so many fell below the lowest bin, the scale was that of a freak and is sought anew."""
PRIOR: Final = 4.0
"""Weight of what was never seen, in readings: the first of a kind in n readings has a probability of 4 / (n + 4)."""
STEEP: Final = 3.0
"""How the probability falls beyond all that was seen: to 2^-3 per doubling (a Student tail with 3 degrees)."""
MOST: Final = 12.0


class Tails(Grown):
    """A histogram of the logarithm of each of `width` statistics: 32 bins of half an octave that follow the scale.

    Surprise is -log10 of the share of earlier readings at least as large, interpolated within a bin, and continued
    beyond the largest by a power law. What stays alike for m readings has m times the weight of the unseen, since n
    readings hold n / m of its excursions. After 32,768 readings all counts are halved: what is long past fades. Cost:
    84 bytes a statistic and series.
    """

    def __init__(self, memory: tuple[float, ...]) -> None:
        width = len(memory)
        self.prior = PRIOR * np.array(memory)
        self.FIELDS = {  # type: ignore[misc]  # how many statistics there are is known only here
            "counts": Field((width, BINS), "u2", 0),
            "total": Field((width,), "i4", 0),
            "base": Field((width,), "f8", np.nan),
            "top": Field((width,), "f8", 0.0),
        }
        super().__init__()

    FIELDS: ClassVar[Any] = {}
    counts: NDArray[np.uint16]
    total: NDArray[np.int32]
    base: Float
    top: Float

    def surprise(self, row: Int, statistics: Float) -> Float:
        """-log10 of the probability of such a value or a larger one, 0–12, each by its own history; then learn it."""
        some = statistics > 0.0
        octaves = np.log2(np.where(some, statistics, 1.0)) * PER_OCTAVE
        base, top = self.base[row], self.top[row]
        new = some & np.isnan(base)
        base = np.where(new, np.floor(octaves) - 2 * BINS // 3, base)
        at = np.where(some, np.maximum(octaves - base, 0.0), 0.0)
        top = np.where(new, at, top)
        counts, total = self.counts[row], self.total[row]
        if (at >= BINS).any():
            at, base, top = self._follow(counts, total, at, base, top)
        bins = np.minimum(at, BINS - 1).astype(np.int64)
        found = _surprise(counts, total, at, bins, top, self.prior)
        self._learn(row, counts, total, base, bins)
        self.top[row] = np.maximum(top, np.minimum(at, BINS))
        found[~some] = 0.0
        return found

    def _follow(self, counts: Any, total: Any, at: Float, base: Float, top: Float) -> tuple[Float, Float, Float]:
        """Move a histogram up when larger values are the rule, not one freak: its lowest bins become one."""
        often = (total < _YOUNG) | (counts[:, :, -1] >= _OFTEN)
        for i, j in np.argwhere((at >= BINS) & often):
            shift = int(at[i, j]) - BINS + 1 + _UP
            kept = counts[i, j, min(shift, BINS) :].copy()
            lost = int(counts[i, j].sum()) - int(kept.sum())
            counts[i, j] = 0
            counts[i, j, : len(kept)] = kept
            counts[i, j, 0] += lost
            base[i, j] += shift
            at[i, j] -= shift
            top[i, j] = max(top[i, j] - shift, 0.0)
        return at, base, top

    def _learn(self, row: Int, counts: Any, total: Any, base: Float, bins: Int) -> None:
        lines, columns = np.ogrid[: bins.shape[0], : bins.shape[1]]
        counts[lines, columns, bins] += 1
        total += 1
        full = total[:, 0] >= _FULL
        if full.any():
            counts[full] //= 2
            total[full] = counts[full].sum(axis=2)
            low = full[:, None] & (counts[:, :, 0] > _BURIED * total)
            counts[low, 0], counts[low, 1:], base[low] = total[low], 0, np.nan
        self.counts[row], self.total[row], self.base[row] = counts, total, base


def _surprise(counts: Any, total: Any, at: Float, bins: Int, top: Float, prior: Float) -> Float:
    lines, columns = np.ogrid[: bins.shape[0], : bins.shape[1]]
    reached = np.cumsum(counts[:, :, ::-1], axis=2, dtype=np.int32)[:, :, ::-1]
    part = np.clip(at - bins, 0.0, 1.0)
    seen = reached[lines, columns, bins] - part * counts[lines, columns, bins]
    unseen = prior * np.exp2(-STEEP / PER_OCTAVE * np.maximum(at - top, 0.0))
    found: Float = -np.log10(np.maximum((seen + unseen) / (total + prior), 10.0**-MOST))
    return np.maximum(found, 0.0)
