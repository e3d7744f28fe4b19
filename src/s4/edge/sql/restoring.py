"""Reading a rule's snapshot back."""

from __future__ import annotations

from typing import Any

import msgspec

from s4.core.errors import InputError
from s4.edge.sql.counters import Counter
from s4.edge.sql.place import Hits


class Snapshot(msgspec.Struct, array_like=True):
    """What `Query.snapshot` writes."""

    kind: str
    version: int
    now: int
    started: int
    mark: Any
    window: Any
    tables: dict[str, list[list[Any]]]
    analytic: list[tuple[int, list[tuple[list[str], dict[Any, Any]]]]]
    hits: list[Hits]
    counters: dict[str, Counter]


def read_snapshot(data: bytes, analytic: int) -> Snapshot:
    """The snapshot. Raises `InputError` when it is none, or of a rule with another number of analytic calls."""
    try:
        found = msgspec.msgpack.decode(data, type=Snapshot)
    except msgspec.DecodeError as error:
        raise InputError(f"not a snapshot of a rule: {error}") from error
    if found.kind != "s4 rule" or found.version != 1 or len(found.analytic) != analytic:
        raise InputError("a snapshot of another rule, or of another version")
    return found
