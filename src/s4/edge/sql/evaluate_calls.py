"""Calls in expressions, by what the function looks at: values, a group's columns, the row's place, its memo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from s4.edge.sql.functions.function import Function, FunctionError
from s4.edge.sql.place import Place, Reader
from s4.edge.sql.tree import Call, Const, Expr, Field, Member, Star

if TYPE_CHECKING:
    from s4.edge.sql.evaluate import Compiler

Value = Any


def call_reader(compiler: Compiler, call: Call, visible: frozenset[str]) -> Reader:
    """The closure of a call."""
    function = compiler.scope.function(call)
    if function.role == "analytic":
        return _memo(call)
    if function.remembers:
        return compiler.remembering(call, function, visible)
    if function.takes_name:
        return _named(compiler, call, function)
    return _BY_ROLE[function.role](compiler, call, function, visible)


def guarded(name: str, function: Callable[..., Value], *args: Value) -> Value:
    """The function's answer; whatever Python thinks of wrong values becomes a `FunctionError`."""
    try:
        return function(*args)
    except FunctionError as error:
        raise FunctionError(f"call func {name} error: {error}") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise FunctionError(f"call func {name} error: {error}") from error


def _memo(call: Call) -> Reader:
    number = call.number

    def read(place: Place) -> Value:
        for part in place.row.parts if place.row is not None else ():
            if number in part.memo:
                return part.memo[number]
        return None

    return read


def _named(compiler: Compiler, call: Call, function: Function) -> Reader:
    names = name_path(call.args[0]) if call.args else ("", "")
    stream = compiler.scope.stream(names[1], call) if names[1] else ""
    path = (names[0], stream, *names[2:])
    return lambda place: guarded(function.name, function.call, place, *path)


def name_path(expr: Expr) -> tuple[str, ...]:
    """A name as it is said: key, stream ("" when it is not said), members.

    >>> from s4.edge.sql.tree import Field, Member
    >>> name_path(Member(value=Field(name="device", stream="demo"), name="id"))
    ('device', 'demo', 'id')
    """
    members: list[str] = []
    while isinstance(expr, Member):
        members.insert(0, expr.name)
        expr = expr.value
    if isinstance(expr, Field):
        return (expr.name, expr.stream, *members)
    if isinstance(expr, Star):
        return ("*", expr.stream)
    return (str(expr.value) if isinstance(expr, Const) else "", "")


def _scalar(compiler: Compiler, call: Call, function: Function, visible: frozenset[str]) -> Reader:
    args = [compiler.reader(arg, visible) for arg in call.args]
    do, name = function.call, function.name
    strict, blank = function.nothing_for_null, function.null_answer

    def read(place: Place) -> Value:
        values = [arg(place) for arg in args]
        if strict and None in values and any(value is None for value in values):
            return blank
        return guarded(name, do, *values)

    return read


def _placed(compiler: Compiler, call: Call, function: Function, visible: frozenset[str]) -> Reader:
    args = [compiler.reader(arg, visible) for arg in call.args]
    do, name, number = function.call, function.name, call.number

    def read(place: Place) -> Value:
        kept = place.index
        place.index = place.numbers.get(number, kept)
        try:
            return guarded(name, do, place, *[arg(place) for arg in args])
        finally:
            place.index = kept

    return read


def _aggregate(compiler: Compiler, call: Call, function: Function, visible: frozenset[str]) -> Reader:
    visible -= compiler.scope.aggregates()
    args = [compiler.reader(arg, visible) for arg in call.args]
    where = None if call.where is None else compiler.reader(call.where, visible)
    if function.takes_rows:
        args.insert(0, compiler.reader(Star(), visible))
    do, name = function.call, function.name

    def read(place: Place) -> Value:
        members = place.members()
        if where is not None:
            members = [member for member in members if where(member) is True]
        return guarded(name, do, *[[arg(member) for member in members] for arg in args])

    return read


def _columns(compiler: Compiler, call: Call, function: Function, visible: frozenset[str]) -> Reader:
    spread = spreading(compiler, call.args, visible)
    do, name = function.call, function.name

    def read(place: Place) -> Value:
        names, values = spread(place)
        return guarded(name, do, *values, names)

    return read


def spreading(
    compiler: Compiler, args: Sequence[Expr], visible: frozenset[str], *, stars: bool = True
) -> Callable[[Place], tuple[list[str], list[Value]]]:
    """Reads the arguments with their names; with `stars`, `*` becomes an argument for each column."""
    readers = [
        (
            arg.name if isinstance(arg, Call) else name_path(arg)[0],
            stars and isinstance(arg, Star),
            compiler.reader(arg, visible),
        )
        for arg in args
    ]

    def read(place: Place) -> tuple[list[str], list[Value]]:
        names: list[str] = []
        values: list[Value] = []
        for name, star, reader in readers:
            value = reader(place)
            if star and isinstance(value, dict):
                names += value.keys()
                values += value.values()
            else:
                names.append(name)
                values.append(value)
        return names, values

    return read


_BY_ROLE: Final[dict[str, Callable[[Compiler, Call, Function, frozenset[str]], Reader]]] = {
    "scalar": _scalar,
    "rows": _scalar,
    "window": _placed,
    "aggregate": _aggregate,
    "columns": _columns,
}
