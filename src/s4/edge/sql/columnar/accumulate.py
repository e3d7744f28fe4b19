"""Aggregates that grow by whole columns: a few numbers a group and pane, merged when a window closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from s4.edge.sql.columnar.frame import Column, Int
from s4.edge.sql.columnar.vectorise import DTYPE, Kind, NotColumnar

Array = NDArray[Any]


class Rows(msgspec.Struct, frozen=True, eq=False):
    """The rows of one batch that count for an aggregate: the group of each, how many there are a group (as many
    places as there are groups), and the values (empty for `count`).
    """

    group: Int
    tally: Int
    values: Array


class Part(msgspec.Struct, frozen=True, eq=False):
    """One number a group: how it begins, how it takes in rows (in place), how two of them become one."""

    dtype: type
    start: float
    fill: Callable[[Array, Rows], None]
    merge: np.ufunc


class Accumulator(msgspec.Struct, frozen=True, eq=False):
    """One aggregate: the numbers it keeps, and what comes out of them, of which kind."""

    kind: Kind
    parts: tuple[Part, ...]
    result: Callable[..., Column]

    def empty(self, groups: int) -> list[Array]:
        """The numbers as they are before anything came in, one array a part."""
        return [np.full(groups, part.start, part.dtype) for part in self.parts]

    def fill(self, held: Sequence[Array], rows: Rows) -> None:
        """Take in one batch."""
        for part, array in zip(self.parts, held, strict=True):
            part.fill(array, rows)

    def merge(self, held: Sequence[Array], other: Sequence[Array]) -> None:
        """Take in what another pane holds of the same groups (or of the first of them)."""
        for part, mine, theirs in zip(self.parts, held, other, strict=True):
            head = mine[: len(theirs)]
            part.merge(head, theirs, out=head)


def _tallied(held: Array, rows: Rows) -> None:
    held[: len(rows.tally)] += rows.tally


def _summed(held: Array, rows: Rows) -> None:
    held += np.bincount(rows.group, rows.values, minlength=len(held))


def _summed_whole(held: Array, rows: Rows) -> None:
    np.add.at(held, rows.group, rows.values)  # bincount would pass through floats, which are exact up to 2^53 only


def _lowered(held: Array, rows: Rows) -> None:
    np.minimum.at(held, rows.group, rows.values)


def _raised(held: Array, rows: Rows) -> None:
    np.maximum.at(held, rows.group, rows.values)


_TALLY: Final = Part(np.int64, 0, _tallied, np.add)


def _where(count: Int) -> Any:
    some = count != 0
    return None if some.all() else some


def _first(array: Array, count: Int) -> Column:
    return Column(array, _where(count))


def _mean(total: Array, count: Int) -> Column:
    share = np.maximum(count, 1)
    if total.dtype.kind == "i":  # the language cuts the mean of whole numbers to a whole number
        return Column((total - np.fmod(total, share)) // share, _where(count))
    return Column(total / share, _where(count))


def _count(_kind: Kind) -> Accumulator:
    return Accumulator("i", (_TALLY,), Column)


def _sum(kind: Kind) -> Accumulator:
    fill = _summed if kind == "f" else _summed_whole
    return Accumulator(kind, (Part(DTYPE[kind], 0, fill, np.add), _TALLY), _first)


def _avg(kind: Kind) -> Accumulator:
    return msgspec.structs.replace(_sum(kind), result=_mean)


def _min(kind: Kind) -> Accumulator:
    start = np.inf if kind == "f" else np.iinfo(np.int64).max
    return Accumulator(kind, (Part(DTYPE[kind], start, _lowered, np.minimum), _TALLY), _first)


def _max(kind: Kind) -> Accumulator:
    start = -np.inf if kind == "f" else np.iinfo(np.int64).min
    return Accumulator(kind, (Part(DTYPE[kind], start, _raised, np.maximum), _TALLY), _first)


AGGREGATES: Final[dict[str, Callable[[Kind], Accumulator]]] = {
    "count": _count, "sum": _sum, "avg": _avg, "min": _min, "max": _max,
}  # fmt: skip


def accumulator(name: str, kind: Kind) -> Accumulator:
    """The accumulator of aggregate `name` over values of `kind`. Raises `NotColumnar`."""
    if name != "count" and kind not in "if":
        raise NotColumnar(f"{name} of texts or truths is found row by row")
    return AGGREGATES[name](kind)
