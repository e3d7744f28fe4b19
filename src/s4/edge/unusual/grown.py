"""State of many series as columns: one row per series, arrays that grow together and can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from s4.core.errors import InputError

Int: TypeAlias = NDArray[np.int64]
Float: TypeAlias = NDArray[np.float64]
Bool: TypeAlias = NDArray[np.bool_]

_FIRST: Final = 8


class Field(NamedTuple):
    """One array: the shape of a series' part of it, its type, and what a new series starts with."""

    shape: tuple[int, ...]
    dtype: str
    start: float


class Grown:
    """Arrays named in `FIELDS`, with room for `size` series. Cost: memory as declared, doubled when full.

    >>> class Counter(Grown):
    ...     FIELDS = {"seen": Field((), "i8", 0)}
    ...     seen: Int
    >>> counter = Counter()
    >>> counter.grow(3)
    >>> counter.seen[:3].tolist()
    [0, 0, 0]
    """

    FIELDS: ClassVar[Mapping[str, Field]] = {}

    def __init__(self) -> None:
        self.size = 0
        for name, field in self.FIELDS.items():
            setattr(self, name, np.empty((0, *field.shape), field.dtype))

    def grow(self, size: int) -> None:
        """Make room for `size` series; those that were there keep their state."""
        if size <= self.size:
            return
        room = max(size, 2 * self.size, _FIRST)
        for name, field in self.FIELDS.items():
            array = np.full((room, *field.shape), field.start, field.dtype)
            array[: self.size] = getattr(self, name)
            setattr(self, name, array)
        self.size = room

    def dump(self, count: int) -> dict[str, bytes]:
        """The state of the first `count` series."""
        return {name: getattr(self, name)[:count].tobytes() for name in self.FIELDS}

    def load(self, data: Mapping[str, bytes], count: int) -> None:
        """Take up what `dump` wrote. Raises `InputError` when it does not fit."""
        self.grow(count)
        for name, field in self.FIELDS.items():
            flat = np.frombuffer(data.get(name, b""), field.dtype)
            if flat.size != count * int(np.prod(field.shape)):
                raise InputError(f"the state of {name} is not of {count} series")
            getattr(self, name)[:count] = flat.reshape((count, *field.shape))
