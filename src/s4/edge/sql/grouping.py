"""GROUP BY, HAVING and ORDER BY over the rows of a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Any

from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.place import Place, Reader
from s4.edge.sql.rows import Line
from s4.edge.sql.values import as_text, operation, type_name

Value = Any
_LESS = operation("<")


def group_rows(rows: Sequence[Line], keys: Sequence[Reader], place: Callable[[Line], Place]) -> list[list[Line]]:
    """The rows by their keys, in the order in which the keys come up. Values that read alike are one key."""
    groups: dict[tuple[str, ...], list[Line]] = {}
    for row in rows:
        here = place(row)
        groups.setdefault(tuple([as_text(key(here)) for key in keys]), []).append(row)
    return list(groups.values())


def holds(condition: Reader, place: Place, what: str) -> bool:
    """Whether a condition is met; null is not. Raises `FunctionError` for what is neither true, false nor null."""
    said = condition(place)
    if said is None or type(said) is bool:
        return said is True
    raise FunctionError(
        f"invalid condition that returns non-bool value {type_name(said)}({as_text(said)})"
        if what
        else "not a condition"
    )


def in_order(places: list[Place], keys: Sequence[tuple[Reader, bool]]) -> list[Place]:
    """The places by ORDER BY: `keys` are (what, descending). Nulls come last either way; equals keep their order."""
    valued = [([reader(place) for reader, _ in keys], place) for place in places]
    for number in range(len(keys)):
        _same_kind([values[number] for values, _ in valued])

    def compare(one: tuple[list[Value], Place], other: tuple[list[Value], Place]) -> int:
        for (_, descending), left, right in zip(keys, one[0], other[0], strict=True):
            if (said := _compare(left, right, descending)) != 0:
                return said
        return 0

    return [place for _, place in sorted(valued, key=cmp_to_key(compare))]


def _compare(left: Value, right: Value, descending: bool) -> int:
    if left is None or right is None:
        return (left is None) - (right is None)
    if left == right:
        return 0
    less = left < right if type(left) is bool else _LESS(left, right)
    return -1 if less != descending else 1


def _same_kind(values: list[Value]) -> None:
    kinds = {"number" if type(value) in (int, float) else type_name(value) for value in values if value is not None}
    if len(kinds) > 1:
        raise FunctionError(f"incompatible types for comparison: {' and '.join(sorted(kinds))}")
