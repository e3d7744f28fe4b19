"""Rows as their stream declares them: numbers made what the column says, and, where it is asked for, strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.rows import column
from s4.edge.sql.tree import Stream, Type
from s4.edge.sql.values import WIDEST, as_text

Value = Any
_GO_NAMES: Final = {bool: "bool", int: "int", float: "float64", str: "string", list: "[]interface {}"}


class Cast:
    """Makes rows what `stream` declares.

    Without STRICT_VALIDATION only numbers change (a whole number in a FLOAT column, a fraction-free one in a BIGINT
    column); anything else comes in as it is. With it every declared column has to be there, and of its type.

    >>> from s4.edge.sql.grammar import parse_stream
    >>> Cast(parse_stream('CREATE STREAM s (t FLOAT) WITH (FORMAT="json")')).row({"t": 3, "x": 1})
    {'t': 3.0, 'x': 1}
    """

    def __init__(self, stream: Stream) -> None:
        self._strict = stream.options.get("STRICT_VALIDATION", "").lower() == "true"
        self._fields = stream.fields
        self._floats = [name for name, kind in stream.fields if kind.name == "float"]
        self._wholes = [name for name, kind in stream.fields if kind.name == "bigint"]

    def row(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """The row's own copy. Raises `FunctionError` for a row that is not as declared, when that is strict."""
        row = dict(values)
        for value in row.values():
            if type(value) not in _SIMPLE and not _fits(value):
                raise FunctionError("a whole number in it does not fit into 64 bits")
        if self._strict:
            _strict_struct(self._fields, row)
            return row
        for name in self._floats:
            if type(row.get(name)) is int:
                row[name] = float(row[name])
        for name in self._wholes:
            value = row.get(name)
            if type(value) is float and value.is_integer():
                row[name] = int(value)
        return row


_SIMPLE: Final = frozenset((str, float, bool, type(None)))


def _fits(value: Value) -> bool:
    """Every whole number in it can be kept in a snapshot and sent on."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack += one
        elif isinstance(one, dict):
            stack += one.values()
        elif isinstance(one, int) and not -WIDEST <= one < 2 * WIDEST:
            return False
    return True


def _strict_struct(fields: tuple[tuple[str, Type], ...], row: dict[str, Value]) -> None:
    for name, kind in fields:
        value = row[name] if name in row else column(row, name)
        if value is None and name not in row:
            raise FunctionError(f"field {name} is not found")
        try:
            row[name] = _strict(kind, value)
        except FunctionError as error:
            raise FunctionError(f"field {name} type mismatch: {error}") from None


def _cannot(value: Value, kind: str) -> FunctionError:
    said = _GO_NAMES.get(type(value), "map[string]interface {}")
    return FunctionError(f"cannot convert {said}({as_text(value)}) to {kind}")


def _strict(kind: Type, value: Value) -> Value:
    if value is None:
        return None
    if kind.name == "array":
        return _strict_array(kind, value)
    if kind.name == "struct":
        return _strict_fields(kind, value)
    wanted, said = _SCALARS[kind.name]
    if type(value) in wanted:
        return _number(kind.name, value)
    raise _cannot(value, said)


_SCALARS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "bigint": ((int, float), "int64"),
    "float": ((int, float), "float64"),
    "string": ((str,), "string"),
    "boolean": ((bool,), "bool"),
    "datetime": ((int, float, str), "datetime"),
    "bytea": ((str, bytes), "[]byte"),
}


def _number(kind: str, value: Value) -> Value:
    if kind == "float":
        return float(value)
    return int(value) if kind == "bigint" else value


def _strict_array(kind: Type, value: Value) -> Value:
    if not isinstance(value, list):
        raise FunctionError(f"expect array but got {as_text(value)}")
    if kind.of is None:
        return value
    try:
        return [_strict(kind.of, one) for one in value]
    except FunctionError as error:
        raise FunctionError(f"array element type mismatch: {error}") from None


def _strict_fields(kind: Type, value: Value) -> Value:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            value = None
    if not isinstance(value, dict):
        raise FunctionError("expect struct but found something else")
    row = dict(value)
    _strict_struct(kind.fields, row)
    return row
