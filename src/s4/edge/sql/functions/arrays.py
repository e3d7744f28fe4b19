"""Arrays: what stands in them, sets made of them, and new ones. No function changes the array that it is given."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.coerce import array, key, same
from s4.edge.sql.functions.extremes import largest, smallest
from s4.edge.sql.functions.function import Function, FunctionError, Value

FAMILY: Final = "array"


def _create(*values: Value) -> list[Value]:
    return list(values)


def _position(values: Value, wanted: Value) -> int:
    return -1 if values is None else next((at for at, one in enumerate(array(values)) if same(one, wanted)), -1)


def _last_position(values: Value, wanted: Value) -> int:
    if values is None:
        return -1
    return next((at for at in reversed(range(len(array(values)))) if same(values[at], wanted)), -1)


def _element_at(value: Value, at: Value) -> Value:
    if isinstance(value, dict):
        return value.get(coerce.string(at))
    if not isinstance(value, list):
        raise coerce.refuse("an array or a struct", value)
    index = coerce.whole(at)
    if not -len(value) <= index < len(value):
        raise FunctionError("the index is out of range")
    return value[index]


def _contains(values: Value, wanted: Value) -> bool:
    return values is not None and any(same(one, wanted) for one in array(values))


def _contains_any(values: Value, others: Value) -> bool:
    if values is None:
        return False
    known = _set(array(others))
    return any(key(one) in known for one in array(values))


def _remove(values: Value, gone: Value) -> list[Value] | None:
    return None if values is None else [one for one in array(values) if not same(one, gone)]


def _set(values: Iterable[Value]) -> set[tuple[type, Value] | None]:
    """The scalars among the values. Arrays and structs are never equal in a set, so they are left out."""
    return {held for one in values if (held := key(one)) is not None}


def _distinct(values: Iterable[Value], seen: set[tuple[type, Value] | None]) -> list[Value]:
    """The values without those seen before, each once; arrays and structs all stay."""
    kept = []
    for one in values:
        held = key(one)
        if held is None or held not in seen:
            kept.append(one)
            seen.add(held)
    return kept


def _intersect(values: Value, others: Value) -> list[Value]:
    known = _set(array(values))
    return _distinct((one for one in array(others) if key(one) in known), set())


def _union(values: Value, others: Value) -> list[Value]:
    return _distinct(
        (*(array(values) if values is not None else ()), *(array(others) if others is not None else ())), set()
    )


def _except(values: Value, others: Value) -> list[Value] | None:
    if values is None:
        return None
    return _distinct(array(values), _set(array(others)) if others is not None else set())


def _avg(values: Value) -> float | None:
    numbers = [coerce.number(one) for one in array(values) if one is not None]
    return sum(numbers) / len(numbers) if numbers else None


def _repeat(value: Value, count: Value) -> list[Value]:
    if type(count) is not int:
        raise coerce.refuse("a bigint for the count", count)
    return [value] * coerce.room(count)


def _sequence(start: Value, stop: Value, step: Value = None) -> list[int]:
    for one in (start, stop, 0 if step is None else step):
        if type(one) is not int:
            raise coerce.refuse("bigints", one)
    by = step if step is not None else 1 if start < stop else -1
    if by == 0:
        raise FunctionError("the step must not be 0")
    steps = abs(stop - start) // abs(by) * (1 if (stop < start) == (by < 0) else -1)
    return [start + at * by for at in range(coerce.room(steps + 1))]


def _cardinality(values: Value) -> int:
    return len(values) if isinstance(values, list) else 0


def _count(values: Value) -> int:
    return sum(one is not None for one in array(values))


def _flatten(values: Value) -> list[Value]:
    return [inner for one in array(values) for inner in (one if isinstance(one, list) else (one,))]


def _map(name: Value, values: Value) -> list[Value]:
    from s4.edge.sql.functions import registry

    function = registry.FUNCTIONS.get(coerce.string(name))
    if function is None or function.role != "scalar":
        raise FunctionError("the first argument must name a scalar function")
    if function.least > 1 or function.most == 0:
        raise FunctionError(f"{name} does not take just one argument")
    if name == "array_map":
        raise FunctionError("array_map cannot be mapped")
    return [_applied(function, one) for one in array(values)]


def _applied(function: Function, value: Value) -> Value:
    return function.null_answer if value is None and function.nothing_for_null else function.call(value)


def _join(values: Value, delimiter: Value, instead: Value = "") -> str:
    stand_in, between = coerce.string(instead), coerce.string(delimiter)
    texts = [
        coerce.convertible(one) if one is not None else stand_in for one in array(values) if one is not None or stand_in
    ]
    return coerce.bounded(between.join(texts))


def _shuffle(values: Value) -> list[Value]:
    return random.sample(array(values), len(values))


def _concat(*values: Value) -> list[Value]:
    joined = [one for value in values if value is not None for one in array(value)]
    coerce.room(len(joined))
    return joined


def _sort(values: Value) -> list[Value]:
    """Numbers first, by size; then everything else by the text it is written as."""
    numbers = sorted((one for one in array(values) if coerce.is_number(one)), key=_size)
    others = sorted((one for one in values if not coerce.is_number(one)), key=coerce.text)
    return [*numbers, *others]


def _size(value: Value) -> tuple[bool, Value]:
    return (True, 0) if value != value else (False, value)  # noqa: PLR0124 - only NaN differs from itself


def _object(values: Value) -> dict[str, Value]:
    made = {}
    for one in array(values):
        if not isinstance(one, dict) or one.keys() != {"key", "value"} or not isinstance(one["key"], str):
            raise FunctionError('each element must be a struct of "key", a string, and "value"')
        made[one["key"]] = one["value"]
    return made


def _make(
    name: str, call: Callable[..., Value], text: str, least: int = 1, most: int | None = 1, **more: Any
) -> Function:
    return Function(name, FAMILY, "scalar", call, text, least, most, **more)


FUNCTIONS: Final[Sequence[Function]] = (
    _make("array_avg", _avg, "The mean of the numbers, nulls left out, as a float; null for an empty array."),
    _make("array_cardinality", _count, "The number of elements that are not null.", null_answer=0),
    _make("array_concat", _concat, "The arrays one after the other; null counts as empty.", 1, None,
          nothing_for_null=False),
    _make("array_contains", _contains, "Whether the element is in the array.", 2, 2, nothing_for_null=False),
    _make(
        "array_contains_any", _contains_any, "Whether the arrays have an element in common.", 2, 2,
        nothing_for_null=False,
    ),
    _make("array_create", _create, "An array of the arguments.", 0, None, nothing_for_null=False),
    _make("array_distinct", lambda a: _distinct(array(a), set()), "The array with each scalar just once."),
    _make(
        "array_except", _except, "What is in the first array and not in the second, each once.", 2, 2,
        nothing_for_null=False,
    ),
    _make("array_flatten", _flatten, "The array with the arrays in it opened, one level deep."),
    _make("array_intersect", _intersect, "What is in both arrays, each once, in the order of the second.", 2, 2),
    _make("array_join", _join, "The elements as one text, with the delimiter between; nulls are left out or replaced by"
          " the third argument.", 2, 3),
    _make("array_last_position", _last_position, "Where the element last stands, from 0; -1 when it does not.", 2, 2,
          nothing_for_null=False),
    _make("array_map", _map, "The array with the scalar function of that name applied to each element.", 2, 2),
    _make("array_max", lambda a: largest(array(a)), "The largest element, nulls left out; the first sets the type."),
    _make("array_min", lambda a: smallest(array(a)), "The smallest element, nulls left out; the first sets the type."),
    _make("array_position", _position, "Where the element first stands, from 0; -1 when it does not.", 2, 2,
          nothing_for_null=False),
    _make("array_remove", _remove, "The array without that element.", 2, 2, nothing_for_null=False),
    _make("array_shuffle", _shuffle, "The array in random order."),
    _make("array_sort", _sort, "The array in order: numbers by size, then all else by its text."),
    _make("array_union", _union, "What is in either array, each once.", 2, 2, nothing_for_null=False),
    _make("cardinality", _cardinality, "The number of elements, nulls too; 0 for what is no array.", null_answer=0),
    _make("element_at", _element_at, "The element of that index (from 0; -1: the last), or the member of that name.",
          2, 2),
    _make("kvpair_array_to_obj", _object, 'A struct from an array of structs of `key` and `value`.'),
    _make("repeat", _repeat, "An array of so many times the value.", 2, 2),
    _make("sequence", _sequence, "`sequence(start, stop[, step])`: an array of bigints, both ends included.", 2, 3),
)  # fmt: skip
