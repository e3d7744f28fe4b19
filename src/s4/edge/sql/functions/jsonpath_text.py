"""Reading the text of a JSON path, and of the conditions within one: `@.weight > 5 && @.name == "ring"`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final

from s4.edge.sql.functions import expressions
from s4.edge.sql.functions.coerce import is_number, number, same, text
from s4.edge.sql.functions.function import FunctionError, Value
from s4.edge.sql.functions.jsonpath import (
    MOST_STEPS,
    Path,
    Run,
    Step,
    TooMuchError,
    between,
    child,
    children,
    descendants,
    several,
    where,
)

Eval = Callable[[Run, Value], Value]
"""From the element in question to a value; raises `FunctionError` when there is none."""

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<sign>\.\.|&&|\|\||==|!=|<=|>=|=~|!~|[-+*/%<>!.\[\]()?:,$@]))"""
)
_ESCAPE: Final = re.compile(r"\\(.)")
_DEEPEST: Final = 20
_ORDER: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SUMS: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod}
_LEVELS: Final = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "=~", "!~"), ("+", "-"), ("*", "/", "%"))
_NAMED: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}


def read(path: str) -> Path:
    """The path that the text says. Raises `FunctionError` with the place of what cannot be understood."""
    reader = _Reader(path)
    reader.take("$")
    found = reader.steps()
    if reader.sign or reader.kind:
        raise reader.fault()
    return found


class _Reader:
    """The tokens of a path, one ahead."""

    def __init__(self, path: str) -> None:
        self._path, self._at, self._depth = path, 0, 0
        self.kind: str | None = None
        self.sign = ""
        self._next()

    def _next(self) -> None:
        self._start = self._at
        found = _TOKEN.match(self._path, self._at)
        if found is None:
            self.kind, self.sign = None, ""
            if self._path[self._at :].strip():
                raise self.fault()
            return
        self.kind, self.sign, self._at = found.lastgroup, found.group(found.lastgroup or 0), found.end()

    def fault(self) -> FunctionError:
        return FunctionError(f"the path cannot be understood at character {self._start + 1}")

    def next_is(self, *signs: str) -> bool:
        return self.kind == "sign" and self.sign in signs

    def take(self, *signs: str) -> str:
        if not self.next_is(*signs):
            raise self.fault()
        return self._pass()

    def _pass(self) -> str:
        sign = self.sign
        self._next()
        return sign

    def steps(self) -> Path:
        steps: list[Step] = []
        many = False
        while self.next_is(".", "..", "["):
            sign = self._pass()
            if sign == "..":
                steps.append(descendants)
                many = True
                if self.next_is("["):
                    self._pass()
                    sign = "["
            step, plain = self._bracket() if sign == "[" else self._member()
            steps.append(step)
            if len(steps) > MOST_STEPS:
                raise FunctionError(f"the path has more than {MOST_STEPS} steps")
            many = many or not plain
        return Path(tuple(steps), many)

    def _member(self) -> tuple[Step, bool]:
        if self.next_is("*"):
            self._pass()
            return children, False
        if self.kind != "name":
            raise self.fault()
        return child(self._pass()), True

    def _bracket(self) -> tuple[Step, bool]:
        if self.next_is("*"):
            self._pass()
            self.take("]")
            return children, False
        if self.next_is("?"):
            self._pass()
            condition = self.condition()
            self.take("]")
            return where(lambda run, one: _holds(condition, run, one)), False
        return self._keys()

    def _keys(self) -> tuple[Step, bool]:
        keys: list[Value] = [None if self.next_is(":") else self._key()]
        sign = self.take(":", ",", "]")
        if sign == "]":
            return child(keys[0]), True
        separator = sign
        while sign == separator:
            keys.append(None if self.next_is(":", "]") else self._key())
            sign = self.take(separator, "]")
        if separator == ",":
            return several(tuple(keys)), False
        if len(keys) > 3 or not all(key is None or isinstance(key, int) for key in keys):
            raise self.fault()
        return between(*(key for key in (*keys, None)[:3])), False

    def _key(self) -> Value:
        minus = self.next_is("-")
        if minus:
            self._pass()
        if self.kind == "number" and self.sign.isdecimal():
            value = int(self._pass())
            return -value if minus else value
        if self.kind == "string" and not minus:
            return _unquoted(self._pass())
        raise self.fault()

    def condition(self, level: int = 0) -> Eval:
        if level == len(_LEVELS):
            return self._operand()
        left = self.condition(level + 1)
        while self.next_is(*_LEVELS[level]):
            left = _binary(self._pass(), left, self.condition(level + 1))
        return left

    def _operand(self) -> Eval:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FunctionError("the condition in the path is nested too deeply")
        try:
            return self._one()
        finally:
            self._depth -= 1

    def _one(self) -> Eval:
        kind, sign = self.kind, self._pass()
        if kind == "sign" and sign in ("$", "@"):
            path = self.steps()
            return (lambda run, _one: path.of(run, run.root)) if sign == "$" else path.of
        if kind == "sign" and sign == "(":
            inner = self.condition()
            self.take(")")
            return inner
        if kind == "sign" and sign in ("!", "-"):
            operand = self._operand()
            return lambda run, one: not _truth(operand(run, one)) if sign == "!" else -number(operand(run, one))
        return self._literal(kind, sign)

    def _literal(self, kind: str | None, sign: str) -> Eval:
        if kind == "name" and sign in _NAMED:
            named = _NAMED[sign]
            return lambda _run, _one: named
        if kind == "number":
            value = float(sign) if any(mark in sign for mark in ".eE") else int(sign)
            return lambda _run, _one: value
        if kind == "string":
            string = _unquoted(sign)
            return lambda _run, _one: string
        raise self.fault()


def _unquoted(quoted: str) -> str:
    return _ESCAPE.sub(r"\1", quoted[1:-1])


def _truth(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if is_number(value):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise FunctionError("the condition is neither true nor false")


def _holds(condition: Eval, run: Run, one: Value) -> bool:
    try:
        return _truth(condition(run, one))
    except TooMuchError:
        raise
    except FunctionError:
        return False


def _binary(sign: str, left: Eval, right: Eval) -> Eval:
    if sign in ("&&", "||"):
        return lambda run, one: _logic(sign, left, right, run, one)
    return lambda run, one: _apply(sign, left(run, one), right(run, one))


def _logic(sign: str, left: Eval, right: Eval, run: Run, one: Value) -> bool:
    first = _truth(left(run, one))
    return first if first == (sign == "||") else _truth(right(run, one))


def _apply(sign: str, left: Value, right: Value) -> Value:
    if sign in ("==", "!="):
        equal = number(left) == number(right) if is_number(left) and is_number(right) else same(left, right)
        return equal == (sign == "==")
    if sign in ("=~", "!~"):
        return expressions.matches(text(left), text(right)) == (sign == "=~")
    if sign in _ORDER:
        both = (left, right) if isinstance(left, str) and isinstance(right, str) else (number(left), number(right))
        return bool(_ORDER[sign](*both))
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    try:
        return float(_SUMS[sign](number(left), number(right)))
    except (ZeroDivisionError, OverflowError):
        raise FunctionError("the division in the path has no answer") from None
