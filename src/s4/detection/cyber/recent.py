"""A dictionary whose first key is the one untouched for the longest: for forgetting the oldest first.

A plain dictionary in its order of insertion, because a snapshot keeps that order and no other.
"""

from __future__ import annotations

from typing import TypeVar

V = TypeVar("V")


def touch(table: dict[str, V], key: str, value: V) -> V:
    """Put `value` at the end of the table, new or not.

    >>> table = {"a": 1, "b": 2}
    >>> touch(table, "a", 3), list(table)
    (3, ['b', 'a'])
    """
    table.pop(key, None)
    table[key] = value
    return value


def oldest(table: dict[str, V]) -> tuple[str, V]:
    """The first key and its value, of a table that is not empty."""
    return next(iter(table.items()))
