"""Rules run over recorded cases: statement, streams and rows in, emissions out, all on the rows' own clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from s4.core.errors import InputError
from s4.edge.sql.check import check
from s4.edge.sql.grammar import parse_select, parse_statement, parse_stream
from s4.edge.sql.query import Emission, Options, Query
from s4.edge.sql.tree import Select, Source, Stream

Value = Any
_TIME: Final = "$time_ms"


class CaseRow(msgspec.Struct, frozen=True):
    """A row that arrives: times in ms."""

    stream: str
    row: dict[str, Value]
    arrival_ts: int = 0
    event_ts: int | None = None


class CaseInput(msgspec.Struct, frozen=True):
    """One case. `streams`: their CREATE statements by name; `tables`: rows by name; `run_on_ms`: how long the clock
    runs on after the last row.
    """

    name: str
    sql: str
    streams: dict[str, str] = {}
    tables: dict[str, list[dict[str, Value]]] | None = None
    event_time: bool = False
    late_tolerance_ms: int = 0
    rows: list[CaseRow] = []
    run_on_ms: int = 0
    parse_only: bool = False


def answer_case(case: CaseInput) -> dict[str, Value]:
    """What the case gives: `emissions`, or the `error` for which its statement is refused.

    A row without columns is written `[]`; rows that could not be computed are an emission of one row, `error`.
    """
    try:
        emissions = [] if case.parse_only else run_case(case)
        if case.parse_only:
            _parse(case.sql)
    except InputError as error:
        place = {"line": error.line, "column": error.column}
        return {"name": case.name, "error": {"message": error.reason, **place}}
    return {"name": case.name, "emissions": [_written(emission) for emission in emissions]}


def _parse(sql: str) -> None:
    statement = parse_statement(sql)
    if isinstance(statement, Select):
        check(statement, {})


def run_case(case: CaseInput) -> list[Emission]:
    """Run the case. The clock begins at the whole second before the first row. Raises `InputError`."""
    streams = {name: parse_stream(ddl) for name, ddl in case.streams.items()}
    select = parse_select(case.sql)
    tables = case.tables or {}
    streams = _renamed(
        select, streams | {name: Stream(name=name, table=True) for name in tables if name not in streams}
    )
    check(select, streams)
    first = case.rows[0].arrival_ts if case.rows else 0
    options = Options(
        event_time=case.event_time, late_ms=case.late_tolerance_ms, start=first - first % 1000, name=case.name
    )
    query = Query(select, streams, tables={name: _plain(rows) for name, rows in tables.items()}, options=options)
    return _played(query, case, streams)


def _played(query: Query, case: CaseInput, streams: Mapping[str, Stream]) -> list[Emission]:
    read = {one.name for one in query.plan.inputs}
    only = next(iter(read)) if len(read) == 1 else ""
    out: list[Emission] = []
    now = case.rows[0].arrival_ts if case.rows else 0
    for row in case.rows:
        now = max(now, row.arrival_ts)
        name = (
            row.stream
            if row.stream in read
            else only
            if row.stream not in case.streams or only not in case.streams
            else ""
        )
        if name:
            out += query.feed(name, [_plain(row.row)], now, [row.event_ts], meta_of(streams[name]))
    if case.run_on_ms:
        out += query.advance(now + case.run_on_ms - 1)
    return out


def meta_of(stream: Stream) -> dict[str, Value]:
    """What is known of a recorded row besides its columns: the topic it could have come by."""
    mock = stream.options.get("TYPE", "").lower() == "mock"
    return {"topic": "mock" if mock else stream.options.get("DATASOURCE", stream.name)}


def _renamed(select: Select, streams: dict[str, Stream]) -> dict[str, Stream]:
    """A statement that reads one stream, by another name than that of the only one there is, means that one."""
    source: Source = select.source
    if select.joins or source.name in streams or len(streams) != 1:
        return streams
    return {source.name: next(iter(streams.values()))}


def _plain(value: Value) -> Value:
    """Times that the case file marks, `{"$time_ms": 12}`, as ms."""
    if isinstance(value, dict):
        return value[_TIME] if value.keys() == {_TIME} else {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _written(emission: Emission) -> list[Value]:
    if emission.error:
        return [{"error": emission.error}]
    return [row or [] for row in emission.rows]
