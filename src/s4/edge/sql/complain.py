"""One way to say what is wrong with a node."""

from __future__ import annotations

from typing import NoReturn

from s4.edge.sql.tokens import StatementError
from s4.edge.sql.tree import Node


def complain(reason: str, node: Node) -> NoReturn:
    """Raise a `StatementError` at the node's place."""
    raise StatementError(reason, line=node.at.line, column=node.at.column)
