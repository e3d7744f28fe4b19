"""From tree to text: the statement as `explain` shows it, in one form. Reading it again gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from s4.edge.sql.grammar_expression import BINDS, COMPARE, SIGN
from s4.edge.sql.tokens import KEYWORDS
from s4.edge.sql.tree import (
    Between,
    Binary,
    Call,
    Case,
    Column,
    Const,
    Expr,
    Field,
    In,
    Index,
    Join,
    Like,
    Manage,
    Member,
    Node,
    Order,
    Over,
    Select,
    Slice,
    Source,
    Star,
    Stream,
    Type,
    Unary,
    Window,
)

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TOPIC: Final = re.compile(r"(?:/|#|\+|(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9_]*)+")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNITS: Final = (("dd", 86_400_000), ("hh", 3_600_000), ("mi", 60_000), ("ss", 1_000), ("ms", 1))
_NOT: Final = COMPARE - 0.5
_TIGHT: Final = SIGN + 1


def unparse(node: Node) -> str:
    """The text of a statement, a column, an expression or any other part. Linear in the tree.

    >>> from s4.edge.sql.grammar import parse_select
    >>> unparse(parse_select("select (a+b)*2 twice from s".replace("twice", "as twice")))
    'SELECT (a + b) * 2 AS twice FROM s'
    """
    return _WRITE[type(node)](node)


def name_text(name: str) -> str:
    """A name as it is written: between backticks where it must be."""
    plain = _NAME.fullmatch(name) and name.upper() not in KEYWORDS and name.upper() != "NULL"
    return name if plain else f"`{name}`"


def _binds(expr: Expr) -> float:
    """How strongly an expression holds together when it is written beside others."""
    if isinstance(expr, Binary):
        return BINDS[expr.op.upper()]
    if isinstance(expr, In | Like | Between):
        return COMPARE
    if isinstance(expr, Unary):
        return SIGN if expr.op == "-" else _NOT
    return _TIGHT


def _inside(expr: Expr, least: float) -> str:
    text = unparse(expr)
    return text if _binds(expr) >= least else f"({text})"


def _listed(nodes: Sequence[Node]) -> str:
    return ", ".join(unparse(node) for node in nodes)


def _const(node: Const) -> str:
    value = node.value
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text if "." in text else f"{text}.0"


def _quoted(value: str) -> str:
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in value) + '"'


def _field(node: Field) -> str:
    return f"{name_text(node.stream)}.{name_text(node.name)}" if node.stream else name_text(node.name)


def _star(node: Star) -> str:
    text = f"{name_text(node.stream)}.*" if node.stream else "*"
    if node.leave_out:
        text += f" EXCEPT({', '.join(map(name_text, node.leave_out))})"
    return f"{text} REPLACE({_listed(node.replace)})" if node.replace else text


def _unary(node: Unary) -> str:
    if node.op == "not":
        return f"NOT {_inside(node.operand, _NOT)}"
    text = _inside(node.operand, SIGN)
    # A number right after the sign would be read as one negative number, and a second sign as a comment.
    return f"-({text})" if text[0] in "-.0123456789" else f"-{text}"


def _binary(node: Binary) -> str:
    binds = BINDS[node.op.upper()]
    return f"{_inside(node.left, binds)} {node.op.upper()} {_inside(node.right, binds + 0.25)}"


def _between(node: Between) -> str:
    low, high = _inside(node.low, COMPARE + 1), _inside(node.high, COMPARE + 1)
    return f"{_inside(node.value, COMPARE)} {_not(node.negated)}BETWEEN {low} AND {high}"


def _in(node: In) -> str:
    choices = f"({_listed(node.choices)})" if isinstance(node.choices, tuple) else _inside(node.choices, COMPARE + 1)
    return f"{_inside(node.value, COMPARE)} {_not(node.negated)}IN {choices}"


def _like(node: Like) -> str:
    return f"{_inside(node.value, COMPARE)} {_not(node.negated)}LIKE {_inside(node.pattern, COMPARE + 1)}"


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def _stepped(value: Expr) -> str:
    """A value that something follows directly. NULL before it would be read as a column's name."""
    return "(NULL)" if isinstance(value, Const) and value.value is None else _inside(value, _TIGHT)


def _member(node: Member) -> str:
    return f"{_stepped(node.value)}->{name_text(node.name)}"


def _index(node: Index) -> str:
    return f"{_stepped(node.value)}[{unparse(node.index)}]"


def _slice(node: Slice) -> str:
    start = unparse(node.start) if node.start is not None else ""
    stop = unparse(node.stop) if node.stop is not None else ""
    return f"{_stepped(node.value)}[{start}:{stop}]"


def _case(node: Case) -> str:
    value = f" {unparse(node.value)}" if node.value is not None else ""
    whens = "".join(f" WHEN {unparse(condition)} THEN {unparse(result)}" for condition, result in node.whens)
    otherwise = f" ELSE {unparse(node.otherwise)}" if node.otherwise is not None else ""
    return f"CASE{value}{whens}{otherwise} END"


