"""What names mean in one statement: streams, their columns, and the aliases of the SELECT list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from s4.core.errors import InputError
from s4.edge.sql.functions.function import Function
from s4.edge.sql.tree import Call, Expr, Field, Node, Select, Star, Stream
from s4.edge.sql.walk import walk


class PlanError(InputError):
    """A statement that reads well but cannot be run as it is: why, and where in the text."""


def refuse(node: Node, reason: str) -> PlanError:
    """The complaint about this place in the statement."""
    return PlanError(reason, line=node.at.line, column=node.at.column)


class Scope:
    """The names of a statement. `streams`: what is known of each source by the name in FROM and JOIN."""

    def __init__(self, select: Select, streams: Mapping[str, Stream], functions: Mapping[str, Function]) -> None:
        self.select, self.functions = select, functions
        said = (select.source, *(join.source for join in select.joins))
        self.sources = tuple(source.alias or source.name for source in said)
        self._canonical = {source.name: source.alias or source.name for source in reversed(said)}
        self._canonical |= {name: name for name in self.sources}
        self.defined = {source.alias or source.name: streams[source.name] for source in said}
        self._columns = {name: _columns_of(stream) for name, stream in self.defined.items()}
        self.aliases: dict[str, Expr] = {}
        for item in select.columns:
            if item.alias:
                if item.alias in self.aliases:
                    raise refuse(item, f"the alias {item.alias} is given twice")
                self.aliases[item.alias] = item.expr
        self.all_aliases = frozenset(self.aliases)
        self._aggregates: frozenset[str] | None = None
        self._check_names()

    @property
    def single(self) -> bool:
        """There is one source, so every row is a row of it."""
        return len(self.sources) == 1

    def stream(self, said: str, node: Node) -> str:
        """The name a source goes by in rows, for the name as it is said. Raises `PlanError` for an unknown one."""
        try:
            return self._canonical[said]
        except KeyError:
            raise refuse(node, f"stream {said} is not among those that are read") from None

    def function(self, call: Call) -> Function:
        """What is called. Raises `PlanError` when there is none of that name."""
        try:
            return self.functions[call.name]
        except KeyError:
            raise refuse(call, f"function {call.name} not found") from None

    def visible_to(self, alias: str) -> frozenset[str]:
        """The aliases that the definition of `alias` (or, for "", an item without one) may use.

        Earlier ones; later ones too where the name can mean nothing else, because no stream has such a column.
        """
        earlier = set()
        for name in self.aliases:
            if name == alias:
                break
            earlier.add(name)
        if any(columns is None for columns in self._columns.values()):
            return frozenset(earlier)
        later = {name for name in self.aliases if name != alias and not self._declared(name)}
        return frozenset(earlier | later)

    def aggregates(self) -> frozenset[str]:
        """The aliases that stand for an aggregate. Inside another aggregate their names mean columns."""
        if self._aggregates is None:
            calls = {name: [one.role for _, one in self.calls([expr])] for name, expr in self.aliases.items()}
            self._aggregates = frozenset(name for name, roles in calls.items() if "aggregate" in roles)
        return self._aggregates

    def earlier(self, index: int) -> frozenset[str]:
        """The aliases that the item of the SELECT list at `index` may use."""
        item = self.select.columns[index]
        if item.alias:
            return self.visible_to(item.alias)
        return frozenset(other.alias for other in self.select.columns[:index] if other.alias)

    def _declared(self, name: str) -> bool:
        return any(columns is not None and name.casefold() in columns for columns in self._columns.values())

    def homes(self, expr: Expr, seen: frozenset[str] = frozenset()) -> set[str]:
        """The sources whose columns are read; "" stands for one that cannot be told."""
        found: set[str] = set()
        for node in walk(expr):
            if isinstance(node, Star):
                found |= {self.stream(node.stream, node)} if node.stream else {*self.sources, ""}
            elif isinstance(node, Field):
                found |= self._homes_of(node, seen)
        return found

    def _homes_of(self, field: Field, seen: frozenset[str]) -> set[str]:
        if field.stream:
            return {self.stream(field.stream, field)}
        if field.name in self.aliases and field.name not in seen:
            return self.homes(self.aliases[field.name], seen | {field.name})
        if self.single:
            return {self.sources[0]}
        having = [name for name, columns in self._columns.items() if columns and field.name.casefold() in columns]
        if len(having) == 1 and all(columns is not None for columns in self._columns.values()):
            return {having[0]}
        return {""}

    def _check_names(self) -> None:
        for node in walk(self.select):
            if isinstance(node, Call) and node.name in self.functions and self.functions[node.name].takes_name:
                continue
            if isinstance(node, Field):
                self._check(node)
            elif isinstance(node, Star) and node.stream:
                self.stream(node.stream, node)

    def _check(self, field: Field) -> None:
        if field.stream:
            self.stream(field.stream, field)

    def calls(self, nodes: Iterable[Node]) -> Iterator[tuple[Call, Function]]:
        """Every call in these, with what is called."""
        for node in nodes:
            for inner in walk(node):
                if isinstance(inner, Call):
                    yield inner, self.function(inner)


def _columns_of(stream: Stream) -> frozenset[str] | None:
    return frozenset(name.casefold() for name, _ in stream.fields) or None
