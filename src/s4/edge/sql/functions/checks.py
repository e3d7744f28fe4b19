"""What a function may say against its arguments as they are written, before any row has come.

Only what is sure is refused: a column may turn out to hold anything, so a `Field` is never refused, except the names of
time units, which are no columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from s4.edge.sql.functions.function import Check
from s4.edge.sql.tree import Between, Binary, Const, Expr, Field, In, Like, Unary

UNITS: Final = frozenset(("dd", "hh", "mi", "ss", "ms"))
_TRUTHS: Final = frozenset(("and", "or", "=", "!=", "<", "<=", ">", ">="))


def constant(arg: Expr) -> int | float | str | bool | None:
    """The value of a literal, a signed one too; None when it is none (or null).

    >>> constant(Unary(op="-", operand=Const(value=2)))
    -2
    """
    if isinstance(arg, Unary) and arg.op == "-" and isinstance(arg.operand, Const):
        held = arg.operand.value
        return -held if isinstance(held, int | float) and not isinstance(held, bool) else None
    return arg.value if isinstance(arg, Const) else None


def written(arg: Expr) -> str:
    """What the argument is for certain: `int float string bool time`, or "" when that depends on the row."""
    if isinstance(arg, Field) and not arg.stream and arg.name.lower() in UNITS:
        return "time"
    if isinstance(arg, Between | In | Like) or (isinstance(arg, Binary) and arg.op in _TRUTHS):
        return "bool"
    value = constant(arg)
    kinds = {bool: "bool", int: "int", float: "float", str: "string"}
    return kinds.get(type(value), "")


_WORDS: Final = {
    "number": ("a number", frozenset(("string", "time", "bool"))),
    "whole": ("a whole number", frozenset(("float", "string", "time", "bool"))),
    "code": ("a whole number or a character", frozenset(("float", "time", "bool"))),
    "string": ("a string", frozenset(("int", "float", "time", "bool"))),
    "truth": ("true or false", frozenset(("int", "float", "time", "string"))),
    "time": ("a time", frozenset(("int", "float", "string", "bool"))),
    "any": ("", frozenset[str]()),
}


def takes(*wanted: str) -> Check:
    """A check that each argument may be what is wanted: `number whole code string truth time any`; the last word goes
    for all further arguments.

    >>> takes("string", "whole")([Const(value="a"), Const(value=1.5)])
    'argument 2 must be a whole number'
    """

    def check(args: Sequence[Expr]) -> str | None:
        for at, arg in enumerate(args):
            words, refused = _WORDS[wanted[min(at, len(wanted) - 1)]]
            if written(arg) in refused:
                return f"argument {at + 1} must be {words}"
        return None

    return check


def literal(at: int, *allowed: str) -> Check:
    """A check that argument `at` (from 0), where it is a literal, is one of `allowed`."""

    def check(args: Sequence[Expr]) -> str | None:
        value = constant(args[at]) if len(args) > at else None
        if isinstance(value, str) and value not in allowed:
            return f"argument {at + 1} must be one of {', '.join(allowed)}"
        return None

    return check


def must_be(at: int, kinds: str, words: str) -> Check:
    """A check that argument `at` is written as one of `kinds` (space-separated), and nothing else."""

    def check(args: Sequence[Expr]) -> str | None:
        if len(args) > at and written(args[at]) not in kinds.split():
            return f"argument {at + 1} must be {words}"
        return None

    return check


def both(*checks: Callable[[Sequence[Expr]], str | None]) -> Check:
    """All of the checks, the first complaint told."""

    def check(args: Sequence[Expr]) -> str | None:
        return next((said for one in checks if (said := one(args)) is not None), None)

    return check
