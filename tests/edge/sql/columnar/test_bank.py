"""Many rules together put out what each puts out alone, also when they come and go and after a restart."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.edge.sql.columnar.bank import Bank, Rule
from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.query import ColumnarQuery
from s4.edge.sql.columnar.timeline import Times
from s4.edge.sql.columnar.vectorise import NotColumnar
from s4.edge.sql.grammar import parse_select
from tests.edge.sql.columnar.test_same_as_rows import ROWS, RULES, STREAM, batches, frame_of, tidy

MORE = [
    'SELECT n FROM r WHERE id = "a" AND x > 0.5',
    'SELECT n FROM r WHERE id = "a" AND x >= 1.0',
    'SELECT n FROM r WHERE "b" = id AND 1.0 > x',
    'SELECT id, avg(x) AS m FROM r WHERE id = "c" GROUP BY id, TUMBLINGWINDOW(ms, 10)',
    'SELECT id, max(x) AS m FROM r WHERE id = "c" GROUP BY id, TUMBLINGWINDOW(ms, 10)',
]
TIMES = [Times(), Times(event=True, late_ms=5)]
CUTS = st.lists(st.integers(0, 25), max_size=3)
Out = list[tuple[str, list[dict[str, Any]]]]


def rule(sql: str, times: Times) -> Rule:
    return Rule(parse_select(sql), STREAM, times)


def filled(bank: Bank, rules: dict[str, Rule]) -> Bank:
    for name, one in rules.items():
        bank.add(name, one)
    return bank


def all_rules() -> dict[str, Rule]:
    return {f"{sql} {times}": rule(sql, times) for sql in RULES + MORE for times in TIMES}


def fed(bank: Bank, frame: Frame) -> Out:
    return [(name, tidy(made.rows())) for name, made in bank.feed("r", frame)]


def alone(one: Rule, frames: list[Frame]) -> list[list[dict[str, Any]]]:
    query = ColumnarQuery(one.select, one.stream, one.times)
    made = [emission for frame in frames for emission in query.feed(frame)] + query.advance(1_000)
    return [tidy(emission.rows()) for emission in made]


def by_rule(out: Out) -> dict[str, list[list[dict[str, Any]]]]:
    found: dict[str, list[list[dict[str, Any]]]] = {}
    for name, rows in out:
        found.setdefault(name, []).append(rows)
    return found


@settings(max_examples=60)
@given(rows=ROWS, cuts=CUTS)
def test_each_rule_as_if_it_were_alone(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    rules = all_rules()
    bank, frames = filled(Bank(), rules), [frame_of(part) for part in batches(rows, cuts)]
    out = [made for frame in frames for made in fed(bank, frame)]
    out += [(name, tidy(made.rows())) for name, made in bank.advance(1_000)]
    assert by_rule(out) == {name: made for name, one in rules.items() if (made := alone(one, frames))}


@settings(max_examples=60)
@given(rows=ROWS, cut=st.integers(0, 25))
def test_a_restart_changes_nothing(rows: list[dict[str, Any]], cut: int) -> None:
    rules, at = all_rules(), cut % (len(rows) + 1)
    first, second = frame_of(rows[:at]), frame_of(rows[at:])
    steady, broken = filled(Bank(), rules), filled(Bank(), rules)
    assert fed(steady, first) == fed(broken, first)
    restored = Bank.restored(broken.snapshot(), rules)
    assert by_rule(fed(restored, second)) == by_rule(fed(steady, second))
    for name in rules:
        assert restored.counts(name) == steady.counts(name)


def test_a_rule_added_later_sees_only_what_comes_later() -> None:
    sql = "SELECT count(*) AS c FROM r GROUP BY TUMBLINGWINDOW(ms, 10)"
    bank = filled(Bank(), {"early": rule(sql, Times(event=True))})
    row = {"id": "a", "n": 1, "x": 1.0, "ok": True, "ts": 100}
    assert not fed(bank, frame_of([row, row]))
    bank.add("late", rule(sql, Times(event=True)))
    assert not fed(bank, frame_of([row]))
    assert fed(bank, frame_of([row | {"ts": 110}])) == [("early", [{"c": 3}]), ("late", [{"c": 1}])]
    bank.remove("early")
    assert "early" not in bank
    assert fed(bank, frame_of([row | {"ts": 120}])) == [("late", [{"c": 1}])]


def test_removing_a_rule_leaves_those_that_share_with_it() -> None:
    rules = {str(bound): rule(f'SELECT n FROM r WHERE id = "a" AND x > {bound}', Times()) for bound in (0.5, 1.5, 2.5)}
    bank = filled(Bank(), rules | {"again": rules["1.5"]})
    bank.remove("1.5")
    out = fed(bank, frame_of([{"id": "a", "n": 1, "x": 2.0, "ok": True, "ts": 100}]))
    assert sorted(name for name, _ in out) == ["0.5", "again"]
    assert len(bank) == 3


def test_counts_say_what_became_of_the_rows() -> None:
    bank = filled(Bank(), {"r": rule('SELECT 6 / n AS s FROM r WHERE id = "a" AND n < 3', Times(event=True))})
    rows = [{"id": i, "n": n, "x": 1.0, "ok": True, "ts": t} for i, n, t in
            [("a", 2, 110), ("a", 0, 111), ("b", 1, 112), ("a", 5, 113), ("a", 1, 90)]]  # fmt: skip
    fed(bank, frame_of(rows))
    assert bank.counts("r") == {"rows": 3, "passed": 2, "late": 1, "faults": 1, "emitted": 1}


def test_a_rule_for_rows_is_refused_and_leaves_nothing_behind() -> None:
    bank = Bank()
    with pytest.raises(NotColumnar, match="sliding"):
        bank.add("s", rule("SELECT n FROM r GROUP BY SLIDINGWINDOW(ms, 5)", Times()))
    assert len(bank) == 0
    assert not fed(bank, frame_of([{"id": "a", "n": 1, "x": 1.0, "ok": True, "ts": 100}]))


@given(st.binary(max_size=40))
def test_any_bytes_as_a_snapshot_are_understood_or_refused(state: bytes) -> None:
    with contextlib.suppress(InputError):
        assert len(Bank.restored(state, {})) == 0
