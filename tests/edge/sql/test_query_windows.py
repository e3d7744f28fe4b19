"""Every kind of window, on rows few enough to do by hand."""

from typing import Any

from tests.edge.sql.replayed import numbers, play, query, results

SPAN = "collect(t) AS t, window_start() AS s, window_end() AS e"


def test_tumbling_by_the_clock_cuts_at_natural_times_and_leaves_the_end_out() -> None:
    said = results(
        f"SELECT {SPAN} FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)", numbers(1000, 9999, 10_000, 31_000), 40_000
    )
    assert said == [
        [{"t": [1000, 9999], "s": 0, "e": 10_000}],
        [{"t": [10_000], "s": 10_000, "e": 20_000}],
        [{"t": [31_000], "s": 30_000, "e": 40_000}],
    ]


def test_tumbling_by_the_clock_begins_where_the_rule_does() -> None:
    said = results(f"SELECT {SPAN} FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)", numbers(4000), 10_000, start=3000)
    assert said == [[{"t": [4000], "s": 3000, "e": 10_000}]]


def test_tumbling_by_event_time_waits_for_late_rows_and_drops_the_latest() -> None:
    rule = query(f"SELECT {SPAN} FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)", event_time=True, late_ms=2000)
    said = play(rule, [("demo", at, {"t": at}) for at in (5000, 11_000, 9500, 12_500, 8000, 23_000)])
    assert [emission.rows for emission in said] == [
        [{"t": [5000, 9500], "s": 5000, "e": 10_000}],
        [{"t": [11_000, 12_500], "s": 10_000, "e": 20_000}],
    ]
    assert rule.counters["watermark"].late == 1


def test_hopping_windows_overlap() -> None:
    said = results(
        "SELECT collect(t) AS t FROM demo GROUP BY HOPPINGWINDOW(ss, 10, 5)", numbers(1000, 6000, 11_000), 25_000
    )
    assert [row["t"] for (row,) in said] == [[1000], [1000, 6000], [6000, 11_000], [11_000]]


def test_hopping_windows_know_their_start() -> None:
    said = results(f"SELECT {SPAN} FROM demo GROUP BY HOPPINGWINDOW(ss, 9, 3)", numbers(1000, 4000), 9000)
    assert [(row["s"], row["e"]) for (row,) in said] == [(-6000, 3000), (-3000, 6000), (0, 9000)]


def test_sliding_looks_back_with_both_ends() -> None:
    said = results(f"SELECT {SPAN} FROM demo GROUP BY SLIDINGWINDOW(ss, 10)", numbers(1000, 11_000, 12_000))
    assert said == [
        [{"t": [1000], "s": -9000, "e": 1000}],
        [{"t": [1000, 11_000], "s": 1000, "e": 11_000}],
        [{"t": [11_000, 12_000], "s": 2000, "e": 12_000}],
    ]


def test_sliding_with_delay_looks_ahead_without_its_end() -> None:
    columns = "collect(t) AS x, window_start() AS s, window_end() AS e"
    sql = f"SELECT {columns} FROM demo GROUP BY SLIDINGWINDOW(ss, 5, 2) OVER (WHEN t = 4000)"
    assert results(sql, numbers(1000, 4000, 5999, 6000, 7000)) == [[{"x": [1000, 4000, 5999], "s": -1000, "e": 6000}]]


def test_sliding_filters_what_comes_in_and_picks_what_triggers() -> None:
    rows = [(at, {"t": at, "c": c}) for at, c in ((1000, "red"), (2000, "blue"), (3000, "red"))]
    sql = 'SELECT collect(t) AS x FROM demo GROUP BY SLIDINGWINDOW(ss, 5) FILTER (WHERE c = "red") OVER (WHEN t > 1500)'
    assert results(sql, rows) == [[{"x": [1000, 3000]}]]


def test_sliding_by_event_time_gives_windows_in_the_order_of_their_rows() -> None:
    sql = "SELECT collect(t) AS t FROM demo GROUP BY SLIDINGWINDOW(ss, 2)"
    said = results(sql, numbers(3000, 1000, 2000, 9000), event_time=True, late_ms=3000)
    assert said == [[{"t": [1000]}], [{"t": [1000, 2000]}], [{"t": [1000, 2000, 3000]}]]


def test_session_ends_after_a_pause_and_is_cut_when_it_lasts() -> None:
    sql = f"SELECT {SPAN} FROM demo GROUP BY SESSIONWINDOW(ss, 4, 2)"
    said = results(sql, numbers(1000, 2000, 5000, 6500, 8000, 9500, 11_000), 20_000)
    assert said == [
        [{"t": [1000, 2000], "s": 1000, "e": 4000}],
        [{"t": [5000, 6500, 8000, 9500, 11_000], "s": 5000, "e": 12_000}],
    ]


def test_session_by_event_time() -> None:
    sql = f"SELECT {SPAN} FROM demo GROUP BY SESSIONWINDOW(ss, 60, 2)"
    said = results(sql, numbers(1000, 3000, 2000, 6500, 20_000), event_time=True, late_ms=1000)
    assert said == [[{"t": [1000, 2000, 3000], "s": 1000, "e": 5000}], [{"t": [6500], "s": 6500, "e": 8500}]]


def test_count_windows() -> None:
    sql = "SELECT collect(t) AS t FROM demo GROUP BY COUNTWINDOW(3, 2)"
    assert results(sql, numbers(1, 2, 3, 4, 5, 6, 7)) == [[{"t": [2, 3, 4]}], [{"t": [4, 5, 6]}]]


def test_count_window_counts_before_where() -> None:
    sql = "SELECT collect(t) AS x FROM demo WHERE t > 1 GROUP BY COUNTWINDOW(2)"
    assert results(sql, numbers(1, 2, 3, 4)) == [[{"x": [2]}], [{"x": [3, 4]}]]


def test_state_window_from_one_condition_to_another() -> None:
    sql = "SELECT collect(t) AS x FROM demo GROUP BY STATEWINDOW(t % 10 = 2, t % 10 = 4)"
    assert results(sql, numbers(1, 2, 3, 4, 5, 12, 14, 22)) == [[{"x": [2, 3, 4]}], [{"x": [12, 14]}]]


def test_state_window_for_each_partition() -> None:
    rows: list[tuple[int, dict[str, Any]]] = [
        (0, {"k": "a", "up": 1}), (1, {"k": "b", "up": 1}), (2, {"k": "a", "up": 0}), (3, {"k": "b", "up": 0}),
    ]  # fmt: skip
    sql = "SELECT k, count(*) AS n FROM demo GROUP BY STATEWINDOW(up = 1, up = 0) OVER (PARTITION BY k)"
    assert results(sql, rows) == [[{"k": "a", "n": 2}], [{"k": "b", "n": 2}]]


def test_a_jump_of_the_clock_passes_over_empty_windows() -> None:
    year = 366 * 86_400_000
    said = results(f"SELECT {SPAN} FROM demo GROUP BY TUMBLINGWINDOW(ms, 10)", numbers(5, year), year + 10)
    assert [(row["s"], row["e"]) for (row,) in said] == [(0, 10), (year, year + 10)]


def test_a_window_holds_no_more_than_it_may() -> None:
    from s4.edge.sql.plan import Limits

    rule = query("SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)", limits=Limits(rows=3))
    said = play(rule, [("demo", at, {}) for at in range(5)], 10_000)
    assert [emission.rows for emission in said] == [[{"n": 3}]]
    assert rule.counters["window"].dropped == 2
    assert "at most 3 rows" in rule.counters["window"].reason
