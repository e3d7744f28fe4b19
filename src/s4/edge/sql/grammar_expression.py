"""Expressions: operators by how strongly they bind (Pratt), and what they stand between."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from s4.edge.sql.grammar_cursor import Cursor
from s4.edge.sql.near import meant
from s4.edge.sql.tokens import KEYWORDS, UNITS, StatementError
from s4.edge.sql.tree import (
    At,
    Between,
    Binary,
    Call,
    Case,
    Column,
    Const,
    Expr,
    Field,
    In,
    Index,
    Like,
    Member,
    Order,
    Over,
    Slice,
    Star,
    Unary,
)

COMPARE: Final = 3
"""How strongly comparisons bind; `not` binds them as a whole, arithmetic binds more."""

BINDS: Final[dict[str, int]] = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "IN", "BETWEEN", "LIKE", "NOT"), COMPARE),
    **dict.fromkeys(("+", "-", "|", "^"), 4),
    **dict.fromkeys(("*", "/", "%", "&"), 5),
}
SIGN: Final = 6
"""How strongly the sign of a number binds; only `->`, `.` and `[…]` bind more."""


class Expressions(Cursor):
    """Reads expressions. `sources` are the names that may stand before a dot; without any, every name may.

    `windows` are the names that take a unit of time, for the complaint when one stands in the wrong place.
    """

    windows: frozenset[str] = frozenset()

    def __init__(self, text: str, sources: Collection[str] = ()) -> None:
        super().__init__(text)
        self.sources = sources
        self._calls = 0

    def expression(self, weaker: int = 0) -> Expr:
        """One expression of operators that bind more than `weaker`."""
        left = self._operand()
        while True:
            kind = self.kind
            binds = BINDS.get(kind, 0)
            if binds <= weaker:
                return left
            if kind in ("IN", "BETWEEN", "LIKE", "NOT"):
                left = self._predicate(left)
            else:
                self.step()
                left = Binary(at=left.at, op=kind.lower(), left=left, right=self.expression(binds))

    def listed(self, closing: str, *, spare: bool = False) -> tuple[Expr, ...]:
        """Expressions between commas up to a closing bracket, which is taken. `spare`: one comma may end them."""
        found: list[Expr] = []
        with self.deeper():
            while not (self.kind == closing and (spare or not found)):
                found.append(self.expression())
                if not self.take(","):
                    break
            self.demand(closing, f"expected , or {closing}")
        return tuple(found)

    def columns(self) -> tuple[Column, ...]:
        """Columns between commas, at least one."""
        found = [self.column()]
        while self.take(","):
            found.append(self.column())
        return tuple(found)

    def column(self) -> Column:
        """`expression [as alias] [invisible]`."""
        at = self.at()
        expr = self.expression()
        alias = ""
        if self.kind == "AS":
            if isinstance(expr, Star):
                raise self.error("* stands for several columns and takes no alias")
            self.step()
            alias = self.name("an alias after AS")
        return Column(at=at, expr=expr, alias=alias, invisible=self.take("INVISIBLE"))

    def orders(self) -> tuple[Order, ...]:
        """What follows ORDER: `by a, b desc`."""
        self.demand("BY", "expected BY after ORDER")
        found = [self._order()]
        while self.take(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        at = self.at()
        expr = self.expression()
        if isinstance(expr, Const | Star):
            raise self.text.error("a constant orders nothing; name a column", self.tokens[self.place - 1].start)
        descending = self.take("DESC")
        if not descending:
            self.take("ASC")
        return Order(at=at, expr=expr, descending=descending)

    def _predicate(self, value: Expr) -> Expr:
        negated = self.take("NOT")
        kind = self.kind
        if kind not in ("IN", "BETWEEN", "LIKE"):
            raise self.found("expected IN, BETWEEN or LIKE after NOT")
        self.step()
        if kind == "LIKE":
            return Like(at=value.at, value=value, pattern=self.expression(COMPARE), negated=negated)
        if kind == "BETWEEN":
            low = self.expression(COMPARE)
            self.demand("AND", "expected AND between the two ends of BETWEEN")
            return Between(at=value.at, value=value, low=low, high=self.expression(COMPARE), negated=negated)
        if self.take("("):
            choices = self.listed(")")
            if not choices:
                raise self.text.error("IN needs at least one choice", self.tokens[self.place - 1].start)
            return In(at=value.at, value=value, choices=choices, negated=negated)
        return In(at=value.at, value=value, choices=self.expression(COMPARE), negated=negated)

    def _operand(self) -> Expr:
        at = self.at()
        if self.kind == "NOT":
            self.step()
            with self.deeper():
                return Unary(at=at, op="not", operand=self.expression(COMPARE - 1))
        if self.kind == "-":
            self.step()
            with self.deeper():
                return self._negative(at)
        return self._steps(self._primary(at))

    def _negative(self, at: At) -> Expr:
        """A sign before a number is part of it; before anything else it is an operator."""
        if self.kind in ("int", "number"):
            value = self.step().value
            return self._steps(Const(at=at, value=-float(value) if isinstance(value, float) else -int(value)))
        return Unary(at=at, op="-", operand=self._operand())

    def _primary(self, at: At) -> Expr:
        read = _PRIMARY.get(self.kind)
        if read is not None:
            return read(self, at)
        if self.kind in UNITS:
            said = self.token.value
            raise self.error(f"{said} is a unit of time, which stands only in a window; write `{said}` for a column")
        used = self.kind in KEYWORDS and (self.ahead() in BINDS or self.ahead() in ("->", ".", "["))
        raise self.found("expected an expression", f"; as a column's name write `{self.token.value}`" if used else "")

    def _steps(self, value: Expr) -> Expr:
        """What follows a value directly: `->name`, `.name`, `[index]`, `[start:stop]`."""
        while True:
            if self.kind == "[":
                self.step()
                with self.deeper():
                    value = self._bracket(value)
            elif self.kind in ("->", "."):
                said = self.step().kind
                value = Member(at=value.at, value=value, name=self.name(f"a member's name after {said}"))
            else:
                return value

    def _bracket(self, value: Expr) -> Expr:
        if self.take("]"):
            return Slice(at=value.at, value=value)
        start = None if self.kind == ":" else self.expression()
        if self.take(":"):
            stop = None if self.kind == "]" else self.expression()
            self.demand("]", "expected ]")
            return Slice(at=value.at, value=value, start=start, stop=stop)
        self.demand("]", "expected ] or :")
        return Index(at=value.at, value=value, index=start or Const(value=0))

    def _literal(self, at: At) -> Expr:
        return Const(at=at, value=self.step().value)

    def _truth(self, at: At) -> Expr:
        return Const(at=at, value=self.step().kind == "TRUE")

    def _group(self, at: At) -> Expr:
        self.step()
        with self.deeper():
            inner = self.expression()
            self.demand(")", "expected )")
        return inner

    def _named(self, at: At) -> Expr:
        following = self.ahead()
        if following == "(":
            return self._call(at)
        token = self.step()
        name = str(token.value)
        if following == "." and (not self.sources or name in self.sources):
            self.step()
            if self.kind == "*":
                return self._star(at, name)
            return Field(at=at, name=self.name(f"a column's name after {name}."), stream=name)
        if name.lower() == "null" and following not in ("->", ".", "[") and self.text.text[token.start] != "`":
            return Const(at=at, value=None)
        return Field(at=at, name=name)

    def _star(self, at: At, stream: str = "") -> Expr:
        self.step()
        leave_out: tuple[str, ...] = ()
        replace: tuple[Column, ...] = ()
        while self.kind in ("EXCEPT", "REPLACE"):
            said = self.step().kind
            self.demand("(", f"expected ( after {said}")
            with self.deeper():
                if said == "EXCEPT":
                    leave_out += self._names()
                else:
                    replace += self._replacements()
            self.demand(")", "expected , or )")
        return Star(at=at, leave_out=leave_out, replace=replace, stream=stream)

    def _names(self) -> tuple[str, ...]:
        found = [self.name("a column's name")]
        while self.take(","):
            found.append(self.name("a column's name"))
        return tuple(found)

    def _replacements(self) -> tuple[Column, ...]:
        found = self.columns()
        for column in found:
            if not column.alias:
                raise StatementError(
                    "say with AS which column is replaced", line=column.at.line, column=column.at.column
                )
        return found

    def _call(self, at: At) -> Expr:
        name = str(self.step().value).lower()
        number = self._calls
        self._calls += 1
        place = self.tokens[self.place - 1].start
        self.step()
        if self.kind in UNITS:
            raise self.text.error(self._no_window(name), place)
        args = self.listed(")", spare=True)
        where = self.filter() if self.kind == "FILTER" else None
        over = self._over() if self.kind == "OVER" else None
        return Call(at=at, name=name, args=args, over=over, where=where, number=number)

    def _no_window(self, name: str) -> str:
        if name in self.windows:
            return f"{name} is a window and stands alone in GROUP BY"
        return f"{name} is no window, so it takes no unit of time{meant(name, self.windows)}"

    def filter(self) -> Expr:
        """`filter (where condition)`."""
        self.demand("FILTER", "expected FILTER")
        self.demand("(", "expected ( after FILTER")
        with self.deeper():
            self.demand("WHERE", "expected WHERE in FILTER (…)")
            condition = self.expression()
            self.demand(")", "expected )")
        return condition

    def partition(self) -> tuple[Expr, ...]:
        """`partition by a, b`, or nothing."""
        if not self.take("PARTITION"):
            return ()
        self.demand("BY", "expected BY after PARTITION")
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        return tuple(found)

    def _over(self) -> Over:
        at = self.at()
        self.step()
        self.demand("(", "expected ( after OVER")
        if self.kind not in ("PARTITION", "ORDER", "WHEN"):
            raise self.found("expected PARTITION BY or WHEN in OVER (…)")
        with self.deeper():
            partition = self.partition()
            order = self.orders() if self.take("ORDER") else ()
            when = self.expression() if self.take("WHEN") else None
            self.demand(")", "expected )")
        return Over(at=at, partition=partition, when=when, order=order)

    def _case(self, at: At) -> Expr:
        self.step()
        with self.deeper():
            value = None if self.kind == "WHEN" else self.expression()
            whens: list[tuple[Expr, Expr]] = []
            while self.take("WHEN"):
                condition = self.expression()
                self.demand("THEN", "expected THEN after a condition of CASE")
                whens.append((condition, self.expression()))
            if not whens:
                raise self.found("expected WHEN in CASE")
            otherwise = self.expression() if self.take("ELSE") else None
            self.demand("END", "expected WHEN, ELSE or END in CASE")
        return Case(at=at, whens=tuple(whens), value=value, otherwise=otherwise)


_PRIMARY: Final[dict[str, Callable[[Expressions, At], Expr]]] = {
    "name": Expressions._named,
    "int": Expressions._literal,
    "number": Expressions._literal,
    "string": Expressions._literal,
    "TRUE": Expressions._truth,
    "FALSE": Expressions._truth,
    "(": Expressions._group,
    "*": Expressions._star,
    "CASE": Expressions._case,
}
