"""Going through a tree, for whoever looks for something in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from s4.edge.sql.tree import (
    Between,
    Binary,
    Call,
    Case,
    Column,
    In,
    Index,
    Join,
    Like,
    Member,
    Node,
    Order,
    Over,
    Select,
    Slice,
    Star,
    Unary,
    Window,
)

_PARTS: Final[dict[type[Node], tuple[str, ...]]] = {
    Star: ("replace",),
    Unary: ("operand",),
    Binary: ("left", "right"),
    Between: ("value", "low", "high"),
    In: ("value", "choices"),
    Like: ("value", "pattern"),
    Member: ("value",),
    Index: ("value", "index"),
    Slice: ("value", "start", "stop"),
    Case: ("value", "whens", "otherwise"),
    Over: ("partition", "order", "when"),
    Call: ("args", "where", "over"),
    Column: ("expr",),
    Join: ("source", "on"),
    Window: ("begin", "end", "where", "partition", "when"),
    Order: ("expr",),
    Select: ("columns", "source", "joins", "where", "dimensions", "window", "having", "order"),
}


def children(node: Node) -> list[Node]:
    """The nodes directly below, in the order of the text (of a GROUP BY, the window last).

    >>> from s4.edge.sql.grammar import parse_expression
    >>> [child.name for child in children(parse_expression("a + b"))]
    ['a', 'b']
    """
    found: list[Node] = []
    for part in _PARTS.get(type(node), ()):
        value = getattr(node, part)
        if isinstance(value, Node):
            found.append(value)
        elif value and part == "whens":
            found += (item for pair in value for item in pair)
        elif value:
            found += value
    return found


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, each before what is below it, in the order of the text."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        below = children(node)
        if below:
            below.reverse()
            stack += below
