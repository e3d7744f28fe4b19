"""SELECT, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, analytic calls and what goes wrong in a row."""

from typing import Any

import pytest

from s4.core.errors import InputError
from tests.edge.sql.replayed import play, query, results, stream


def one(sql: str, **row: Any) -> Any:
    """The only row that comes out for one that goes in; None for none."""
    said = results(sql, [(0, row)])
    return said[0][0] if said else None


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        ("7 / 2", 3), ("-7 / 2", -3), ("7.0 / 2", 3.5), ("7 % -3", 1), ("-7 % 3", -1), ("7.5 % 2", 1.5),
        ("1 + 2 * 3", 7),
        ("6 & 3", 2), ("6 | 3", 7), ("6 ^ 3", 5), ("1 = 1.0", True), ('"a" < "b"', True), ("true and false", False),
        ("2 between 1 and 2", True), ("2 not between 1 and 2", False), ("2 in (1, 2)", True),
        ("2 not in (1, 2)", False),
        ('"abc" like "a%"', True), ('"abc" like "a_"', False), ('"a.c" not like "a_c"', False),
        ("null = null", True),
        ("null != 1", True), ("null < 1", False), ("case when 1 > 2 then 1 else 2 end", 2),
        ("case 3 when 3 then 9 end", 9),
    ],
)  # fmt: skip
def test_expressions(expr: str, value: Any) -> None:
    said = one(f"SELECT {expr} AS x FROM demo", a=1)["x"]
    assert (said, type(said)) == (value, type(value))


@pytest.mark.parametrize(
    "expr", ["null + 1", "missing * 2", "missing and true", "missing in (1)", "a->b->c", "missing[0]"]
)
def test_null_stays_null(expr: str) -> None:
    assert one(f"SELECT {expr} AS x, 1 AS y FROM demo", a=1) == {"y": 1}


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("1 / 0", "divided by zero"), ("1.5 % 0", "divided by zero"),
        ('1 + "a"', "invalid operation int64(1) + string(a)"),
        ('1 = "1"', "int64(1) = string(1)"), ("true > false", "invalid operation bool(true) > bool(false)"),
        ("arr[7]", "out of index: 7 of 3"), ("arr[0:9]", "end value is out of index"), ("a[0]", "only an array has"),
        ("a like 1", "LIKE operator"), ('a between "x" and 3', "between operator cannot compare"),
        ("9223372036854775807 + 1", "64 bits"),
    ],
)  # fmt: skip
def test_errors_are_counted_with_their_reason_and_the_rest_goes_on(expr: str, reason: str) -> None:
    rule = query(f"SELECT case when bad = true then {expr} else 0 end AS x FROM demo")
    rows = [("demo", 0, {"bad": bad, "a": 5, "arr": [1, 2, 3]}) for bad in (False, True, False)]
    assert [emission.rows for emission in play(rule, rows)] == [[{"x": 0}], [{"x": 0}]]
    assert rule.counters["select"].errors == 1
    assert reason in rule.counters["select"].reason


def test_one_bad_row_of_a_window_does_not_take_the_others_with_it() -> None:
    rows = [(0, {"a": 2}), (1, {"a": 0}), (2, {"a": 5})]
    assert results("SELECT 10 / a AS x FROM demo GROUP BY COUNTWINDOW(3)", rows) == [[{"x": 5}, {"x": 2}]]


def test_arrays_and_structs() -> None:
    row = {"a": {"b": {"c": 1}}, "arr": [10, 20, 30], "list": [{"n": 1}, {"n": 2}]}
    paths = "a->b->c AS c, arr[-1] AS last, arr[1:] AS tail, arr[:1] AS head, list->n AS ns, list[1]->n AS n"
    sql = f"SELECT {paths} FROM demo"
    assert one(sql, **row) == {"c": 1, "last": 30, "tail": [20, 30], "head": [10], "ns": [1, 2], "n": 2}


def test_names_of_what_is_put_out() -> None:
    assert one("SELECT a, A AS b, upper(c), 1 + 1, 'x' FROM demo", a=1, c="d") == {
        "a": 1, "b": 1, "upper": "D", "kuiper_field_0": 2, "kuiper_field_1": "x",
    }  # fmt: skip


