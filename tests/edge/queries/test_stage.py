"""Rules in SQL at work: what they state, how they come and go, what survives a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s4.core.clock import ManualClock
from s4.core.errors import ConfigError
from s4.core.model import Command, Detection, Observation, ObservationBatch, Reading, Series, Word
from s4.core.model.command import RULE_PUT, RULE_REMOVE
from s4.core.ports import Context, Produced
from s4.core.rules import RuleState, read
from s4.edge.queries.spec import parse_queries
from s4.edge.queries.stage import Queries
from tests.edge.cities import PLAZA, S, city

CO2 = Series("air-1", "co2", "[ppm]")
OTHER = Series("air-2", "co2", "[ppm]")
NOISE = Series("air-1", "noise", "dB")
MEAN = '''
[[query]]
id = "stale-air"
sql = """
SELECT source, avg(value) AS mean FROM readings
WHERE property = "co2" GROUP BY source, TUMBLINGWINDOW(ss, 10) HAVING avg(value) > 1000
"""
detection = {kind = "threshold_exceeded", text = "Air is stale: {mean} ppm", hold_s = 30, severity = "Minor"}
'''
ROWWISE = '''
[[query]]
id = "jump"
sql = """SELECT source, value - lag(value) OVER (PARTITION BY source) AS jump FROM readings
WHERE property = "co2" AND value - lag(value) OVER (PARTITION BY source) > 500"""
late_s = 0
detection = {kind = "threshold_exceeded", text = "CO2 jumped by {jump:.0f} ppm", hold_s = 0}
'''
EVENTS = """
[[query]]
id = "forced"
sql = 'SELECT source, state FROM events WHERE property = "door" AND state = "forced"'
time = "arrival"
detection = {kind = "door_forced", text = "Door {source} is {state}"}
"""
DERIVED = """
[[query]]
id = "mean-co2"
sql = 'SELECT source, avg(value) AS mean FROM readings WHERE property = "co2" GROUP BY source, TUMBLINGWINDOW(ss, 10)'
series = {property = "co2.mean", value = "mean", unit = "[ppm]"}
[[query]]
id = "lights"
sql = 'SELECT source, value FROM readings WHERE property = "co2.mean"'
series = {property = "circle", value = "value"}
"""
ORDER = """
[[query]]
id = "vent"
sql = 'SELECT source, value FROM readings WHERE property = "co2" AND value > 2000'
[query.command]
action = "fan.on"
target = "fan-1"
policy = "Works council, 2026-03-01: fans may start by themselves above 2000 ppm"
"""


def stage(folder: Path, text: str) -> Queries:
    (folder / "rules.toml").write_text(text)
    return Queries(Context(city("air-1", "air-2", "door-1", rules="rules.toml"), ManualClock(), {}, str(folder)))


def batch(*readings: tuple[Series, float, float]) -> ObservationBatch:
    rows = [Reading(series, int(at * S), value) for series, at, value in readings]
    return ObservationBatch.of("plaza", max(row.time for row in rows), rows)


def event(property: str, at: float, **body: Any) -> Observation:
    time = int(at * S)
    return Observation(
        Observation.derive_id("door-1", property, time, b""), "door-1", property, time, "plaza", time, body
    )


def command(action: str, target: str, rules: str = "") -> Command:
    definition = msgspec.json.encode(parse_queries(rules)[0]).decode() if "[[query]]" in rules else rules
    parameters = {"definition": definition} if definition else {}
    return Command("cmd-1", 1, 0, "plaza", action, target, "approved", "anna", parameters=parameters)


def said(produced: list[Produced]) -> list[tuple[str, str, float]]:
    return [(d.phase, d.text, d.time / S) for d in produced if isinstance(d, Detection)]


def test_a_window_becomes_a_happening_that_begins_goes_on_and_ends(tmp_path: Path) -> None:
    one = stage(tmp_path, MEAN)
    readings = [(CO2, t, 1200.0 + t) for t in range(40)] + [(CO2, t, 400.0) for t in range(40, 56)]
    out = one.step([batch(*readings)], 60 * S)
    assert said(out) == [("start", "Air is stale: 1204 ppm", 10.0)]
    assert said(one.step([], 75 * S)) == [("end", "Air is stale: 1234 ppm: over", 70.0)]
    first = out[0]
    assert isinstance(first, Detection)
    assert (first.kind, first.source, first.site, first.place) == ("threshold_exceeded", "air-1", "plaza", PLAZA)
    assert first.attributes == {"source": "air-1", "mean": 1204.5, "severity": "Minor", "rule": "stale-air"}


def test_the_clock_closes_windows_of_sources_that_have_fallen_silent(tmp_path: Path) -> None:
    one = stage(tmp_path, MEAN)
    assert not one.step([batch(*[(CO2, t, 1500.0) for t in range(10)])], 10 * S)
    assert not said(one.step([], 16 * S))
    assert said(one.step([], 17 * S)) == [("start", "Air is stale: 1500 ppm", 10.0)]


def test_a_rule_that_remembers_runs_row_by_row(tmp_path: Path) -> None:
    one = stage(tmp_path, ROWWISE)
    assert "row by row" in one.book.why["jump"]
    out = one.step([batch((CO2, 1, 400), (OTHER, 1, 1000), (CO2, 2, 950), (OTHER, 2, 1100), (CO2, 3, 400))], 5 * S)
    assert said(out) == [("start", "CO2 jumped by 550 ppm", 2.0)]


def test_a_rule_row_by_row_is_shown_only_what_it_can_be_about(tmp_path: Path) -> None:
    together = "PARTITION BY source, property"
    one = stage(tmp_path, ROWWISE.replace("PARTITION BY source", together))
    out = one.step([batch((CO2, 1, 400), (NOISE, 1, 50), (NOISE, 2, 60), (CO2, 2, 950), (CO2, 3, 400))], 5 * S)
    assert said(out) == [("start", "CO2 jumped by 550 ppm", 2.0)]
    assert one.book.counts("jump")["rows"] == 3
    apart = stage(tmp_path, ROWWISE)
    assert not said(apart.step([batch((CO2, 1, 400), (NOISE, 1, 600), (CO2, 2, 950))], 5 * S))
    assert apart.book.counts("jump")["rows"] == 3, "its memory is of all that the source says"


SLIDING = """
[[query]]
id = "burst"
sql = '''SELECT source, count(*) AS n FROM readings
GROUP BY source, SLIDINGWINDOW(ss, 5) FILTER (WHERE property = "noise") HAVING count(*) > 2'''
time = "arrival"
detection = {kind = "threshold_exceeded", text = "{n} in 5 s"}
"""


def test_a_filtered_window_is_shown_only_what_enters_it(tmp_path: Path) -> None:
    one = stage(tmp_path, SLIDING)
    for at in range(1, 5):
        out = one.step([batch((CO2, at, 400), (NOISE, at, 50))], at * S)
    assert said(out) == [("update", "4 in 5 s", 4.0)] or one.book.counts("burst")["rows"] == 4


def test_events_are_rows_too(tmp_path: Path) -> None:
    one = stage(tmp_path, EVENTS)
    out = one.step(
        [event("door", 1, state="open"), event("door", 2, state="forced"), event("hatch", 3, state="forced")], 0
    )
    assert said(out) == [("start", "Door door-1 is forced", 2.0)]


def test_a_derived_series_goes_out_and_is_not_read_again(tmp_path: Path) -> None:
    one = stage(tmp_path, DERIVED)
    (derived,) = one.step([batch(*[(CO2, t, 400.0 + t) for t in range(13)])], 20 * S)
    assert isinstance(derived, ObservationBatch)
    assert list(derived) == [Reading(Series("air-1", "co2.mean", "[ppm]"), 10 * S, 404.5)]
    assert not one.step([derived], 20 * S)


def test_a_command_goes_out_once_a_happening_with_the_policy_as_its_approval(tmp_path: Path) -> None:
    one = stage(tmp_path, ORDER)
    (order,) = one.step([batch((CO2, 1, 2500), (CO2, 2, 2600))], 5 * S)
    assert isinstance(order, Command)
    assert (order.action, order.target, order.state) == ("fan.on", "fan-1", "approved")
    assert order.approved_by.startswith("policy: Works council")
    assert order.expires == order.time + 60 * S


def test_rules_come_change_and_go_while_it_runs(tmp_path: Path) -> None:
    one = stage(tmp_path, "")
    one.step([command(RULE_PUT, "stale-air", MEAN)], 0)
    one.step([batch(*[(CO2, t, 1500.0) for t in range(5)])], 5 * S)
    one.step([command(RULE_PUT, "stale-air", MEAN.replace("> 1000", "> 1400"))], 5 * S)
    out = one.step([batch(*[(CO2, t, 1300.0) for t in range(5, 15)])], 15 * S)
    assert not out, "a changed rule does not remember what the old one saw"
    one.step([command(RULE_REMOVE, "stale-air")], 20 * S)
    assert not one.book.specs
    again = stage(tmp_path, "")
    again.restore(one.snapshot())
    assert not again.book.specs


def test_an_added_rule_may_not_give_commands_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    one = stage(tmp_path, MEAN)
    one.step([command(RULE_PUT, "vent", ORDER), command(RULE_PUT, "x", "no {json"), command(RULE_PUT, "y")], 0)
    assert list(one.book.specs) == ["stale-air"]


def test_a_rule_of_the_file_that_somebody_removed_stays_away_after_a_restart(tmp_path: Path) -> None:
    one = stage(tmp_path, MEAN + ROWWISE)
    one.step([command(RULE_REMOVE, "jump")], 0)
    again = stage(tmp_path, MEAN + ROWWISE)
    again.restore(one.snapshot())
    assert list(again.book.specs) == ["stale-air"]


def test_readings_from_the_far_future_do_not_move_time(tmp_path: Path) -> None:
    one = stage(tmp_path, MEAN)
    one.step([batch((CO2, 1, 1500), (CO2, 1e6, 1500), (CO2, 2, float("nan")))], 5 * S)
    assert one.book.left == 2
    assert said(one.step([batch((CO2, 3, 1500), (CO2, 13, 0))], 15 * S)) == [("start", "Air is stale: 1500 ppm", 10.0)]


def test_every_ten_seconds_it_says_how_its_rules_are_doing(tmp_path: Path) -> None:
    one = stage(tmp_path, MEAN)
    one.step([batch((CO2, 1, 1500), (NOISE, 1, 50), (CO2, 2, 900))], 5 * S)
    (state,) = states(one.step([], 10 * S))
    assert (state.query.id, state.origin, state.runs, state.gone) == ("stale-air", "file", "columns", False)
    assert state.counts == {"rows": 2, "passed": 2, "late": 0, "faults": 0, "emitted": 0}
    assert not states(one.step([], 15 * S))
    assert [state.counts["emitted"] for state in states(one.step([], 25 * S))] == [1]
    assert not states(one.step([], 35 * S)), "there is nothing new"
    one.step([command(RULE_REMOVE, "stale-air")], 40 * S)
    assert [state.gone for state in states(one.step([], 45 * S))] == [True]


def states(produced: list[Produced]) -> list[RuleState]:
    return [state for one in produced if isinstance(one, Observation) and (state := read(one)) is not None]


READINGS = st.lists(
    st.tuples(st.sampled_from([CO2, OTHER, NOISE]), st.integers(0, 60), st.sampled_from([300.0, 1200.0, 2500.0])),
    min_size=1,
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(readings=READINGS, cut=st.integers(0, 30), restart=st.booleans())
def test_neither_cutting_nor_a_restart_changes_what_is_stated(
    tmp_path: Path, readings: list[tuple[Series, int, float]], cut: int, restart: bool
) -> None:
    rules = MEAN + ROWWISE + DERIVED + ORDER
    whole, parts = stage(tmp_path, rules), stage(tmp_path, rules)
    facts: list[Word] = [ObservationBatch.of("plaza", 0, [Reading(s, t * S, v)]) for s, t, v in readings]
    at = cut % (len(facts) + 1)
    expected = list(whole.step(facts, 60 * S))
    out = list(parts.step(facts[:at], 60 * S)) if at else []
    if restart:
        state = parts.snapshot()
        parts = stage(tmp_path, rules)
        parts.restore(state)
    out += parts.step(facts[at:], 60 * S) if at < len(facts) else []
    assert sorted(map(_key, out)) == sorted(map(_key, expected))
    ended = [[fact for fact in one.step([], 200 * S) if not isinstance(fact, Observation)] for one in (parts, whole)]
    assert sorted(map(_key, ended[0])) == sorted(map(_key, ended[1]))


def _key(fact: Produced) -> str:
    return repr(list(fact)) if isinstance(fact, ObservationBatch) else fact.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[query]]\nid = "a"\nsql = "SELECT value FROM readings"\n', "needs detection, series or command"),
        ('[[query]]\nid = "a"\nsql = "SELECT value FRM readings"\n', "line 3, query[0].sql: line 1, column 14"),
        (MEAN.replace("{mean}", "{meen}"), "line 8, query[0].detection.text: {meen} is no column"),
        (MEAN.replace("threshold_exceeded", "no_such"), "query[0].detection.kind"),
        (MEAN.replace("{mean}", "{mean"), "not a text with columns in braces"),
        (MEAN + MEAN, "'stale-air' is used twice"),
        (DERIVED.replace("[ppm]", "furlong"), "query[0].series.unit"),
        (ORDER.replace("fan.on", "incident.close"), "may not decide"),
    ],
)
def test_a_bad_rule_is_refused_with_line_field_and_reason(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        stage(tmp_path, text)
    assert said in str(refused.value)
