"""However the readings are cut into batches, and wherever a snapshot falls, the rules state the same."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import Detection, ObservationBatch, Reading, Series
from s4.edge.rules import Rules
from tests.edge.cities import S, rules_stage

RULES = """
[[rule]]
id = "plain"
property = "p"
kind = "threshold_exceeded"
text = "P"
over = 3
clear = 1
update_s = 3
[[rule]]
id = "held"
property = "p"
sources = ["a", "b"]
kind = "threshold_exceeded"
text = "H"
under = 2
hold_s = 2
[[rule]]
id = "mean"
property = "p"
kind = "threshold_exceeded"
text = "M"
over = 2.1
window_s = 2
aggregate = "mean"
late_s = 3
[[rule]]
id = "rate"
property = "p"
kind = "threshold_exceeded"
text = "R"
under = 0
window_s = 2
aggregate = "rate"
late_s = 3
[[rule]]
id = "count"
property = "p"
kind = "threshold_exceeded"
text = "C"
over = 1
window_s = 5
aggregate = "count"
late_s = 0
"""
SERIES = [Series(name, "p", "") for name in "abc"]
VALUES = st.one_of(st.floats(0, 5), st.sampled_from([1.0, 2.0, 3.0, 0.1, float("nan")]))
ROWS = st.lists(
    st.builds(Reading, st.sampled_from(SERIES), st.integers(0, 60).map(lambda t: t * S // 2), VALUES), max_size=60
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


def fresh(folder: Path) -> Rules:
    return rules_stage(folder, RULES, "a", "b", "c")


def cut(rows: list[Reading], sizes: list[int]) -> list[ObservationBatch]:
    batches, start = [], 0
    for size in [*sizes, len(rows)]:
        batches.append(ObservationBatch.of("plaza", 0, rows[start : start + size]))
        start += size
    return batches


@given(rows=ROWS, sizes=st.lists(st.integers(0, 20), max_size=8))
def test_the_cut_into_batches_changes_nothing(folder: Path, rows: list[Reading], sizes: list[int]) -> None:
    whole, parts = fresh(folder), fresh(folder)
    at_once = list(whole.step(cut(rows, []), 99 * S))
    one_by_one = [stated for batch in cut(rows, sizes) for stated in parts.step([batch], 99 * S)]
    assert one_by_one == at_once
    assert parts.step([], 999 * S) == whole.step([], 999 * S)
    assert +parts.judges.counts == +whole.judges.counts


@given(rows=ROWS, sizes=st.lists(st.integers(0, 20), max_size=8), stop=st.integers(0, 8))
def test_a_snapshot_midway_changes_nothing(folder: Path, rows: list[Reading], sizes: list[int], stop: int) -> None:
    steady, broken = fresh(folder), fresh(folder)
    out: dict[str, list[Detection]] = {"steady": [], "broken": []}
    for i, batch in enumerate(cut(rows, sizes)):
        if i == stop:
            state, broken = broken.snapshot(), fresh(folder)
            broken.restore(state)
            assert broken.snapshot() == state
        out["steady"] += steady.step([batch], 99 * S)
        out["broken"] += broken.step([batch], 99 * S)
    assert out["broken"] == out["steady"]
    assert broken.step([], 999 * S) == steady.step([], 999 * S)


@given(rows=ROWS)
def test_columns_judge_as_a_plain_loop_does(folder: Path, rows: list[Reading]) -> None:
    """The rule `plain`, spelt out reading by reading."""
    expected: list[tuple[str, str, int]] = []
    newest: dict[Series, int] = {}
    on: dict[Series, bool] = {}
    fired: dict[Series, tuple[int, int]] = {}
    for series, time, value in rows:
        if not np.isfinite(value) or time <= newest.get(series, -1):
            continue
        newest[series] = time
        was = on.get(series, False)
        on[series] = value > 3 or (was and value > 1)
        if on[series] and not was:
            expected.append((series.source, "start", time))
            fired[series] = (time, 0)
        elif was and not on[series]:
            expected.append((series.source, "end", time))
        elif was and (time - fired[series][0]) // (3 * S) > fired[series][1]:
            fired[series] = (fired[series][0], (time - fired[series][0]) // (3 * S))
            expected.append((series.source, "update", time))
    stated = fresh(folder).step(cut(rows, []), 99 * S)
    of_rule = [d for d in stated if d.attributes["rule"] == "plain"]
    assert [(d.source, d.phase, d.time) for d in of_rule] == expected


@given(rows=ROWS)
def test_every_happening_starts_before_it_goes_on_or_ends(folder: Path, rows: list[Reading]) -> None:
    stage = fresh(folder)
    phases: dict[str, list[str]] = {}
    for stated in [*stage.step(cut(rows, []), 99 * S), *stage.step([], 999 * S)]:
        phases.setdefault(stated.happening, []).append(stated.phase)
    for said in phases.values():
        assert said[0] == "start"
        assert "start" not in said[1:]
        assert "end" not in said[:-1]


def test_a_changed_rule_starts_anew_and_the_others_go_on(tmp_path: Path) -> None:
    stage = rules_stage(tmp_path, RULES, "a", "b", "c")
    hot = ObservationBatch.of("plaza", 0, [Reading(SERIES[0], 1 * S, 4.0)])
    cold = ObservationBatch.of("plaza", 0, [Reading(SERIES[0], 2 * S, 0.0)])
    (start,) = stage.step([hot], 9 * S)
    state = stage.snapshot()
    same = rules_stage(tmp_path, '[[rule]]\nid="new"\nproperty="x"\nkind="gas"\ntext="X"\nover=1\n' + RULES, "a")
    same.restore(state)
    (end,) = same.step([cold], 9 * S)
    assert (end.happening, end.phase) == (start.happening, "end")
    changed = rules_stage(tmp_path, RULES.replace("clear = 1", "clear = 2"), "a", "b")
    changed.restore(state)
    assert changed.step([cold], 9 * S) == []
