"""Analytic calls: computed on every row as it comes in, before WHERE and windows, each with a memory by partition."""

from __future__ import annotations

from collections.abc import Iterator

from s4.edge.sql.evaluate import Compiler
from s4.edge.sql.remember import RememberingCall
from s4.edge.sql.scope import Scope
from s4.edge.sql.tree import Call, Expr, Field, Node
from s4.edge.sql.walk import children


def analytic_calls(compiler: Compiler, most_partitions: int) -> list[RememberingCall]:
    """The analytic calls of the statement, each after those it needs."""
    scope = compiler.scope
    found: list[RememberingCall] = []
    seen: set[int] = set()
    for expr, visible in _in_order(scope):
        for call, inner in _innermost_first(scope, expr, visible, frozenset()):
            function = scope.function(call)
            if call.number not in seen and function.role == "analytic":
                seen.add(call.number)
                found.append(RememberingCall(compiler, call, function, inner, most_partitions))
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
