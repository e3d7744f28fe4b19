"""Several columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import takes
from s4.edge.sql.functions.coerce import same
from s4.edge.sql.functions.function import Function, FunctionError, Memory, Value

FAMILY: Final = "columns"


def _changed_cols(memory: Memory, passed: bool, *values: Value) -> dict[str, Value]:
    """The columns that differ from what they were, remembered by their names."""
    names = values[-1] if values else None
    if not isinstance(names, list) or len(names) != len(values) - 1:
        raise FunctionError("needs a name for each argument")
    if len(names) < 3:
        raise FunctionError("needs a prefix, true or false, and something to watch")
    prefix, skip = coerce.string(values[0]), coerce.truth(values[1])
    changed: dict[str, Value] = {}
    for name, value in zip(names[2:], values[2:-1], strict=True) if passed else ():
        if (value is not None or not skip) and not same(value, memory.get(coerce.string(name))):
            memory[name] = value
            changed[f"{prefix}{name}"] = value
    return changed


FUNCTIONS: Final[Sequence[Function]] = (
    Function(
        "changed_cols", FAMILY, "columns", _changed_cols,
        "`changed_cols(prefix, skip_null, column, …)`: those of the columns that differ from their last values, their"
        " names after the prefix.",
        3, None, check=takes("string", "truth", "any"), nothing_for_null=False, remembers=True, selected_only=True,
    ),
)  # fmt: skip
