"""What a rule remembers from row to row. `memory` belongs to one call and one partition, and holds plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import constant, takes
from s4.edge.sql.functions.coerce import same
from s4.edge.sql.functions.function import Function, FunctionError, Memory, Value
from s4.edge.sql.tree import Expr, Field

FAMILY: Final = "analytic"
_FARTHEST: Final = 100_000


def _changed_col(memory: Memory, passed: bool, skip_null: Value, value: Value) -> Value:
    skip = coerce.truth(skip_null)
    if (skip and value is None) or not passed or same(value, memory.get("value")):
        return None
    memory["value"] = value
    return value


def _had_changed(memory: Memory, passed: bool, skip_null: Value, *values: Value) -> bool:
    skip = coerce.truth(skip_null)
    if not values:
        raise FunctionError("needs something to watch")
    changed = False
    for at, value in enumerate(values) if passed else ():
        if (value is not None or not skip) and not same(value, memory.get(at)):
            memory[at] = value
            changed = True
    return changed


def _lag(memory: Memory, passed: bool, value: Value, *how: Value) -> Value:
    """The ring is filled with what to answer before there are enough values."""
    distance = coerce.whole(how[0]) if how else 1
    if not 0 <= distance <= _FARTHEST:
        raise FunctionError(f"the distance must lie between 0 and {_FARTHEST}")
    skip = coerce.truth(how[2]) if len(how) > 2 else False
    if (ring := memory.get("ring")) is None:
        ring = memory["ring"] = [how[1] if len(how) > 1 else None] * distance
        memory["at"] = 0
    if not ring:
        return None
    at = memory["at"]
    oldest = ring[at]
    if passed and not (skip and value is None):
        ring[at] = value
        memory["at"] = (at + 1) % len(ring)
    return oldest


def _lag_check(args: Sequence[Expr]) -> str | None:
    if len(args) > 1 and isinstance(args[1], Field):
        return "argument 2, the distance, must be a whole number"
    distance = constant(args[1]) if len(args) > 1 else None
    if isinstance(distance, int) and distance < 0:
        return "argument 2, the distance, must not be negative"
    return takes("any", "whole", "any", "truth")(args)


def _latest(memory: Memory, passed: bool, value: Value, otherwise: Value = None) -> Value:
    if passed and value is not None:
        memory["value"] = value
        return value
    held = memory.get("value")
    return otherwise if held is None else held


def _turned(memory: Memory, monitored: Value, target: tuple[Value, ...], *, skip_null: bool) -> bool:
    """Whether what is monitored has just changed (to the target, when there is one)."""
    if skip_null and monitored is None:
        return False
    changed = "seen" not in memory or not same(monitored, memory["seen"])
    memory["seen"] = monitored
    return changed and all(same(monitored, one) for one in target)


def _change_to(memory: Memory, passed: bool, monitored: Value, *how: Value) -> bool:
    skip = coerce.truth(how[1]) if len(how) > 1 else False
    return passed and _turned(memory, monitored, how[:1], skip_null=skip)


def _change_capture(memory: Memory, passed: bool, kept: Value, monitored: Value, *how: Value) -> Value:
    skip = coerce.truth(how[1]) if len(how) > 1 else False
    if passed and _turned(memory, monitored, how[:1], skip_null=skip):
        memory["kept"] = kept
    return memory.get("kept")


def _consecutive_count(memory: Memory, passed: bool, condition: Value) -> int:
    if passed:
        memory["count"] = memory.get("count", 0) + 1 if coerce.truth(condition) else 0
    return int(memory.get("count", 0))


def _consecutive_start(memory: Memory, passed: bool, condition: Value, value: Value) -> Value:
    if passed and not coerce.truth(condition):
        memory.clear()
    elif passed and "start" not in memory:
        memory["start"] = value
    return memory.get("start")


def _make(
    name: str, call: Callable[..., Value], text: str, least: int = 1, most: int | None = 1, **more: Any
) -> Function:
    return Function(name, FAMILY, "analytic", call, text, least, most, nothing_for_null=False, remembers=True, **more)


FUNCTIONS: Final[Sequence[Function]] = (
    _make(
        "change_capture", _change_capture,
        "`change_capture(value, watched[, target[, skip_null]])`: the value of the row in which the second argument"
        " last changed (to the target).",
        2, 4, check=takes("any", "any", "any", "truth"),
    ),
    _make(
        "change_to", _change_to,
        "`change_to(watched[, target[, skip_null]])`: whether the first argument has just changed (to the target).",
        1, 3, check=takes("any", "any", "truth"),
    ),
    _make(
        "changed_col", _changed_col, "`changed_col(skip_null, value)`: the value, if it differs from the last one.", 2,
        2, check=takes("truth", "any"),
    ),
    _make(
        "consecutive_count", _consecutive_count, "For how many rows on end, this one included, the condition has held."
    ),
    _make(
        "consecutive_start", _consecutive_start,
        "`consecutive_start(condition, value)`: the value of the first of the rows on end for which it has held.",
        2, 2,
    ),
    _make(
        "had_changed", _had_changed,
        "`had_changed(skip_null, value, …)`: whether any of the values differs from the last one.", 2, None,
        check=takes("truth", "any"),
    ),
    _make(
        "lag", _lag,
        "`lag(value[, distance[, otherwise[, skip_null]]])`: the value so many rows ago (1 unless said).", 1, 4,
        check=_lag_check,
    ),
    _make("latest", _latest, "`latest(value[, otherwise])`: the last value that was not null.", 1, 2),
)  # fmt: skip
