"""What holds for every rule and all rows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from s4.edge.sql.query import Emission, Query
from tests.edge.sql.replayed import query

WINDOWS = (
    "TUMBLINGWINDOW(ss, 2)",
    "HOPPINGWINDOW(ss, 4, 1)",
    "SLIDINGWINDOW(ss, 2)",
    "SLIDINGWINDOW(ss, 2, 1) OVER (WHEN v > 0)",
    "SLIDINGWINDOW(ss, 2) FILTER (WHERE v != 3)",
    "SESSIONWINDOW(ss, 4, 1)",
    "COUNTWINDOW(4, 2)",
    "STATEWINDOW(v > 2, v < 0) OVER (PARTITION BY k)",
)
RULES = (
    *(f"SELECT collect(n) AS ns, window_start() AS s, window_end() AS e FROM demo GROUP BY {one}" for one in WINDOWS),
    "SELECT n, lag(v) OVER (PARTITION BY k) AS l, acc_sum(v) OVER (WHEN v > 0) AS a FROM demo WHERE v != 1",
    "SELECT n, changed_cols('c_', true, v, k), had_changed(true, k) AS h, latest(v) AS x FROM demo",
    "SELECT k, count(*) AS c, avg(v) AS m FROM demo WHERE v < 4 GROUP BY k, HOPPINGWINDOW(ss, 3, 1) HAVING c > 1",
    "SELECT n, last_hit_count() AS hits, 6 / v AS six FROM demo WHERE last_hit_count() < 9",
    "SELECT demo.n AS n, room FROM demo INNER JOIN other ON demo.k = other.k GROUP BY SLIDINGWINDOW(ss, 2)",
)

row = st.tuples(
    st.integers(0, 1500),
    st.sampled_from(("demo", "demo", "demo", "other")),
    st.fixed_dictionaries({"k": st.sampled_from("ab"), "v": st.integers(-3, 5), "room": st.just("hall")}),
)
feed = st.lists(row, max_size=25)
Fed = list[tuple[int, str, dict[str, Any]]]


def timed(rows: Fed) -> list[tuple[str, int, dict[str, Any]]]:
    """The rows with a time each and a number each."""
    at, made = 0, []
    for number, (pause, stream, values) in enumerate(rows):
        at += pause
        made.append((stream, at, {"n": number, **values}))
    return made


def take(rule: Query, rows: list[tuple[str, int, dict[str, Any]]]) -> list[Emission]:
    read = {one.name for one in rule.plan.inputs}
    return [
        emission
        for stream, at, values in rows
        if stream in read
        for emission in rule.feed(stream, [values], at, [at] if rule.plan.event_time else None)
    ]


@given(feed, st.booleans())
def test_every_row_is_in_exactly_one_tumbling_window(fed: Fed, event_time: bool) -> None:
    rows = [one for one in timed(fed) if one[0] == "demo"]
    rule = query(RULES[0], event_time=event_time)
    said = take(rule, rows)
    said += take(rule, [("demo", 10**9, {"n": -1})]) if event_time else rule.advance(10**9)
    held = [number for emission in said for number in emission.rows[0]["ns"]]
    assert held == [values["n"] for _, _, values in rows]
    for emission in said:
        (window,) = emission.rows
        times = [at for _, at, values in rows if values["n"] in window["ns"]]
        assert window["s"] <= min(times)
        assert max(times) < window["e"]


@given(feed, st.sampled_from(RULES), st.booleans(), st.data())
def test_a_rule_goes_on_from_its_snapshot_as_if_nothing_had_happened(
    fed: Fed, sql: str, event_time: bool, data: st.DataObject
) -> None:
    rows = timed(fed)
    cut = data.draw(st.integers(0, len(rows)))
    whole, first, second = (query(sql, event_time=event_time, late_ms=700) for _ in range(3))
    expected = take(whole, rows) + whole.advance(10**9)
    said = take(first, rows[:cut])
    second.restore(first.snapshot())
    said += take(second, rows[cut:]) + second.advance(10**9)
    assert said == expected
    assert second.counters == whole.counters
    assert second.snapshot() == whole.snapshot()


@given(feed, st.sampled_from(RULES[:-1]), st.data())
def test_it_does_not_matter_how_rows_are_batched(fed: Fed, sql: str, data: st.DataObject) -> None:
    rows = [(at, values) for stream, at, values in timed(fed) if stream == "demo"]
    cut = data.draw(st.integers(0, len(rows)))
    one_by_one, batched = query(sql), query(sql)
    expected = [emission for at, values in rows for emission in one_by_one.feed("demo", [values], at)]
    said = []
    for part in (rows[:cut], rows[cut:]):
        said += batched.feed("demo", [values for _, values in part], [at for at, _ in part])
    assert said == expected
    assert batched.advance(10**9) == one_by_one.advance(10**9)


@given(feed, st.sampled_from(("TUMBLINGWINDOW(ss, 2)", "HOPPINGWINDOW(ss, 4, 1)", "SESSIONWINDOW(ss, 4, 1)")))
def test_the_groups_of_a_window_add_up_to_the_whole(fed: Fed, window: str) -> None:
    rows = [one for one in timed(fed) if one[0] == "demo"]
    sums = []
    for key in ("", "k, "):
        rule = query(f"SELECT sum(v) AS s, count(*) AS c FROM demo GROUP BY {key}{window}")
        said = take(rule, rows) + rule.advance(10**9)
        sums.append([tuple(sum(row[name] for row in emission.rows) for name in "sc") for emission in said])
    assert sums[0] == sums[1]


@given(feed, st.sampled_from(RULES[:6]), st.randoms(use_true_random=False))
def test_rows_within_the_tolerance_may_come_in_any_order(fed: Fed, sql: str, random: Any) -> None:
    rows = [one for one in timed(fed) if one[0] == "demo"]
    times = [at for _, at, _ in rows]
    rows = [one for one in rows if times.count(one[1]) == 1]
    shuffled = sorted(rows, key=lambda one: one[1] + random.randint(0, 900))
    end = [("demo", 10**8, {"n": -1, "v": 0}), ("demo", 10**8 + 2000, {"n": -2, "v": 0})]
    # The first watermark decides where windows begin, so both start from one row that is old enough.
    begin = [("demo", 0, {"n": -3, "v": 0})] if sql != RULES[0] else []
    in_order, out_of_order = (query(sql, event_time=True, late_ms=1000) for _ in range(2))
    expected = [emission.rows for emission in take(in_order, begin + [(s, at + 5000, v) for s, at, v in rows] + end)]
    said = [
        emission.rows for emission in take(out_of_order, begin + [(s, at + 5000, v) for s, at, v in shuffled] + end)
    ]
    assert said == expected
    assert out_of_order.counters["watermark"].late == 0
