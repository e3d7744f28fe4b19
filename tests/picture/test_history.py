"""The timeline, series of readings and the audit log over HTTP."""

import httpx
import pytest

from s4.core.model import ObservationBatch, Reading, Series, Severity
from tests.picture.facts import T0, at, detection, incident
from tests.picture.stand import Stand


def test_the_timeline_counts_detections_and_shows_what_was_open(stand: Stand, operator: httpx.Client) -> None:
    stand.record(*(detection(f"det-{second}", second) for second in (0, 5, 12, 99, 100)))
    stand.record(
        incident("inc-1", opened=at(5), title="one"),
        incident("inc-2", opened=at(-50), state="closed", closed=at(-10)),
        incident("inc-3", opened=at(-50), state="closed", closed=at(1), severity=Severity.MINOR),
        incident("inc-4", opened=at(100)),
    )
    answer = operator.get("/api/timeline", params={"start": at(0), "end": at(100), "bins": 10}).json()
    assert (answer["start"], answer["end"]) == (at(0), at(100))
    assert answer["detections"] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert [one["id"] for one in answer["incidents"]] == ["inc-3", "inc-1"]
    assert answer["incidents"][1] == {
        "id": "inc-1", "title": "one", "opened": at(5), "closed": None, "severity": "Severe",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": 5, "end": 5}, "end"),
        ({"start": 6, "end": 5}, "end"),
        ({"start": 0, "end": T0}, "end"),
        ({"start": 0}, None),
        ({"start": 0, "end": 5, "bins": 0}, "bins"),
        ({"start": 0, "end": 5, "bins": 2001}, "bins"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(operator: httpx.Client, query: dict[str, int], field: str) -> None:
    answer = operator.get("/api/timeline", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field


def test_series_are_listed_and_read_in_parts(stand: Stand, operator: httpx.Client) -> None:
    assert operator.get("/api/series").json() == []
    co2, dust = Series("co2-1", "co2", "[ppm]"), Series("dust/7", "pm2.5/raw", "ug/m3")
    readings = [Reading(co2, at(second), 400.0 + second) for second in range(10)]
    stand.read(ObservationBatch.of("square", at(10), [*readings, Reading(dust, at(3), 12.5)]))
    stand.clock.advance_to(at(3600))
    assert operator.get("/api/series").json() == [
        {"source": "co2-1", "property": "co2", "unit": "[ppm]"},
        {"source": "dust/7", "property": "pm2.5/raw", "unit": "ug/m3"},
    ]
    answer = operator.get("/api/series/co2-1/co2", params={"start": at(0), "end": at(10), "points": 2}).json()
    assert answer == {"unit": "[ppm]", "points": [[at(0), 402.0, 400.0, 404.0], [at(5), 407.0, 405.0, 409.0]]}
    last_hour = operator.get("/api/series/co2-1/co2").json()
    assert [point[1] for point in last_hour["points"]] == [402.5, 407.5]
    assert operator.get("/api/series/co2-1/co").status_code == 404
    assert operator.get("/api/series/co2-1/co2", params={"start": at(5), "end": at(1)}).status_code == 400


def test_the_audit_log_is_for_those_who_may_read_it(stand: Stand, operator: httpx.Client) -> None:
    stand.record(incident(), incident("inc-2"))
    operator.post("/api/incidents/inc-1/note", json={"reason": "one"})
    operator.post("/api/incidents/inc-2/note", json={"reason": "two"})
    assert operator.get("/api/audit").status_code == 403
    assert stand.client("viewer").get("/api/audit").status_code == 403
    for role in ("dpo", "supervisor", "admin"):
        entries = stand.client(role, role).get("/api/audit").json()
        assert [(one["number"], one["actor"], one["reason"]) for one in entries] == [
            (1, "ana", "one"),
            (2, "ana", "two"),
        ]
    client = stand.client("dpo")
    assert [one["reason"] for one in client.get("/api/audit", params={"target": "inc-2"}).json()] == ["two"]
    assert [one["reason"] for one in client.get("/api/audit", params={"limit": 1}).json()] == ["two"]
    assert client.get("/api/audit", params={"limit": 0}).status_code == 400
