"""Many values into one. Nulls are left out everywhere; of no values at all most answers are null."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import must_be, takes
from s4.edge.sql.functions.coerce import array
from s4.edge.sql.functions.extremes import largest, smallest, typed
from s4.edge.sql.functions.function import Function, FunctionError, Value
from s4.edge.sql.functions.vectors import Array

FAMILY: Final = "aggregate"
_SAFE_SUM: Final = 2**62


def _held(column: Value) -> list[Value]:
    return [one for one in array(column) if one is not None]


def _count(column: Value) -> int:
    return len(_held(column))


def _numbers(values: list[Value]) -> list[Any]:
    if values and isinstance(values[0], str):
        raise coerce.refuse("numbers", values[0])
    return typed(values) if values else []


def _sum(column: Value) -> int | float | None:
    values = _numbers(_held(column))
    return sum(values) if values else None


def _avg(column: Value) -> int | float | None:
    values = _numbers(_held(column))
    if not values:
        return None
    total = sum(values)
    return total / len(values) if isinstance(total, float) else _divided(total, len(values))


def _divided(total: int, count: int) -> int:
    """Whole numbers divide without a fraction, towards 0."""
    return -(-total // count) if total < 0 else total // count


def floats(column: Value) -> list[float]:
    """The column as floats, nulls left out."""
    return [coerce.number(one) for one in _held(column)]


def _variance(column: Value, fewer: int) -> float | None:
    """The mean square distance from the mean, divided by the count less `fewer`; not a number is null."""
    values = floats(column)
    if not values:
        return None
    return _real(_spread(np.asarray(values), fewer))


def _spread(values: Array, fewer: int) -> float:
    if len(values) <= fewer:
        return math.nan
    with np.errstate(all="ignore"):
        return float(np.square(values - values.mean()).sum() / (len(values) - fewer))


def _deviation(column: Value, fewer: int) -> float | None:
    variance = _variance(column, fewer)
    return None if variance is None else math.sqrt(variance)


def _real(value: float) -> float | None:
    return None if math.isnan(value) else value


def _share(column: Value) -> float:
    share = coerce.first(array(column))
    return 1.0 if not column else coerce.number(share)


def _percentile_cont(column: Value, share: Value) -> float | None:
    """The value below which that share lies: the mean of the two neighbours where it falls between them."""
    values, part = sorted(floats(column)), _share(share)
    if len(values) < 2:
        return values[0] if values else None
    if not 0 < part <= 1:
        raise FunctionError("the share must lie above 0 and not above 1")
    place = part * 100 / 100 * len(values)
    at = int(place)
    if place == at:
        return values[at - 1]
    if place < 1:
        raise FunctionError("the share is smaller than one value's")
    return (values[at - 1] + values[at]) / 2


def _percentile_disc(column: Value, share: Value) -> float | None:
    """The smallest value that is not below that share of the values."""
    values, part = sorted(floats(column)), _share(share)
    if not values:
        return None
    if not 0 <= part <= 1:
        raise FunctionError("the share must lie between 0 and 1")
    return values[max(0, math.ceil(len(values) * part * 100 / 100) - 1)]


def _collect(*columns: Value) -> list[Value]:
    return array(columns[0]) if columns else []


def _merge_agg(column: Value) -> dict[str, Value] | None:
    if not isinstance(column, list):
        return None
    merged: dict[str, Value] = {}
    for one in column:
        merged.update(one if isinstance(one, dict) else {})
    return merged or None


def _agg_by_key(column: Value) -> dict[str, Value]:
    held: dict[str, Value] = {}
    for one in array(column):
        for name, value in one.items() if isinstance(one, dict) else ():
            held.setdefault(name, []).append(value)
    return held


def _deduplicate(rows: Value, column: Value, every: Value) -> Value:
    if not array(every) or len(array(rows)) != len(array(column)):
        raise FunctionError("needs rows, a value for each, and true or false")
    firsts: dict[str, int] = {}
    for at, one in enumerate(column):
        firsts.setdefault(coerce.text([one]), at)
    fresh = list(firsts.values())
    if coerce.truth(coerce.first(every)):
        return [rows[at] for at in fresh]
    return rows[-1] if fresh and fresh[-1] == len(column) - 1 else None


def _last_value(column: Value, skip_null: Value) -> Value:
    if not array(column):
        return None
    skip = coerce.truth(coerce.first(array(skip_null)))
    last = coerce.first(reversed(column)) if skip else None
    return column[-1] if last is None else last


def _clean(values: Array) -> Array:
    """The numbers without NaN, which stands for null."""
    return values[~np.isnan(values)] if values.dtype.kind == "f" else values


def _over(reduce: Callable[[Array], int | float]) -> Callable[[Array], int | float | None]:
    """`reduce` over what is not null; null for nothing, and for what is no number."""

    def call(values: Array) -> int | float | None:
        held = _clean(np.asarray(values))
        if not len(held):
            return None
        answer = reduce(held)
        return _real(answer) if isinstance(answer, float) else answer

    return call


def _sum_array(values: Array) -> int | float:
    if values.dtype.kind == "f":
        return float(values.sum())
    if max(abs(int(values.min())), abs(int(values.max()))) * len(values) < _SAFE_SUM:
        return int(values.sum())
    return int(sum(values.tolist()))


def _avg_array(values: Array) -> int | float:
    total = _sum_array(values)
    return total / len(values) if isinstance(total, float) else _divided(total, len(values))


def _count_array(values: Array) -> int:
    return len(_clean(np.asarray(values)))


def _spread_array(fewer: int, *, root: bool) -> Callable[[Array], float]:
    def reduce(values: Array) -> float:
        spread = _spread(np.asarray(values, np.float64), fewer)
        return math.sqrt(spread) if root and spread >= 0 else spread

    return reduce


def _make(name: str, call: Callable[..., Value], text: str, count: int = 1, **more: Any) -> Function:
    return Function(name, FAMILY, "aggregate", call, text, count, count, **{"nothing_for_null": False, **more})


_NUMBER: Final = takes("number")
_TRUTH: Final = must_be(1, "bool", "true or false")

FUNCTIONS: Final[Sequence[Function]] = (
    _make("agg_by_key", _agg_by_key, "A struct with, for each name in the column's structs, the array of its values."),
    _make(
        "avg", _avg, "The mean; of bigints a bigint, its fraction cut off. The first value sets the type of all.",
        check=_NUMBER, vector=_over(_avg_array),
    ),
    _make("collect", _collect, "All the values in one array, nulls too; `collect(*)` the whole rows."),
    _make("count", _count, "How many values are not null; `count(*)` how many rows there are.", vector=_count_array),
    _make(
        "deduplicate", _deduplicate,
        "With true: the rows, each value of the column just once. With false: the last row, if its value is new.",
        2, check=_TRUTH, takes_rows=True,
    ),
    _make("last_value", _last_value, "The last value; with true, the last one that is not null.", 2, check=_TRUTH),
    _make("max", lambda a: largest(array(a)), "The largest. The first value sets the type of all.", check=_NUMBER,
          vector=_over(lambda a: a.max().item())),
    _make("merge_agg", _merge_agg, "The members of all structs in one; of equal names the last one counts."),
    _make("min", lambda a: smallest(array(a)), "The smallest. The first value sets the type of all.", check=_NUMBER,
          vector=_over(lambda a: a.min().item())),
    *(
        _make(name, _percentile_cont,
              "The value below which that share (0 to 1) of the values lies, as a mean of two where it falls between.",
              2, check=_NUMBER)
        for name in ("percentile_cont", "percentile")
    ),
    _make("percentile_disc", _percentile_disc, "The smallest value not below that share (0 to 1) of the values.", 2,
          check=_NUMBER),
    _make("stddev", lambda a: _deviation(a, 0), "The standard deviation, these values being all there are.",
          check=_NUMBER, vector=_over(_spread_array(0, root=True))),
    _make("stddevs", lambda a: _deviation(a, 1), "The standard deviation, these values being a sample; null for one.",
          check=_NUMBER, vector=_over(_spread_array(1, root=True))),
    _make("sum", _sum, "The sum; of bigints a bigint. The first value sets the type of all.", check=_NUMBER,
          vector=_over(_sum_array)),
    _make("var", lambda a: _variance(a, 0), "The variance, these values being all there are.", check=_NUMBER,
          vector=_over(_spread_array(0, root=False))),
    _make("vars", lambda a: _variance(a, 1), "The variance, these values being a sample; null for one.", check=_NUMBER,
          vector=_over(_spread_array(1, root=False))),
)  # fmt: skip