def test_star_with_except_and_replace_and_invisible_columns() -> None:
    row = {"a": 1, "b": 2, "c": 3}
    assert one("SELECT * FROM demo", **row) == row
    assert one("SELECT * EXCEPT(a, b) FROM demo", **row) == {"c": 3}
    assert one("SELECT * REPLACE(a * 2 AS b) FROM demo", **row) == {"a": 1, "b": 2, "c": 3}
    assert one("SELECT a + b AS sum INVISIBLE, sum * 2 AS twice FROM demo", **row) == {"twice": 6}


def test_aliases_are_known_in_where_and_group_by_and_do_not_hide_their_own_column() -> None:
    assert one("SELECT a * 2 AS twice FROM demo WHERE twice > 3", a=2) == {"twice": 4}
    assert one("SELECT a + 1 AS a, a AS b FROM demo", a=1) == {"a": 2, "b": 2}
    rows = [(at, {"t": at}) for at in range(4)]
    sql = "SELECT t % 2 AS odd, count(*) AS n FROM demo GROUP BY odd, COUNTWINDOW(4)"
    assert results(sql, rows) == [[{"odd": 0, "n": 2}, {"odd": 1, "n": 2}]]


def test_group_having_order_limit() -> None:
    rows = [(at, {"k": key, "v": at}) for at, key in enumerate("abcabaa")]
    sql = "SELECT k, sum(v) AS s FROM demo GROUP BY k, COUNTWINDOW(7) HAVING count(*) > 1 ORDER BY s DESC"
    assert results(sql, rows) == [[{"k": "a", "s": 14}, {"k": "b", "s": 5}]]
    assert results(sql + " LIMIT 1", rows) == [[{"k": "a", "s": 14}]]


def test_nulls_are_sorted_last_either_way() -> None:
    rows = [(0, {"v": 2}), (1, {}), (2, {"v": 1})]
    for direction, wanted in (("ASC", [1, 2, None]), ("DESC", [2, 1, None])):
        said = results(f"SELECT v FROM demo GROUP BY COUNTWINDOW(3) ORDER BY v {direction}", rows)
        assert [row.get("v") for row in said[0]] == wanted


def test_rows_from_an_array() -> None:
    assert results("SELECT unnest(arr) AS x, a FROM demo", [(0, {"arr": [1, 2], "a": 9})]) == [
        [{"a": 9, "x": 1}],
        [{"a": 9, "x": 2}],
    ]
    assert results("SELECT unnest(arr) FROM demo", [(0, {"arr": 3})]) == [
        [{"error": "the argument for the unnest function should be array"}]
    ]


def test_analytic_calls_see_every_row_before_where() -> None:
    rows = [(at, {"v": v}) for at, v in enumerate((1, 5, 2, 9))]
    said = results("SELECT v, lag(v) AS before FROM demo WHERE v > 3", rows)
    assert said == [[{"v": 5, "before": 1}], [{"v": 9, "before": 2}]]


def test_analytic_calls_by_partition_and_only_when() -> None:
    rows = [(at, {"k": k, "v": at}) for at, k in enumerate("abab")]
    said = results("SELECT lag(v) OVER (PARTITION BY k) AS before FROM demo", rows)
    assert said == [[{"before": 0}], [{"before": 1}]]
    said = results("SELECT v, lag(v) OVER (WHEN v % 2 = 1) AS before FROM demo", rows)
    assert said[-1] == [{"v": 3, "before": 1}]


def test_analytic_calls_may_use_each_other() -> None:
    rows = [(at, {"v": v}) for at, v in enumerate((1, 3, 6, 10))]
    sql = "SELECT v - lag(v) AS step, step - lag(step) AS bend FROM demo"
    assert results(sql, rows)[-1] == [{"step": 4, "bend": 1}]


def test_partitions_are_bounded() -> None:
    from s4.edge.sql.plan import Limits

    rule = query("SELECT lag(v) OVER (PARTITION BY k) AS x FROM demo", limits=Limits(partitions=2))
    play(rule, [("demo", 0, {"k": k, "v": 1}) for k in "abcabc"])
    assert rule.counters["analytic"].dropped == 4


def test_row_numbers() -> None:
    rows = [(at, {"k": k, "v": at}) for at, k in enumerate("abab")]
    sql = "SELECT v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM demo GROUP BY COUNTWINDOW(4)"
    assert results(sql, rows) == [[{"v": 2, "n": 1}, {"v": 0, "n": 2}, {"v": 3, "n": 1}, {"v": 1, "n": 2}]]


