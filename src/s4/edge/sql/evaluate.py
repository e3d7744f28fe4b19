"""From an expression to a Python closure: compiled once, called once a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from s4.edge.sql.evaluate_calls import call_reader
from s4.edge.sql.evaluate_paths import index_reader, member_reader, slice_reader
from s4.edge.sql.functions.function import Function, FunctionError
from s4.edge.sql.place import Place, Reader
from s4.edge.sql.remember import RememberingCall
from s4.edge.sql.rows import column
from s4.edge.sql.scope import Scope
from s4.edge.sql.tree import (
    Between,
    Binary,
    Call,
    Case,
    Const,
    Expr,
    Field,
    In,
    Index,
    Like,
    Member,
    Slice,
    Star,
    Unary,
)
from s4.edge.sql.values import as_text, operation, type_name

Value = Any


class Compiler:
    """Compiles the expressions of one statement."""

    def __init__(self, scope: Scope, most_partitions: int = 100_000) -> None:
        self.scope, self._most_partitions = scope, most_partitions
        self.selected: list[RememberingCall] = []
        """The calls that remember and are computed with the SELECT list, not before."""
        self._aliases: dict[str, Reader] = {}

    def reader(self, expr: Expr, aliases: frozenset[str] | None = None) -> Reader:
        """The closure. `aliases`: those that a bare name may mean; all of the statement's when None.

        The closure raises `FunctionError` for a row it cannot be computed for. Cost: one Python call an operator.
        """
        visible = self.scope.all_aliases if aliases is None else aliases
        return _MAKERS[type(expr)](self, expr, visible)

    def optional(self, expr: Expr | None) -> Reader | None:
        """The closure of a clause that may be missing."""
        return None if expr is None else self.reader(expr)

    def remembering(self, call: Call, function: Function, visible: frozenset[str]) -> Reader:
        """A call that remembers what was put out before."""
        made = RememberingCall(self, call, function, visible, self._most_partitions)
        self.selected.append(made)
        return made.answer

    def alias(self, name: str) -> Reader:
        """What the alias stands for; evaluated once for each place."""
        if name not in self._aliases:
            self._aliases[name] = _remembering(name, self.reader(self.scope.aliases[name], self.scope.visible_to(name)))
        return self._aliases[name]


def _remembering(name: str, define: Reader) -> Reader:
    def read(place: Place) -> Value:
        known = place.aliases
        if name not in known:
            known[name] = define(place)
        return known[name]

    return read


def _const(_: Compiler, expr: Const, __: frozenset[str]) -> Reader:
    value = expr.value
    return lambda place: value


def _field(compiler: Compiler, expr: Field, visible: frozenset[str]) -> Reader:
    scope, name = compiler.scope, expr.name
    if not expr.stream and name in visible:
        return compiler.alias(name)
    if scope.single:
        return _own_column(name)
    if expr.stream:
        return _column_of(scope.stream(expr.stream, expr), name)
    return _first_column(name)


def _own_column(name: str) -> Reader:
    def read(place: Place) -> Value:
        row = place.row
        if row is None:
            return None
        values = row.values
        return values[name] if name in values else column(values, name)

    return read


def _column_of(stream: str, name: str) -> Reader:
    def read(place: Place) -> Value:
        for part in place.row.parts if place.row is not None else ():
            if part.stream == stream:
                values = part.values
                return values[name] if name in values else column(values, name)
        return None

    return read


def _first_column(name: str) -> Reader:
    def read(place: Place) -> Value:
        parts = place.row.parts if place.row is not None else ()
        for part in parts:
            if name in part.values:
                return part.values[name]
        for part in parts:
            if (value := column(part.values, name)) is not None:
                return value
        return None

    return read


def _star(compiler: Compiler, expr: Star, _: frozenset[str]) -> Reader:
    stream = compiler.scope.stream(expr.stream, expr) if expr.stream else ""
    left_out = frozenset(expr.leave_out)
    replaced = [(item.alias, compiler.reader(item.expr, frozenset())) for item in expr.replace]

    def read(place: Place) -> Value:
        if place.row is None:
            return {}
        found: dict[str, Value] = {}
        for part in reversed(place.row.parts):
            if stream in ("", part.stream):
                found |= part.values
        for name in left_out:
            found.pop(name, None)
        for name, reader in replaced:
            found[name] = reader(place)
        return found

    return read


def _unary(compiler: Compiler, expr: Unary, visible: frozenset[str]) -> Reader:
    operand = compiler.reader(expr.operand, visible)
    if expr.op == "-":
        minus = operation("-")
        return lambda place: minus(0, operand(place))

    def negate(place: Place) -> Value:
        value = operand(place)
        if value is None or type(value) is bool:
            return None if value is None else not value
        raise FunctionError(f"invalid operation NOT {type_name(value)}({as_text(value)})")

    return negate


def _binary(compiler: Compiler, expr: Binary, visible: frozenset[str]) -> Reader:
    left, right = compiler.reader(expr.left, visible), compiler.reader(expr.right, visible)
    do = operation(expr.op)
    if expr.op in ("and", "or"):
        decisive = expr.op == "or"

        def decide(place: Place) -> Value:
            first = left(place)
            return decisive if first is decisive else do(first, right(place))

        return decide
    return lambda place: do(left(place), right(place))


_LEAST: Final = operation(">=")
_MOST: Final = operation("<=")
_EQUAL: Final = operation("=")


def _between(compiler: Compiler, expr: Between, visible: frozenset[str]) -> Reader:
    value, low, high = (compiler.reader(part, visible) for part in (expr.value, expr.low, expr.high))
    negated = expr.negated

    def test(place: Place) -> Value:
        here, bottom, top = value(place), low(place), high(place)
        return _compared(_LEAST, here, bottom) and _compared(_MOST, here, top)

    return (lambda place: not test(place)) if negated else test


def _compared(test: Callable[[Value, Value], Value], value: Value, bound: Value) -> Value:
    try:
        return test(value, bound)
    except FunctionError:
        pair = f"{type_name(value)}({as_text(value)}) and {type_name(bound)}({as_text(bound)})"
        raise FunctionError(f"between operator cannot compare {pair}") from None


def _in(compiler: Compiler, expr: In, visible: frozenset[str]) -> Reader:
    value = compiler.reader(expr.value, visible)
    negated = expr.negated
    choices = _choices(compiler, expr, visible)

    def test(place: Place) -> Value:
        here, among = value(place), choices(place)
        if not isinstance(among, list):
            return negated
        if here is None:
            return None
        return _found(here, among) != negated

    return test


def _choices(compiler: Compiler, expr: In, visible: frozenset[str]) -> Reader:
    if not isinstance(expr.choices, tuple):
        return compiler.reader(expr.choices, visible)
    listed = [compiler.reader(choice, visible) for choice in expr.choices]
    return lambda place: [choice(place) for choice in listed]


def _found(value: Value, among: list[Value]) -> bool:
    try:
        return any(_EQUAL(value, one) for one in among)
    except FunctionError as error:
        raise FunctionError(f"evaluate in expression error: {error}") from None


def _like(compiler: Compiler, expr: Like, visible: frozenset[str]) -> Reader:
    value, pattern = compiler.reader(expr.value, visible), compiler.reader(expr.pattern, visible)
    said = expr.pattern.value if isinstance(expr.pattern, Const) else None
    fixed = like_pattern(said) if isinstance(said, str) else None
    negated = expr.negated

    def test(place: Place) -> Value:
        text = value(place)
        if not isinstance(text, str):
            raise FunctionError(f"LIKE operator left operand expects string, but found {as_text(text)}")
        wanted = fixed or _pattern(pattern(place))
        return (wanted.fullmatch(text) is not None) != negated

    return test


def _pattern(value: Value) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise FunctionError(f"invalid LIKE pattern, must be a string but got {as_text(value)}")
    return like_pattern(value)


def like_pattern(text: str) -> re.Pattern[str]:
    r"""The regular expression of a LIKE pattern: `%` any characters, `_` one, a backslash takes them as they are.

    >>> bool(like_pattern("a%c_").fullmatch("abbcd")), bool(like_pattern("5\\%").fullmatch("5x"))
    (True, False)
    """
    made, escaped = [], False
    for char in text:
        if escaped or char not in "%_\\":
            made.append(re.escape(char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            made.append(".*?" if char == "%" else ".")
    return re.compile("".join(made), re.DOTALL)


def _case(compiler: Compiler, expr: Case, visible: frozenset[str]) -> Reader:
    whens = [(compiler.reader(when, visible), compiler.reader(then, visible)) for when, then in expr.whens]
    value = None if expr.value is None else compiler.reader(expr.value, visible)
    otherwise = None if expr.otherwise is None else compiler.reader(expr.otherwise, visible)

    def choose(place: Place) -> Value:
        wanted = None if value is None else value(place)
        for when, then in whens:
            if _holds(when, place, wanted, compare=value is not None):
                return then(place)
        return None if otherwise is None else otherwise(place)

    return choose


def _holds(when: Reader, place: Place, wanted: Value, *, compare: bool) -> bool:
    try:
        said = _EQUAL(wanted, when(place)) if compare else when(place)
    except FunctionError as error:
        raise FunctionError(f"evaluate case expression error: {error}") from None
    return said is True


_MAKERS: Final[dict[type, Callable[[Compiler, Any, frozenset[str]], Reader]]] = {
    Const: _const,
    Field: _field,
    Star: _star,
    Unary: _unary,
    Binary: _binary,
    Between: _between,
    In: _in,
    Like: _like,
    Case: _case,
    Member: member_reader,
    Index: index_reader,
    Slice: slice_reader,
    Call: call_reader,
}
