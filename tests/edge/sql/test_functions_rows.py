"""What functions remember from row to row, and what they learn from where they stand."""

from typing import Any

import pytest

from s4.edge.sql.functions.function import FunctionError
from s4.edge.sql.functions.registry import FUNCTIONS
from tests.edge.sql.test_functions_properties import Place


def call(name: str, *args: Any) -> Any:
    return FUNCTIONS[name].call(*args)


def over(name: str, rows: list[tuple[Any, ...]], passed: list[bool] | None = None) -> list[Any]:
    """One answer a row, of one call with a memory of its own."""
    memory: dict[Any, Any] = {}
    return [call(name, memory, held, *row) for row, held in zip(rows, passed or [True] * len(rows), strict=True)]


def test_lag_answers_the_value_so_many_rows_ago() -> None:
    assert over("lag", [(1,), (2,), (3,)]) == [None, 1, 2]
    assert over("lag", [(at, 2, "none") for at in range(4)]) == ["none", "none", 0, 1]
    assert over("lag", [(1, 1, 0, True), (None, 1, 0, True), (2, 1, 0, True)]) == [0, 1, 1]
    assert over("lag", [(1,), (2,), (3,)], [True, False, True]) == [None, 1, 1]
    assert over("lag", [(1, 0), (2, 0)]) == [None, None]


def test_latest_holds_on_to_what_was_not_null() -> None:
    assert over("latest", [(None, 0), (1, 0), (None, 0)]) == [0, 1, 1]
    assert over("latest", [(1,), (2,)], [True, False]) == [1, 1]


def test_changes_are_told_apart_by_type_and_value() -> None:
    assert over("changed_col", [(True, 1), (True, 1), (True, None), (True, 1.0)]) == [1, None, None, 1.0]
    assert over("had_changed", [(True, 1, 2), (True, 1, 2), (True, None, 3)]) == [True, False, True]
    assert over("had_changed", [(False, 1), (False, None), (False, None)]) == [True, True, False]
    assert over("had_changed", [(True, 1), (True, 2)], [True, False]) == [True, False]


def test_changed_cols_gives_what_differs_under_its_prefix() -> None:
    names = ["p", "s", "a", "b"]
    rows: list[tuple[Any, ...]] = [("c_", True, 1, 2, names), ("c_", True, 1, 3, names), ("c_", True, None, 3, names)]
    assert over("changed_cols", rows) == [{"c_a": 1, "c_b": 2}, {"c_b": 3}, {}]
    with pytest.raises(FunctionError):
        over("changed_cols", [("c_", True, 1, ["p", "s"])])


def test_change_to_and_change_capture() -> None:
    watched = [0, 1, None, 1, 2]
    assert over("change_to", [(one, 1, True) for one in watched]) == [False, True, False, False, False]
    assert over("change_to", [(one, 1, False) for one in watched]) == [False, True, False, True, False]
    assert over("change_to", [(1,), (1,), (2,)]) == [True, False, True]
    captured = over("change_capture", [(at, one, 1, True) for at, one in enumerate(watched)])
    assert captured == [None, 1, 1, 1, 1]


def test_consecutive_rows_are_counted_from_where_they_started() -> None:
    held = [False, True, True, False, True]
    assert over("consecutive_count", [(one,) for one in held]) == [0, 1, 2, 0, 1]
    assert over("consecutive_start", [(one, at) for at, one in enumerate(held)]) == [None, 1, 1, None, 4]


def test_accumulating_over_all_rows() -> None:
    rows: list[tuple[Any, ...]] = [(1,), (2,), (3,)]
    assert over("acc_sum", rows) == [1.0, 3.0, 6.0]
    assert over("acc_max", rows) == [1.0, 2.0, 3.0]
    assert over("acc_min", rows) == [1.0, 1.0, 1.0]
    assert over("acc_count", [(1,), (None,), (2,)]) == [1, 1, 2]
    assert over("acc_avg", rows) == [1.0, 1.5, 2.0]
    assert over("acc_sum", [(1,), (None,)], [True, True]) == [1.0, 1.0]
    assert over("acc_max", [(1,)], [False]) == [0.0]
    assert over("acc_collect", [(1,), (None,), (1,)])[-1] == [1, 1]
    assert over("acc_distinct_collect", [(1,), (1.0,), (1,), ([1],), ([1],)])[-1] == [1, 1.0, [1], [1]]
    assert over("acc_max_by", [("a", 1), ("b", 3), ("c", 2), ("d", None), ("e", 3)]) == ["a", "b", "b", "b", "e"]
    assert over("acc_min_by", [("a", 2), ("b", 1)]) == ["a", "b"]
    assert over("acc_map_agg", [("x", 1), ("y", 2), ("x", 3)])[-1] == [
        {"key": "x", "value": 3},
        {"key": "y", "value": 2},
    ]


def test_accumulating_between_two_conditions() -> None:
    rows: list[tuple[Any, ...]] = [
        (1, False, False),
        (2, True, False),
        (3, False, True),
        (4, False, False),
        (5, True, True),
    ]
    assert over("acc_sum", rows) == [0.0, 2.0, 5.0, 0.0, 5.0]
    assert over("acc_count", rows) == [0, 1, 2, 0, 1]
    with pytest.raises(FunctionError):
        over("acc_sum", [(1, "yes", False)])


def test_a_place_answers_for_its_surroundings() -> None:
    row = Place()
    assert (call("window_start", row), call("window_end", row), call("window_trigger", row)) == (1_000, 2_000, 2_000)
    assert (call("event_time", row), call("tstamp", row), call("rule_id", row), call("rule_start", row)) == (
        1_500, 1_568_854_515_123, "rule0", 500,
    )  # fmt: skip
    assert (call("last_hit_count", row), call("last_hit_time", row)) == (4, 5)
    assert (call("last_agg_hit_count", row), call("last_agg_hit_time", row)) == (6, 7)
    assert (call("row_number", row), call("mqtt", row, "topic"), call("meta", row, "nested", "", "a")) == (
        3,
        "devices/1",
        1,
    )
    assert call("now", row) == call("current_timestamp", row) == "2019-09-19 00:55:15"
    assert (call("now", row, 3), call("cur_time", row, 2), call("cur_date", row)) == (
        "2019-09-19 00:55:15.123", "00:55:15.12", "2019-09-19",
    )  # fmt: skip
    with pytest.raises(FunctionError):
        call("meta", row, "topic", "", "a")


def test_packed_is_unpacked_again() -> None:
    for method in ("zlib", "gzip", "flate", "zstd"):
        assert call("decompress", call("compress", "a text " * 99, method), method) == b"a text " * 99


def test_random_answers() -> None:
    assert len({call("newuuid") for _ in range(9)}) == 9
    assert all(0 <= call("rand") < 1 for _ in range(9))
