"""A whole SELECT, clause by clause."""

from __future__ import annotations

from typing import Final

from s4.edge.sql.grammar_window import WINDOWS, Windows
from s4.edge.sql.near import meant
from s4.edge.sql.tree import Expr, Join, JoinKind, Select, Source, Window

_JOINS: Final[dict[str, JoinKind]] = {
    "INNER": "inner",
    "LEFT": "left",
    "RIGHT": "right",
    "FULL": "full",
    "CROSS": "cross",
}
_OF_A_TOPIC: Final = frozenset({"name", "/", "#", "+"})


class Selects(Windows):
    """Reads a SELECT. The names of its sources are looked up first, because columns come before FROM."""

    def select(self) -> Select:
        """The statement. Raises `StatementError`."""
        self.sources = self._source_names()
        at = self.at()
        self.demand("SELECT", "expected SELECT")
        columns = self.columns()
        if self.kind != "FROM":
            near = meant(str(self.token.value).upper(), ("FROM", "INVISIBLE")) if self.kind == "name" else ""
            raise self.found("expected FROM or another column", near)
        self.step()
        source = self._source("FROM")
        joins = self._joins()
        where = self.expression() if self.take("WHERE") else None
        dimensions, window = self._grouping() if self.take("GROUP") else ((), None)
        having = self.expression() if self.take("HAVING") else None
        order = self.orders() if self.take("ORDER") else ()
        limit = int(self.demand("int", "expected a whole number after LIMIT").value) if self.take("LIMIT") else None
        self.finish()
        return Select(
            at=at,
            columns=columns,
            source=source,
            joins=joins,
            where=where,
            dimensions=dimensions,
            window=window,
            having=having,
            order=order,
            limit=limit,
        )

    def _source_names(self) -> frozenset[str]:
        names: set[str] = set()
        for place, token in enumerate(self.tokens):
            if token.kind in ("FROM", "JOIN"):
                name, after = self._topic(place + 1)
                names.add(name)
                if self.tokens[after].kind == "AS" and self.tokens[after + 1].kind == "name":
                    names.add(str(self.tokens[after + 1].value))
        return frozenset(names)

    def _topic(self, place: int) -> tuple[str, int]:
        """The name of a source from that token on, and the token after it. `a/+/#` is one name if nothing parts it."""
        first = place
        while self.tokens[place].kind in _OF_A_TOPIC and (
            place == first or self.tokens[place].start == self.tokens[place - 1].end
        ):
            place += 1
        return "".join(str(token.value) for token in self.tokens[first:place]), place

    def _source(self, after: str) -> Source:
        at = self.at()
        name, place = self._topic(self.place)
        if not name:
            self.name(f"a stream's name after {after}")
        while self.place < place:
            self.step()
        return Source(at=at, name=name, alias=self.name("an alias after AS") if self.take("AS") else "")

    def _joins(self) -> tuple[Join, ...]:
        found: list[Join] = []
        while self.kind in _JOINS:
            at = self.at()
            kind = _JOINS[self.step().kind]
            self.demand("JOIN", f"expected JOIN after {kind.upper()}")
            source = self._source("JOIN")
            if kind == "cross" and self.kind == "ON":
                raise self.error("CROSS JOIN takes every pair and no ON; say INNER JOIN")
            found.append(Join(at=at, kind=kind, source=source, on=self.expression() if self.take("ON") else None))
        if self.kind == "JOIN":
            raise self.error("say which join: INNER, LEFT, RIGHT, FULL or CROSS JOIN")
        return tuple(found)

    def _grouping(self) -> tuple[tuple[Expr, ...], Window | None]:
        self.demand("BY", "expected BY after GROUP")
        dimensions: list[Expr] = []
        window: Window | None = None
        while True:
            if self._at_window():
                if window is not None:
                    raise self.error("a rule has one window")
                window = self.window()
            else:
                dimensions.append(self.expression())
            if not self.take(","):
                return tuple(dimensions), window

    def _at_window(self) -> bool:
        return self.kind == "name" and self.ahead() == "(" and str(self.token.value).lower() in WINDOWS
