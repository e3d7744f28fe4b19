"""A parsed statement: what was said, with the place where it was said, and nothing of how it is run."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["scalar", "aggregate", "analytic", "window", "rows", "columns"]
WindowKind = Literal["tumbling", "hopping", "sliding", "session", "count", "state"]
JoinKind = Literal["inner", "left", "right", "full", "cross"]


class At(msgspec.Struct, frozen=True, eq=False):
    """Where something stands in the text; both count from 1.

    All places are equal to one another, so that nodes are compared by what they say. Compare `line` and `column`.
    """

    line: int
    column: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, At)

    def __hash__(self) -> int:
        return 0


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """Anything in a statement. Two nodes are equal when they say the same, wherever they stand."""

    at: At = At(1, 1)


class Const(Node, frozen=True):
    """A literal: `1`, `2.5`, `"red"`, `true`, `null`."""

    value: int | float | str | bool | None


class Field(Node, frozen=True):
    """A column, or an alias of the SELECT list. `stream` is "" when it is not said."""

    name: str
    stream: str = ""


class Star(Node, frozen=True):
    """`*`, less `leave_out`, with `replace` instead of the columns of those names. `stream` for `demo.*`."""

    leave_out: tuple[str, ...] = ()
    replace: tuple[Column, ...] = ()
    stream: str = ""


class Unary(Node, frozen=True):
    """`-x`, `not x`."""

    op: Literal["-", "not"]
    operand: Expr


class Binary(Node, frozen=True):
    """Arithmetic `+ - * / %`, bits `& | ^`, comparison `= != < <= > >=`, `and`, `or`."""

    op: str
    left: Expr
    right: Expr


class Between(Node, frozen=True):
    """`value [not] between low and high`, both ends included."""

    value: Expr
    low: Expr
    high: Expr
    negated: bool = False


class In(Node, frozen=True):
    """`value [not] in (a, b)`, or, with one `choices` that is no list, `value in array`."""

    value: Expr
    choices: tuple[Expr, ...] | Expr
    negated: bool = False


class Like(Node, frozen=True):
    """`value [not] like pattern`: `%` any characters, `_` one."""

    value: Expr
    pattern: Expr
    negated: bool = False


class Member(Node, frozen=True):
    """`value->name`: a member of a struct; of an array of structs, that member of each."""

    value: Expr
    name: str


class Index(Node, frozen=True):
    """`value[index]`, from 0; a negative index counts from the end."""

    value: Expr
    index: Expr


class Slice(Node, frozen=True):
    """`value[start:stop]`, `stop` excluded; either may be left out."""

    value: Expr
    start: Expr | None = None
    stop: Expr | None = None


class Case(Node, frozen=True):
    """`case [value] when … then … else … end`; `whens` are (condition or value, result)."""

    whens: tuple[tuple[Expr, Expr], ...]
    value: Expr | None = None
    otherwise: Expr | None = None


class Over(Node, frozen=True):
    """`over (partition by a, b when c)` of an analytic function, `over (partition by a order by b)` of a window one."""

    partition: tuple[Expr, ...] = ()
    when: Expr | None = None
    order: tuple[Order, ...] = ()


class Call(Node, frozen=True):
    """A function called. `name` is in lower case; `where` is the `filter (where …)` of an aggregate. `number` tells
    the calls of one statement apart, in the order of the text: each analytic call keeps a memory of its own.
    """

    name: str
    args: tuple[Expr, ...] = ()
    over: Over | None = None
    where: Expr | None = None
    number: int = 0


Expr = Const | Field | Star | Unary | Binary | Between | In | Like | Member | Index | Slice | Case | Call


class Column(Node, frozen=True):
    """One item of the SELECT list. `alias` is "" when none is said; an `invisible` one is computed, not put out."""

    expr: Expr
    alias: str = ""
    invisible: bool = False


class Source(Node, frozen=True):
    """A stream or table that is read, and the name it goes by in the statement."""

    name: str
    alias: str = ""


class Join(Node, frozen=True):
    """One join; `on` is None for a cross join."""

    kind: JoinKind
    source: Source
    on: Expr | None = None


class Window(Node, frozen=True):
    """A window. Times in ms: `length_ms`, `interval_ms` (hop; longest session length's timeout), `delay_ms` (sliding).
    Count windows use `length` and `interval` in rows; state windows `begin` and `end` (conditions).
    `where`: filter of what comes in; `when`: what triggers a sliding window; `partition`: a state window for each.
    """

    kind: WindowKind
    length_ms: int = 0
    interval_ms: int = 0
    delay_ms: int = 0
    length: int = 0
    interval: int = 0
    begin: Expr | None = None
    end: Expr | None = None
    where: Expr | None = None
    when: Expr | None = None
    partition: tuple[Expr, ...] = ()


class Order(Node, frozen=True):
    """One key of ORDER BY."""

    expr: Expr
    descending: bool = False


class Select(Node, frozen=True):
    """A rule's query."""

    columns: tuple[Column, ...]
    source: Source
    joins: tuple[Join, ...] = ()
    where: Expr | None = None
    dimensions: tuple[Expr, ...] = ()
    window: Window | None = None
    having: Expr | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None


class Type(msgspec.Struct, frozen=True):
    """A column's type: `bigint float string datetime boolean bytea array struct`; `of` for an array's elements,
    `fields` for a struct's.
    """

    name: str
    of: Type | None = None
    fields: tuple[tuple[str, Type], ...] = ()


class Stream(Node, frozen=True):
    """`create stream|table name (fields) with (options)`. Without fields anything may come in. Option names are in
    upper case.
    """

    name: str
    fields: tuple[tuple[str, Type], ...] = ()
    options: dict[str, str] = {}
    table: bool = False


class Manage(Node, frozen=True):
    """`show streams`, `describe table t`, `drop stream s`, `explain stream s`. `name` is "" for all of them."""

    action: Literal["show", "describe", "drop", "explain"]
    table: bool = False
    name: str = ""
