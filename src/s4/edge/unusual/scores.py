"""The scores of one series, row by row: what `s4 sense series` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final

import msgspec
import numpy as np

from s4.edge.unusual.table import Row
from s4.edge.unusual.watch import Watch

ODD_FROM: Final = 0.8


class Score(msgspec.Struct, frozen=True):
    """`ts`: the row's time as it came; `score`: 0–1, high means odd; `label`: the kind of oddity from the chosen score
    on (`spike`, `seasonal`, `level`, `drift`, `activity`, `stuck`, `gap`, `replay`), `missing` when the row has no
    value, else empty.
    """

    ts: str
    score: float
    label: str


def score_rows(rows: Iterable[Row], odd_from: float = ODD_FROM) -> Iterator[Score]:
    """One score a row, in order, each from this row and those before it alone. Cost: about 0.4 ms a row.

    >>> [one.label for one in score_rows([Row("0", 0, 1.0), Row("1", 10**9, float("nan"))])]
    ['', 'missing']
    """
    watch, only = Watch(), np.zeros(1, np.int64)
    for row in rows:
        if not isfinite(row.value):
            yield Score(row.ts, 0.0, "missing")
            continue
        verdict = watch.take(only, np.array([row.time]), np.array([row.value]))
        score = round(float(verdict.score[0]), 6)
        yield Score(row.ts, score, watch.labels[int(verdict.label[0])] if score >= odd_from else "")
