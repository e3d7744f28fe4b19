"""What only the streams can tell: whether columns are there, whose they are, and whether a join has a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from s4.edge.sql.complain import complain
from s4.edge.sql.functions.function import Function
from s4.edge.sql.near import meant
from s4.edge.sql.tree import Binary, Call, Column, Expr, Field, Join, Node, Select, Source, Stream
from s4.edge.sql.walk import children, walk

_OF_ROWS = {"last_hit_count": "last_agg_hit_count", "last_hit_time": "last_agg_hit_time"}


def check_columns(select: Select, streams: Mapping[str, Stream], functions: Mapping[str, Function]) -> None:
    """Raise `StatementError` for the first thing that does not fit the streams."""
    called = _sources(select, streams)
    _joins(select, [streams[source.name] for source in sources(select)], streams)
    aliases = _aliases(select)
    _Columns(called, aliases, functions).check(select)
    _Aggregates(aliases, functions).check(select)


def sources(select: Select) -> list[Source]:
    """What is read, in the order of the text."""
    return [select.source, *(join.source for join in select.joins)]


def _sources(select: Select, streams: Mapping[str, Stream]) -> dict[str, Stream]:
    """The streams that are read, by the name each goes by."""
    known: dict[str, Stream] = {}
    for source in sources(select):
        if source.name not in streams:
            complain(f"there is no stream {source.name}{meant(source.name, streams)}", source)
        called = source.alias or source.name
        if called in known:
            complain(f"two streams go by the name {called}; give one of them another with AS", source)
        known[called] = streams[source.name]
    return known


def _joins(select: Select, read: list[Stream], streams: Mapping[str, Stream]) -> None:
    flowing = [stream for stream in read if not stream.table]
    if len(flowing) > 1 and select.window is None:
        complain(
            "to join streams takes a window in GROUP BY; without one the join would have no bound", select.joins[0]
        )
    if not flowing and select.window is not None:
        complain("a window takes a stream; there are only tables here", select.window)
    for join in select.joins:
        table = streams[join.source.name]
        if table.table and table.options.get("KIND", "").lower() == "lookup" and not _equates(join):
            complain(f"to look up in {table.name} takes an equality after ON", join)


def _equates(join: Join) -> bool:
    return join.on is not None and any(isinstance(node, Binary) and node.op == "=" for node in walk(join.on))


def _aliases(select: Select) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in select.columns:
        if column.alias in found:
            complain(f"two columns have the alias {column.alias}", column)
        if column.alias:
            found[column.alias] = column
    _cycles(found)
    return found


def _cycles(aliases: Mapping[str, Column]) -> None:
    """An alias may stand for what uses other aliases, but not in a circle. An alias in its own column is a column."""
    uses = {
        alias: [
            node.name
            for node in walk(column.expr)
            if isinstance(node, Field) and not node.stream and node.name in aliases and node.name != alias
        ]
        for alias, column in aliases.items()
    }
    done: set[str] = set()
    for alias in aliases:
        path: list[str] = []
        stack: list[Iterator[str]] = [iter([alias])]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
                if path:
                    done.add(path.pop())
            elif following in path:
                circle = " → ".join([*path[path.index(following) :], following])
                complain(f"aliases stand for one another in a circle: {circle}", aliases[following])
            elif following not in done:
                path.append(following)
                stack.append(iter(uses[following]))


class _Columns:
    """Checks columns against the streams that say which they have; a stream without columns may have any."""

    def __init__(
        self, called: Mapping[str, Stream], aliases: Mapping[str, Column], functions: Mapping[str, Function]
    ) -> None:
        self._aliases = {alias.lower() for alias in aliases}
        self._functions = functions
        self._declared = {name: {field.lower() for field, _ in stream.fields} for name, stream in called.items()}
        self._named = {stream.name: self._declared[name] for name, stream in called.items()} | self._declared
        self._open = not all(self._declared.values())

    def check(self, select: Select) -> None:
        for column in select.columns:
            own = column.alias.lower()
            self._below(column.expr, self._aliases - {own})
        for part in children(select):
            if not isinstance(part, Column):
                self._below(part, self._aliases)

    def _below(self, node: Node, aliases: set[str]) -> None:
        stack = [node]
        while stack:
            node = stack.pop()
            if isinstance(node, Field):
                self._field(node, aliases)
            elif not (
                isinstance(node, Call) and node.name in self._functions and self._functions[node.name].takes_name
            ):
                stack += children(node)

    def _field(self, field: Field, aliases: set[str]) -> None:
        name = field.name.lower()
        if field.stream:
            there = self._named.get(field.stream)
            if there and name not in there:
                complain(f"{field.stream} has no column {field.name}{meant(field.name, there)}", field)
            return
        holders = [stream for stream, columns in self._declared.items() if name in columns]
        if name in aliases or self._open:
            return
        if not holders:
            near = meant(field.name, {column for columns in self._declared.values() for column in columns} | aliases)
            complain(f"there is no column {field.name}{near}", field)
        if len(holders) > 1:
            complain(f"{field.name} stands in {' and in '.join(holders)}; say which: {holders[0]}.{field.name}", field)


class _Aggregates:
    """Checks where aggregates stand, those too that an alias stands for."""

    def __init__(self, aliases: Mapping[str, Column], functions: Mapping[str, Function]) -> None:
        self._aliases = aliases
        self._functions = functions
        self._hold: dict[str, bool] = {}

    def check(self, select: Select) -> None:
        for join in select.joins:
            if join.on is not None:
                self._none(join.on, "ON")
        if select.where is not None:
            self._none(select.where, "WHERE")
        for dimension in select.dimensions:
            self._none(dimension, "GROUP BY")
        if select.window is not None:
            for part in children(select.window):
                self._none(part, "a window")
        grouped = bool(select.joins or select.dimensions or select.window)
        for node in (*select.columns, *([select.where] if select.where is not None else [])):
            self._calls(node, grouped)

    def _calls(self, part: Node, grouped: bool) -> None:
        for node in walk(part):
            if not isinstance(node, Call):
                continue
            if self._aggregate(node):
                for arg in node.args:
                    if self._holds(arg, columns=True):
                        complain(f"{node.name} cannot take an aggregate: no rows are left to it", arg)
            if grouped and node.name in _OF_ROWS:
                instead = _OF_ROWS[node.name]
                complain(f"{node.name} counts rows; in a rule with a window, a group or a join say {instead}", node)

    def _none(self, expr: Node, clause: str) -> None:
        for node in walk(expr):
            if isinstance(node, Field) and not node.stream and self._alias_holds(node.name):
                complain(f"{node.name} stands for an aggregate, which cannot stand in {clause}", node)
            if isinstance(node, Call) and self._aggregate(node):
                complain(f"{node.name} is an aggregate and cannot stand in {clause}", node)

    def _aggregate(self, call: Call) -> bool:
        return call.name in self._functions and self._functions[call.name].role == "aggregate"

    def _holds(self, expr: Expr, own: str = "", *, columns: bool = False) -> bool:
        """Whether there is an aggregate. `columns`: `t` in `avg(t) AS t` means the column, not the alias."""
        for node in walk(expr):
            if isinstance(node, Call) and self._aggregate(node):
                return True
            if not isinstance(node, Field) or node.stream or node.name == own:
                continue
            if self._alias_holds(node.name) and not (columns and self._hides(node.name)):
                return True
        return False

    def _hides(self, alias: str) -> bool:
        """Whether an alias has the name of a column that its own definition reads."""
        inside = walk(self._aliases[alias].expr)
        return any(isinstance(node, Field) and not node.stream and node.name == alias for node in inside)

    def _alias_holds(self, name: str) -> bool:
        """Whether an alias stands for an aggregate. Ends, because aliases in a circle are refused before."""
        if name not in self._aliases:
            return False
        if name not in self._hold:
            self._hold[name] = self._holds(self._aliases[name].expr, name)
        return self._hold[name]
