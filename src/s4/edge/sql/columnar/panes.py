"""Tumbling and hopping windows over columns: rows go into panes, windows are made of panes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import gcd
from typing import Any, Final

import msgspec
import numpy as np

from s4.edge.sql.columnar.accumulate import Accumulator, Rows
from s4.edge.sql.columnar.frame import Column, Frame, Int, both
from s4.edge.sql.columnar.groups import Groups
from s4.edge.sql.columnar.vectorise import Vector

_MOST_GROUPS: Final = 1_000_000


class Aggregate(msgspec.Struct, frozen=True, eq=False):
    """One aggregate of a statement: what it holds, of which values (None: `*`), of which rows (None: all)."""

    accumulator: Accumulator
    value: Vector | None
    where: Vector | None


class Closed(msgspec.Struct, frozen=True, eq=False):
    """A window that is over: its end in ms, how many groups it has (in order of their first appearance in the
    stream), the keys' values and the aggregates', one a group.
    """

    end: int
    size: int
    keys: Sequence[Column]
    values: Sequence[Column]


class _Pane:
    """How many rows each group has, and what each aggregate holds of it."""

    def __init__(self, aggregates: Sequence[Aggregate], groups: int) -> None:
        self.rows: Int = np.zeros(groups, np.int64)
        self.held = [one.accumulator.empty(groups) for one in aggregates]

    def grown(self, aggregates: Sequence[Aggregate], groups: int) -> _Pane:
        """This pane with room for `groups`."""
        if groups <= len(self.rows):
            return self
        larger = _Pane(aggregates, max(groups, 2 * len(self.rows)))
        larger.take_in(self, aggregates)
        return larger

    def take_in(self, other: _Pane, aggregates: Sequence[Aggregate]) -> None:
        """Add what another pane holds, which has no more groups than this."""
        self.rows[: len(other.rows)] += other.rows
        for one, mine, theirs in zip(aggregates, self.held, other.held, strict=True):
            one.accumulator.merge(mine, theirs)


class Panes:
    """The open windows of one statement, or of many that share the same input, keys and window.

    Windows are [start, end), with ends at whole multiples of `hop_ms`. Memory: 8 to 16 bytes a group, aggregate and
    open pane.
    """

    def __init__(self, length_ms: int, hop_ms: int, keys: Sequence[Vector]) -> None:
        self.length, self.hop, self.width = length_ms, hop_ms, gcd(length_ms, hop_ms)
        self.keys = list(keys)
        self.aggregates: list[Aggregate] = []
        self.groups = Groups([key.kind for key in keys], _MOST_GROUPS)
        self._open: dict[int, _Pane] = {}
        self._closed_until = -(1 << 62)

    def add(self, frame: Frame) -> None:
        """Take in rows; none may lie in a window that is closed already."""
        if not len(frame):
            return
        group = self.groups.encode([key.run(frame) for key in self.keys], len(frame))
        inputs = [_input(one, frame) for one in self.aggregates]
        for number, rows in _split(frame.time // self.width):
            pane = self._open.get(number) or _Pane(self.aggregates, 0)
            self._open[number] = pane = pane.grown(self.aggregates, len(self.groups))
            self._fill(pane, group[rows], [one if one is None else one.take(rows) for one in inputs])

    def _fill(self, pane: _Pane, group: Int, inputs: Sequence[Column | None]) -> None:
        tally = np.bincount(group, minlength=len(pane.rows))
        pane.rows += tally
        for one, held, column in zip(self.aggregates, pane.held, inputs, strict=True):
            rows = Rows(group, tally, group if column is None else column.values)
            if column is not None and column.valid is not None:
                there = group[column.valid]
                rows = Rows(there, np.bincount(there, minlength=len(pane.rows)), column.values[column.valid])
            one.accumulator.fill(held, rows)

    def close(self, until: int) -> Iterator[Closed]:
        """The windows that end at or before `until` (ms) and hold something, in order."""
        while (end := self.next_end()) is not None and end <= until:
            window = self._window(end)
            self._closed_until = end
            for number in [
                number for number in self._open if (number + 1) * self.width <= end - self.length + self.hop
            ]:
                del self._open[number]
            yield window
        self._closed_until = max(self._closed_until, until // self.hop * self.hop)

    def next_end(self) -> int | None:
        """The end of the first window that is not closed and holds a row, ms."""
        if not self._open:
            return None
        first = min(self._open) * self.width
        return max(first // self.hop * self.hop + self.hop, self._closed_until + self.hop)

    def _window(self, end: int) -> Closed:
        panes = [self._open.get(n) for n in range((end - self.length) // self.width, end // self.width)]
        there = [pane for pane in panes if pane is not None]
        total = there[0] if len(there) == 1 else _Pane(self.aggregates, max(len(pane.rows) for pane in there))
        for pane in there if total is not there[0] else ():
            total.take_in(pane, self.aggregates)
        present = np.flatnonzero(total.rows)
        values = [
            one.accumulator.result(*(array[present] for array in held))
            for one, held in zip(self.aggregates, total.held, strict=True)
        ]
        return Closed(end, len(present), self.groups.decode(present), values)

    def snapshot(self) -> dict[str, Any]:
        """As plain values."""
        panes = {
            str(number): [pane.rows.tobytes(), [[array.tobytes() for array in held] for held in pane.held]]
            for number, pane in self._open.items()
        }
        return {"groups": self.groups.snapshot(), "closed": self._closed_until, "panes": panes}

    def restore(self, state: dict[str, Any], places: Sequence[int]) -> None:
        """Become what `snapshot` described. `places`: where each aggregate of now stood among those of then."""
        self.groups.restore(state["groups"])
        self._closed_until = state["closed"]
        for number, (rows, helds) in state["panes"].items():
            pane = self._open[int(number)] = _Pane(self.aggregates, 0)
            pane.rows = np.frombuffer(rows, np.int64).copy()
            pane.held = [
                [np.frombuffer(data, like.dtype).copy() for data, like in zip(helds[place], empty, strict=True)]
                for place, empty in zip(places, pane.held, strict=True)
            ]


def _input(aggregate: Aggregate, frame: Frame) -> Column | None:
    """The values that count, the others marked as null; None when every row counts and no value is asked for."""
    value = None if aggregate.value is None else aggregate.value.run(frame)
    where = None if aggregate.where is None else aggregate.where.run(frame).true()
    if value is None:
        return None if where is None else Column(where, where)
    valid = both(value.valid, where)
    return Column(value.values, valid if value.fault is None else both(valid, ~value.fault))


def _split(panes: Int) -> Iterator[tuple[int, slice | Int]]:
    """(pane, its rows). Rows mostly come in order of time: then no sorting is needed."""
    if panes[0] == panes[-1] and (panes == panes[0]).all():
        yield int(panes[0]), slice(None)
        return
    order: Int | None = None
    if (np.diff(panes) < 0).any():
        order = np.argsort(panes, kind="stable")
        panes = panes[order]
    edges = [0, *(np.flatnonzero(np.diff(panes)) + 1).tolist(), len(panes)]
    for start, stop in pairwise(edges):
        rows = slice(start, stop)
        yield int(panes[start]), rows if order is None else order[rows]
