"""Whatever rows hold: a rule answers or counts, and can always be kept in a snapshot."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.edge.sql.functions.registry import FUNCTIONS
from tests.edge.sql.replayed import play, query

scalar = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from((0, 1, -1, 2, 10**19, -(10**30))),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(("1", "true", "2020-01-01", "%_", "[", "$.a")),
)
value = st.recursive(
    scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
row = st.dictionaries(st.sampled_from("abcd"), value, max_size=4)

EXPRESSIONS = (
    "a + b", "a / b", "a % b", "a = b", "a < b", "a and b", "a or b", "a & b", "not a", "-a", "a[b]", "a[b:c]", "a->b",
    "a in (b, c)", "a in b", "a between b and c", "a like b", "case a when b then c else d end",
)  # fmt: skip
CLAUSES = ("", "GROUP BY COUNTWINDOW(3)", "GROUP BY a, b, COUNTWINDOW(3) ORDER BY c", "GROUP BY SLIDINGWINDOW(ss, 1)")


@given(st.sampled_from(EXPRESSIONS), st.sampled_from(CLAUSES), st.lists(row, min_size=1, max_size=7))
def test_expressions_over_anything(expr: str, clause: str, rows: list[dict[str, Any]]) -> None:
    rule = query(f"SELECT {expr} AS x, lag({expr}) OVER (PARTITION BY d) AS y, a FROM demo {clause}")
    said = play(rule, [("demo", at, one) for at, one in enumerate(rows)])
    msgspec.json.encode(said)
    rule.restore(rule.snapshot())
    counted = rule.counters["source"]
    assert counted.rows_in == len(rows) == counted.rows_out + counted.errors


@pytest.mark.parametrize("name", sorted({name for name, one in FUNCTIONS.items() if one.least <= 2} - {"delay"}))
@settings(max_examples=10)
@given(st.lists(row, min_size=1, max_size=5), st.booleans())
def test_functions_over_anything(name: str, rows: list[dict[str, Any]], window: bool) -> None:
    from s4.core.errors import InputError

    args = "abcd"[: FUNCTIONS[name].least]
    try:
        rule = query(f"SELECT {name}({', '.join(args)}) AS x FROM demo {'GROUP BY COUNTWINDOW(2)' if window else ''}")
    except InputError:
        return
    play(rule, [("demo", at, one) for at, one in enumerate(rows)])
    rule.restore(rule.snapshot())


def test_a_number_that_nothing_can_hold_is_refused_with_its_row() -> None:
    rule = query("SELECT a FROM demo")
    said = play(rule, [("demo", 0, {"a": 2**64}), ("demo", 0, {"b": [{"c": -(2**70)}]}), ("demo", 0, {"a": 2**63 - 1})])
    assert [bool(emission.error) for emission in said] == [True, True, False]
    assert rule.counters["source"].errors == 2


def test_a_snapshot_of_another_rule_is_refused() -> None:
    from s4.core.errors import InputError

    kept = query("SELECT lag(a) AS x FROM demo").snapshot()
    for data in (kept, b"", b"\x93nonsense", kept[:-3]):
        with pytest.raises(InputError, match="snapshot"):
            query("SELECT a FROM demo").restore(data)
