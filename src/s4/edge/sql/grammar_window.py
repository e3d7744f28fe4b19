"""Windows in GROUP BY: `tumblingwindow(ss, 10)` and its kin, with FILTER and OVER."""

from __future__ import annotations

from typing import Final

from s4.edge.sql.grammar_expression import Expressions
from s4.edge.sql.tokens import UNITS, Token
from s4.edge.sql.tree import At, Expr, Window, WindowKind

WINDOWS: Final[dict[str, tuple[WindowKind, int, int]]] = {
    "tumblingwindow": ("tumbling", 1, 1),
    "hoppingwindow": ("hopping", 2, 2),
    "slidingwindow": ("sliding", 1, 2),
    "sessionwindow": ("session", 2, 2),
    "countwindow": ("count", 1, 2),
    "statewindow": ("state", 2, 2),
}
"""Name → kind, fewest and most numbers (conditions of a state window) it takes."""

_MS: Final = {"DD": 86_400_000, "HH": 3_600_000, "MI": 60_000, "SS": 1_000, "MS": 1}
_LONGEST_MS: Final = 366 * 86_400_000


class Windows(Expressions):
    """Reads windows."""

    windows = frozenset(WINDOWS)

    def window(self) -> Window:
        """The window that begins at the next token, which is one of `WINDOWS`."""
        at = self.at()
        name = str(self.step().value).lower()
        kind, least, most = WINDOWS[name]
        self.demand("(", f"expected ( after {name}")
        with self.deeper():
            if kind == "state":
                begin, end = self._conditions(name)
                window = Window(at=at, kind=kind, begin=begin, end=end)
            elif kind == "count":
                window = self._count(at, self._numbers(name, least, most))
            else:
                window = self._timed(at, name, kind, least, most)
        return self._clauses(window)

    def _clauses(self, window: Window) -> Window:
        where = self.filter() if self.kind == "FILTER" else None
        partition: tuple[Expr, ...] = ()
        when = None
        if self.take("OVER"):
            self.demand("(", "expected ( after OVER")
            if self.kind not in ("WHEN", "PARTITION"):
                raise self.found("expected WHEN in OVER (…)")
            with self.deeper():
                partition = self._partition(window)
                when = self.expression() if self.take("WHEN") else None
                self.demand(")", "expected )")
        if where is None and when is None and not partition:
            return window
        fields = {name: getattr(window, name) for name in window.__struct_fields__}
        return Window(**{**fields, "where": where, "when": when, "partition": partition})

    def _partition(self, window: Window) -> tuple[Expr, ...]:
        if self.kind == "PARTITION" and window.kind != "state":
            raise self.error("only a state window takes PARTITION BY; put the keys of other windows into GROUP BY")
        return self.partition()

    def _conditions(self, name: str) -> tuple[Expr, Expr]:
        begin = self.expression()
        self.demand(",", f"{name} takes two conditions, where it begins and where it ends; expected ,")
        end = self.expression()
        self.demand(")", "expected )")
        return begin, end

    def _count(self, at: At, numbers: list[int]) -> Window:
        length, interval = numbers[0], numbers[-1]
        if interval > length:
            raise self.text.error(
                f"countwindow cannot move on by {interval} rows when it holds {length}",
                self.tokens[self.place - 2].start,
            )
        return Window(at=at, kind="count", length=length, interval=interval)

    def _timed(self, at: At, name: str, kind: WindowKind, least: int, most: int) -> Window:
        if self.kind not in UNITS:
            raise self.found(f"the first argument of {name} is a unit of time: dd, hh, mi, ss or ms, without quotes")
        unit = _MS[self.step().kind]
        self.demand(",", f"expected , and a whole number in {name}")
        numbers = self._numbers(name, least, most, unit)
        second = numbers[1] * unit if len(numbers) > 1 else 0
        length = numbers[0] * unit
        if kind == "sliding":
            return Window(at=at, kind=kind, length_ms=length, delay_ms=second)
        return Window(at=at, kind=kind, length_ms=length, interval_ms=second)

    def _numbers(self, name: str, least: int, most: int, unit: int = 1) -> list[int]:
        said = str(least) if least == most else f"{least} or {most}"
        wanted = f"{name} takes {said} whole number{'s' if most > 1 else ''} here"
        found: list[int] = []
        while True:
            token = self.demand("int", wanted)
            found.append(self._positive(token, name, unit, first=not found))
            if not self.take(","):
                break
        if not least <= len(found) <= most:
            raise self.error(f"{wanted}, found {len(found)}")
        self.demand(")", "expected , or )")
        return found

    def _positive(self, token: Token, name: str, unit: int, *, first: bool) -> int:
        number = int(token.value)
        if number == 0 and (first or name != "slidingwindow"):
            raise self.text.error(f"a length of {name} is more than 0", token.start)
        if number * unit > _LONGEST_MS:
            raise self.text.error(f"a length of {name} is at most a year (or {_LONGEST_MS} rows)", token.start)
        return number