def test_hits_are_counted_by_clause() -> None:
    rows = [(at, {"v": at}) for at in range(6)]
    assert len(results("SELECT v FROM demo WHERE last_hit_count() < 4", rows)) == 4
    assert results("SELECT last_hit_count() AS n FROM demo WHERE v > 2", rows) == [[{"n": 0}], [{"n": 1}], [{"n": 2}]]


def test_metadata() -> None:
    rule = query("SELECT meta(topic) AS topic, meta(demo.id) AS id FROM demo")
    (said,) = rule.feed("demo", [{"a": 1}], 0, meta={"topic": "air/1", "id": 7})
    assert said.rows == [{"topic": "air/1", "id": 7}]


def test_declared_types_make_numbers_what_they_should_be() -> None:
    streams = {"demo": stream("demo", "f FLOAT, n BIGINT, s STRING")}
    rule = query("SELECT f / 2 AS f, n / 2 AS n, s FROM demo", streams)
    (said,) = rule.feed("demo", [{"f": 3, "n": 3.0, "s": 4}], 0)
    assert said.rows == [{"f": 1.5, "n": 1, "s": 4}]


def test_strict_validation_refuses_rows_of_the_wrong_type_or_without_a_column() -> None:
    streams = {"demo": stream("demo", "s STRING, a ARRAY(BIGINT)", ', STRICT_VALIDATION="true"')}
    rule = query("SELECT * FROM demo", streams)
    said = rule.feed("demo", [{"s": 2, "a": []}, {"s": "x"}, {"s": "x", "a": ["y"]}, {"s": "x", "a": [1]}], 0)
    assert [emission.error or emission.rows for emission in said] == [
        "error in preprocessor: field s type mismatch: cannot convert int(2) to string",
        "error in preprocessor: field a is not found",
        "error in preprocessor: field a type mismatch: array element type mismatch: cannot convert string(y) to int64",
        [{"s": "x", "a": [1]}],
    ]


def test_the_time_of_a_row_is_in_its_timestamp_column() -> None:
    streams = {"demo": stream("demo", "", ', TIMESTAMP="ts"')}
    rule = query("SELECT event_time() AS at FROM demo", streams, event_time=True)
    said = rule.feed("demo", [{"ts": 5}, {"ts": "soon"}, {"ts": 9}], 0)
    assert [emission.error or emission.rows for emission in said] == [
        [{"at": 5}], "error in preprocessor: the row has no time in ms in its column ts", [{"at": 9}],
    ]  # fmt: skip


def test_a_stream_that_the_rule_does_not_read_is_refused() -> None:
    with pytest.raises(InputError, match="does not read nowhere"):
        query("SELECT * FROM demo").feed("nowhere", [{}], 0)


def test_explain_names_every_step() -> None:
    sql = (
        'SELECT k, avg(v) AS mean FROM demo INNER JOIN other ON demo.k = other.k WHERE v > 1 and not k like "x%" '
        "GROUP BY k, HOPPINGWINDOW(ss, 10, 5) HAVING mean > 3 ORDER BY mean DESC LIMIT 2"
    )
    assert query(sql, event_time=True, late_ms=500).explain().splitlines() == [
        "select k, avg(v) as mean (one row a group)",
        "  limit 2",
        "    order by mean desc",
        "      having mean > 3",
        "        group by k",
        '          where v > 1 AND NOT k LIKE "x%"',
        "            inner join other on demo.k = other.k",
        "              window: hopping, length 10 s, every 5 s",
        "                event time: in order, at most 500 ms late",
        "                  stream demo",
        "                  stream other",
    ]


def test_changed_columns_are_those_that_differ_from_what_was_put_out_before() -> None:
    rows = [(at, {"t": t}) for at, t in enumerate((23, 23, 99, 25))]
    assert results('SELECT changed_cols("c_", true, t) FROM demo WHERE t < 50', rows) == [[{"c_t": 23}], [{"c_t": 25}]]
    windows = results('SELECT changed_cols("t", true, avg(t)) FROM demo GROUP BY COUNTWINDOW(2)', rows)
    assert windows == [[{"tavg": 23}], [{"tavg": 62}]]


def test_keys_that_contain_a_comma_stay_apart() -> None:
    rows = [(0, {"a": "x,y", "b": "z"}), (1, {"a": "x", "b": "y,z"})]
    assert results("SELECT count(*) AS n FROM demo GROUP BY a, b, COUNTWINDOW(2)", rows) == [[{"n": 1}, {"n": 1}]]
