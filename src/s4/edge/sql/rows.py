"""Rows on their way through a rule: one stream's, or several put together by a join."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Value = Any


class Record:
    """One row of one stream. `at`: its time, ms; `memo`: what its analytic calls said, by the call's number."""

    __slots__ = ("at", "memo", "meta", "stream", "values")

    def __init__(self, stream: str, values: dict[str, Value], at: int, meta: Mapping[str, Value] | None = None) -> None:
        self.stream, self.values, self.at = stream, values, at
        self.meta: Mapping[str, Value] = meta or {}
        self.memo: dict[int, Value] = {}

    @property
    def parts(self) -> tuple[Record, ...]:
        """The rows that this one is made of: itself."""
        return (self,)

    def state(self) -> list[Any]:
        """As plain values, for a snapshot."""
        return [self.stream, self.values, self.at, dict(self.meta), self.memo]

    @classmethod
    def of(cls, state: list[Any]) -> Record:
        """The row that `state` wrote down."""
        record = cls(state[0], state[1], state[2], state[3])
        record.memo = state[4]
        return record


class Joined:
    """Rows of several streams put together. Of columns with one name, the first stream's is meant."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Record, ...]) -> None:
        self.parts = parts

    @property
    def at(self) -> int:
        """The newest of the times of the rows, ms."""
        return max(part.at for part in self.parts)

    @property
    def values(self) -> dict[str, Value]:
        """All columns."""
        merged: dict[str, Value] = {}
        for part in reversed(self.parts):
            merged |= part.values
        return merged

    @property
    def memo(self) -> dict[int, Value]:
        """What the analytic calls said."""
        merged: dict[int, Value] = {}
        for part in reversed(self.parts):
            merged |= part.memo
        return merged


Line = Record | Joined
"""A row after the join, if there is one."""


def column(values: Mapping[str, Value], name: str) -> Value:
    """The column, whatever the case of its letters, or None.

    >>> column({"Temp": 21}, "temp")
    21
    """
    for found in _spelt_otherwise(values, name):
        return values[found]
    return None


def _spelt_otherwise(values: Mapping[str, Value], name: str) -> Iterator[str]:
    folded = name.casefold()
    for key in values:
        if key.casefold() == folded:
            yield key
