"""From text to tree. These four are what the rest of the rule language calls.

Every complaint is a `StatementError` with line, column and one reason; nothing else is raised, whatever the text.
The time is linear in the text, and text, brackets and depth are bounded.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, TypeVar

from s4.edge.sql.grammar_ddl import Definitions
from s4.edge.sql.grammar_expression import Expressions
from s4.edge.sql.grammar_select import Selects
from s4.edge.sql.tokens import StatementError, Token
from s4.edge.sql.tree import Expr, Manage, Node, Select, Stream
from s4.edge.sql.walk import children

TALLEST: Final = 128
"""How many operators may hang below one another; what walks a tree can then do it by calling itself."""

_N = TypeVar("_N", bound=Node)

__all__ = ["StatementError", "parse_expression", "parse_select", "parse_statement", "parse_stream"]


def parse_select(text: str) -> Select:
    """A rule's query.

    >>> parse_select("SELECT avg(t) AS mean FROM street GROUP BY cell, TUMBLINGWINDOW(ss, 10)").window.length_ms
    10000
    >>> parse_select("SELECT t FORM street")
    Traceback (most recent call last):
    ...
    s4.edge.sql.tokens.StatementError: line 1 column 10: expected FROM or another column, found FORM; did you mean FROM?
    """
    cursor = Selects(text)
    return _bounded(cursor.select(), cursor.tokens)


def parse_expression(text: str, sources: Collection[str] = ()) -> Expr:
    """An expression alone. `sources` are the streams' names that may stand before a dot; none: any name may.

    >>> parse_expression("a->b[0] + 1").op
    '+'
    """
    cursor = Expressions(text, sources)
    expr = cursor.expression()
    cursor.finish()
    return _bounded(expr, cursor.tokens)


def parse_stream(text: str) -> Stream:
    """`create stream …` or `create table …`.

    >>> parse_stream('CREATE STREAM s (t FLOAT) WITH (DATASOURCE="air/+", FORMAT="json")').options["FORMAT"]
    'json'
    """
    return Definitions(text).stream()


def parse_statement(text: str) -> Select | Stream | Manage:
    """Any statement of the language.

    >>> parse_statement("drop table rooms").name
    'rooms'
    """
    cursor = Selects(text)
    if cursor.kind == "SELECT":
        return _bounded(cursor.select(), cursor.tokens)
    return Definitions(text).definition()


def _bounded(node: _N, tokens: list[Token]) -> _N:
    """The tree, unless it is too tall. No tree is taller than its text has tokens, so most need no measuring."""
    if len(tokens) > TALLEST:
        level: list[Node] = [node]
        for _ in range(TALLEST):
            level = [child for parent in level for child in children(parent)]
            if not level:
                return node
        at = level[0].at
        raise StatementError(
            f"more than {TALLEST} operators hang below one another here; use IN, or split the rule",
            line=at.line,
            column=at.column,
        )
    return node
