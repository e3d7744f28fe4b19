"""What a rule does, as data: which rows come from where, and what happens to them in which order. Nothing runs here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from s4.edge.sql.functions.function import Function
from s4.edge.sql.scope import PlanError, Scope, refuse
from s4.edge.sql.tree import Call, Expr, Join, Node, Order, Select, Stream, Window
from s4.edge.sql.unparse import unparse as text_of
from s4.edge.sql.window_words import window_text

_EARLY: Final = ("tumbling", "hopping", "session", "state")


class Limits(msgspec.Struct, frozen=True):
    """What one rule may hold at most. `rows`: in a window, a join's result, or waiting for the watermark; `table_rows`:
    of a table; `partitions`: of an analytic call or a state window.
    """

    rows: int = 100_000
    table_rows: int = 100_000
    partitions: int = 100_000


class Input(msgspec.Struct, frozen=True):
    """A stream or table that is read. `known`: its name in the statement; `retain`: rows kept of a table."""

    name: str
    known: str
    stream: Stream
    retain: int = 0

    @property
    def table(self) -> bool:
        """It is a table: it keeps rows, and triggers nothing."""
        return self.stream.table


class Plan(msgspec.Struct, frozen=True):
    """The order of things: inputs, analytic calls, `early` (WHERE), window, joins, `late` (WHERE), groups, HAVING,
    ORDER BY, LIMIT, SELECT. `aggregated`: the SELECT list makes one row of a group.
    """

    select: Select
    inputs: tuple[Input, ...]
    event_time: bool
    late_ms: int
    limits: Limits
    early: Expr | None
    late: Expr | None
    window: Window | None
    joins: tuple[Join, ...]
    keys: tuple[Expr, ...]
    aggregated: bool
    having: Expr | None
    order: tuple[Order, ...]
    limit: int | None
    analytic: tuple[Call, ...]

    def explain(self) -> str:
        """A line for each step, the last one first, what it takes from below it."""
        lines = _steps(self)
        depth = len(lines)
        out = [f"{'  ' * level}{line}" for level, line in enumerate(lines)]
        return "\n".join(out + [f"{'  ' * depth}{_input_text(one)}" for one in self.inputs])


def make_plan(
    select: Select,
    streams: Mapping[str, Stream],
    functions: Mapping[str, Function],
    *,
    event_time: bool = False,
    late_ms: int = 0,
    limits: Limits | None = None,
) -> Plan:
    """Plan a statement. Raises `PlanError` for what is not there, and for what could not be bounded.

    >>> from s4.edge.sql.grammar import parse_select, parse_stream
    >>> stream = parse_stream('CREATE STREAM s () WITH (FORMAT="json")')
    >>> print(make_plan(parse_select("SELECT a FROM s WHERE a > 1"), {"s": stream}, {}).explain())
    select a
      where a > 1
        stream s
    """
    bounds = limits or Limits()
    _known(select, streams)
    scope = Scope(select, streams, functions)
    inputs = _inputs(select, streams, bounds)
    _bounded(select, inputs, bounds)
    early = not select.joins and _filters_early(select.window, event_time)
    return Plan(
        select=select,
        inputs=inputs,
        event_time=event_time,
        late_ms=late_ms,
        limits=bounds,
        early=select.where if early else None,
        late=None if early else select.where,
        window=select.window,
        joins=select.joins,
        keys=select.dimensions,
        aggregated=any(one.role == "aggregate" for _, one in scope.calls(item.expr for item in select.columns)),
        having=select.having,
        order=select.order,
        limit=select.limit,
        analytic=tuple(call for call, one in scope.calls([select]) if one.role == "analytic"),
    )


def _filters_early(window: Window | None, event_time: bool) -> bool:
    """WHERE goes before the window, unless what triggers the window depends on every row."""
    return window is None or (not event_time and window.kind in _EARLY)


def _known(select: Select, streams: Mapping[str, Stream]) -> None:
    for source in (select.source, *(join.source for join in select.joins)):
        if source.name not in streams:
            raise refuse(source, f"there is no stream or table {source.name}")


def _inputs(select: Select, streams: Mapping[str, Stream], limits: Limits) -> tuple[Input, ...]:
    said = (select.source, *(join.source for join in select.joins))
    known = [source.alias or source.name for source in said]
    for source in said:
        if known.count(source.alias or source.name) > 1:
            raise refuse(source, f"{source.alias or source.name} is read twice: give each its own name with AS")
    return tuple(
        Input(source.name, source.alias or source.name, streams[source.name], _retain(streams[source.name], limits))
        for source in said
    )


def _retain(stream: Stream, limits: Limits) -> int:
    if not stream.table:
        return 0
    said = stream.options.get("RETAIN_SIZE", "")
    if said.isdigit() and int(said) > 0:
        return min(int(said), limits.table_rows)
    lasting = stream.options.get("TYPE", "file").lower() in ("", "file") or _is_lookup(stream)
    return limits.table_rows if lasting else 1


def _is_lookup(stream: Stream) -> bool:
    return stream.options.get("KIND", "").lower() == "lookup"


def _bounded(select: Select, inputs: tuple[Input, ...], limits: Limits) -> None:
    streams = [one for one in inputs if not one.table]
    if not streams:
        raise refuse(select.source, "only tables are read: nothing would ever trigger the rule")
    if len(streams) > 1 and select.window is None:
        node: Node = select.joins[0]
        raise refuse(node, "a join of streams needs a window: without one every row would have to be kept for ever")
    window = select.window
    if window is not None and window.kind == "count" and window.length > limits.rows:
        raise refuse(window, f"a window of {window.length} rows is more than the {limits.rows} that may be held")
    if window is not None and window.kind == "hopping" and window.length_ms > window.interval_ms * 10_000:
        raise refuse(window, "more than 10000 hops would be open at once")


def _steps(plan: Plan) -> list[str]:
    columns = ", ".join(_item_text(item.expr, item.alias) for item in plan.select.columns if not item.invisible)
    steps = [f"select {columns}" + (" (one row a group)" if plan.aggregated or plan.keys else "")]
    steps += [f"limit {plan.limit}"] if plan.limit is not None else []
    steps += [f"order by {', '.join(_order_text(key) for key in plan.order)}"] if plan.order else []
    steps += [f"having {text_of(plan.having)}"] if plan.having is not None else []
    steps += [f"group by {', '.join(map(text_of, plan.keys))}"] if plan.keys else []
    steps += [f"where {text_of(plan.late)}"] if plan.late is not None else []
    steps += [_join_text(join) for join in reversed(plan.joins)]
    steps += [f"window: {window_text(plan.window)}"] if plan.window is not None else []
    steps += [f"where {text_of(plan.early)}"] if plan.early is not None else []
    steps += [f"remember {', '.join(text_of(call) for call in plan.analytic)}"] if plan.analytic else []
    steps += [f"event time: in order, at most {plan.late_ms} ms late"] if plan.event_time else []
    return steps


def _item_text(expr: Expr, alias: str) -> str:
    return f"{text_of(expr)} as {alias}" if alias else text_of(expr)


def _order_text(key: Order) -> str:
    return text_of(key.expr) + (" desc" if key.descending else "")


def _join_text(join: Join) -> str:
    on = f" on {text_of(join.on)}" if join.on is not None else ""
    return f"{join.kind} join {join.source.alias or join.source.name}{on}"


def _input_text(one: Input) -> str:
    alias = f" as {one.known}" if one.known != one.name else ""
    return f"table {one.name}{alias}, {one.retain} rows at most" if one.table else f"stream {one.name}{alias}"


__all__ = ["Input", "Limits", "Plan", "PlanError", "make_plan"]
