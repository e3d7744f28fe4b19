"""Numbers in, numbers out. What is no number (0/0, the root of -1) is null; what is beyond all numbers is infinite."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import takes
from s4.edge.sql.functions.function import Function, FunctionError, Value
from s4.edge.sql.functions.vectors import Array, floats, quiet, wholes

FAMILY: Final = "mathematical"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASES: Final = range(2, 37)
_MOST_UNSIGNED: Final = 2**64
_MOST_SIGNED: Final = 2**63
_LONGEST_ROUNDING: Final = 400
_FARTHEST: Final = 308
_MOST_DIGITS: Final = 1000


def real(value: float) -> float | None:
    """A float that is a number; null for one that is not."""
    return None if math.isnan(value) else value


def _one(name: str, exact: Callable[[float], float], over: Callable[..., Any], text: str) -> Function:
    """A function of one float. `exact` is quick and raises where IEEE 754 has an answer; `over` then gives that."""

    def call(value: Value) -> float | None:
        x = coerce.number(value)
        try:
            return real(exact(x))
        except (ValueError, OverflowError):
            return real(float(quiet(over)(np.float64(x))))

    return Function(name, FAMILY, "scalar", call, text, check=takes("number"), vector=quiet(over))


def _two(name: str, exact: Callable[[float, float], float], over: Callable[..., Any], text: str) -> Function:
    def call(one: Value, other: Value) -> float | None:
        x, y = coerce.number(one), coerce.number(other)
        try:
            return real(exact(x, y))
        except (ValueError, OverflowError):
            return real(float(quiet(over)(np.float64(x), np.float64(y))))

    def vector(one: Array, other: Array) -> Array:  # IEEE 754 has 1 for NaN to the power of 0; null stays null here
        nothing = np.isnan(floats(one)) | np.isnan(floats(other))
        return np.where(nothing, math.nan, quiet(over)(one, other))

    return Function(name, FAMILY, "scalar", call, text, 2, 2, check=takes("number"), vector=vector)


def _bits(name: str, call: Callable[[int, int], int], over: Callable[..., Any], text: str) -> Function:
    def of(one: Value, other: Value) -> int:
        return call(coerce.whole(one), coerce.whole(other))

    def over_arrays(one: Array, other: Array) -> Array:
        return np.asarray(over(wholes(one), wholes(other)))

    return Function(name, FAMILY, "scalar", of, text, 2, 2, check=takes("whole"), vector=over_arrays)


def _abs(value: Value) -> int | float:
    return abs(coerce.number(value)) if isinstance(value, float) else abs(coerce.whole(value))


def _floor(value: float) -> float:
    return float(math.floor(value))


def _ceil(value: float) -> float:
    return float(math.ceil(value))


def _round(value: Value, digits: Value = 0) -> float | None:
    """Halves go away from zero. A float beyond the digits asked for is its own rounding."""
    x, places = coerce.number(value), coerce.cut(digits)
    factor = 10.0 ** max(min(places, _LONGEST_ROUNDING), -_LONGEST_ROUNDING) if places <= _FARTHEST else math.inf
    scaled = x * factor if math.isfinite(factor) else math.inf
    if not math.isfinite(scaled):
        return real(x)
    return real(_away(scaled) / factor) if factor else 0.0


def _away(value: float) -> float:
    cut = math.trunc(value)
    return float(cut + math.copysign(1, value)) if abs(value - cut) >= 0.5 else math.copysign(cut, value)


def _round_array(values: Array, digits: Array | None = None) -> Array:
    x = floats(values)
    if digits is not None:
        with np.errstate(all="ignore"):
            return np.asarray(np.vectorize(_round_float, otypes=[float])(x, digits))
    with np.errstate(all="ignore"):
        cut = np.trunc(x)
        return np.asarray(np.where(np.abs(x - cut) >= 0.5, cut + np.copysign(1.0, x), cut))


def _round_float(value: float, digits: float) -> float:
    answer = None if math.isnan(value) or math.isnan(digits) else _round(float(value), float(digits))
    return math.nan if answer is None else answer


def _sign(value: Value) -> int:
    x = coerce.number(value)
    return (x > 0) - (x < 0)


def _sign_array(values: Array) -> Array:
    return np.asarray(np.sign(values))


def _log(base: Value, value: Value = None) -> float | None:
    if value is None:
        answer: float | None = _LOG10(base)
        return answer
    x, b = np.float64(coerce.number(value)), np.float64(coerce.number(base))
    return real(float(_log_array(b, x)))


_LOG10: Final = _one("log", math.log10, np.log10, "").call


def _log_array(base: Array | np.float64, values: Array | np.float64 | None = None) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.log10(base) if values is None else np.log(values) / np.log(base))


def _cot(value: Value) -> float | None:
    x = coerce.number(value)
    if math.isinf(x) or math.isnan(x):
        return None
    if math.tan(x) == 0:
        raise FunctionError("the cotangent is out of range there")
    return 1 / math.tan(x)


def _bitnot_array(values: Array) -> Array:
    return np.asarray(~wholes(values))


def _conv(value: Value, source: Value, target: Value) -> str | None:
    """`value` written to base `source`, rewritten to base `target`, in 64 bits. A negative source base reads a signed
    number, a negative target base writes one; what follows the last fitting digit is passed over.
    """
    start, end = coerce.cut(source), coerce.cut(target)
    if abs(start) not in _BASES or abs(end) not in _BASES:
        return None
    negative, magnitude = _prefix(coerce.text(value).strip(), abs(start))
    if magnitude >= _MOST_UNSIGNED:
        raise FunctionError("the number does not fit 64 bits")
    if start < 0:
        magnitude = min(magnitude, _MOST_SIGNED if negative else _MOST_SIGNED - 1)
    bits = (-magnitude if negative else magnitude) % _MOST_UNSIGNED
    minus = end < 0 and bits >= _MOST_SIGNED
    written = _in_base(_MOST_UNSIGNED - bits if minus else bits, abs(end))
    return f"-{written}" if minus else written


def _prefix(text: str, base: int) -> tuple[bool, int]:
    """Whether the text starts with a minus, and the number in its longest head of digits to that base."""
    fitting = _DIGITS[:base]
    body = text[1:] if text[:1] in ("+", "-") else text
    head = next((at for at, char in enumerate(body[:_MOST_DIGITS].upper()) if char not in fitting), len(body))
    if head > _MOST_DIGITS:
        raise FunctionError("the number does not fit 64 bits")
    return text[:1] == "-", int(body[:head], base) if head else 0


def _in_base(value: int, base: int) -> str:
    digits = []
    while value:
        value, digit = divmod(value, base)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)) or "0"


def _atan2(y: float, x: float) -> float:
    return math.atan2(y, x)


def _random() -> float:
    return random.random()  # noqa: S311 - a rule's random number guards nothing


def _trunc(value: Value, digits: Value) -> float | None:
    """To so many digits after the point, halves away from zero."""
    if type(digits) is not int:
        raise coerce.refuse("a bigint for the digits", digits)
    return _round(value, digits)


def _names(function: Function, *aliases: str) -> tuple[Function, ...]:
    return function, *(msgspec.structs.replace(function, name=name) for name in aliases)


def _plain(name: str, call: Callable[..., Value], text: str, least: int = 1, most: int = 1, **more: Any) -> Function:
    return Function(name, FAMILY, "scalar", call, text, least, most, **more)


FUNCTIONS: Final[Sequence[Function]] = (
    _plain("abs", _abs, "The number without its sign; a bigint stays one.", check=takes("number"), vector=np.abs),
    _one("acos", math.acos, np.arccos, "The angle, in radians, whose cosine this is; null beyond -1 to 1."),
    _one("asin", math.asin, np.arcsin, "The angle, in radians, whose sine this is; null beyond -1 to 1."),
    _one("atan", math.atan, np.arctan, "The angle, in radians, whose tangent this is."),
    _two("atan2", _atan2, np.arctan2, "The angle, in radians, from the x axis to the point; y first, then x."),
    _bits("bitand", lambda a, b: a & b, np.bitwise_and, "The bits that both whole numbers have."),
    _bits("bitor", lambda a, b: a | b, np.bitwise_or, "The bits that either whole number has."),
    _bits("bitxor", lambda a, b: a ^ b, np.bitwise_xor, "The bits that just one of the whole numbers has."),
    _plain(
        "bitnot", lambda a: ~coerce.whole(a), "The bits that the whole number has not: -1 - x.",
        check=takes("whole"), vector=_bitnot_array,
    ),
    *_names(_one("ceil", _ceil, np.ceil, "The smallest whole number not below, as a float."), "ceiling"),
    _plain(
        "conv", _conv, "A number as text, rewritten from one base to another (2 to 36), in 64 bits.", 3, 3,
        check=takes("any", "whole"),
    ),
    _one("cos", math.cos, np.cos, "The cosine of an angle in radians."),
    _one("cosh", math.cosh, np.cosh, "The hyperbolic cosine."),
    _plain("cot", _cot, "The cotangent of an angle in radians; refused where it is infinite.", check=takes("number")),
    _one("degrees", math.degrees, np.degrees, "Radians to degrees."),
    _one("exp", math.exp, np.exp, "e to that power."),
    _one("floor", _floor, np.floor, "The largest whole number not above, as a float."),
    _one("ln", math.log, np.log, "The natural logarithm; minus infinity for 0, null below."),
    _plain(
        "log", _log, "`log(x)`: the decimal logarithm; `log(b, x)`: that to base b; null below 0.", 1, 2,
        check=takes("number", "any"), vector=_log_array,
    ),
    _two("mod", math.fmod, np.fmod, "The remainder of a division, with the sign of the first number; null for x/0."),
    _plain("pi", lambda: math.pi, "The number pi.", 0, 0),
    *_names(_two("power", math.pow, np.power, "The first number to the power of the second, as a float."), "pow"),
    _one("radians", math.radians, np.radians, "Degrees to radians."),
    _plain("rand", _random, "A random float from 0 up to but without 1.", 0, 0),
    _plain(
        "round", _round, "`round(x)` or `round(x, digits)`: to the nearest, halves away from zero, as a float.", 1, 2,
        check=takes("number"), vector=_round_array,
    ),
    _plain("sign", _sign, "1, 0 or -1: the sign of the number.", check=takes("number"), vector=_sign_array),
    _one("sin", math.sin, np.sin, "The sine of an angle in radians."),
    _one("sinh", math.sinh, np.sinh, "The hyperbolic sine."),
    _one("sqrt", math.sqrt, np.sqrt, "The square root; null below 0."),
    _one("tan", math.tan, np.tan, "The tangent of an angle in radians."),
    _one("tanh", math.tanh, np.tanh, "The hyperbolic tangent."),
    _plain(
        "trunc", _trunc, "The number to so many digits after the point, halves away from zero.", 2, 2,
        check=takes("number", "whole"),
    ),
)  # fmt: skip
