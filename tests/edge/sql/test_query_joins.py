"""Streams joined in a window, and rows joined with tables."""

from typing import Any

import pytest

from s4.edge.sql.plan import PlanError
from s4.edge.sql.query import Query
from tests.edge.sql.replayed import play, query, stream

ROWS: list[tuple[str, int, dict[str, Any]]] = [
    ("demo", 1, {"id": 1, "a": 10}),
    ("demo", 2, {"id": 2, "a": 20}),
    ("other", 3, {"id": 2, "b": 200}),
    ("other", 4, {"id": 3, "b": 300}),
]


def joined(kind: str, on: str = "ON demo.id = other.id") -> list[tuple[Any, Any]]:
    sql = f"SELECT demo.a AS a, other.b AS b FROM demo {kind} JOIN other {on} GROUP BY TUMBLINGWINDOW(ss, 1)"
    (emission,) = play(query(sql), ROWS, 1000)
    return [(row.get("a"), row.get("b")) for row in emission.rows]


def test_the_five_kinds() -> None:
    assert joined("INNER") == [(20, 200)]
    assert joined("LEFT") == [(10, None), (20, 200)]
    assert joined("RIGHT") == [(20, 200), (None, 300)]
    assert joined("FULL") == [(10, None), (20, 200), (None, 300)]
    assert joined("CROSS", "") == [(10, 200), (10, 300), (20, 200), (20, 300)]


def test_a_chain_of_joins() -> None:
    sql = (
        "SELECT demo.a AS a, other.b AS b, third.c AS c FROM demo INNER JOIN other ON demo.id = other.id "
        "LEFT JOIN third ON other.b = third.b GROUP BY TUMBLINGWINDOW(ss, 1)"
    )
    (emission,) = play(query(sql), [*ROWS, ("third", 5, {"b": 200, "c": "x"})], 1000)
    assert emission.rows == [{"a": 20, "b": 200, "c": "x"}]


def test_many_rows_are_joined_by_their_keys_as_few_are() -> None:
    rows = [("demo", n, {"id": n % 7, "a": n}) for n in range(60)]
    rows += [("other", 60 + n, {"id": n % 11, "b": n}) for n in range(60)]
    sql = "SELECT demo.a AS a, other.b AS b FROM demo INNER JOIN other ON demo.id = {} GROUP BY TUMBLINGWINDOW(ss, 1)"
    by_key = play(query(sql.format("other.id")), rows, 1000)[0].rows
    one_by_one = play(query(sql.format("other.id + 0 * demo.id")), rows, 1000)[0].rows
    assert len(by_key) > 100
    assert by_key == one_by_one


def test_a_condition_that_cannot_be_computed_is_told() -> None:
    sql = "SELECT demo.a AS a FROM demo INNER JOIN other ON demo.id = other.id GROUP BY SLIDINGWINDOW(ss, 1)"
    rule = query(sql)
    said = play(rule, [("demo", 1, {"id": 1, "a": 10}), ("other", 2, {"id": "1"}), ("demo", 5000, {"id": 1})])
    assert [emission.error for emission in said] == ["run Join error: invalid operation int64(1) = string(1)"]
    assert rule.counters["join"].errors == 1


ROOMS = [{"id": 1, "name": "hall"}, {"id": 2, "name": "stairs"}]


def with_table(sql: str, options: str = "", **more: Any) -> Query:
    streams = {"demo": stream("demo"), "rooms": stream("rooms", "", options, table=True)}
    return query(sql, streams, **more)


def test_a_table_adds_to_each_row_and_triggers_nothing() -> None:
    rule = with_table("SELECT a, name FROM demo INNER JOIN rooms ON demo.id = rooms.id", tables={"rooms": ROOMS})
    assert [emission.rows for emission in play(rule, ROWS[:2])] == [
        [{"a": 10, "name": "hall"}],
        [{"a": 20, "name": "stairs"}],
    ]
    assert rule.feed("rooms", [{"id": 3, "name": "roof"}], 10) == []
    assert rule.feed("demo", [{"id": 3, "a": 30}], 11)[0].rows == [{"a": 30, "name": "roof"}]


def test_a_lookup_table_and_a_row_that_is_not_in_it() -> None:
    sql = "SELECT a, name FROM demo LEFT JOIN rooms ON demo.id = rooms.id"
    rule = with_table(sql, ', KIND="lookup", TYPE="sql", KEY="id"', tables={"rooms": ROOMS})
    assert rule.feed("demo", [{"id": 9, "a": 1}], 0)[0].rows == [{"a": 1}]


def test_a_table_keeps_the_newest_rows() -> None:
    sql = "SELECT name FROM demo INNER JOIN rooms ON demo.id = rooms.id"
    rule = with_table(sql, ', TYPE="mqtt", RETAIN_SIZE="1"')
    rule.feed("rooms", ROOMS, 0)
    assert rule.feed("demo", [{"id": 1}], 1) == []
    assert rule.feed("demo", [{"id": 2}], 1)[0].rows == [{"name": "stairs"}]


def test_a_table_in_a_window() -> None:
    joined = "demo INNER JOIN rooms ON demo.id = rooms.id"
    sql = f"SELECT name, count(*) AS n FROM {joined} GROUP BY name, TUMBLINGWINDOW(ss, 1)"
    said = play(with_table(sql, tables={"rooms": ROOMS}), [*ROWS[:2], *ROWS[:1]], 1000)
    assert said[0].rows == [{"name": "hall", "n": 2}, {"name": "stairs", "n": 1}]


def test_a_join_of_streams_without_a_window_is_refused() -> None:
    with pytest.raises(Exception, match="window") as caught:
        query("SELECT * FROM demo INNER JOIN other ON demo.id = other.id")
    assert getattr(caught.value, "line", None) == 1


def test_tables_alone_are_refused() -> None:
    from s4.edge.sql.functions.registry import FUNCTIONS
    from s4.edge.sql.grammar import parse_select
    from s4.edge.sql.plan import make_plan

    streams = {"rooms": stream("rooms", table=True)}
    with pytest.raises(PlanError, match="only tables"):
        make_plan(parse_select("SELECT * FROM rooms"), streams, FUNCTIONS)


def test_a_join_that_multiplies_is_bounded() -> None:
    from s4.edge.sql.plan import Limits

    sql = "SELECT demo.a AS a FROM demo CROSS JOIN other GROUP BY TUMBLINGWINDOW(ss, 1)"
    rule = query(sql, limits=Limits(rows=100))
    rows = [("demo", 1, {"a": 1})] * 20 + [("other", 2, {"b": 1})] * 20
    assert [emission.error for emission in play(rule, rows, 1000)] == [
        "run Join error: the join gives more than 100 rows"
    ]
