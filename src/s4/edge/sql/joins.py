"""Joins inside a window, and of rows with tables: inner, left, right, full, cross, one after the other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.place import Place, Reader
from s4.edge.sql.rows import Joined, Line, Record
from s4.edge.sql.scope import Scope
from s4.edge.sql.tree import Binary, Expr, Join
from s4.edge.sql.values import as_text, type_name

Value = Any
MakePlace = Callable[[Line], Place]
_PLAIN = frozenset((int, float, str, type(None)))


class JoinStep:
    """One join: what came before it on the left, one stream on the right. At most `most` rows come out."""

    def __init__(self, compiler: Compiler, join: Join, most: int) -> None:
        self.kind, self._most = join.kind, most
        self.right = join.source.alias or join.source.name
        self._on = compiler.optional(join.on)
        self._keys = _equal_keys(compiler, join, self.right)

    def run(self, lefts: Sequence[tuple[Record, ...]], rights: Sequence[Record], place: MakePlace) -> list[Joined]:
        """Put together what belongs together. Raises `FunctionError` when a condition cannot be computed.

        Cost: rows of both sides and of the result when ON asks for one equality of plain values, else their product.
        """
        candidates = self._candidates(lefts, rights, place)
        if self.kind == "right":
            return self._from_right(lefts, rights, place)
        out: list[Joined] = []
        for left in lefts:
            before = len(out)
            for right in candidates(left):
                if self._meets((*left, right), place):
                    self._put(out, (*left, right))
            if len(out) == before and self.kind in ("left", "full"):
                self._put(out, left)
        if self.kind == "full":
            out += [row for row in self._from_right(lefts, rights, place) if len(row.parts) == 1]
        return out

    def _from_right(
        self, lefts: Sequence[tuple[Record, ...]], rights: Sequence[Record], place: MakePlace
    ) -> list[Joined]:
        out: list[Joined] = []
        for right in rights:
            before = len(out)
            for left in lefts:
                if self._meets((*left, right), place):
                    self._put(out, (right, *left))
            if len(out) == before:
                self._put(out, (right,))
        return out

    def _put(self, out: list[Joined], parts: tuple[Record, ...]) -> None:
        if len(out) >= self._most:
            raise FunctionError(f"the join gives more than {self._most} rows")
        out.append(Joined(parts))

    def _meets(self, parts: tuple[Record, ...], place: MakePlace) -> bool:
        if self._on is None:
            return True
        said = self._on(place(Joined(parts)))
        if type(said) is not bool:
            found = f"{type_name(said)}({as_text(said)})"
            raise FunctionError(f"invalid join condition that returns non-bool value {found}")
        return said

    def _candidates(
        self, lefts: Sequence[tuple[Record, ...]], rights: Sequence[Record], place: MakePlace
    ) -> Callable[[tuple[Record, ...]], Iterable[Record]]:
        if self._keys is None or len(lefts) * len(rights) < 64:
            return lambda left: rights
        left_key, right_key = self._keys
        here = [left_key(place(Joined(left))) for left in lefts]
        there = [right_key(place(right)) for right in rights]
        if not _comparable([*here, *there]):
            return lambda left: rights
        index: defaultdict[Value, list[Record]] = defaultdict(list)
        for key, right in zip(there, rights, strict=True):
            index[key].append(right)
        of_left = {id(left): key for left, key in zip(lefts, here, strict=True)}
        return lambda left: index.get(of_left[id(left)], ())


def _comparable(keys: list[Value]) -> bool:
    """All of one kind, so that looking a key up says what comparing would, and no comparison is an error."""
    kinds = {type(key) for key in keys}
    if not kinds <= _PLAIN or (str in kinds and kinds & {int, float}):
        return False
    return not any(math.isnan(key) for key in keys if type(key) is float)


def _equal_keys(compiler: Compiler, join: Join, right: str) -> tuple[Reader, Reader] | None:
    on = join.on
    if not isinstance(on, Binary) or on.op != "=":
        return None
    sides: list[Expr] = [on.left, on.right]
    of = [compiler.scope.homes(side) for side in sides]
    if {right} in of and of.count({right}) == 1:
        theirs = of.index({right})
        if right not in of[1 - theirs] and "" not in of[1 - theirs]:
            return compiler.reader(sides[1 - theirs]), compiler.reader(sides[theirs])
    return None


class Joins:
    """All joins of a statement."""

    def __init__(self, compiler: Compiler, most_rows: int) -> None:
        scope = compiler.scope
        self._first = _first_left(scope)
        self.steps = [JoinStep(compiler, join, most_rows) for join in scope.select.joins]

    def run(self, rows: Iterable[Record], place: MakePlace) -> list[Joined]:
        """Join the rows of a window (tables' rows among them), by the streams they are of."""
        by_stream: defaultdict[str, list[Record]] = defaultdict(list)
        for row in rows:
            by_stream[row.stream].append(row)
        lefts: list[tuple[Record, ...]] = [(row,) for row in by_stream[self._first]]
        joined: list[Joined] = []
        for step in self.steps:
            joined = step.run(lefts, by_stream[step.right], place)
            lefts = [row.parts for row in joined]
        return joined


def _first_left(scope: Scope) -> str:
    return scope.sources[0]
