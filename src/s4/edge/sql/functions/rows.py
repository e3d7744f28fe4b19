"""One row into several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from s4.edge.sql.functions.function import Function, Value

FAMILY: Final = "rows"


def _unnest(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


FUNCTIONS: Final[Sequence[Function]] = (
    Function(
        "unnest", FAMILY, "rows", _unnest, "One row for each element of the array; a struct's members become columns.",
        selected_only=True,
    ),
)  # fmt: skip
