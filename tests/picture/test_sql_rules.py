"""Rules in SQL over the API: looked at, checked, tried on the past, put, removed; every change is a decision."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from s4.core.model import Command, Observation, ObservationBatch, Reading, Series
from s4.core.model.command import RULE_PUT, RULE_REMOVE
from s4.core.rules import Orders, RuleState, Says, SqlRule, told
from tests.picture.facts import T0
from tests.picture.stand import Stand

S = 1_000_000_000
CO2 = Series("air-1", "co2", "[ppm]")
MEAN = {
    "id": "stale-air",
    "sql": 'SELECT source, avg(value) AS mean FROM readings\nWHERE property = "co2" '
    "GROUP BY source, TUMBLINGWINDOW(ss, 10) HAVING avg(value) > 1000",
    "detection": {"kind": "threshold_exceeded", "text": "Air is stale: {mean} ppm", "hold_s": 15},
}


def rule(**changes: Any) -> dict[str, Any]:
    return MEAN | changes


@pytest.fixture
def writer(stand: Stand) -> httpx.Client:
    return stand.client("supervisor", "sam")


def heard(stand: Stand, query: SqlRule, **changes: Any) -> None:
    state = RuleState(query.id, query, "file", "columns", counts={"rows": 5})
    stand.rules.take(told(state, "square", T0))


def test_a_rule_at_work_is_shown_with_what_became_of_its_rows(stand: Stand, operator: httpx.Client) -> None:
    heard(stand, SqlRule("a", "SELECT source FROM readings", detection=Says("threshold_exceeded", "x")))
    (shown,) = operator.get("/api/rules").json()
    assert (shown["id"], shown["runs"], shown["counts"], shown["time"]) == ("a", "columns", {"rows": 5}, T0)
    assert shown["query"]["sql"] == "SELECT source FROM readings"


def test_checking_says_how_it_would_run(operator: httpx.Client) -> None:
    checked = operator.post("/api/rules/check", json={"query": MEAN}).json()
    assert (checked["problems"], checked["runs"], checked["columns"]) == ([], "columns", ["source", "mean"])
    assert "tumbling" in checked["explain"].lower()
    sliding = rule(sql="SELECT source, count(*) AS mean FROM readings GROUP BY source, SLIDINGWINDOW(ss, 5)")
    checked = operator.post("/api/rules/check", json={"query": sliding}).json()
    assert (checked["problems"], checked["runs"]) == ([], "rows")
    assert "row by row" in checked["why"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sql": "SELECT source\nFROM readings WHERE vlue > 1"}, ("sql", 2, 21)),
        ({"sql": "SELECT source FRM readings"}, ("sql", 1, 15)),
        ({"detection": {"kind": "no_such", "text": "x"}}, ("detection.kind", 0, 0)),
        ({"detection": {"kind": "threshold_exceeded", "text": "{men}"}}, ("detection.text", 0, 0)),
    ],
)
def test_a_problem_has_a_field_and_a_place(
    operator: httpx.Client, change: dict[str, Any], problem: tuple[str, int, int]
) -> None:
    (found,) = operator.post("/api/rules/check", json={"query": rule(**change)}).json()["problems"]
    assert (found["field"], found["line"], found["column"]) == problem
    assert found["reason"]


def test_a_trial_says_what_it_would_have_done(stand: Stand, writer: httpx.Client) -> None:
    high = [(t, 1500.0 if 20 <= t < 40 or t >= 70 else 400.0) for t in range(100)]
    readings = [Reading(CO2, T0 + t * S, value) for t, value in high]
    other = Reading(Series("x", "noise", "dB"), T0, 1.0)
    stand.read(ObservationBatch.of("square", T0 + 100 * S, [*readings, other]))
    trial = writer.post("/api/rules/try", json={"query": MEAN, "since": T0, "until": T0 + 100 * S}).json()
    ends = [(one["time"] - T0) // S for one in trial["made"]]
    first = -T0 // S % 10
    assert (trial["total"], trial["happenings"], trial["readings"]) == (len(ends), 2, 100)
    assert all(one["row"]["source"] == "air-1" and one["row"]["mean"] > 1000 for one in trial["made"])
    assert all(end % 10 == first for end in ends)
    assert trial["until"] == T0 + 100 * S


def test_a_rule_over_events_is_tried_on_the_events_of_the_time_each_once(stand: Stand, writer: httpx.Client) -> None:
    doors = [(t, "open" if t % 10 == 0 else "shut") for t in range(100)]
    events = [
        Observation(f"obs-{t}", "door-1", "state", T0 + t * S, "square", T0 + t * S, {"state": state, "turns": t})
        for t, state in doors
    ]
    stand.happen(*events, *events[:50], Observation("obs-own", "s4", "state", T0, "square", T0, {"state": "open"}))
    query = rule(
        sql="SELECT source, state, turns FROM events WHERE property = 'state' AND state = 'open' AND turns > 20",
        detection={"kind": "door_forced", "text": "{source}"},
    )
    asked = {"query": query, "since": T0 + 10 * S, "until": T0 + 80 * S}
    trial = writer.post("/api/rules/try", json=asked).json()
    assert [one["row"]["turns"] for one in trial["made"]] == [30, 40, 50, 60, 70]
    late_s = 2  # for so long a rule by event time waits for what was earlier
    assert [(one["time"] - T0) // S - late_s for one in trial["made"]] == [30, 40, 50, 60, 70]
    assert (trial["readings"], trial["total"], trial["until"]) == (70, 5, T0 + 80 * S)


def test_a_bad_rule_cannot_be_tried(writer: httpx.Client) -> None:
    query = rule(sql="SELECT", detection={"kind": "threshold_exceeded", "text": "x"})
    answer = writer.post("/api/rules/try", json={"query": query, "since": 0, "until": 1})
    assert answer.status_code == 400
    assert "sql" in answer.text


def test_putting_a_rule_is_a_decision_that_is_kept_with_its_reason(stand: Stand, writer: httpx.Client) -> None:
    answer = writer.put("/api/rules/stale-air", json={"query": MEAN, "reason": "Complaints from room 4"})
    assert answer.status_code == 201
    (command,) = stand.archive.known(Command, kind=RULE_PUT)
    assert (command.target, command.approved_by, command.reason) == ("stale-air", "sam", "Complaints from room 4")
    assert '"stale-air"' in str(command.parameters["definition"])
    assert [entry.action for entry in stand.archive.audit(target="stale-air")] == [RULE_PUT]


def test_removing_one_too(stand: Stand, writer: httpx.Client) -> None:
    heard(stand, SqlRule("a", "SELECT source FROM readings", detection=Says("threshold_exceeded", "x")))
    gone = writer.request("DELETE", "/api/rules/a", json={"reason": "Too many"})
    assert gone.status_code == 201
    assert [one.target for one in stand.archive.known(Command, kind=RULE_REMOVE)] == ["a"]
    assert writer.request("DELETE", "/api/rules/b", json={"reason": "x"}).status_code == 404


def test_what_may_not_be_put(stand: Stand, writer: httpx.Client) -> None:
    orders = {"action": "fan.on", "target": "fan-1", "policy": "Council, 2026-01-01"}
    put = writer.put
    assert put("/api/rules/other", json={"query": MEAN, "reason": "x"}).status_code == 400
    assert put("/api/rules/stale-air", json={"query": MEAN, "reason": " "}).status_code == 400
    assert put("/api/rules/stale-air", json={"query": rule(sql="SELECT"), "reason": "x"}).status_code == 400
    assert put("/api/rules/stale-air", json={"query": rule(command=orders), "reason": "x"}).status_code == 409
    heard(stand, SqlRule("stale-air", "SELECT source FROM readings", command=Orders("a", "b", "Council, 2026-01-01")))
    assert put("/api/rules/stale-air", json={"query": MEAN, "reason": "x"}).status_code == 409
    assert not stand.archive.known(Command, kind=RULE_PUT)


def test_only_who_may_write_rules_may_change_them(operator: httpx.Client, stand: Stand) -> None:
    assert operator.put("/api/rules/stale-air", json={"query": MEAN, "reason": "x"}).status_code == 403
    assert operator.request("DELETE", "/api/rules/stale-air", json={"reason": "x"}).status_code == 403
    bare = stand.client("supervisor")
    del bare.headers["X-S4"]
    assert bare.put("/api/rules/stale-air", json={"query": MEAN, "reason": "x"}).status_code == 403


def test_words_for_completion(operator: httpx.Client) -> None:
    words = operator.get("/api/rules/words").json()
    assert {"name": "value", "type": "float"} in words["streams"][0]["columns"]
    assert any(one["name"] == "avg" and one["role"] == "aggregate" and one["text"] for one in words["functions"])
    assert "threshold_exceeded" in words["kinds"]
    assert "SELECT" in words["keywords"]
