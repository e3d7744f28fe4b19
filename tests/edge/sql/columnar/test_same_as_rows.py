"""A rule over columns puts out what the same rule puts out row by row, however the rows are cut into batches."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.edge.sql.columnar.frame import Column, Frame, numbers, strings
from s4.edge.sql.columnar.query import ColumnarQuery
from s4.edge.sql.columnar.timeline import Times
from s4.edge.sql.grammar import parse_select, parse_stream
from s4.edge.sql.query import Options, Query

STREAM = parse_stream(
    'CREATE STREAM r (id STRING, n BIGINT, x FLOAT, ok BOOLEAN, ts BIGINT) WITH (DATASOURCE="r", TIMESTAMP="ts")'
)
RULES = [
    "SELECT id, x FROM r WHERE x > 1.5",
    'SELECT id AS who, n + 1 AS more, x * n AS product FROM r WHERE id = "a" AND n < 3',
    'SELECT n / 2 AS half, n % 2 AS odd, -x AS minus FROM r WHERE id != "b" OR NOT ok',
    "SELECT n FROM r WHERE 6 / n > 1",
    "SELECT n FROM r WHERE n != 0 AND 6 / n > 1",
    "SELECT 6 / n AS share FROM r",
    'SELECT x FROM r WHERE id IN ("a", "c") AND x BETWEEN 0 AND 2',
    "SELECT CASE WHEN x > 1 THEN 1 WHEN x > 0 THEN 2 ELSE 3 END AS class FROM r WHERE n > -9",
    "SELECT abs(x) AS size, floor(x) AS low, ceil(x) AS high FROM r WHERE sqrt(abs(x)) < 1.2",
    "SELECT n AS x, x AS y FROM r WHERE x > 1",
    'SELECT id FROM r WHERE id > "a"',
    "SELECT count(*) AS c FROM r GROUP BY TUMBLINGWINDOW(ms, 10)",
    "SELECT id, count(*) AS c, sum(n) AS s, avg(n) AS m, min(x) AS low, max(x) AS high FROM r "
    "GROUP BY id, TUMBLINGWINDOW(ms, 10)",
    "SELECT id, ok, avg(x) AS m FROM r WHERE x > 0 GROUP BY id, ok, TUMBLINGWINDOW(ms, 10) HAVING count(*) > 1",
    "SELECT n, count(x) AS c FROM r GROUP BY n, HOPPINGWINDOW(ms, 20, 10)",
    "SELECT id, window_end() AS b, sum(x) + 1 AS s FROM r GROUP BY id, HOPPINGWINDOW(ms, 12, 4)",
    "SELECT id, window_end() AS b FROM r GROUP BY id, TUMBLINGWINDOW(ms, 7)",
    "SELECT max(n) - min(n) AS span FROM r GROUP BY TUMBLINGWINDOW(ms, 5) HAVING max(n) > 1",
    "SELECT id, avg(x) AS m FROM r GROUP BY id, TUMBLINGWINDOW(ms, 10) HAVING m > 1",
]
ROW = st.fixed_dictionaries(
    {
        "id": st.none() | st.sampled_from(["a", "b", "c"]),
        "n": st.none() | st.integers(-4, 4),
        "x": st.none() | st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.75, 2.5]),
        "ok": st.none() | st.booleans(),
        "ts": st.integers(100, 160),
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=25)
LAST: dict[str, Any] = {"id": None, "n": None, "x": None, "ok": None, "ts": 900}
"""Of this row nothing is ever put out, but it makes time go on, so that none waits for it any more."""


def frame_of(rows: list[dict[str, Any]]) -> Frame:
    truths, sizes = numbers([row["ok"] for row in rows]), numbers([row["x"] for row in rows])
    columns = {
        "id": strings([row["id"] for row in rows]),
        "n": numbers([row["n"] for row in rows]),
        "x": Column(sizes.values.astype(np.float64), sizes.valid),
        "ok": Column(truths.values.astype(np.bool_), truths.valid),
        "ts": numbers([row["ts"] for row in rows]),
    }
    return Frame(columns["ts"].values, columns)


def batches(rows: list[dict[str, Any]], cuts: list[int]) -> list[list[dict[str, Any]]]:
    edges = sorted({0, len(rows), *(cut % (len(rows) + 1) for cut in cuts)})
    return [rows[a:b] for a, b in pairwise(edges)]


def tidy(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without nulls (and rows of nothing else), in a fixed order: that of groups within a window is not promised."""
    plain = [{k: round(v, 9) if isinstance(v, float) else v for k, v in row.items() if v is not None} for row in rows]
    return sorted((row for row in plain if row), key=repr)


def by_rows(sql: str, rows: list[dict[str, Any]], times: Times) -> list[list[dict[str, Any]]]:
    select, options = parse_select(sql), Options(event_time=times.event, late_ms=times.late_ms)
    query = Query(select, {"r": STREAM}, options=options)
    emissions = []
    for row in rows:
        emissions += query.feed("r", [row], row["ts"])
    emissions += query.advance(1_000)
    made = [kept for one in emissions if (kept := tidy(one.rows))]
    return made if select.window else [[row] for one in made for row in one]


def by_columns(query: ColumnarQuery, frames: list[Frame], *, windowed: bool) -> list[list[dict[str, Any]]]:
    emissions = [one for frame in frames for one in query.feed(frame)] + query.advance(1_000)
    made = [kept for one in emissions if (kept := tidy(one.rows()))]
    return (
        made if windowed else [[row] for one in emissions for row in one.rows() if tidy([row]) for row in tidy([row])]
    )


@pytest.mark.parametrize("sql", RULES)
@pytest.mark.parametrize("times", [Times(), Times(event=True), Times(event=True, late_ms=12)], ids=str)
@settings(max_examples=25)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 25), max_size=3))
def test_columns_put_out_what_rows_put_out(sql: str, times: Times, rows: list[dict[str, Any]], cuts: list[int]) -> None:
    if not times.event:
        rows = sorted(rows, key=lambda row: row["ts"])
    select, rows = parse_select(sql), [*rows, LAST]
    frames = [frame_of(part) for part in batches(rows, cuts)]
    expected = by_rows(sql, rows, times)
    if select.window is None and times.event:
        expected.sort(key=repr)  # row by row, those that wait for later ones come out in order of time
    got = by_columns(ColumnarQuery(select, STREAM, times), frames, windowed=select.window is not None)
    if select.window is None and times.event:
        got.sort(key=repr)
    assert got == expected
