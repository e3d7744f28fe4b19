"""A batch of rows as columns, and what an expression over them gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Int = NDArray[np.int64]
Places = NDArray[np.int32]


class Words:
    """The distinct texts of a string column. Batches of one stream share it for as long as no new text comes."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each text stands."""
        return {text: place for place, text in enumerate(self.texts)}

    def places_in(self, other: Words) -> Places:
        """For each text here its place in `other`, -1 where it has none. Cost: 50 ns a text."""
        found = other.places.get
        return np.fromiter((found(text, -1) for text in self.texts), np.int32, len(self.texts))


class Column(msgspec.Struct, frozen=True, eq=False):
    """One value a row. Numbers and truths lie in `values` (int64, float64 or bool); a string column has int32 places
    in `words` there. `valid`: False for null (None: no nulls). `fault`: True where the value could not be computed
    (None: nowhere); such a row is counted and left.
    """

    values: NDArray[Any]
    valid: Bool | None = None
    fault: Bool | None = None
    words: Words | None = None

    def take(self, rows: NDArray[Any] | slice) -> Column:
        """These rows only (a mask or places)."""
        valid, fault = self.valid, self.fault
        return Column(
            self.values[rows],
            None if valid is None else valid[rows],
            None if fault is None else fault[rows],
            self.words,
        )

    def true(self) -> Bool:
        """Where a condition holds: true, not null, and computed."""
        held: Bool = self.values.astype(np.bool_, copy=False)
        if self.valid is not None:
            held = held & self.valid
        return held if self.fault is None else held & ~self.fault

    def tolist(self) -> list[Any]:
        """As plain values, None for null."""
        if self.words is None:
            plain: list[Any] = self.values.tolist()
        else:
            texts = self.words.texts
            plain = [texts[place] for place in self.values.tolist()]
        if self.valid is None:
            return plain
        return [value if valid else None for value, valid in zip(plain, self.valid.tolist(), strict=True)]


class Frame(msgspec.Struct, frozen=True, eq=False):
    """Rows of one stream in the order of their arrival. `time`: ms since the epoch, of each row."""

    time: Int
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[Any]) -> Frame:
        """These rows only."""
        return Frame(self.time[rows], {name: column.take(rows) for name, column in self.columns.items()})


def strings(values: Sequence[str | None]) -> Column:
    """Plain strings → a string column.

    >>> strings(["a", None, "a"]).tolist()
    ['a', None, 'a']
    """
    places: dict[str, int] = {}
    codes = np.fromiter((-1 if v is None else places.setdefault(v, len(places)) for v in values), np.int32, len(values))
    valid = codes >= 0
    return Column(np.maximum(codes, 0), None if valid.all() else valid, None, Words(tuple(places) or ("",)))


def numbers(values: Sequence[float | None]) -> Column:
    """Plain numbers → a column: int64 when all are integers, float64 when one is not.

    >>> numbers([1, None, 2]).tolist()
    [1, None, 2]
    """
    valid = np.fromiter((value is not None for value in values), np.bool_, len(values))
    whole = all(isinstance(value, int) for value in values if value is not None)
    kind = np.int64 if whole else np.float64
    plain = np.fromiter((0 if value is None else value for value in values), kind, len(values))
    return Column(plain, None if valid.all() else valid)


def either(one: Bool | None, other: Bool | None) -> Bool | None:
    """Where any of two masks is true; None stands for nowhere."""
    if one is None or other is None:
        return other if one is None else one
    return one | other


def both(one: Bool | None, other: Bool | None) -> Bool | None:
    """Where both of two masks are true; None stands for everywhere."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
