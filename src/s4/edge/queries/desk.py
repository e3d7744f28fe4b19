"""The desk at which people work on rules: checks them, explains them, runs them over the past."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from s4.core.archive import Readings
from s4.core.city import City
from s4.core.clock import NS_PER_MS, NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Detection, Observation
from s4.core.model.kinds import KINDS
from s4.core.rules import Checked, Made, Problem, RuleWords, SqlRule, StreamWords, Trial, Word
from s4.core.subjects import SYSTEM
from s4.edge.queries.book import Book, PutOut
from s4.edge.queries.saying import Sayings
from s4.edge.queries.sheet import EVENTS, READINGS, STREAMS
from s4.edge.queries.spec import check_rule, columns_of, select_of
from s4.edge.sql.columnar.arrow import Batches
from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.routing import routed
from s4.edge.sql.functions.registry import FUNCTIONS
from s4.edge.sql.query import Options, Query
from s4.edge.sql.tokens import StatementError
from s4.edge.sql.words import KEYWORDS, WINDOWS

if TYPE_CHECKING:
    from pyarrow import RecordBatch

_MOST_MADE: Final = 1000
_MOST_ROWWISE: Final = 2_000_000
_LONGEST_S: Final = 30.0


class Desk:
    """`core.rules.RuleDesk`. A trial looks at some 5 M readings a second over columns, 0.1 M row by row, for at most
    30 s; then it says how far it came.
    """

    def __init__(self, city: City, readings: Readings) -> None:
        self._city, self._readings = city, readings

    def check(self, rule: SqlRule) -> Checked:
        """See `RuleDesk.check`."""
        try:
            select = select_of(rule.sql)
        except StatementError as error:
            return Checked([Problem("sql", error.line or 0, error.column or 0, error.reason)])
        try:
            check_rule(rule)
            book = _book(rule)
        except InputError as error:
            return Checked([Problem(error.field or "", 0, 0, error.reason)], columns=columns_of(select))
        why = book.why.get(rule.id, "")
        options = Options(event_time=rule.time == "event", late_ms=round(rule.late_s * 1000))
        explained = Query(select, STREAMS, options=options).explain()
        return Checked([], "rows" if why else "columns", why, explained, columns_of(select))

    def try_out(self, rule: SqlRule, since: int, until: int) -> Trial:
        """See `RuleDesk.try_out`."""
        problems = self.check(rule).problems
        if problems:
            raise InputError(problems[0].reason, field=problems[0].field or "query")
        trial, source = _Try(rule, self._city), select_of(rule.sql).source
        if source.name == EVENTS:
            return trial.over_events(self._readings.events(since, until), until)
        return trial.over_readings(self._readings.replay(since, until, _property(rule)), until)

    def words(self) -> RuleWords:
        """See `RuleDesk.words`."""
        streams = [
            StreamWords(name, [{"name": column, "type": kind.name} for column, kind in stream.fields])
            for name, stream in STREAMS.items()
        ]
        functions = [
            Word(one.name, one.family, one.role, one.text, one.least, one.most)
            for _, one in sorted(FUNCTIONS.items(), key=lambda item: item[0])
        ]
        return RuleWords(streams, functions, WINDOWS, KEYWORDS, sorted(KINDS))


def _book(rule: SqlRule) -> Book:
    book = Book()
    book.add(rule)
    return book


def _property(rule: SqlRule) -> str:
    """The one property that the rule is about, if it says so: nothing else need be read."""
    route = routed(select_of(rule.sql), STREAMS["readings"]).route
    return route.text if route is not None and route.column == "property" else ""


class _Try:
    def __init__(self, rule: SqlRule, city: City) -> None:
        self._rule, self._book, self._sayings = rule, _book(rule), Sayings(city)
        self._made: list[Made] = []
        self._total = self._happenings = self._readings = 0

        self._started = time.perf_counter()

    def over_readings(self, batches: Iterator[RecordBatch], until: int) -> Trial:
        reader = Batches()
        for batch in batches:
            frame = reader.frame(batch, STREAMS[READINGS])
            frame = Frame(frame.columns["time"].values // NS_PER_MS, frame.columns)
            self._readings += len(frame)
            self._take(self._book.read(frame, frame))
            if self._long_enough():
                return self._end(int(frame.time[-1]) * NS_PER_MS)
        return self._end(until)

    def over_events(self, pages: Iterator[list[Observation]], until: int) -> Trial:
        for page in pages:
            for event in page:
                if event.source != SYSTEM:
                    self._take(self._book.take(event))
            self._readings += len(page)
            if self._long_enough():
                return self._end(page[-1].time)
        return self._end(until)

    def _long_enough(self) -> bool:
        rowwise = bool(self._book.why) and self._readings > _MOST_ROWWISE
        return rowwise or time.perf_counter() - self._started > _LONGEST_S

    def _end(self, reached: int) -> Trial:
        self._take(self._book.advance(reached + 3600 * NS_PER_S))
        seconds = time.perf_counter() - self._started
        counts = self._book.counts(self._rule.id)
        return Trial(self._made, self._total, self._happenings, counts, self._readings, seconds, reached)

    def _take(self, made: Sequence[PutOut]) -> None:
        self._total += len(made)
        for one in made:
            if len(self._made) < _MOST_MADE:
                self._made.append(Made(one.time * NS_PER_MS, one.row))
            for said in self._sayings.say(self._rule, one):
                self._happenings += isinstance(said, Detection) and said.phase == "start"
