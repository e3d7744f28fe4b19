"""What a statement may not say: told with the place, and all that it may say let through."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.edge.sql.check import check
from s4.edge.sql.grammar import StatementError, parse_select, parse_stream
from s4.edge.sql.tree import Stream
from tests.edge.sql import seeds

STREAMS = {
    stream.name: stream
    for stream in map(
        parse_stream,
        [
            'CREATE STREAM air (cell STRING, no2 FLOAT, ts BIGINT) WITH (FORMAT="json")',
            'CREATE STREAM noise (cell STRING, db FLOAT, ts BIGINT) WITH (FORMAT="json")',
            'CREATE STREAM any () WITH (FORMAT="json")',
            'CREATE TABLE rooms (cell STRING, name STRING) WITH (TYPE="file")',
            'CREATE TABLE people (cell STRING, many BIGINT) WITH (TYPE="memory", KIND="lookup", KEY="cell")',
        ],
    )
}


def refused(text: str, streams: dict[str, Stream]) -> StatementError | None:
    select = parse_select(text)
    try:
        check(select, streams)
    except StatementError as error:
        return error
    return None


def reads(text: str) -> bool:
    try:
        parse_select(text)
    except StatementError:
        return False
    return True


def where_refused(text: str, streams: dict[str, Stream] = STREAMS) -> tuple[int | None, str] | None:
    error = refused(text, streams)
    return (error.column, error.reason) if error is not None else None


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("SELECT averag(a) FROM s", 8, "there is no function averag; did you mean avg?"),
        ("SELECT xyzzyx(a) FROM s", 8, "there is no function xyzzyx"),
        ("SELECT abs(a, b) FROM s", 8, "abs takes 1 argument, not 2"),
        ("SELECT count() FROM s", 8, "count takes 1 argument, not 0"),
        ("SELECT b, 1 + abs('x') FROM s", 15, "abs: argument 1 must be a number"),
        ("SELECT tumblingwindow(a) FROM s", 8, "tumblingwindow is a window and stands alone in GROUP BY"),
        ("SELECT a FROM s WHERE avg(b) > 1", 23, "avg is an aggregate and cannot stand in WHERE; use HAVING"),
        ("SELECT a FROM s GROUP BY 1 + sum(b)", 30, "sum is an aggregate and cannot stand in GROUP BY"),
        ("SELECT avg(a) OVER (PARTITION BY b) FROM s", 15, "OVER follows an analytic function, and avg is none"),
        ("SELECT abs(a) OVER (WHEN b) FROM s", 15, "OVER follows an analytic function, and abs is none"),
        ("SELECT lag(a) OVER (ORDER BY b) FROM s", 15,
         "lag goes by the order of arrival; ORDER BY cannot stand in its OVER"),
        ("SELECT row_number() OVER (WHEN b) FROM s", 21, "row_number has no memory; WHEN cannot stand in its OVER"),
        ("SELECT abs(a) FILTER (WHERE b) FROM s", 8, "FILTER follows an aggregate, and abs is none"),
        ("SELECT a FROM s WHERE unnest(b)", 23,
         "unnest stands only among the columns after SELECT, not in WHERE"),
        ("SELECT a FROM s GROUP BY unnest(b)", 26,
         "unnest stands only among the columns after SELECT, not in GROUP BY"),
        ("SELECT unnest(unnest(a)) FROM s", 15, "unnest makes rows and stands alone in its column"),
        ("SELECT 1 + unnest(a) FROM s", 12, "unnest makes rows and stands alone in its column"),
        ("SELECT unnest(a), unnest(b) FROM s", 19,
         "unnest makes rows, as unnest before it does; a statement has one such column"),
        ("SELECT a FROM s HAVING row_number() > 1", 24,
         "row_number stands only among the columns after SELECT, not in HAVING"),
        ("SELECT a FROM s LEFT JOIN t ON row_number() = 1", 32,
         "row_number stands only among the columns after SELECT, not in ON"),
        ("SELECT a FROM s ORDER BY row_number()", 26,
         "row_number stands only among the columns after SELECT, not in ORDER BY"),
        ("SELECT a FROM s WHERE changed_cols('', true, a)", 23,
         "changed_cols stands only among the columns after SELECT, not in WHERE"),
        ("SELECT CASE WHEN 30 THEN 1 END FROM s", 18,
         "WHEN in a CASE without a value takes a condition, as in WHEN size > 3"),
        ("SELECT CASE WHEN a + 1 THEN 1 END FROM s", 18,
         "WHEN in a CASE without a value takes a condition, as in WHEN size > 3"),
        ("SELECT dedup_trigger(a, b, c) FROM s", 8, "dedup_trigger takes 4 arguments, not 3"),
        ("SELECT dedup_trigger(a, b, 1, 9) FROM s", 28,
         "dedup_trigger takes columns as its first three arguments: start, end and now"),
        ("SELECT dedup_trigger(a, b, c, d) FROM s", 31,
         "dedup_trigger takes a whole number as its last argument"),
    ],
)  # fmt: skip
def test_what_the_statement_alone_shows(text: str, column: int, reason: str) -> None:
    assert where_refused(text, {}) == (column, reason)


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("SELECT a FROM airs", 15, "there is no stream airs; did you mean air?"),
        ("SELECT no FROM air", 8, "there is no column no; did you mean no2?"),
        ("SELECT air.db FROM air", 8, "air has no column db"),
        ("SELECT nois.db FROM noise", 8, "there is no column nois"),
        ("SELECT cell FROM air INNER JOIN rooms ON air.cell = rooms.cell", 8,
         "cell stands in air and in rooms; say which: air.cell"),
        ("SELECT cell AS cell FROM air INNER JOIN rooms ON air.cell = rooms.cell", 8,
         "cell stands in air and in rooms; say which: air.cell"),
        ("SELECT no2 FROM air INNER JOIN noise ON air.cell = noise.cell", 21,
         "to join streams takes a window in GROUP BY; without one the join would have no bound"),
        ("SELECT no2 FROM air INNER JOIN air ON ts = ts GROUP BY COUNTWINDOW(2)", 32,
         "two streams go by the name air; give one of them another with AS"),
        ("SELECT name FROM rooms GROUP BY COUNTWINDOW(2)", 33, "a window takes a stream; there are only tables here"),
        ("SELECT many FROM air LEFT JOIN people ON many > 3", 22, "to look up in people takes an equality after ON"),
        ("SELECT no2 + 1 AS x, x * 2 AS x FROM air", 22, "two columns have the alias x"),
        ("SELECT b + 1 AS a, a + 1 AS b FROM any", 8, "aliases stand for one another in a circle: a → b → a"),
        ("SELECT no2, c AS a, a + 1 AS b, b + 1 AS c FROM any", 13,
         "aliases stand for one another in a circle: a → c → b → a"),
        ("SELECT avg(no2) AS m FROM air WHERE m > 3", 37, "m stands for an aggregate, which cannot stand in WHERE"),
        ("SELECT avg(no2) AS m, m + 1 AS n FROM air GROUP BY n, COUNTWINDOW(2)", 52,
         "n stands for an aggregate, which cannot stand in GROUP BY"),
        ("SELECT no2 FROM air GROUP BY COUNTWINDOW(2) FILTER (WHERE sum(no2) > 1)", 59,
         "sum is an aggregate and cannot stand in a window"),
        ("SELECT sum(avg(no2)) FROM air", 12, "sum cannot take an aggregate: no rows are left to it"),
        ("SELECT avg(no2) AS m, sum(m) FROM air", 27, "sum cannot take an aggregate: no rows are left to it"),
        ("SELECT last_hit_count() FROM air GROUP BY COUNTWINDOW(2)", 8,
         "last_hit_count counts rows; in a rule with a window, a group or a join say last_agg_hit_count"),
    ],
)  # fmt: skip
def test_what_only_the_streams_tell(text: str, column: int, reason: str) -> None:
    assert where_refused(text) == (column, reason)
    assert where_refused(text, {}) is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT *, NO2 * 2 AS twice, twice + 1 AS more FROM air WHERE more > 3",
        "SELECT no2 + 1 AS no2, no2 * 2 AS b FROM air",
        "SELECT a->b AS a, c.d FROM any",
        "SELECT air.cell AS cell, name FROM air INNER JOIN rooms ON air.cell = rooms.cell WHERE cell = 'x'",
        "SELECT air.ts AS t1, noise.ts AS t2 FROM air INNER JOIN noise ON t1 = t2 GROUP BY TUMBLINGWINDOW(ss, 1)",
        "SELECT x.no2, y.no2 AS other FROM air AS x INNER JOIN air AS y ON x.ts = y.ts GROUP BY COUNTWINDOW(2)",
        "SELECT meta(topic) AS topic, mqtt(air.messageid) AS id FROM air",
        "SELECT many FROM air LEFT JOIN people ON air.cell = people.cell",
        "SELECT name FROM rooms INNER JOIN air ON air.cell = rooms.cell",
        "SELECT cell, count(*) FILTER (WHERE no2 > 3) AS n FROM air GROUP BY cell, COUNTWINDOW(5) HAVING n > 2",
        "SELECT lag(no2) OVER (PARTITION BY cell WHEN no2 > 0) AS l FROM air WHERE lag(no2) > 3",
        "SELECT no2 FROM air GROUP BY SLIDINGWINDOW(ss, 3) OVER (WHEN ts - last_hit_time() > 5)",
        "SELECT CASE WHEN isnull(no2) THEN 0 WHEN no2 IN (1, 2) THEN 1 WHEN true THEN 2 END FROM air",
        "SELECT unnest(items) AS one, cell FROM any",
        "SELECT row_number() OVER (PARTITION BY cell ORDER BY no2) AS n FROM air",
        "SELECT dedup_trigger(a, b, c, 1000) FROM any",
    ],
)
def test_what_may_be_said(text: str) -> None:
    assert where_refused(text) is None


def test_a_place_in_a_text_of_several_lines() -> None:
    error = refused("SELECT cell,\n  averag(no2)\nFROM air", STREAMS)
    assert str(error) == "line 2 column 3: there is no function averag; did you mean avg?"


pieces = st.lists(st.sampled_from(sorted({word for text in seeds.SELECTS for word in text.split()})), max_size=4)


@given(st.sampled_from(seeds.SELECTS), st.data())
@settings(max_examples=400)
def test_any_statement_that_reads_is_let_through_or_refused_with_its_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 8)))
    damaged = text[:start] + " ".join(data.draw(pieces)) + text[stop:]
    if reads(damaged):
        for streams in ({}, STREAMS, {"s": STREAMS["any"], "air": STREAMS["air"]}):
            error = refused(damaged, streams)
            assert error is None or (error.line is not None and error.column is not None and error.reason)


def test_verdicts_agree_with_the_cases(data_dir: Path) -> None:
    """Accepted or refused as there, for all statements whose verdict is known."""
    cases = json.loads((data_dir / "rules" / "ekuiper_cases.json").read_text())["cases"]
    differ = []
    for case in cases:
        if case["kind"] != "parse":
            continue
        try:
            check(parse_select(case["sql"]), {})
        except StatementError:
            accepted = False
        else:
            accepted = True
        if accepted != (case["expected"]["error"] is None):
            differ.append(case["sql"])
    assert differ == []


def test_every_rule_of_the_cases_fits_its_streams(data_dir: Path) -> None:
    cases = json.loads((data_dir / "rules" / "ekuiper_cases.json").read_text())["cases"]
    rules = [case for case in cases if case["kind"] == "rule"]
    assert rules
    for case in rules:
        streams = {name: parse_stream(stream["ddl"]) for name, stream in case["streams"].items()}
        assert refused(case["sql"], streams) is None, case["sql"]


def test_a_rule_is_read_and_checked_in_less_than_a_millisecond() -> None:
    assert min(_seconds(seeds.SELECTS[1]) for _ in range(5)) < 0.001


def _seconds(text: str) -> float:
    streams = {"air": STREAMS["air"]}
    started = time.perf_counter()
    for _ in range(100):
        check(parse_select(text), streams)
    return (time.perf_counter() - started) / 100
