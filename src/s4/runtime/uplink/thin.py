"""Readings → chunks: by declared priority; while the line is congested thinned, with aggregates that say what was
left out in between, and the rest in a rank of its own that follows when the line is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.model import ObservationBatch, Series
from s4.core.uplink import UplinkPolicy
from s4.runtime.routes import ROWS_PER_MESSAGE
from s4.runtime.uplink.chunk import READINGS, Draft, pack
from s4.runtime.uplink.ranks import SOURCE, Rank, rank_of_series
from s4.runtime.wire import Columns, encode_batch, merge

Rows = NDArray[np.int64]
_COUNT_UNIT: Final = "{count}"


class Taken(NamedTuple):
    """Readings of one site that are put into the outbox together. `received`: of the first batch among them."""

    site: str
    received: int
    columns: Columns


def together(batches: Sequence[ObservationBatch]) -> list[Taken]:
    """Batches joined by site, each in order."""
    sites: dict[str, list[ObservationBatch]] = {}
    for batch in batches:
        sites.setdefault(batch.site, []).append(batch)
    return [Taken(site, own[0].received, merge(own)) for site, own in sites.items()]


def whole(taken: Taken, policy: UplinkPolicy) -> list[Draft]:
    """Every reading, by the priority of its series."""
    ranks = _ranks(taken.columns, policy)
    return [draft for rank in Rank for draft in _drafts(taken, np.flatnonzero(ranks == rank), rank)]


def thinned(taken: Taken, policy: UplinkPolicy) -> list[Draft]:
    """Aggregates; readings of high priority whole; of the others one in so many; and what is left out as `REST`."""
    columns = taken.columns
    ranks = _ranks(columns, policy)
    one_in = np.ones(len(Rank), np.int64)
    one_in[Rank.NORMAL], one_in[Rank.LOW] = policy.one_in_normal, policy.one_in_low
    kept = _ordinals(columns.code) % one_in[ranks] == 0
    drafts = _drafts_of(aggregates(taken), Rank.AGGREGATE)
    for rank in (Rank.HIGH, Rank.NORMAL, Rank.LOW):
        drafts += _drafts(taken, np.flatnonzero(kept & (ranks == rank)), rank)
    return drafts + _drafts(taken, np.flatnonzero(~kept), Rank.REST)


def aggregates(taken: Taken) -> Taken:
    """Of each series with readings here: `<property>.count`, `.mean`, `.min`, `.max`, at the time of its last reading.

    What the uplink says of itself is not aggregated: it is never thinned.
    """
    columns = taken.columns
    order = np.argsort(columns.code, kind="stable")
    codes, starts, counts = np.unique(columns.code[order], return_index=True, return_counts=True)
    chosen = [i for i, code in enumerate(codes.tolist()) if not columns.series[code].source.startswith(SOURCE)]
    if not chosen:
        return Taken(taken.site, taken.received, Columns((), _NONE32, _NONE64, np.empty(0)))
    values, times = columns.value[order], columns.time[order]
    sums = np.add.reduceat(values, starts)
    figures = {
        "count": counts.astype(np.float64), "mean": sums / counts,
        "min": np.minimum.reduceat(values, starts), "max": np.maximum.reduceat(values, starts),
    }  # fmt: skip
    latest = np.maximum.reduceat(times, starts)
    series = tuple(_named(columns.series[codes[i]], name) for name in figures for i in chosen)
    return Taken(
        taken.site, taken.received,
        Columns(
            series, np.arange(len(series), dtype=np.int32), np.tile(latest[chosen], len(figures)),
            np.concatenate([figure[chosen] for figure in figures.values()]),
        ),
    )  # fmt: skip


_NONE32: Final = np.empty(0, np.int32)
_NONE64: Final = np.empty(0, np.int64)


def _named(series: Series, figure: str) -> Series:
    return Series(series.source, f"{series.property}.{figure}", _COUNT_UNIT if figure == "count" else series.unit)


def _ranks(columns: Columns, policy: UplinkPolicy) -> NDArray[np.int64]:
    by_series = [rank_of_series(series.source, series.property, policy) for series in columns.series]
    ranks: NDArray[np.int64] = np.array(by_series, np.int64)[columns.code]
    return ranks


def _ordinals(code: NDArray[np.int32]) -> Rows:
    """Of each reading: how many of the same series came before it.

    >>> _ordinals(np.array([5, 7, 5, 5], np.int32)).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(code, kind="stable")
    _, starts, counts = np.unique(code[order], return_index=True, return_counts=True)
    ordinals = np.empty(len(code), np.int64)
    ordinals[order] = np.arange(len(code)) - np.repeat(starts, counts)
    return ordinals


def _drafts(taken: Taken, rows: Rows, rank: Rank) -> list[Draft]:
    columns = taken.columns
    chosen = Columns(columns.series, columns.code[rows], columns.time[rows], columns.value[rows])
    return _drafts_of(Taken(taken.site, taken.received, chosen), rank)


def _drafts_of(taken: Taken, rank: Rank) -> list[Draft]:
    return [pack(rank, [(READINGS, encode_batch(batch))], len(batch)) for batch in _batches(taken)]


def _batches(taken: Taken) -> Iterator[ObservationBatch]:
    columns = taken.columns
    for first in range(0, len(columns.code), ROWS_PER_MESSAGE):
        part = slice(first, first + ROWS_PER_MESSAGE)
        used, code = np.unique(columns.code[part], return_inverse=True)
        series = tuple(columns.series[i] for i in used.tolist())
        yield ObservationBatch(
            taken.site, taken.received, series, code.astype(np.int32), columns.time[part], columns.value[part]
        )
