"""The rules that need no server: order of urgency, threat level, sources in the past, questions in an address."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from s4.core.archive import SourceState
from s4.core.errors import InputError
from s4.core.model import Detection, Incident, Severity, Urgency
from s4.picture.endpoint import read_query, takes_gzip
from s4.picture.query import AtQuery, AuditQuery, SeriesQuery, StreamQuery, WindowQuery
from s4.picture.sources import sources_now, sources_then
from s4.picture.urgency import SEVERITY_RANK, URGENCY_RANK, by_urgency, threat_level
from tests.picture.facts import CITY, detection, incident, risk

incidents = st.builds(
    incident,
    st.sampled_from([f"inc-{number}" for number in range(50)]),
    state=st.sampled_from(["open", "acknowledged", "closed"]),
    severity=st.sampled_from(Severity),
    urgency=st.sampled_from(Urgency),
    probability=st.floats(0, 1),
    nature=st.sampled_from(["physical", "cyber", "environment", "system"]),
    opened=st.integers(0, 1000),
)


def test_every_word_of_severity_and_urgency_has_its_rank() -> None:
    assert set(SEVERITY_RANK) == set(Severity)
    assert set(URGENCY_RANK) == set(Urgency)


@given(st.lists(incidents, max_size=12), st.randoms())
def test_the_order_is_of_the_facts_and_not_of_how_they_came(many: list[Incident], random) -> None:
    many = list({one.id: one for one in many}.values())
    shuffled = random.sample(many, len(many))
    assert by_urgency(many) == by_urgency(shuffled)


@given(incidents, incidents)
def test_what_is_worse_in_one_way_and_equal_in_the_rest_comes_first(one: Incident, two: Incident) -> None:
    first, second = by_urgency([one, two])
    if (one.state == "closed") != (two.state == "closed"):
        assert first.state != "closed"
    elif one.state != "closed" and one.urgency != two.urgency:
        assert URGENCY_RANK[first.urgency] < URGENCY_RANK[second.urgency]
    elif one.state != "closed" and one.severity != two.severity:
        assert SEVERITY_RANK[first.severity] < SEVERITY_RANK[second.severity]
    elif one.state != "closed" and abs(one.probability - two.probability) > 0.1:
        assert first.probability > second.probability


def test_a_small_change_of_probability_does_not_shuffle_the_list() -> None:
    one, two = incident("inc-1", opened=1, probability=0.61), incident("inc-2", opened=2, probability=0.64)
    assert [each.id for each in by_urgency([two, one])] == ["inc-1", "inc-2"]


LEVELS = ("normal", "heightened", "severe")


@given(st.lists(incidents, max_size=6), incidents)
def test_one_more_incident_never_calms_the_city(many: list[Incident], more: Incident) -> None:
    assert LEVELS.index(threat_level([*many, more], [])) >= LEVELS.index(threat_level(many, []))


@pytest.mark.parametrize(
    ("changes", "score", "level"),
    [
        ({}, 0.0, "severe"),
        ({"probability": 0.49}, 0.0, "heightened"),
        ({"probability": 0.19}, 0.0, "normal"),
        ({"severity": Severity.MINOR}, 0.0, "normal"),
        ({"severity": Severity.MINOR}, 0.1, "heightened"),
        ({"severity": Severity.MINOR}, 0.5, "severe"),
        ({"state": "closed"}, 0.9, "normal"),
        ({"nature": "system"}, 0.9, "normal"),
    ],
)
def test_the_threat_level(changes: dict[str, Any], score: float, level: str) -> None:
    assert threat_level([incident(**changes)], [risk(score=score)]) == level


def test_a_source_that_nobody_heard_of_is_silent_and_a_stranger_is_left_out() -> None:
    found = sources_now(CITY, [SourceState("stranger", "fresh", 1, 1, 1, 0)])
    assert [(one.id, one.state, one.detail) for one in found] == [
        ("co2-1", "silent", "never heard"), ("cam-1", "silent", "never heard"), ("door-1", "event", "never heard"),
        ("lock-1", "event", "never heard"),
    ]  # fmt: skip


reports = st.builds(
    detection,
    st.sampled_from(["d1", "d2", "d3"]),
    st.integers(0, 500),
    kind=st.sampled_from(["source_silent", "zone_intrusion"]),
    source=st.sampled_from(["co2-1", "cam-1", "door-1"]),
    phase=st.sampled_from(["start", "update", "end"]),
)


@given(st.lists(reports, max_size=8), st.booleans())
def test_the_last_report_of_each_source_counts(known: list[Detection], awake: bool) -> None:
    silences = [one for one in known if one.kind == "source_silent"]
    found = sources_then(CITY, silences, awake)
    assert [one.id for one in found] == ["co2-1", "cam-1", "door-1", "lock-1"]
    for one in found:
        last = next((report for report in silences if report.source == one.id), None)
        reported = last is not None and last.phase != "end"
        otherwise = "event" if one.id in ("door-1", "lock-1") else "fresh" if awake else "silent"
        assert one.state == ("silent" if reported else otherwise)


def question(query: bytes) -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": []})


@given(
    st.sampled_from([AtQuery, WindowQuery, SeriesQuery, StreamQuery, AuditQuery]),
    st.binary(max_size=60)
    | st.from_regex(rb"(at|start|end|bins|after|limit|target)=[0-9a-z%+&=.-]{0,20}", fullmatch=True),
)
def test_any_question_is_understood_or_refused_with_a_reason(kind: type[msgspec.Struct], query: bytes) -> None:
    try:
        answer = read_query(question(query), kind)
    except InputError as error:
        answer = error.reason
    assert isinstance(answer, kind) or (isinstance(answer, str) and answer)


@given(st.integers(0, 2**62), st.integers(1, 2000), st.integers(1, 10**15))
def test_a_question_says_what_was_asked(start: int, bins: int, length: int) -> None:
    end = min(start + length, 2**62)
    query = f"start={start}&end={end}&bins={bins}".encode()
    if end > start:
        assert read_query(question(query), WindowQuery) == WindowQuery(start, end, bins)


@pytest.mark.parametrize(
    ("accepts", "takes"),
    [("gzip, br", True), ("br", False), ("", False), ("GZIP;q=0.5", True), ("gzip;q=0", False), ("xgzip", False)],
)
def test_gzip_is_for_those_who_take_it(accepts: str, takes: bool) -> None:
    headers = [(b"accept-encoding", accepts.encode())]
    assert takes_gzip(Request({"type": "http", "method": "GET", "path": "/", "headers": headers})) == takes
