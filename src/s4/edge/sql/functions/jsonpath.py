"""Paths into nested values: `$.a.b`, `$["a"]`, `$.a[0]`, `$.a[1:3]`, `$.a[*]`, `$..b`, `$.a[0,2]`, `$.a[? @.b > 5]`.

A path of plain steps leads to one value, or to a reason why not; one with a `*`, `..`, range, list or filter leads to a
list of all that it finds, which may be empty. Source of the dialect: Stefan Gössner, JSONPath, 2007.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from s4.edge.sql.functions.coerce import cut, is_number
from s4.edge.sql.functions.function import FunctionError, Value

_LONGEST_PATH: Final = 1000
_MOST_VISITS: Final = 100_000
MOST_STEPS: Final = 50
"""How many steps a path may have."""


class Run:
    """One evaluation: the value that `$` means, and how many more values may be looked at."""

    def __init__(self, root: Value) -> None:
        self.root = root
        self._left = _MOST_VISITS

    def look(self) -> None:
        """Count one value. Raises `TooMuchError` when there have been too many."""
        self._left -= 1
        if self._left < 0:
            raise TooMuchError(f"the path looks at more than {_MOST_VISITS} values")


class TooMuchError(FunctionError):
    """The path is too much work; unlike a branch that leads nowhere, this ends the whole evaluation."""


Step = Callable[[Run, Value], Iterator[Value]]
"""From one value to those that the step leads to; raises `FunctionError` when it cannot be taken."""


class Path(msgspec.Struct, frozen=True):
    """A path that has been read. `many` says whether it leads to a list of what it finds."""

    steps: tuple[Step, ...]
    many: bool

    def of(self, run: Run, start: Value) -> Value:
        """What the path leads to from `start`. Raises `FunctionError` when a plain path leads nowhere."""
        if self.many:
            return list(_walk(self.steps, run, start))
        value = start
        for step in self.steps:
            run.look()
            value = next(step(run, value))
        return value


def _walk(steps: tuple[Step, ...], run: Run, value: Value) -> Iterator[Value]:
    run.look()
    if not steps:
        yield value
        return
    for one in _taken(steps[0], run, value):
        yield from _walk(steps[1:], run, one)


def _taken(step: Step, run: Run, value: Value) -> Iterator[Value]:
    try:
        yield from step(run, value)
    except TooMuchError:
        raise
    except FunctionError:
        return


def query(value: Value, path: str) -> Value:
    """What the path finds in the value (a struct or an array). Raises `FunctionError`.

    >>> query({"rings": [{"weight": 0.1}, {"weight": 2.4}]}, "$.rings[*].weight")
    [0.1, 2.4]
    """
    return compiled(path).of(Run(value), value)


@lru_cache(maxsize=256)
def compiled(path: str) -> Path:
    """The path, read. Raises `FunctionError` with what is wrong with it."""
    from s4.edge.sql.functions.jsonpath_text import read

    if len(path) > _LONGEST_PATH:
        raise FunctionError(f"the path is longer than {_LONGEST_PATH} characters")
    return read(path)


def child(key: Value) -> Step:
    """To the member of a struct, or the element of an array, of that name or index."""

    def step(_run: Run, value: Value) -> Iterator[Value]:
        yield _child(value, key)

    return step


def _child(value: Value, key: Value) -> Value:
    if isinstance(value, dict):
        name = key if isinstance(key, str) else str(key)
        if name not in value:
            raise FunctionError(f"the struct has no member {name!r}")
        return value[name]
    if isinstance(value, list):
        at = _index(key)
        if not 0 <= at < len(value):
            raise FunctionError(f"the array has no element {at}")
        return value[at]
    raise FunctionError("the path goes on where there is neither a struct nor an array")


def _index(key: Value) -> int:
    if isinstance(key, str) and key.isdecimal():
        return int(key)
    if is_number(key):
        return cut(key)
    raise FunctionError("an array is asked by index")


def children(_run: Run, value: Value) -> Iterator[Value]:
    """To every member or element."""
    yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def descendants(run: Run, value: Value) -> Iterator[Value]:
    """To the value itself and to everything within it, outer before inner."""
    waiting = [value]
    while waiting:
        run.look()
        one = waiting.pop()
        yield one
        waiting.extend(reversed(list(children(run, one))))


def several(keys: tuple[Value, ...]) -> Step:
    """To each of the members or elements that is there."""

    def step(_run: Run, value: Value) -> Iterator[Value]:
        for key in keys:
            try:
                yield _child(value, key)
            except FunctionError:
                continue

    return step


def between(start: int | None, stop: int | None, by: int | None) -> Step:
    """To the elements from `start` up to but without `stop`; negative ones count from the end."""

    def step(_run: Run, value: Value) -> Iterator[Value]:
        if isinstance(value, list):
            begin, end, _ = slice(start, stop).indices(len(value))
            stride = by or 1
            places = range(begin, end, stride) if stride > 0 else range(end - 1, begin - 1, stride)
            yield from (value[at] for at in places)

    return step


def where(condition: Callable[[Run, Value], bool]) -> Step:
    """To the members or elements for which the condition holds."""

    def step(run: Run, value: Value) -> Iterator[Value]:
        return (one for one in children(run, value) if condition(run, one))

    return step
