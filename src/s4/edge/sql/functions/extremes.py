"""The largest and the smallest of a list, whose first value says what all must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.function import Value


def largest(values: Sequence[Value]) -> Value:
    """The largest, nulls left out; null for none. Raises `FunctionError` when a value is not of the first one's type.

    A bigint first makes all whole numbers (fractions are cut off); a float first wants floats; a string, strings.

    >>> largest([1, 3.2, None, 4.1])
    4
    """
    return _best(values, max)


def smallest(values: Sequence[Value]) -> Value:
    """The smallest, by the same rules."""
    return _best(values, min)


def _best(values: Sequence[Value], best: Callable[[Sequence[Any]], Any]) -> Value:
    held = [one for one in values if one is not None]
    if not held:
        return None
    return best([one for one in typed(held) if one == one] or held[:1])  # noqa: PLR0124 - leaves NaN out


def typed(values: Sequence[Value]) -> list[Any]:
    """The values, none of them null, in the type that the first one sets. Raises `FunctionError`."""
    lead = type(values[0])
    if lead is int:
        return [coerce.cut(one) for one in values]
    if lead not in (float, str):
        raise coerce.refuse("numbers or strings", values[0])
    for one in values:
        if type(one) is not lead:
            raise coerce.refuse("floats" if lead is float else "strings", one)
    return list(values)
