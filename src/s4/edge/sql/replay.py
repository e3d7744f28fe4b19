"""A file of rows through one rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from s4.core.errors import InputError
from s4.edge.sql.cases import meta_of
from s4.edge.sql.check import check
from s4.edge.sql.grammar import parse_select, parse_stream
from s4.edge.sql.query import Emission, Options, Query
from s4.edge.sql.tree import Stream

Value = Any


def read_ddl(text: str, file: str | None = None) -> dict[str, Stream]:
    """The streams and tables of a file of CREATE statements, each ended by a semicolon. Raises `InputError`.

    >>> [*read_ddl('create stream air (t float) with (format="json"); create table room () with (format="json");')]
    ['air', 'room']
    """
    streams: dict[str, Stream] = {}
    line = 1
    for part in _statements(text):
        if part.strip():
            try:
                stream = parse_stream(part)
            except InputError as error:
                raise error.at(file=file, line=line + (error.line or 1) - 1) from None
            streams[stream.name] = stream
        line += part.count("\n")
    return streams


def _statements(text: str) -> Iterator[str]:
    """The text up to each semicolon that is not quoted."""
    start, quote = 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        elif char == ";":
            yield text[start : place + 1]
            start = place + 1
    yield text[start:]


class Replay:
    """Rows, one JSON object a line, through one rule.

    A line is the row itself (when the rule reads one stream), or `{"stream", "row", "arrival_ts", "event_ts"}` with
    times in ms. A row arrives at `arrival_ts`, else at its TIMESTAMP column, else with the row before it.
    """

    def __init__(self, sql: str, streams: Mapping[str, Stream], options: Options) -> None:
        self._select, self._streams, self._options = parse_select(sql), streams, options
        check(self._select, streams)
        self.query = self._made(0)
        self._names = [one.name for one in self.query.plan.inputs]
        self._now: int | None = None

    def _made(self, start: int) -> Query:
        given = self._options
        options = Options(given.event_time, given.late_ms, start, given.name, given.limits)
        return Query(self._select, self._streams, options=options)

    def run(self, lines: Iterable[bytes], file: str) -> Iterator[Emission]:
        """The emissions as they come. Raises `InputError` with the line for one that cannot be read."""
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield from self._line(line)
                except InputError as error:
                    raise error.at(file=file, line=number) from None

    def _line(self, line: bytes) -> Sequence[Emission]:
        try:
            said = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise InputError(f"is not JSON: {error}") from None
        if not isinstance(said, dict):
            raise InputError("is not a JSON object")
        wrapped = isinstance(said.get("row"), dict) and "stream" in said
        name = said["stream"] if wrapped else self._names[0]
        if name not in self._names:
            return []
        row = said["row"] if wrapped else said
        return self._fed(
            name, row, said.get("arrival_ts") if wrapped else None, said.get("event_ts") if wrapped else None
        )

    def _fed(self, name: str, row: dict[str, Value], arrival: Value, own: Value) -> Sequence[Emission]:
        stream = self._streams[name]
        arrived = arrival if arrival is not None else row.get(stream.options.get("TIMESTAMP", ""), self._now or 0)
        if type(arrived) is not int or (own is not None and type(own) is not int):
            raise InputError("a time is a whole number of ms")
        if self._now is None:
            self.query = self._made(arrived - arrived % 1000)
        self._now = max(self._now or arrived, arrived)
        return self.query.feed(name, [row], self._now, [own], meta_of(stream))

    def run_on(self, ms: int) -> Sequence[Emission]:
        """Let the clock run on after the last row, ms."""
        return self.query.advance((self._now or 0) + ms)
