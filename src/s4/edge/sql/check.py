"""What a statement may not say, although its grammar is right.

Some of it can be seen in the statement alone: functions that do not exist, their arguments, and where they may stand.
The rest (`check_columns`) takes the streams: columns that are not there or stand in two of them, joins without bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from s4.edge.sql.check_calls import Calls
from s4.edge.sql.check_columns import check_columns
from s4.edge.sql.complain import complain
from s4.edge.sql.functions.function import Function
from s4.edge.sql.tree import Binary, Call, Case, Const, Expr, Field, Index, Member, Node, Select, Slice, Star, Stream
from s4.edge.sql.walk import children, walk

_TRUTHS = frozenset({"and", "or", "=", "!=", "<", "<=", ">", ">="})


def check(select: Select, streams: Mapping[str, Stream], functions: Mapping[str, Function] | None = None) -> None:
    """Raise `StatementError`, with the place, for the first thing that the statement may not say.

    `streams` are all that may be read, by name. With none of them, only what the statement alone shows is checked.
    `functions` are those of the registry unless others are given. Linear in the statement: some 0.1 ms for a rule.

    >>> from s4.edge.sql.grammar import parse_select
    >>> check(parse_select("SELECT t FROM s WHERE avg(t) > 3"), {})
    Traceback (most recent call last):
    ...
    s4.edge.sql.tokens.StatementError: line 1 column 23: avg is an aggregate and cannot stand in WHERE; use HAVING
    """
    if functions is None:
        from s4.edge.sql.functions.registry import FUNCTIONS

        functions = FUNCTIONS
    calls = Calls(functions)
    for clause, part in clauses(select):
        for node in walk(part):
            if isinstance(node, Call):
                calls.check(node, clause)
            elif isinstance(node, Case):
                _conditions(node)
    _rows(select, functions)
    if streams:
        check_columns(select, streams, functions)


def clauses(select: Select) -> Iterator[tuple[str, Node]]:
    """Every part of a statement with the name of the clause it stands in."""
    for column in select.columns:
        yield "SELECT", column
    for join in select.joins:
        yield "ON", join
    if select.where is not None:
        yield "WHERE", select.where
    for dimension in select.dimensions:
        yield "GROUP BY", dimension
    if select.window is not None:
        yield "the window", select.window
    if select.having is not None:
        yield "HAVING", select.having
    for order in select.order:
        yield "ORDER BY", order


def _conditions(case: Case) -> None:
    if case.value is not None:
        return
    for condition, _ in case.whens:
        if not _may_be_true(condition):
            complain("WHEN in a CASE without a value takes a condition, as in WHEN size > 3", condition)


def _may_be_true(expr: Expr) -> bool:
    if isinstance(expr, Const):
        return isinstance(expr.value, bool)
    if isinstance(expr, Binary):
        return expr.op in _TRUTHS
    return not isinstance(expr, Field | Member | Index | Slice | Star)


def _rows(select: Select, functions: Mapping[str, Function]) -> None:
    """A function that makes rows stands alone in its column, and there is one of them."""

    def makes_rows(node: Node) -> bool:
        return isinstance(node, Call) and node.name in functions and functions[node.name].role == "rows"

    found: Call | None = None
    for column in select.columns:
        top = column.expr
        for below in children(top):
            for node in walk(below):
                if makes_rows(node):
                    complain(f"{getattr(node, 'name', '')} makes rows and stands alone in its column", node)
        if isinstance(top, Call) and makes_rows(top):
            if found is not None:
                complain(f"{top.name} makes rows, as {found.name} before it does; a statement has one such column", top)
            found = top
