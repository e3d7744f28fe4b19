"""The groups of a GROUP BY: each combination of key values gets a number when it is first seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s4.core.errors import CapacityError
from s4.edge.sql.columnar.frame import Column, Int, Words, numbers, strings
from s4.edge.sql.columnar.vectorise import Kind

_BITS = 31


class _Key:
    """One key's values and their numbers; null is a value like any other."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}
        self._words: Words | None = None
        self._of_words: Int = np.empty(0, np.int64)
        self._decoded = Column(np.empty(0))

    def number(self, value: Any) -> int:
        """The number of a value, a new one when it is new."""
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number

    def encode(self, column: Column) -> Int:
        """The number of each row's value. Cost: 1 ns a row for texts, 50 ns for whole numbers."""
        if column.words is not None:
            encoded = self._table(column.words)[column.values]
        else:
            distinct, inverse = np.unique(column.values, return_inverse=True)
            encoded = np.array([self.number(value) for value in distinct.tolist()], np.int64)[inverse]
        return encoded if column.valid is None else np.where(column.valid, encoded, self.number(None))

    def _table(self, words: Words) -> Int:
        if words is not self._words:
            self._of_words = np.array([self.number(text) for text in words.texts], np.int64)
            self._words = words
        return self._of_words

    def decode(self, codes: Int) -> Column:
        """The value behind each number."""
        if len(self._decoded.values) < len(self.values):
            self._decoded = strings(self.values) if self.kind == "s" else numbers(self.values)
        decoded = self._decoded.take(codes)
        return decoded if self.kind != "b" else Column(decoded.values.astype(np.bool_), decoded.valid)


class Groups:
    """Numbers for combinations of keys. At most `most` of them, then `CapacityError`: a key that never repeats would
    fill the memory.
    """

    def __init__(self, kinds: Sequence[Kind], most: int) -> None:
        self._keys = [_Key(kind) for kind in kinds]
        self._most = most
        self._pairs: list[dict[int, int]] = [{} for _ in self._keys[1:]]

    def __len__(self) -> int:
        if not self._keys:
            return 1
        return len(self._pairs[-1]) if self._pairs else len(self._keys[0].values)

    def encode(self, columns: Sequence[Column], rows: int) -> Int:
        """The group's number of each row."""
        if not self._keys:
            return np.zeros(rows, np.int64)
        group = self._keys[0].encode(columns[0])
        for pairs, key, column in zip(self._pairs, self._keys[1:], columns[1:], strict=True):
            group = self._paired(pairs, group << _BITS | key.encode(column))
        if len(self) > self._most:
            raise CapacityError(f"GROUP BY has more than {self._most} groups")
        return group

    @staticmethod
    def _paired(pairs: dict[int, int], codes: Int) -> Int:
        distinct, inverse = np.unique(codes, return_inverse=True)
        return np.array([pairs.setdefault(code, len(pairs)) for code in distinct.tolist()], np.int64)[inverse]

    def decode(self, groups: Int) -> list[Column]:
        """The keys' values of these groups, one column a key."""
        columns: list[Column] = []
        for at in range(len(self._keys) - 1, 0, -1):
            codes = np.fromiter(self._pairs[at - 1], np.int64, len(self._pairs[at - 1]))[groups]
            columns.append(self._keys[at].decode(codes & (1 << _BITS) - 1))
            groups = codes >> _BITS
        if self._keys:
            columns.append(self._keys[0].decode(groups))
        return columns[::-1]

    def snapshot(self) -> list[Any]:
        """As plain values."""
        return [[key.values for key in self._keys], [list(pairs) for pairs in self._pairs]]

    def restore(self, state: list[Any]) -> None:
        """Become what `snapshot` described."""
        values, pairs = state
        for key, known in zip(self._keys, values, strict=True):
            for value in known:
                key.number(value)
        self._pairs = [{code: place for place, code in enumerate(codes)} for codes in pairs]
