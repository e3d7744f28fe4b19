"""Sums and the like that grow from row to row: over all rows, or from a condition that begins one to one that ends it.

`acc_sum(value)` never ends. `acc_sum(value, begin, reset)` starts when `begin` holds, includes the row in which `reset`
holds, and starts anew after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.function import Function, FunctionError, Memory, Value
from s4.edge.sql.tree import Expr

FAMILY: Final = "analytic"
_MOST: Final = 10_000

Add = Callable[..., None]
"""`add(memory, *values)` takes the values of one row into the memory."""


def _accumulating(values: int, add: Add, answer: Callable[[Memory], Value]) -> Callable[..., Value]:
    """A call of so many values, then perhaps `begin` and `reset`."""

    def call(memory: Memory, passed: bool, *args: Value) -> Value:
        if len(args) not in (values, values + 2):
            raise FunctionError("begin and reset come together")
        row, bounds = args[:values], [coerce.truth(bound) for bound in args[values:]]
        if bounds and not memory.get("begun"):
            memory.clear()
        begun = not bounds or bool(memory.get("begun")) or bounds[0]
        if begun and passed:
            add(memory, *row)
        if bounds:
            memory["begun"] = begun and not bounds[1]
        return answer(memory)

    return call


def _sum(memory: Memory, value: Value) -> None:
    if value is not None:
        memory["sum"] = memory.get("sum", 0.0) + coerce.number(value)


def _count(memory: Memory, value: Value) -> None:
    memory["count"] = memory.get("count", 0) + (value is not None)


def _avg(memory: Memory, value: Value) -> None:
    memory["sum"] = memory.get("sum", 0.0) + coerce.number(value)
    memory["count"] = memory.get("count", 0) + 1


def _mean(memory: Memory) -> float:
    return memory["sum"] / memory["count"] if memory.get("count") else 0.0


def _best(better: Callable[[float, float], float]) -> Add:
    def add(memory: Memory, value: Value) -> None:
        x = coerce.number(value)
        memory["best"] = better(memory["best"], x) if "best" in memory else x

    return add


def _best_by(better: Callable[[float, float], bool]) -> Add:
    """Keeps the value of the row that compares best, the latest among equals."""

    def add(memory: Memory, value: Value, by: Value) -> None:
        x = math.nan if by is None else coerce.number(by)
        if not math.isnan(x) and ("by" not in memory or better(x, memory["by"])):
            memory["by"], memory["value"] = x, value

    return add


def _collect(memory: Memory, value: Value) -> None:
    held = memory.setdefault("values", [])
    if value is not None:
        _append(held, value)


def _collect_distinct(memory: Memory, value: Value) -> None:
    held, seen = memory.setdefault("values", []), memory.setdefault("seen", {})
    if value is None:
        return
    name = f"{type(value).__name__} {coerce.text(value)}"
    if isinstance(value, list | dict) or name not in seen:
        _append(held, value)
        seen[name] = True


def _append(held: list[Value], value: Value) -> None:
    if len(held) >= _MOST:
        raise FunctionError(f"{_MOST} values have been collected; no more fit")
    held.append(value)


def _map(memory: Memory, name: Value, value: Value) -> None:
    held = memory.setdefault("map", {})
    if name is None:
        return
    text = coerce.convertible(name)
    if len(held) >= _MOST and text not in held:
        raise FunctionError(f"{_MOST} names have been collected; no more fit")
    held[text] = value


def _pairs(memory: Memory) -> list[Value]:
    return [{"key": name, "value": value} for name, value in memory.get("map", {}).items()]


def _check(values: int) -> Callable[[Sequence[Expr]], str | None]:
    def check(args: Sequence[Expr]) -> str | None:
        if len(args) in (values, values + 2):
            return None
        return f"needs {values} or {values + 2} arguments: begin and reset come together"

    return check


def _make(name: str, values: int, add: Add, answer: Callable[[Memory], Any], text: str) -> Function:
    call = _accumulating(values, add, answer)
    more = " Then perhaps `begin, reset`: conditions between which it runs."
    return Function(
        name, FAMILY, "analytic", call, text + more, values, values + 2,
        check=_check(values), nothing_for_null=False, remembers=True,
    )  # fmt: skip


FUNCTIONS: Final[Sequence[Function]] = (
    _make("acc_avg", 1, _avg, _mean, "The mean so far, as a float; 0 before there is one."),
    _make("acc_collect", 1, _collect, lambda m: list(m.get("values", ())), "All values so far, at most 10,000."),
    _make("acc_count", 1, _count, lambda m: m.get("count", 0), "How many values so far were not null."),
    _make(
        "acc_distinct_collect", 1, _collect_distinct, lambda m: list(m.get("values", ())),
        "All different values so far, at most 10,000.",
    ),
    _make("acc_map_agg", 2, _map, _pairs, "`acc_map_agg(name, value)`: the last value of each name, as structs."),
    _make("acc_max", 1, _best(max), lambda m: m.get("best", 0.0), "The largest so far, as a float; 0 at first."),
    _make("acc_max_by", 2, _best_by(lambda a, b: a >= b), lambda m: m.get("value"),
          "`acc_max_by(value, by)`: the value of the row with the largest `by` so far."),
    _make("acc_min", 1, _best(min), lambda m: m.get("best", 0.0), "The smallest so far, as a float; 0 at first."),
    _make("acc_min_by", 2, _best_by(lambda a, b: a <= b), lambda m: m.get("value"),
          "`acc_min_by(value, by)`: the value of the row with the smallest `by` so far."),
    _make("acc_sum", 1, _sum, lambda m: m.get("sum", 0.0), "The sum so far, as a float."),
)  # fmt: skip
