"""A rule over a few rows, for tests that know what must come out."""

from collections.abc import Iterable, Sequence
from typing import Any

from s4.edge.sql.check import check
from s4.edge.sql.grammar import parse_select, parse_stream
from s4.edge.sql.query import Emission, Options, Query
from s4.edge.sql.tree import Stream

Row = tuple[int, dict[str, Any]]
"""When it comes (or happened), ms, and its columns."""


def stream(name: str, fields: str = "", options: str = "", *, table: bool = False) -> Stream:
    """A stream as a user would declare it."""
    kind = "TABLE" if table else "STREAM"
    return parse_stream(f'CREATE {kind} {name} ({fields}) WITH (FORMAT="json"{options})')


DEMO = {name: stream(name) for name in ("demo", "other", "third")}


def query(sql: str, streams: dict[str, Stream] | None = None, **options: Any) -> Query:
    """The rule made ready."""
    known, tables = streams or DEMO, options.pop("tables", None)
    select = parse_select(sql)
    check(select, known)
    return Query(select, known, tables=tables, options=Options(**options))


def play(rule: Query, rows: Iterable[tuple[str, int, dict[str, Any]]], until: int | None = None) -> list[Emission]:
    """Feed rows (stream, time, columns) one by one and let the clock run on."""
    out = []
    for name, at, row in rows:
        own = [at] if rule.plan.event_time else None
        out += rule.feed(name, [row], 0 if rule.plan.event_time else at, own)
    return out if until is None else out + rule.advance(until)


def results(sql: str, rows: Sequence[Row], until: int | None = None, **options: Any) -> list[list[dict[str, Any]]]:
    """What the rule puts out for rows of `demo`; an error is one row `error`."""
    played = play(query(sql, **options), [("demo", at, row) for at, row in rows], until)
    return [[{"error": emission.error}] if emission.error else emission.rows for emission in played]


def numbers(*times: int) -> list[Row]:
    """Rows whose column `t` is their time."""
    return [(at, {"t": at}) for at in times]
