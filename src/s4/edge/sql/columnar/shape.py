"""What a statement must be to run over columns, and its two halves made ready: up to the window, and after it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from s4.edge.sql.columnar.accumulate import AGGREGATES, accumulator
from s4.edge.sql.columnar.panes import Aggregate
from s4.edge.sql.columnar.vectorise import Kind, NotColumnar, Scope, Vector, vectorise
from s4.edge.sql.meaning import meaning
from s4.edge.sql.tree import Call, Expr, Field, Node, Select, Star, Stream
from s4.edge.sql.walk import walk

_KIND_OF: Final[dict[str, Kind]] = {"bigint": "i", "float": "f", "boolean": "b", "string": "s"}
EDGE: Final = "window_end"
"""What a frame of a closed window says of the window: its end, ms."""

Slot = Callable[[Hashable, Aggregate], str]
"""Where the value of an aggregate (and what it says) will stand in the frame of a closed window."""


class Front(msgspec.Struct, frozen=True, eq=False):
    """A statement up to its window. Two statements whose fronts have the same `said` can share the work.
    `length_ms` is 0 without a window.
    """

    said: Hashable
    where: Vector | None
    keys: tuple[Vector, ...]
    key_names: tuple[str, ...]
    length_ms: int
    hop_ms: int


class Output(msgspec.Struct, frozen=True, eq=False):
    """One column that is put out."""

    name: str
    vector: Vector


class Back(msgspec.Struct, frozen=True, eq=False):
    """A statement after its window."""

    having: Vector | None
    outputs: tuple[Output, ...]


def front_of(select: Select, stream: Stream) -> Front:
    """The first half of a checked statement. Raises `NotColumnar` with the reason why it runs over rows."""
    _refuse(select)
    plain = _plain_scope(select, stream)
    where = None if select.where is None else vectorise(select.where, plain)
    keys, names = _keys(select, plain.kinds)
    window = select.window
    length, hop = (window.length_ms, window.interval_ms or window.length_ms) if window else (0, 0)
    aliases = meaning(tuple(column for column in select.columns if column.alias)) if select.where else None
    said = (stream.name, meaning(select.where), aliases, names, length, hop)
    return Front(said, where, keys, names, length, hop)


def back_of(select: Select, stream: Stream, slot: Slot) -> Back:
    """The second half. Raises `NotColumnar`."""
    plain = _plain_scope(select, stream)
    if select.window is None:
        return Back(None, tuple(_outputs(select, plain)))
    keys, names = _keys(select, plain.kinds)
    results = {call.number: _result(call, plain, slot) for call in _calls_after(select) if call.name in AGGREGATES}
    edges = {call.number: _stands(call.name, "i") for call in _calls_after(select) if call.name == EDGE}
    of_key = {name: key.kind for name, key in zip(names, keys, strict=True)}
    after = _with_aliases(select, Scope(of_key, {}, results | edges))
    having = None if select.having is None else vectorise(select.having, after)
    return Back(having, tuple(_outputs(select, after)))


def _refuse(select: Select) -> None:
    window = select.window
    reasons = {
        "a join is computed row by row": bool(select.joins),
        "ORDER BY and LIMIT are applied row by row": bool(select.order) or select.limit is not None,
        "GROUP BY without a window is computed row by row": window is None and bool(select.dimensions),
        "HAVING without a window is computed row by row": window is None and select.having is not None,
    }
    if window is not None:
        reasons[
            "windows other than tumbling and hopping ones (sliding, session, count, state) are computed row by row"
        ] = window.kind not in {"tumbling", "hopping"}
        uneven = bool(window.interval_ms and window.length_ms % window.interval_ms)
        reasons["a window whose length is no multiple of its hop is computed row by row"] = uneven
        filtered = window.where is not None or window.when is not None
        reasons["a window's FILTER or OVER is computed row by row"] = filtered
        called = {call.name for call in _calls_after(select)}
        reasons["a window without keys or aggregates puts out its rows one by one"] = not (
            select.dimensions or called & AGGREGATES.keys()
        )
        # in eKuiper the first window begins with its first row, which only whoever sees the rows in order can tell
        reasons["window_start() is computed row by row"] = "window_start" in called
    for reason, holds in reasons.items():
        if holds:
            raise NotColumnar(reason)


def _plain_scope(select: Select, stream: Stream) -> Scope:
    return _with_aliases(select, Scope(kinds_of(stream)))


def kinds_of(stream: Stream) -> dict[str, Kind]:
    """The columns of a stream that can be worked on whole. Raises `NotColumnar` when it declares none."""
    if not stream.fields:
        raise NotColumnar(f"{stream.name} declares no columns")
    return {name: _KIND_OF[kind.name] for name, kind in stream.fields if kind.name in _KIND_OF}


def _with_aliases(select: Select, scope: Scope) -> Scope:
    """Aliases in the order in which they are said; each may speak of those before it, and of itself as a column.
    One that cannot be computed hides the column of its name: whoever speaks of it is told why.
    """
    named: dict[str, Vector] = {}
    hidden: set[str] = set()
    for column in select.columns:
        if not column.alias:
            continue
        try:
            named[column.alias] = vectorise(column.expr, Scope(scope.kinds, named, scope.calls))
        except NotColumnar:
            hidden.add(column.alias)
    return Scope({name: kind for name, kind in scope.kinds.items() if name not in hidden}, named, scope.calls)


def _keys(select: Select, kinds: Mapping[str, Kind]) -> tuple[tuple[Vector, ...], tuple[str, ...]]:
    names: list[str] = []
    for expr in select.dimensions:
        if not isinstance(expr, Field):
            raise NotColumnar("GROUP BY an expression is computed row by row")
        names.append(expr.name)
    keys = tuple(vectorise(Field(name=name), Scope(kinds)) for name in names)
    if any(key.kind == "f" for key in keys):
        raise NotColumnar("GROUP BY a float is computed row by row")
    return keys, tuple(names)


def _calls_after(select: Select) -> Iterator[Call]:
    """Every call in what is computed after the window."""
    after: list[Node] = [*select.columns, *([] if select.having is None else [select.having])]
    for part in after:
        yield from (node for node in walk(part) if isinstance(node, Call))


def _result(call: Call, scope: Scope, slot: Slot) -> Vector:
    aggregate = _aggregate(call, scope)
    return _stands(slot(meaning(call), aggregate), aggregate.accumulator.kind)


def _stands(name: str, kind: Kind) -> Vector:
    return Vector(kind, lambda frame: frame.columns[name])


def _aggregate(call: Call, scope: Scope) -> Aggregate:
    where = None if call.where is None else vectorise(call.where, scope)
    arg: Expr = call.args[0]
    if isinstance(arg, Star):
        return Aggregate(accumulator(call.name, "i"), None, where)
    value = vectorise(arg, scope)
    return Aggregate(accumulator(call.name, value.kind), value, where)


def _outputs(select: Select, scope: Scope) -> Iterator[Output]:
    for column, name in zip(select.columns, _names(select), strict=True):
        vector = scope.named[column.alias] if column.alias in scope.named else vectorise(column.expr, scope)
        if not column.invisible:
            yield Output(name, vector)


def _names(select: Select) -> Sequence[str]:
    """Under which name each item of the SELECT list is put out."""
    names = []
    for column in select.columns:
        if not column.alias and not isinstance(column.expr, Field | Call):
            raise NotColumnar("* and items without a name are put out row by row")
        names.append(column.alias or column.expr.name)  # type: ignore[union-attr]
    return names
