"""The first step: what of a word is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache

import numpy as np

from s4.core.export import Export
from s4.core.model import WORD_OF, Observation, ObservationBatch, kind_token
from s4.core.ports import Produced

_Matches = Callable[[str], bool]


def matcher(globs: Sequence[str]) -> _Matches:
    """Whether a text fits one of `globs` (`*`, `?`, `[…]`; upper and lower case differ).

    >>> fits = matcher(("co2-*", "door-?"))
    >>> [fits(name) for name in ("co2-17", "door-1", "door-10")]
    [True, True, False]
    """
    if "*" in globs:
        return lambda _: True
    compiled = re.compile("|".join(translate(one) for one in globs))
    return lru_cache(maxsize=4096)(lambda text: compiled.match(text) is not None)


class Selection:
    """The filters of an export, made once."""

    def __init__(self, export: Export) -> None:
        self._words = frozenset(export.words)
        self._site, self._source = matcher(export.sites), matcher(export.sources)
        self._property, self._kind = matcher(export.properties), matcher(export.kinds)
        self._everything = all("*" in globs for globs in (export.sources, export.properties))

    def of(self, word: Produced) -> Produced | None:
        """What of `word` is wanted, None for nothing. Cost: about 2 µs a fact, 10 µs + 10 ns a reading a batch."""
        if not self._site(word.site):
            return None
        if isinstance(word, ObservationBatch):
            return self._readings(word) if "observation" in self._words else None
        if WORD_OF[type(word)] not in self._words or not self._source(getattr(word, "source", "")):
            return None
        fits = self._property(word.property) if isinstance(word, Observation) else self._kind(kind_token(word))
        return word if fits else None

    def _readings(self, batch: ObservationBatch) -> ObservationBatch | None:
        if self._everything or not len(batch):
            return batch if len(batch) else None
        wanted = np.array([self._source(s.source) and self._property(s.property) for s in batch.series], np.bool_)
        if wanted.all():
            return batch
        rows = np.flatnonzero(wanted[batch.code])
        if not len(rows):
            return None
        place = (np.cumsum(wanted) - 1).astype(np.int32)  # the series that are not wanted are left out
        series = tuple(one for one, keep in zip(batch.series, wanted, strict=True) if keep)
        return ObservationBatch(
            batch.site, batch.received, series, place[batch.code[rows]], batch.time[rows], batch.value[rows]
        )
