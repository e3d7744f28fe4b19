"""How values of one type are taken for another, as the rule language does it: strictly, with a reason when it cannot.

Numbers are int or float; a bool is no number. A text never turns into a number by itself (only `cast` does that).
Everything here is bounded: depth of nested values, length of what is written out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from s4.edge.sql.functions.function import FunctionError, Value

DEEPEST: Final = 100
"""How deep lists and dicts may be nested before a function gives up."""
LONGEST: Final = 1_000_000
"""How many characters or elements one answer may hold."""
_LONGEST_NUMBER: Final = 1000
_FAR: Final = 1e21
_NEAR: Final = 1e-4
_WHOLE_TEXT: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_FLOAT_TEXT: Final = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)", re.I)
_YES: Final = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_NO: Final = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def kind(value: Value) -> str:
    """The type of a value in the language's own words.

    >>> kind([1]), kind(None), kind(True), kind(1.5)
    ('an array', 'null', 'a boolean', 'a float')
    """
    words: dict[type, str] = {
        type(None): "null", bool: "a boolean", int: "a bigint", float: "a float", str: "a string", bytes: "a bytea",
        list: "an array", dict: "a struct",
    }  # fmt: skip
    return words.get(type(value), "an unknown value")


def refuse(wanted: str, value: Value) -> FunctionError:
    """The complaint that `value` is not what was wanted."""
    return FunctionError(f"needs {wanted}, not {kind(value)}")


def is_number(value: Value) -> bool:
    """Whether it is an int or a float; a bool is neither."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Value) -> float:
    """An int or float as a float. Raises `FunctionError` for anything else, and for what no float can hold."""
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise FunctionError("the number is too large") from None
    raise refuse("a number", value)


def whole(value: Value) -> int:
    """An int, or a float without a fraction, as an int. Raises `FunctionError` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise refuse("a whole number", value)


def cut(value: Value) -> int:
    """An int or float as an int, its fraction cut off. Raises `FunctionError` for anything else."""
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return whole(value)


def whole_of_text(text: str) -> int:
    """A whole number as written: decimal, `0x…`, `0b…`, `0o…` or `0…` (octal). Raises `FunctionError`."""
    found = _WHOLE_TEXT.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        raise FunctionError("the string does not hold a whole number")
    sign, *digits = found.groups()
    value = next(int(some, base) for some, base in zip(digits, (16, 2, 8, 10), strict=True) if some)
    return -value if sign == "-" else value


def float_of_text(text: str) -> float:
    """A number as written. Raises `FunctionError`."""
    if len(text) > _LONGEST_NUMBER or not _FLOAT_TEXT.fullmatch(text):
        raise FunctionError("the string does not hold a number")
    return float(text)


def truth_of_text(text: str) -> bool:
    """`1 t T true True TRUE` and their contraries. Raises `FunctionError`."""
    if text in _YES or text in _NO:
        return text in _YES
    raise FunctionError("the string is neither true nor false")


def text(value: Value) -> str:
    """Any value as a text: null is "", arrays `[1 2]`, structs `map[a:1 b:2]`. Raises `FunctionError` when too large.

    >>> text(None), text(1.0), text(1e21), text([1, None, "a"]), text({"b": True, "a": 0.5})
    ('', '1', '1e+21', '[1 <nil> a]', 'map[a:0.5 b:true]')
    """
    return "" if value is None else bounded(_text(value, 0))


def _text(value: Value, depth: int) -> str:
    if (scalar := _SCALARS.get(type(value))) is not None:
        return scalar(value)
    if depth > DEEPEST:
        raise FunctionError("the value is nested too deeply")
    if isinstance(value, dict):
        items = sorted((str(key), one) for key, one in value.items()) if _plain_keys(value) else ()
        return "map[" + " ".join(f"{key}:{_text(one, depth + 1)}" for key, one in items) + "]"
    if isinstance(value, list | bytes | tuple):
        return "[" + " ".join(_text(one, depth + 1) for one in value) + "]"
    raise refuse("a value of the language", value)


def _plain_keys(value: dict[Any, Any]) -> bool:
    if all(isinstance(key, str) for key in value):
        return True
    raise FunctionError("the names in a struct must be strings")


def digits(value: int) -> str:
    """An int in decimal. Raises `FunctionError` for one of thousands of digits."""
    if value.bit_length() > _LONGEST_NUMBER * 3:
        raise FunctionError("the number is too large")
    return str(value)


def short(value: float) -> str:
    """A float as briefly as it can be read back, with an exponent from 1e+21 on and below 0.0001.

    >>> short(3.0), short(0.00001), short(1e300), short(-0.5)
    ('3', '1e-05', '1e+300', '-0.5')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value and not _NEAR <= abs(value) < _FAR:
        mantissa, _, power = (repr(value) if "e" in repr(value) else f"{Decimal(repr(value)):e}").partition("e")
        head = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{head}e{power[0]}{power[1:].zfill(2)}"
    return plain(value)


