"""The operators of the language over columns, with its rules for types and null.

Two integers give an integer (division cuts towards zero), a float makes the other a float. Null makes arithmetic
null; `=`, `<=` and `>=` hold between two nulls, `!=` between a null and a value, `<` and `>` never.
Types that do not go together, and a division by zero, are a fault of the row.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from s4.edge.sql.columnar.frame import Bool, Column, Int, both, either

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_REVERSED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip
_WIDEST: Final = 2**63
_NEAR_SUM: Final = 2**62
_NEAR_PRODUCT: Final = 2**31
_BITS: Final[dict[str, Callable[[Any, Any], Any]]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


def binary(op: str, left: Column, right: Column) -> Column:
    """`left op right`, row by row. `and` and `or` do not look at the right side where the left one decides."""
    if op in {"and", "or"}:
        return _logical(op, left, right)
    if op in _COMPARE:
        return _compared(op, left, right)
    if _kind(left) == "f" or _kind(right) == "f" or _kind(left) == _kind(right) == "i":
        return _arithmetic(op, left, right)
    return _truths(op, left, right) if _kind(left) == _kind(right) == "b" and op in _BITS else _refused(left, right)


def negated(value: Column) -> Column:
    """`-value`."""
    if _kind(value) == "i":
        return _arithmetic("-", Column(np.zeros_like(value.values)), value)
    return Column(0 - value.values, value.valid, value.fault) if _kind(value) == "f" else _refused(value, value)


def inverted(value: Column) -> Column:
    """`not value`."""
    return Column(~value.values, value.valid, value.fault) if _kind(value) == "b" else _refused(value, value)


def _kind(column: Column) -> str:
    """`i` whole, `f` float, `b` truth, `s` string."""
    return "s" if column.words is not None else column.values.dtype.kind


def _refused(left: Column, right: Column) -> Column:
    """Nothing can be computed where both sides have a value; where one is null, the result is null."""
    valid, size = both(left.valid, right.valid), len(left.values)
    fault = np.ones(size, np.bool_) if valid is None else valid
    return Column(np.zeros(size, np.bool_), valid, either(fault, either(left.fault, right.fault)))


def _logical(op: str, left: Column, right: Column) -> Column:
    if _kind(left) != "b":
        return _refused(left, right)
    if _kind(right) != "b":
        right = _refused(left, right)
    decides = left.values if op == "or" else ~left.values
    if left.valid is not None:
        decides = decides & left.valid
    values = left.values | right.values if op == "or" else left.values & right.values
    valid = both(left.valid, right.valid)
    fault = None if right.fault is None else right.fault & ~decides
    return Column(
        np.where(decides, op == "or", values),
        None if valid is None else valid | decides,
        either(left.fault, fault),
    )


def _compared(op: str, left: Column, right: Column) -> Column:
    kinds = {_kind(left), _kind(right)}
    if kinds == {"s"}:
        held = _compared_texts(op, left, right)
    elif kinds <= {"i", "f"} or (kinds == {"b"} and op in {"=", "!="}):
        held = _COMPARE[op](left.values, right.values)
    else:
        held = None
    return _with_nulls(op, held, left, right)


def _with_nulls(op: str, held: Bool | None, left: Column, right: Column) -> Column:
    fault = either(left.fault, right.fault)
    present = both(left.valid, right.valid)
    if held is None:
        held = np.zeros(len(left.values), np.bool_)
        fault = either(fault, np.ones_like(held) if present is None else present)
    if present is None:
        return Column(held, None, fault)
    absent_both = ~_or_true(left.valid, held) & ~_or_true(right.valid, held)
    if op == "!=":
        return Column(np.where(present, held, ~absent_both), None, fault)
    return Column(np.where(present, held, absent_both & (op in {"=", "<=", ">="})), None, fault)


def _or_true(valid: Bool | None, like: Bool) -> Bool:
    return np.ones_like(like) if valid is None else valid


def _compared_texts(op: str, left: Column, right: Column) -> Bool:
    if right.words is not None and len(right.words.texts) == 1:
        return _compared_text(op, left, right.words.texts[0])
    if left.words is not None and len(left.words.texts) == 1:
        return _compared_text(_REVERSED[op], right, left.words.texts[0])
    one, other = left.words, right.words
    assert one is not None  # noqa: S101 - both are string columns
    assert other is not None  # noqa: S101
    if op in {"=", "!="}:
        held: Bool = one.places_in(other)[left.values] == right.values
        return held if op == "=" else ~held
    order = {text: place for place, text in enumerate(sorted({*one.texts, *other.texts}))}
    ranks = [np.array([order[text] for text in words.texts])[c.values] for words, c in ((one, left), (other, right))]
    ranked: Bool = _COMPARE[op](ranks[0], ranks[1])
    return ranked


def _compared_text(op: str, column: Column, text: str) -> Bool:
    words = column.words
    assert words is not None  # noqa: S101 - a string column
    held: Bool
    if op in {"=", "!="}:
        held = column.values == words.places.get(text, -1)
        return held if op == "=" else ~held
    table = np.array([_COMPARE[op](one, text) for one in words.texts], np.bool_)
    held = table[column.values]
    return held


def _truths(op: str, left: Column, right: Column) -> Column:
    return Column(_BITS[op](left.values, right.values), both(left.valid, right.valid), either(left.fault, right.fault))


def _arithmetic(op: str, left: Column, right: Column) -> Column:
    if not {_kind(left), _kind(right)} <= {"i", "f"}:
        return _refused(left, right)
    whole = _kind(left) == _kind(right) == "i"
    if op in _BITS and not whole:
        return _refused(left, right)
    valid, fault = both(left.valid, right.valid), either(left.fault, right.fault)
    if op in _BITS:
        return Column(_BITS[op](left.values, right.values), valid, fault)
    if op in _ARITHMETIC:
        with np.errstate(over="ignore", invalid="ignore"):  # a float that is too large is infinite, as it is row by row
            values = _ARITHMETIC[op](left.values, right.values)
        wrong = _too_large(op, left.values, right.values, values) if whole else None
    else:
        wrong = right.values == 0
        if whole:  # one quotient of two whole numbers does not fit
            wrong |= (right.values == -1) & (left.values == -_WIDEST) & (op == "/")
        values = _divided(op, left.values, np.where(wrong, 1, right.values), whole)
    if wrong is not None and wrong.any():
        fault = either(fault, wrong if valid is None else wrong & valid)
    return Column(values, valid, fault)


def _too_large(op: str, one: Int, other: Int, result: Int) -> Bool | None:
    """Where whole numbers have left their 64 bits; None: nowhere. Only what comes near is looked at closely."""
    if not len(result) or max(_reach(one), _reach(other)) < (_NEAR_PRODUCT if op == "*" else _NEAR_SUM):
        return None
    exact = [_ARITHMETIC[op](a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    return np.array([not -_WIDEST <= value < _WIDEST for value in exact], np.bool_)


def _reach(values: Int) -> int:
    return max(abs(int(values.min())), abs(int(values.max())))


def _divided(op: str, value: NDArray[Any], divisor: NDArray[Any], whole: bool) -> NDArray[Any]:
    """Quotient or remainder; a whole one is cut towards zero, and a remainder has the sign of `value`."""
    with np.errstate(over="ignore", invalid="ignore"):
        rest: NDArray[Any] = np.fmod(value, divisor)
        if op == "%":
            return rest
        quotient: NDArray[Any] = (value - rest) // divisor if whole else value / divisor
    return quotient
