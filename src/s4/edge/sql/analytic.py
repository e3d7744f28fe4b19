"""Analytic calls: computed on every row as it comes in, before WHERE and windows, each with a memory by partition."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Any

from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.evaluate_calls import guarded, spreading
from s4.edge.sql.functions.function import Function, Memory
from s4.edge.sql.place import Place
from s4.edge.sql.scope import Scope
from s4.edge.sql.tree import Call, Expr, Field, Node
from s4.edge.sql.values import as_text
from s4.edge.sql.walk import children

Value = Any


class AnalyticCall:
    """One call and what it remembers. At most `most` partitions are kept: the one not seen longest goes first."""

    def __init__(self, compiler: Compiler, call: Call, function: Function, visible: frozenset[str], most: int) -> None:
        self.number, self._function, self._most = call.number, function, most
        self._spread = spreading(compiler, call.args, visible, stars=function.role == "columns")
        over = call.over
        self._partition = [compiler.reader(key, visible) for key in over.partition] if over else []
        self._when = compiler.reader(over.when, visible) if over and over.when is not None else None
        homes = compiler.scope.homes(call)
        self._home = homes.pop() if len(homes) == 1 else ""
        self.memories: OrderedDict[Hashable, Memory] = OrderedDict()
        self.forgotten = 0

    def compute(self, place: Place, stream: str) -> None:
        """Put the answer for this row into its memo. A row of a stream that is not asked about is passed over."""
        if self._home not in ("", stream) or place.row is None:
            return
        names, values = self._spread(place)
        key = tuple([as_text(part(place)) for part in self._partition]) if self._partition else ()
        passed = self._when is None or self._when(place) is True
        function = self._function
        given = [*values, names] if function.role == "columns" else values
        answer = guarded(function.name, function.call, self._memory(key), passed, *given)
        place.row.parts[0].memo[self.number] = answer

    def _memory(self, key: Hashable) -> Memory:
        memories = self.memories
        if key in memories:
            memories.move_to_end(key)
        else:
            memories[key] = {}
            if len(memories) > self._most:
                memories.popitem(last=False)
                self.forgotten += 1
        return memories[key]


def analytic_calls(compiler: Compiler, most_partitions: int) -> list[AnalyticCall]:
    """The analytic calls of the statement, each after those it needs."""
    scope = compiler.scope
    found: list[AnalyticCall] = []
    seen: set[int] = set()
    for expr, visible in _in_order(scope):
        for call, inner in _innermost_first(scope, expr, visible, frozenset()):
            function = scope.function(call)
            if call.number not in seen and (function.role == "analytic" or function.remembers):
                seen.add(call.number)
                found.append(AnalyticCall(compiler, call, function, inner, most_partitions))
    return found


def _in_order(scope: Scope) -> Iterator[tuple[Node, frozenset[str]]]:
    select = scope.select
    for index, item in enumerate(select.columns):
        yield item.expr, scope.earlier(index)
    rest: list[Node | None] = [
        *(join.on for join in select.joins),
        select.where,
        *select.dimensions,
        select.window,
        select.having,
        *select.order,
    ]
    for node in rest:
        if node is not None:
            yield node, scope.all_aliases


def _innermost_first(
    scope: Scope, node: Node, visible: frozenset[str], open_aliases: frozenset[str]
) -> Iterator[tuple[Call, frozenset[str]]]:
    if isinstance(node, Field) and not node.stream and node.name in visible and node.name not in open_aliases:
        definition: Expr = scope.aliases[node.name]
        yield from _innermost_first(scope, definition, scope.visible_to(node.name), open_aliases | {node.name})
    for child in children(node):
        yield from _innermost_first(scope, child, visible, open_aliases)
    if isinstance(node, Call):
        yield node, visible
