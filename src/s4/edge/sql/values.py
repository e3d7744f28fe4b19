"""What operators do with two values: arithmetic, comparison, null, and how a wrong pair is named.

The rules are those of the dialect: whole numbers divide to whole numbers, towards zero; anything with null is null, but
`null = null` is true; a comparison of different types is an error, not false.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

from s4.edge.sql.functions.function import FunctionError

Value = Any
_NUMBERS: Final = frozenset((int, float))
_TYPE_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int64",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    dict: "map[string]interface {}",
}
WIDEST: Final = 1 << 63
"""A whole number stays below this, either side of zero, so that a row can be kept and sent anywhere."""


def type_name(value: Value) -> str:
    """The dialect's name of a value's type.

    >>> type_name(3), type_name("a")
    ('int64', 'string')
    """
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def as_text(value: Value) -> str:
    """A value as the dialect writes it into its messages and keys.

    >>> as_text(2.0), as_text(True), as_text([1, "a"])
    ('2', 'true', '[1 a]')
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, list):
        return "[" + " ".join(map(as_text, value)) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{as_text(value[name])}" for name in sorted(value)) + "]"
    return str(value)


def _float_text(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def _wrong(left: Value, op: str, right: Value) -> FunctionError:
    said = f"invalid operation {type_name(left)}({as_text(left)}) {op.upper()} {type_name(right)}({as_text(right)})"
    return FunctionError(said)


def _whole(value: int) -> int:
    if -WIDEST <= value < WIDEST:
        return value
    raise FunctionError("the whole number does not fit into 64 bits")


def _divide(left: Any, right: Any) -> Value:
    if right == 0:
        raise FunctionError("divided by zero")
    if type(left) is int and type(right) is int:
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def _remainder(left: Any, right: Any) -> Value:
    if right == 0:
        raise FunctionError("divided by zero")
    if type(left) is int and type(right) is int:
        return left - right * _divide(left, right)
    return math.fmod(left, right) if math.isfinite(left) else math.nan


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Value]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
}
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_BITS: Final[dict[str, Callable[[Any, Any], Any]]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


def operation(op: str) -> Callable[[Value, Value], Value]:
    """What the operator does, `and` and `or` included once both sides are known.

    >>> operation("/")(7, -2), operation("=")(None, None), operation("+")(1, None)
    (-3, True, None)
    """
    if op in _ARITHMETIC:
        return _arithmetic(op)
    if op in _ORDER:
        return _comparison(op)
    if op in _BITS:
        return _bits(op)
    return _logic(op)


def _arithmetic(op: str) -> Callable[[Value, Value], Value]:
    do = _ARITHMETIC[op]

    def run(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
            raise _wrong(left, op, right)
        try:
            answer = do(left, right)
        except OverflowError as error:
            raise FunctionError(f"the number is too large: {error}") from error
        return _whole(answer) if type(answer) is int else answer

    return run


def _comparison(op: str) -> Callable[[Value, Value], Value]:
    do = _ORDER[op]
    equal_only = op in ("=", "!=")
    for_null = (op in ("=", "<=", ">="), op == "!=")

    def run(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return for_null[0] if left is right else for_null[1]
        kind, other = type(left), type(right)
        if kind is other:
            comparable = kind in _NUMBERS or kind is str or (kind is bool and equal_only) or kind is bytes
        else:
            comparable = kind in _NUMBERS and other in _NUMBERS
        if not comparable:
            raise _wrong(left, op, right)
        return do(left, right)

    return run


def _bits(op: str) -> Callable[[Value, Value], Value]:
    do = _BITS[op]

    def run(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if type(left) is not type(right) or type(left) not in (int, bool):
            raise _wrong(left, op, right)
        return do(left, right)

    return run


def _logic(op: str) -> Callable[[Value, Value], Value]:
    def run(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if type(left) is not bool or type(right) is not bool:
            raise _wrong(left, op, right)
        return (left and right) if op == "and" else (left or right)

    return run
