"""Many rules that run row by row: each is shown only the rows that it can be about, which are looked for once."""

from __future__ import annotations

from collections.abc import Iterator

from s4.core.clock import NS_PER_MS
from s4.core.model import Observation
from s4.edge.queries.rowwise import Row, Rowwise
from s4.edge.queries.sheet import EVENTS, READINGS, row_of
from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.routing import Route, Router

Named = tuple[str, Row]


class _Lane:
    """The rules over readings that understand time in one way."""

    def __init__(self) -> None:
        self.rules: dict[Route | None, dict[str, Rowwise]] = {}
        self._routers: dict[str, Router] = {}

    def add(self, name: str, rule: Rowwise) -> None:
        there = self.rules.setdefault(rule.route, {})
        if rule.route is not None and not there:
            self._routers.setdefault(rule.route.column, Router(rule.route.column)).want(rule.route.text, 1)
        there[name] = rule

    def remove(self, name: str, rule: Rowwise) -> None:
        there = self.rules[rule.route]
        del there[name]
        if not there:
            del self.rules[rule.route]
            if rule.route is not None:
                self._routers[rule.route.column].want(rule.route.text, -1)

    def feed(self, frame: Frame) -> Iterator[Named]:
        yield from _each(self.rules.get(None, {}), frame)
        for router in self._routers.values():
            for text, rows in router.cut(frame):
                yield from _each(self.rules[Route(router.column, text)], rows)


def _each(rules: dict[str, Rowwise], frame: Frame) -> Iterator[Named]:
    for name, rule in rules.items():
        for made in rule.feed(READINGS, frame):
            yield name, made


class RowBank:
    """Rules by name."""

    def __init__(self) -> None:
        self.rules: dict[str, Rowwise] = {}
        self._lanes = {True: _Lane(), False: _Lane()}

    def add(self, name: str, rule: Rowwise) -> None:
        """Add a rule; it sees what comes from now on."""
        self.rules[name] = rule
        if READINGS in rule.reads:
            self._lanes[rule.by_event].add(name, rule)

    def remove(self, name: str) -> bool:
        """Take a rule away; False when it is not here."""
        rule = self.rules.pop(name, None)
        if rule is not None and READINGS in rule.reads:
            self._lanes[rule.by_event].remove(name, rule)
        return rule is not None

    def feed(self, frame: Frame, arrived: Frame) -> Iterator[Named]:
        """Readings come in, by their own times and by those of their arrival."""
        yield from self._lanes[True].feed(frame)
        yield from self._lanes[False].feed(arrived)

    def take(self, event: Observation) -> Iterator[Named]:
        """An event comes in."""
        for name, rule in self.rules.items():
            if EVENTS in rule.reads:
                at = event.time if rule.by_event else event.received
                for made in rule.take(EVENTS, row_of(event), at // NS_PER_MS):
                    yield name, made

    def advance(self, now_ms: int) -> Iterator[Named]:
        """Tell the time."""
        for name, rule in self.rules.items():
            for made in rule.advance(now_ms):
                yield name, made
