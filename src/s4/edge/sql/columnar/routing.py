"""Which rows a rule can be about: `where property = "co2" and value > 1200` concerns no other property, and no batch
whose greatest value is 900.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import msgspec
import numpy as np

from s4.edge.sql.columnar.frame import Frame, Words
from s4.edge.sql.tree import Binary, Call, Const, Expr, Field, Select, Stream
from s4.edge.sql.walk import walk

_MIRRORED: Final = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Route(msgspec.Struct, frozen=True):
    """A string column and the text that it must hold."""

    column: str
    text: str


class Guard(msgspec.Struct, frozen=True):
    """A number column that must reach up to (`above`) or down to a bound, or no row passes."""

    column: str
    above: bool
    bound: float


class Routed(msgspec.Struct, frozen=True):
    """A statement cut into what can be told from outside and `rest`, the same statement with what is left to test."""

    route: Route | None
    guard: Guard | None
    rest: Select


def routed(select: Select, stream: Stream) -> Routed:
    """What can be told of a statement's rows before it sees them. A name that is an alias says nothing of a column."""
    aliases = {column.alias for column in select.columns}
    kinds = {name: kind.name for name, kind in stream.fields if name not in aliases}
    conditions = list(_conjuncts(select.where))
    found = next(((c, r) for c in conditions if (r := _route(c, kinds)) is not None), None)
    if found is not None:
        conditions.remove(found[0])
    guard = None if _may_fault(conditions) else next((g for c in conditions if (g := _guard(c, kinds))), None)
    rest = msgspec.structs.replace(select, where=_joined(conditions))
    return Routed(found[1] if found else None, guard, rest)


def _conjuncts(expr: Expr | None) -> Iterator[Expr]:
    if isinstance(expr, Binary) and expr.op == "and":
        yield from _conjuncts(expr.left)
        yield from _conjuncts(expr.right)
    elif expr is not None:
        yield expr


def _joined(conditions: list[Expr]) -> Expr | None:
    whole: Expr | None = None
    for one in conditions:
        whole = one if whole is None else Binary(op="and", left=whole, right=one, at=one.at)
    return whole


def _may_fault(conditions: list[Expr]) -> bool:
    """Faults are counted, so whoever may have some sees every row."""
    nodes = [node for condition in conditions for node in walk(condition)]
    return any(isinstance(n, Call) or (isinstance(n, Binary) and n.op in {"/", "%"}) for n in nodes)


def _compared(condition: Expr) -> tuple[str, Field, Const] | None:
    """`field op const`, whichever way round it is said."""
    if not isinstance(condition, Binary) or condition.op not in _MIRRORED:
        return None
    left, right = condition.left, condition.right
    if isinstance(left, Field) and isinstance(right, Const):
        return condition.op, left, right
    return (_MIRRORED[condition.op], right, left) if isinstance(right, Field) and isinstance(left, Const) else None


def _route(condition: Expr, kinds: dict[str, str]) -> Route | None:
    said = _compared(condition)
    if said is None or said[0] != "=" or kinds.get(said[1].name) != "string":
        return None
    return Route(said[1].name, said[2].value) if isinstance(said[2].value, str) else None


def _guard(condition: Expr, kinds: dict[str, str]) -> Guard | None:
    said = _compared(condition)
    if said is None or said[0] == "=" or kinds.get(said[1].name) not in {"bigint", "float"}:
        return None
    op, field, const = said
    if isinstance(const.value, bool) or not isinstance(const.value, int | float):
        return None
    return Guard(field.name, op.startswith(">"), float(const.value))


class Router:
    """Cuts batches by the text of one column: for each text that somebody asks for, its rows, in order."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.wanted: dict[str, int] = {}
        self._words: Words | None = None
        self._places: list[int] = []

    def want(self, text: str, more: int) -> None:
        """Count who asks for a text (`more` is 1 or -1)."""
        self.wanted[text] = self.wanted.get(text, 0) + more
        if not self.wanted[text]:
            del self.wanted[text]
        self._words = None

    def cut(self, frame: Frame) -> Iterator[tuple[str, Frame]]:
        """(text, its rows) for each wanted text that is there. Cost: 10 ns a row, and 5 µs a text."""
        column = frame.columns[self.column]
        assert column.words is not None  # noqa: S101 - only string columns are routed by
        values = column.values if column.valid is None else np.where(column.valid, column.values, -1)
        there = np.bincount(values[values >= 0], minlength=len(column.words.texts))
        for place in self._known(column.words):
            if there[place] == len(frame):
                yield column.words.texts[place], frame
            elif there[place]:
                yield column.words.texts[place], frame.take(np.flatnonzero(values == place))

    def _known(self, words: Words) -> list[int]:
        if words is not self._words:
            self._places = [place for text in self.wanted if (place := words.places.get(text)) is not None]
            self._words = words
        return self._places


T = TypeVar("T")


class Guarded(Generic[T]):
    """Things behind guards: found by what a batch reaches, without asking each. Cost: a bisection a column."""

    def __init__(self) -> None:
        self._behind: dict[tuple[str, bool], list[tuple[float, int, T]]] = {}

    def add(self, guard: Guard, number: int, thing: T) -> None:
        """Put a thing behind a guard; `number` is its own, and its place among all."""
        insort(self._behind.setdefault((guard.column, guard.above), []), (guard.bound, number, thing), key=_order)

    def remove(self, guard: Guard, number: int) -> None:
        """Take it away."""
        there = self._behind[guard.column, guard.above]
        del there[bisect_left(there, (guard.bound, number), key=_order)]

    def all(self) -> Iterator[tuple[int, T]]:
        """(number, thing) of every one."""
        return ((number, thing) for there in self._behind.values() for _, number, thing in there)

    def reached(self, frame: Frame) -> list[tuple[int, T]]:
        """(number, thing) of those whose bound some row may reach."""
        found: list[tuple[int, T]] = []
        for (column, above), there in self._behind.items():
            values = frame.columns[column].values
            if above:
                upto = bisect_right(there, float(np.max(values)), key=_bound)
                found += ((number, thing) for _, number, thing in there[:upto])
            else:
                since = bisect_left(there, float(np.min(values)), key=_bound)
                found += ((number, thing) for _, number, thing in there[since:])
        return found


def _order(item: tuple[float, int, T] | tuple[float, int]) -> tuple[float, int]:
    return item[0], item[1]


def _bound(item: tuple[float, int, T]) -> float:
    return item[0]