def plain(value: float) -> str:
    """A float as briefly as it can be read back, never with an exponent.

    >>> plain(1.2), plain(3.0), plain(1e21)
    ('1.2', '3', '1000000000000000000000')
    """
    if not math.isfinite(value):
        return short(value)
    written = repr(value)
    if "e" in written:
        written = format(Decimal(written), "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


_SCALARS: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "<nil>", bool: lambda value: "true" if value else "false",
    int: digits, float: short, str: str,
}  # fmt: skip


def convertible(value: Value) -> str:
    """A scalar as a text, as `cast(…, "string")` does it. Raises `FunctionError` for arrays and structs."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, list | dict):
        raise FunctionError(f"{kind(value)} cannot become a string")
    return text(value)


def array(value: Value) -> list[Value]:
    """The value, when it is an array. Raises `FunctionError` otherwise."""
    if not isinstance(value, list):
        raise refuse("an array", value)
    return value


def struct(value: Value) -> dict[str, Value]:
    """The value, when it is a struct. Raises `FunctionError` otherwise."""
    if not isinstance(value, dict):
        raise refuse("a struct", value)
    _plain_keys(value)
    return value


def string(value: Value) -> str:
    """The value, when it is a string. Raises `FunctionError` otherwise."""
    if not isinstance(value, str):
        raise refuse("a string", value)
    return value


def truth(value: Value) -> bool:
    """The value, when it is a boolean. Raises `FunctionError` otherwise."""
    if not isinstance(value, bool):
        raise refuse("a boolean", value)
    return value


def utf8(value: str) -> bytes:
    """The bytes of a text; what UTF-8 cannot hold becomes `?`."""
    return value.encode("utf-8", "replace")


def bounded(value: str) -> str:
    """The text, unless it is longer than an answer may be. Raises `FunctionError`."""
    if len(value) > LONGEST:
        raise FunctionError(f"the answer would be longer than {LONGEST} characters")
    return value


def room(count: int) -> int:
    """A number of characters or elements to make, when that is neither negative nor too many."""
    if count < 0:
        raise FunctionError("the count must not be negative")
    if count > LONGEST:
        raise FunctionError(f"the answer would hold more than {LONGEST} elements")
    return count


def first(values: Iterable[Value]) -> Value:
    """The first that is not null, or null."""
    return next((value for value in values if value is not None), None)


def same(one: Value, other: Value, depth: int = 0) -> bool:
    """Whether two values have the same type and content: `1`, `1.0` and `true` all differ.

    >>> same([1, {"a": None}], [1, {"a": None}]), same(1, 1.0), same(1, True)
    (True, False, False)
    """
    if type(one) is not type(other):
        return False
    if depth > DEEPEST:
        raise FunctionError("the value is nested too deeply")
    if isinstance(one, list):
        return len(one) == len(other) and all(same(a, b, depth + 1) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(held, other[key], depth + 1) for key, held in one.items())
    return bool(one == other)


def key(value: Value) -> tuple[type, Value] | None:
    """What stands for a scalar in a set, types told apart; None for arrays and structs, which are never equal there."""
    return None if isinstance(value, list | dict) else (type(value), value)
