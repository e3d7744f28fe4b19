"""An expression → one function over whole columns, where the language allows it and the types are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec
import numpy as np

from s4.edge.sql.columnar.frame import Bool, Column, Frame, Words, both, either
from s4.edge.sql.columnar.operators import binary, inverted, negated
from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.functions.registry import FUNCTIONS
from s4.edge.sql.tree import Between, Binary, Call, Case, Const, Expr, Field, In, Unary

Kind = Literal["i", "f", "b", "s"]
"""Whole number, float, truth, string."""

DTYPE: Final[dict[Kind, type]] = {"i": np.int64, "f": np.float64, "b": np.bool_, "s": np.int32}
_LARGEST_WHOLE: Final = 2**63
_LOGICAL: Final = frozenset(("and", "or"))
_COMPARING: Final = frozenset(("=", "!=", "<", "<=", ">", ">="))


class NotColumnar(Exception):  # noqa: N818 - not an error: the rule runs over rows instead
    """Why an expression or a rule runs row by row."""


class Vector(msgspec.Struct, frozen=True, eq=False):
    """An expression ready to run: the kind of its values, and the function that computes one a row."""

    kind: Kind
    run: Callable[[Frame], Column]


class Scope(msgspec.Struct, frozen=True, eq=False):
    """What an expression may speak of: the kinds of the columns, and `named`, what a name or call stands for instead
    of a column or function (aliases, aggregates that are computed already).
    """

    kinds: Mapping[str, Kind]
    named: Mapping[str, Vector] = {}
    calls: Mapping[int, Vector] = {}


def vectorise(expr: Expr, scope: Scope) -> Vector:
    """`expr` as a function over a frame. Raises `NotColumnar` with the reason.

    Cost of the result: about 1 ns a row and operator for numbers.
    """
    maker = _MAKERS.get(type(expr))
    if maker is None:
        raise NotColumnar(f"a {type(expr).__name__.lower()} is computed row by row")
    return maker(expr, scope)


def _const(expr: Const, _scope: Scope) -> Vector:
    value = expr.value
    if isinstance(value, bool):
        return Vector("b", lambda frame: Column(np.full(len(frame), value)))
    if isinstance(value, str):
        words = Words((value,))
        return Vector("s", lambda frame: Column(np.zeros(len(frame), np.int32), words=words))
    if isinstance(value, int) and abs(value) < _LARGEST_WHOLE:
        return Vector("i", lambda frame: Column(np.full(len(frame), value, np.int64)))
    if isinstance(value, float):
        return Vector("f", lambda frame: Column(np.full(len(frame), value)))
    raise NotColumnar(f"the literal {str(value).lower()} is handled row by row")


def _field(expr: Field, scope: Scope) -> Vector:
    name = expr.name
    if not expr.stream and (named := scope.named.get(name)) is not None:
        return named
    if name not in scope.kinds:
        raise NotColumnar(f"the type of {name} is not declared")
    return Vector(scope.kinds[name], lambda frame: frame.columns[name])


def _unary(expr: Unary, scope: Scope) -> Vector:
    operand = vectorise(expr.operand, scope)
    if operand.kind not in ("if" if expr.op == "-" else "b"):
        raise NotColumnar(f"{expr.op} of such a value is a fault of every row")
    change = negated if expr.op == "-" else inverted
    return Vector(operand.kind, lambda frame: change(operand.run(frame)))


def _binary(expr: Binary, scope: Scope) -> Vector:
    op, left, right = expr.op, vectorise(expr.left, scope), vectorise(expr.right, scope)
    return Vector(_result(op, left.kind, right.kind), lambda frame: binary(op, left.run(frame), right.run(frame)))


def _result(op: str, left: Kind, right: Kind) -> Kind:
    """The kind that `left op right` has. Raises `NotColumnar` when every row of it is a fault."""
    pair = {left, right}
    if op in _LOGICAL and pair == {"b"}:
        return "b"
    if op in _COMPARING and (pair <= {"i", "f"} or pair == {"s"} or (pair == {"b"} and op in {"=", "!="})):
        return "b"
    if op in {"&", "|", "^"} and (pair in ({"i"}, {"b"})):
        return left
    if op in {"+", "-", "*", "/", "%"} and pair <= {"i", "f"}:
        return "i" if pair == {"i"} else "f"
    raise NotColumnar(f"{op} of such values is a fault of every row")


def _between(expr: Between, scope: Scope) -> Vector:
    within = Binary(
        op="and",
        left=Binary(op=">=", left=expr.value, right=expr.low),
        right=Binary(op="<=", left=expr.value, right=expr.high),
    )
    held = vectorise(within, scope)
    return Vector("b", lambda frame: inverted(held.run(frame))) if expr.negated else held


def _in(expr: In, scope: Scope) -> Vector:
    if not isinstance(expr.choices, tuple) or not expr.choices:
        raise NotColumnar("IN an array is computed row by row")
    tests = [vectorise(Binary(op="=", left=expr.value, right=choice), scope) for choice in expr.choices]

    def held(frame: Frame) -> Column:
        found = tests[0].run(frame)
        for test in tests[1:]:
            found = binary("or", found, test.run(frame))
        return inverted(found) if expr.negated else found

    return Vector("b", held)


def _case(expr: Case, scope: Scope) -> Vector:
    if expr.value is not None or expr.otherwise is None:
        raise NotColumnar("CASE with a value, or without ELSE, is computed row by row")
    arms = [(vectorise(when, scope), vectorise(then, scope)) for when, then in expr.whens]
    last = vectorise(expr.otherwise, scope)
    kinds = {then.kind for _, then in arms} | {last.kind}
    if len(kinds) > 1 or kinds == {"s"} or {when.kind for when, _ in arms} != {"b"}:
        raise NotColumnar("CASE over texts or different types is computed row by row")

    def chosen(frame: Frame) -> Column:
        result = last.run(frame)
        for when, then in reversed(arms):
            result = _choose(when.run(frame), then.run(frame), result)
        return result

    return Vector(last.kind, chosen)


def _choose(condition: Column, one: Column, other: Column) -> Column:
    held = condition.true()
    return Column(
        np.where(held, one.values, other.values),
        _picked(held, one.valid, other.valid, missing=True),
        either(condition.fault, _picked(held, one.fault, other.fault, missing=False)),
    )


def _picked(held: Bool, one: Bool | None, other: Bool | None, *, missing: bool) -> Bool | None:
    if one is None and other is None:
        return None
    return np.where(held, missing if one is None else one, missing if other is None else other)


def _call(expr: Call, scope: Scope) -> Vector:
    if (ready := scope.calls.get(expr.number)) is not None:
        return ready
    function = FUNCTIONS.get(expr.name)
    if function is None or function.vector is None or function.role != "scalar":
        raise NotColumnar(f"{expr.name} is computed row by row")
    call, args = function.vector, [vectorise(arg, scope) for arg in expr.args]
    if not all(arg.kind in "if" for arg in args):
        raise NotColumnar(f"{expr.name} of texts or truths is computed row by row")
    try:
        kind: Kind = "i" if call(*(np.ones(1, DTYPE[arg.kind]) for arg in args)).dtype.kind == "i" else "f"
    except FunctionError as reason:
        raise NotColumnar(f"{expr.name}: {reason}") from None
    return Vector(kind, lambda frame: _called(call, [arg.run(frame) for arg in args]))


def _called(call: Callable[..., Any], given: list[Column]) -> Column:
    valid = fault = None
    for one in given:
        valid, fault = both(valid, one.valid), either(fault, one.fault)
    values = np.asarray(call(*(one.values for one in given)))
    if values.dtype.kind == "f" and (nothing := np.isnan(values)).any():
        valid = ~nothing if valid is None else valid & ~nothing
    return Column(values, valid, fault)


_MAKERS: Final[dict[type, Callable[[Any, Scope], Vector]]] = {
    Const: _const, Field: _field, Unary: _unary, Binary: _binary, Between: _between, In: _in, Case: _case, Call: _call,
}  # fmt: skip
