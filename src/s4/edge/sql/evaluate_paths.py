"""Reaching into structs and arrays: `a->b`, `a[0]`, `a[1:3]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.place import Place, Reader
from s4.edge.sql.rows import column
from s4.edge.sql.tree import Index, Member, Slice
from s4.edge.sql.values import as_text, type_name

if TYPE_CHECKING:
    from s4.edge.sql.evaluate import Compiler

Value = Any


def member_reader(compiler: Compiler, expr: Member, visible: frozenset[str]) -> Reader:
    """`value->name`. What is no struct has no members: null."""
    value, name = compiler.reader(expr.value, visible), expr.name
    return lambda place: _member(value(place), name)


def _member(value: Value, name: str) -> Value:
    if isinstance(value, dict):
        return value[name] if name in value else column(value, name)
    if isinstance(value, list):
        return [_member(one, name) for one in value]
    return None


def index_reader(compiler: Compiler, expr: Index, visible: frozenset[str]) -> Reader:
    """`value[index]`."""
    value, index = compiler.reader(expr.value, visible), compiler.reader(expr.index, visible)

    def read(place: Place) -> Value:
        array, at = _array(value(place)), index(place)
        if array is None:
            return None
        return array[_within(_number(at), len(array), "")]

    return read


def slice_reader(compiler: Compiler, expr: Slice, visible: frozenset[str]) -> Reader:
    """`value[start:stop]`."""
    value = compiler.reader(expr.value, visible)
    start = None if expr.start is None else compiler.reader(expr.start, visible)
    stop = None if expr.stop is None else compiler.reader(expr.stop, visible)

    def read(place: Place) -> Value:
        array = _array(value(place))
        if array is None:
            return None
        first = 0 if start is None else _within(_number(start(place)), len(array), "start value is ")
        last = len(array) if stop is None else _number(stop(place))
        if last < 0:
            last = _within(last, len(array), "")
        if last > len(array):
            raise FunctionError(f"end value is out of index: {last} of {len(array)}")
        if first > last:
            raise FunctionError(f"start cannot be greater than end. start:{first}  end:{last}")
        return array[first:last]

    return read


def _array(value: Value) -> list[Value] | None:
    if value is None or isinstance(value, list):
        return value
    raise FunctionError(f"{type_name(value)}({as_text(value)}) has no elements, only an array has")


def _number(value: Value) -> int:
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise FunctionError(f"the index {as_text(value)} is not a whole number")


def _within(index: int, length: int, what: str) -> int:
    if not -length <= index < length:
        raise FunctionError(f"{what}out of index: {index} of {length}")
    return index + length if index < 0 else index
