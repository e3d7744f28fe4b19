"""When two parts of statements say the same."""

from __future__ import annotations

from collections.abc import Hashable

from s4.edge.sql.tree import Node

_PLACES = frozenset(("at", "number"))


def meaning(part: object) -> Hashable:
    """What a node says, without where it stands: equal for two nodes that say the same. Case of names counts.

    >>> from s4.edge.sql.grammar import parse_expression
    >>> meaning(parse_expression("avg(a + 1)")) == meaning(parse_expression("avg( a+1 )"))
    True
    """
    if isinstance(part, Node):
        said = (meaning(getattr(part, name)) for name in part.__struct_fields__ if name not in _PLACES)
        return (type(part).__name__, *said)
    if isinstance(part, tuple):
        return tuple(meaning(item) for item in part)
    return (type(part).__name__, part) if isinstance(part, int | float | str) else None
