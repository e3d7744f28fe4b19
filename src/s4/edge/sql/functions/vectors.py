"""Small help for the vector forms of functions: what they may take, and silence where IEEE 754 has an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from s4.edge.sql.functions.function import FunctionError

Array: TypeAlias = npt.NDArray[Any]
"""Numbers: whole ones (never null) or floats, in which NaN stands for null."""


def quiet(over: Callable[..., Any]) -> Callable[..., Array]:
    """`over` on floats, without warnings about what has no finite answer."""

    def call(*values: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(over(*(floats(one) for one in values)))

    return call


def floats(values: Array) -> Array:
    """The numbers as floats."""
    return np.asarray(values, np.float64)


def wholes(values: Array) -> Array:
    """The numbers, when their type is a whole one. Raises `FunctionError` otherwise: a fraction is its row's fault."""
    if np.asarray(values).dtype.kind not in "iu":
        raise FunctionError("floats are taken row by row")
    return values
