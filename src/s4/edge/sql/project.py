"""The SELECT list: from a row, or a group, to the columns that are put out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.evaluate_calls import guarded
from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.place import Place, Reader
from s4.edge.sql.tree import Call, Column, Expr, Field, Star

Value = Any
Row = dict[str, Value]
_Filler = Callable[[Place, Row], None]


class Output(msgspec.Struct, frozen=True):
    """One item of the SELECT list as it is put out: its name, and what it is computed from."""

    name: str
    expr: Expr


def named(columns: tuple[Column, ...]) -> list[Output]:
    """The items with their names: the alias, the column, the function, or `kuiper_field_` and a number.

    >>> from s4.edge.sql.grammar import parse_select
    >>> [item.name for item in named(parse_select("SELECT a, b->c, upper(d), 1 + 1 AS two FROM s").columns)]
    ['a', 'kuiper_field_0', 'upper', 'two']
    """
    outputs: list[Output] = []
    nameless = 0
    for item in columns:
        name = item.alias
        if not name and isinstance(item.expr, Field | Call):
            name = item.expr.name
        elif not name and not isinstance(item.expr, Star):
            name, nameless = f"kuiper_field_{nameless}", nameless + 1
        outputs.append(Output(name, item.expr))
    return outputs


class Projection:
    """The SELECT list made ready.

    Of two items with one name an alias wins over a computed column, that over a column as it came. A null that was
    computed is left out.
    """

    def __init__(self, compiler: Compiler) -> None:
        scope = compiler.scope
        columns = scope.select.columns
        outputs = named(columns)
        ranked: list[tuple[int, _Filler]] = []
        self._rows_of = ""
        for index, (item, output) in enumerate(zip(columns, outputs, strict=True)):
            if item.invisible:
                continue
            if _is_rows(compiler, output.expr):
                self._rows_of = output.name
            reader = compiler.alias(item.alias) if item.alias else compiler.reader(item.expr, scope.earlier(index))
            ranked.append(_filler(item, output.name, reader, compiler))
        self._fillers = [filler for _, filler in sorted(ranked, key=lambda pair: pair[0])]

    def rows(self, place: Place) -> Iterator[Row]:
        """The row, or the rows when a function gives several. Raises `FunctionError`."""
        row: Row = {}
        for fill in self._fillers:
            fill(place, row)
        if not self._rows_of:
            return iter((row,))
        return iter(_spread(row, self._rows_of))

    @property
    def gives_rows(self) -> bool:
        """One row may become several."""
        return bool(self._rows_of)


class RowsError(FunctionError):
    """What should become several rows is no array."""


def _spread(row: Row, name: str) -> list[Row]:
    values = row.pop(name, [])
    return [{**row, **(value if isinstance(value, dict) else {name: value})} for value in values]


def _is_rows(compiler: Compiler, expr: Expr) -> bool:
    return isinstance(expr, Call) and compiler.scope.function(expr).role == "rows"


def _filler(item: Column, name: str, reader: Reader, compiler: Compiler) -> tuple[int, _Filler]:
    if isinstance(item.expr, Star):
        return 0, lambda place, row: row.update(reader(place))
    if isinstance(item.expr, Call) and compiler.scope.function(item.expr).role == "columns":
        return 2, lambda place, row: row.update(reader(place) or {})
    if isinstance(item.expr, Call) and _is_rows(compiler, item.expr):
        return 3, _rows_filler(name, compiler, item.expr)

    def fill(place: Place, row: Row) -> None:
        value = reader(place)
        if value is not None:
            row[name] = value

    if item.alias:
        return 3, fill
    return (1 if isinstance(item.expr, Field) else 2), fill


def _rows_filler(name: str, compiler: Compiler, call: Call) -> _Filler:
    function = compiler.scope.function(call)
    argument = compiler.reader(call.args[0])

    def fill(place: Place, row: Row) -> None:
        value = argument(place)
        if not isinstance(value, list):
            raise RowsError(f"the argument for the {name} function should be array")
        row[name] = guarded(function.name, function.call, value)

    return fill