def _call(node: Call) -> str:
    where = f" FILTER (WHERE {unparse(node.where)})" if node.where is not None else ""
    over = f" {unparse(node.over)}" if node.over is not None else ""
    return f"{name_text(node.name)}({_listed(node.args)}){where}{over}"


def _over(node: Over) -> str:
    parts = [f"PARTITION BY {_listed(node.partition)}"] if node.partition else []
    parts += [f"ORDER BY {_listed(node.order)}"] if node.order else []
    parts += [f"WHEN {unparse(node.when)}"] if node.when is not None else []
    return f"OVER ({' '.join(parts)})"


def _column(node: Column) -> str:
    alias = f" AS {name_text(node.alias)}" if node.alias else ""
    return f"{unparse(node.expr)}{alias}{' INVISIBLE' if node.invisible else ''}"


def _source(node: Source) -> str:
    words = re.findall(r"[A-Za-z0-9_]+", node.name)
    plain = _TOPIC.fullmatch(node.name) and not any(word.upper() in KEYWORDS for word in words)
    alias = f" AS {name_text(node.alias)}" if node.alias else ""
    return f"{node.name if plain else f'`{node.name}`'}{alias}"


def _join(node: Join) -> str:
    on = f" ON {unparse(node.on)}" if node.on is not None else ""
    return f"{node.kind.upper()} JOIN {unparse(node.source)}{on}"


def _window(node: Window) -> str:
    parts = [f"PARTITION BY {_listed(node.partition)}"] if node.partition else []
    parts += [f"WHEN {unparse(node.when)}"] if node.when is not None else []
    where = f" FILTER (WHERE {unparse(node.where)})" if node.where is not None else ""
    over = f" OVER ({' '.join(parts)})" if parts else ""
    return f"{node.kind.upper()}WINDOW({_window_args(node)}){where}{over}"


def _window_args(node: Window) -> str:
    if node.kind == "state" and node.begin is not None and node.end is not None:
        return f"{unparse(node.begin)}, {unparse(node.end)}"
    if node.kind == "count":
        return str(node.length) if node.interval == node.length else f"{node.length}, {node.interval}"
    lengths = [node.length_ms]
    if node.kind == "sliding":
        lengths += [node.delay_ms] if node.delay_ms else []
    elif node.kind != "tumbling":
        lengths.append(node.interval_ms)
    unit, size = next((unit, size) for unit, size in _UNITS if not any(length % size for length in lengths))
    return f"{unit}, {', '.join(str(length // size) for length in lengths)}"


def _order(node: Order) -> str:
    return f"{unparse(node.expr)}{' DESC' if node.descending else ''}"


def _select(node: Select) -> str:
    parts = ["SELECT", _listed(node.columns), "FROM", unparse(node.source), *(unparse(join) for join in node.joins)]
    if node.where is not None:
        parts.append(f"WHERE {unparse(node.where)}")
    groups: list[Node] = [*node.dimensions]
    if node.window is not None:
        first = bool(groups) and _place(node.window) < _place(groups[0])
        groups.insert(0 if first else len(groups), node.window)
    if groups:
        parts.append(f"GROUP BY {_listed(groups)}")
    if node.having is not None:
        parts.append(f"HAVING {unparse(node.having)}")
    if node.order:
        parts.append(f"ORDER BY {_listed(node.order)}")
    if node.limit is not None:
        parts.append(f"LIMIT {node.limit}")
    return " ".join(parts)


def _place(node: Node) -> tuple[int, int]:
    return node.at.line, node.at.column


def _stream(node: Stream) -> str:
    fields = ", ".join(f"{name_text(name)} {_type(kind)}" for name, kind in node.fields)
    options = ", ".join(f"{name}={_quoted(value)}" for name, value in node.options.items())
    return f"CREATE {'TABLE' if node.table else 'STREAM'} {name_text(node.name)} ({fields}) WITH ({options})"


def _type(kind: Type) -> str:
    if kind.of is not None:
        return f"ARRAY({_type(kind.of)})"
    if kind.name == "struct":
        return f"STRUCT({', '.join(f'{name_text(name)} {_type(inner)}' for name, inner in kind.fields)})"
    return kind.name.upper()


def _manage(node: Manage) -> str:
    what = "TABLE" if node.table else "STREAM"
    return f"{node.action.upper()} {what}" + (f" {name_text(node.name)}" if node.name else "S")


_WRITE: Final[dict[type[Node], Callable[[Any], str]]] = {
    Const: _const,
    Field: _field,
    Star: _star,
    Unary: _unary,
    Binary: _binary,
    Between: _between,
    In: _in,
    Like: _like,
    Member: _member,
    Index: _index,
    Slice: _slice,
    Case: _case,
    Call: _call,
    Over: _over,
    Column: _column,
    Source: _source,
    Join: _join,
    Window: _window,
    Order: _order,
    Select: _select,
    Stream: _stream,
    Manage: _manage,
}
