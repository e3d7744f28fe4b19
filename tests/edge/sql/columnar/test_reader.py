"""Lines of JSON become columns; what is not as declared is left with its line and reason."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.reader import Reader
from s4.edge.sql.grammar import parse_stream

STREAM = parse_stream(
    'CREATE STREAM r (id STRING, ts BIGINT, temp FLOAT, ok BOOLEAN) WITH (DATASOURCE="r", TIMESTAMP="ts")'
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["id", "ts", "temp", "ok", "more"]), VALUES), max_size=8)
AS_DECLARED = st.lists(
    st.fixed_dictionaries(
        {"ts": st.integers(0, 2**53)},
        optional={
            "id": st.none() | st.text(),
            "temp": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "ok": st.none() | st.booleans(),
        },
    ),
    max_size=8,
)


def plain(frame: Frame) -> list[dict[str, object]]:
    lists = {name: column.tolist() for name, column in frame.columns.items()}
    return [{name: values[row] for name, values in lists.items()} for row in range(len(frame))]


def lines(rows: list[dict[str, object]]) -> bytes:
    return b"\n".join(msgspec.json.encode(row) for row in rows)


def test_bad_lines_are_named_and_the_others_go_on() -> None:
    data = b'{"id":"a","ts":1,"temp":2}\n{"id":3,"ts":1}\nnot json\n\n{"ts":5}\n{"id":"b"}\n[1]\n{"id":"c","ts":9}'
    frame, bad = Reader(STREAM).read(data, 0)
    assert [row["id"] for row in plain(frame)] == ["a", None, "c"]
    assert [(line.number, line.reason) for line in bad] == [
        (2, "id must be a text, not 3"),
        (3, "JSON is malformed: invalid character (byte 4)"),
        (6, "ts, the time of the row, is missing"),
        (7, "a line must be a JSON object"),
    ]


def test_a_row_without_its_time_is_named_even_when_all_else_is_as_declared() -> None:
    frame, bad = Reader(STREAM).read(b'{"ts":1,"temp":2}\n{"ts":null,"temp":2}\n{"temp":2}', 0)
    assert frame.time.tolist() == [1]
    assert [line.number for line in bad] == [2, 3]


def test_without_a_column_for_time_rows_have_that_of_their_arrival() -> None:
    stream = parse_stream('CREATE STREAM r (temp FLOAT) WITH (DATASOURCE="r", FORMAT="json")')
    frame, _ = Reader(stream).read(b'{"temp":1}\n{"temp":2}', 7)
    assert frame.time.tolist() == [7, 7]


def test_words_stay_the_same_while_no_new_text_comes() -> None:
    reader = Reader(STREAM)
    first, _ = reader.read(b'{"id":"a","ts":1}\n{"id":"b","ts":1}', 0)
    again, _ = reader.read(b'{"id":"a","ts":2}\n{"id":"b","ts":2}\n{"id":"a","ts":2}', 0)
    assert first.columns["id"].words is again.columns["id"].words


def test_nothing_gives_no_rows() -> None:
    frame, bad = Reader(STREAM).read(b"", 0)
    assert len(frame) == 0
    assert not bad


@given(AS_DECLARED)
def test_what_is_as_declared_comes_back(rows: list[dict[str, object]]) -> None:
    frame, bad = Reader(STREAM).read(lines(rows), 0)
    assert not bad
    assert plain(frame) == [{name: row.get(name) for name in ("id", "ts", "temp", "ok")} for row in rows]


@given(ROWS)
@example([{"ts": 1, "temp": 2**62}])
def test_a_bad_line_changes_nothing_about_the_others(rows: list[dict[str, object]]) -> None:
    """A batch with a bad line is read line by line, and must give what the good ones give at once."""
    frame, bad = Reader(STREAM).read(lines(rows), 0)
    again, none = Reader(STREAM).read(
        lines([row for n, row in enumerate(rows, 1) if n not in {b.number for b in bad}]), 0
    )
    assert not none
    assert plain(frame) == plain(again)


@given(st.binary(max_size=60))
@example(b"{}")
@example(b"null")
@example(b'{"ts":1}\nnull')
@example(b'{"ts":1e400}')
@example(b'{"ts":NaN}')
@example(b"\xff\xfe{")
@example(b'{"ts":1}{"ts":2}')
def test_any_bytes_give_rows_or_reasons(data: bytes) -> None:
    frame, bad = Reader(STREAM).read(data, 0)
    assert len(frame) + len(bad) <= max(1, len(data))
    assert np.array_equal(frame.time, frame.columns["ts"].values)
