"""What belongs to no family."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import both, literal, takes
from s4.edge.sql.functions.function import Function, FunctionError, Value

FAMILY: Final = "other"
_KEPT: Final = ("bigint", "float", "string", "boolean", "datetime")


def _delay(span: Value, value: Value) -> Value:
    """The rule's clock is that of its rows, so holding up the machine would change nothing but its speed."""
    coerce.cut(span)
    return value


def _get_keyed_state(*args: Value) -> Value:
    if len(args) != 3:
        raise FunctionError("needs a key, a type, and what to answer when nothing is kept")
    coerce.string(args[0])
    return args[2]


def _newuuid() -> str:
    return str(uuid.uuid4())


FUNCTIONS: Final[Sequence[Function]] = (
    Function(
        "coalesce", FAMILY, "scalar", lambda *values: coerce.first(values), "The first argument that is not null.", 1,
        None, nothing_for_null=False,
    ),
    Function(
        "delay", FAMILY, "scalar", _delay,
        "`delay(ms, value)`: the value. The rule is not held up, because its clock is that of its rows.", 2, 2,
        check=takes("number", "any"),
    ),
    Function(
        "get_keyed_state", FAMILY, "scalar", _get_keyed_state,
        "`get_keyed_state(key, type, otherwise)`: what is kept outside the rules under that key. Nothing is kept there"
        " here, so it is always the third argument.",
        3, 3, check=both(takes("any", "string", "any"), literal(1, *_KEPT)),
    ),
    Function(
        "isnull", FAMILY, "scalar", lambda value: value is None, "Whether the value is null.", nothing_for_null=False
    ),
    Function("newuuid", FAMILY, "scalar", _newuuid, "A new random UUID (version 4).", 0, 0),
)  # fmt: skip
