"""The whole picture over HTTP: what is in it, in which order, and as it was known at an instant."""

import httpx
import msgspec

from s4.core.model import ObservationBatch, Reading, Series, Severity, Urgency
from s4.picture.views import Picture, SourceView
from tests.picture.facts import at, command, detection, incident, measure, risk, task, unit
from tests.picture.stand import Stand


def get(client: httpx.Client, seconds: float | None = None) -> Picture:
    response = client.get("/api/picture", params={} if seconds is None else {"at": at(seconds)})
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Picture)


def source(picture: Picture, name: str) -> SourceView:
    return next(one for one in picture.sources if one.id == name)


def test_an_empty_city_is_quiet_and_whole(operator: httpx.Client) -> None:
    picture = get(operator)
    assert (picture.threat, picture.incidents, picture.cursor, picture.at) == ("normal", [], 0, None)
    assert (picture.now, picture.speed, picture.map) == (at(0), 1.0, "/api/map")
    assert [(one.id, one.state) for one in picture.units] == [("b1", "off"), ("b2", "free")]
    assert [one.id for one in picture.sites] == ["square"]
    assert [one.id for one in picture.zones] == ["stage"]
    assert [(one.id, one.state) for one in picture.sources] == [
        ("co2-1", "silent"), ("cam-1", "silent"), ("door-1", "event"), ("lock-1", "event"),
    ]  # fmt: skip
    assert source(picture, "cam-1").place == picture.sites[0].place


def test_everything_about_what_is_open_is_there(stand: Stand, operator: httpx.Client) -> None:
    stand.record(detection(), incident(), risk(), measure(), command(), task(), unit())
    stand.record(measure("rec-0", rank=2), measure("rec-2", incident="inc-other"), task("task-2", incident="inc-other"))
    picture = get(operator)
    assert [one.id for one in picture.incidents] == ["inc-1"]
    assert [one.id for one in picture.risks] == ["risk-1"]
    assert [one.id for one in picture.recommendations] == ["rec-1", "rec-0"]
    assert [one.id for one in picture.commands] == ["com-1"]
    assert [one.id for one in picture.tasks] == ["task-1"]
    assert [(one.id, one.state) for one in picture.units] == [("b1", "off"), ("b2", "busy")]
    assert picture.cursor == stand.archive.newest() == 10
    assert picture.threat == "severe"


def test_the_most_urgent_comes_first_and_closed_ones_leave_after_a_day(stand: Stand, operator: httpx.Client) -> None:
    stand.record(
        incident("inc-minor", severity=Severity.MINOR),
        incident("inc-now", urgency=Urgency.IMMEDIATE, severity=Severity.MINOR),
        incident("inc-bad", severity=Severity.EXTREME),
        incident("inc-closed", state="closed", closed=at(100), urgency=Urgency.IMMEDIATE),
    )
    stand.clock.advance_to(at(86_000))
    assert [one.id for one in get(operator).incidents] == ["inc-now", "inc-bad", "inc-minor", "inc-closed"]
    stand.clock.advance_to(at(86_500 + 86_400))
    assert [one.id for one in get(operator).incidents] == ["inc-now", "inc-bad", "inc-minor"]


def test_an_instant_shows_what_was_known_then(stand: Stand, operator: httpx.Client) -> None:
    stand.record(incident(seconds=1), seconds=10)
    stand.record(incident(revision=1, seconds=15, state="acknowledged", handled_by="ana"), measure(), seconds=20)
    stand.record(incident(revision=2, seconds=25, state="closed", closed=at(25)), seconds=30)
    stand.clock.advance_to(at(100))
    assert get(operator, 5).incidents == []  # about second 1, but nobody knew it yet
    assert [one.state for one in get(operator, 10).incidents] == ["open"]
    assert get(operator, 19).recommendations == []
    then = get(operator, 20)
    assert [(one.state, one.handled_by) for one in then.incidents] == [("acknowledged", "ana")]
    assert [one.id for one in then.recommendations] == ["rec-1"]
    assert (then.at, then.now, then.threat) == (at(20), at(100), "severe")
    closed = get(operator, 30)
    assert [one.state for one in closed.incidents] == ["closed"]
    assert closed.threat == "normal"


def test_the_past_never_changes_however_much_comes_later(stand: Stand, operator: httpx.Client) -> None:
    stand.record(incident(), risk(), measure(), unit(), seconds=10)
    then = get(operator, 10)
    stand.record(incident(revision=1, probability=0.9), unit(revision=2, state="free"), seconds=20)
    stand.record(measure(revision=1, state="expired"), risk("risk-2"), seconds=20)
    later = get(operator, 10)
    assert msgspec.structs.replace(later, now=then.now, cursor=then.cursor) == then


def test_sources_now_as_they_are_counted(stand: Stand, operator: httpx.Client) -> None:
    series = Series("co2-1", "co2", "[ppm]")
    stand.clock.advance_to(at(10))
    stand.sources.heard([ObservationBatch.of("square", at(10), [Reading(series, at(9), 420.0)])])
    stand.sources.refused("cam-1", "no picture")
    co2 = source(get(operator), "co2-1")
    assert (co2.state, co2.last_seen, co2.last_time, co2.accepted) == ("fresh", at(10), at(9), 1)
    assert source(get(operator), "cam-1").detail == "no picture"
    stand.clock.advance_to(at(100))
    assert source(get(operator), "co2-1").state == "stale"


def test_sources_then_as_they_were_known_to_do(stand: Stand, operator: httpx.Client) -> None:
    silent = detection("det-2", 200, kind="source_silent", source="cam-1", text="cam-1 silent for 15 s")
    back = detection("det-3", 250, kind="source_silent", source="cam-1", phase="end", text="heard again")
    stand.record(detection("det-1", 90, source="door-1", kind="door_forced"), seconds=90)
    stand.record(silent, seconds=201)
    stand.record(detection("det-4", 220, kind="source_silent", source="co2-1"), seconds=220)
    stand.record(back, seconds=250)
    stand.clock.advance_to(at(1000))

    def states(seconds: float) -> list[str]:
        return [one.state for one in get(operator, seconds).sources[:3]]

    assert states(50) == ["silent", "silent", "event"]
    assert states(90) == ["fresh", "fresh", "event"]
    assert states(200) == ["fresh", "fresh", "event"]
    assert states(201) == ["fresh", "silent", "event"]
    assert states(220) == ["silent", "silent", "event"]
    assert states(250) == ["silent", "fresh", "event"]
    assert source(get(operator, 50), "cam-1").detail == "nothing was known yet"
    assert source(get(operator, 201), "cam-1").detail == "cam-1 silent for 15 s"


def test_a_report_of_silence_is_not_lost_among_many_detections(stand: Stand, operator: httpx.Client) -> None:
    stand.record(detection("det-0", kind="source_silent", source="cam-1"), seconds=1)
    stand.record(*(detection(f"det-{number}", number / 100) for number in range(1, 3000)), seconds=2)
    assert source(get(operator, 2), "cam-1").state == "silent"


def test_a_large_picture_is_compressed(stand: Stand, operator: httpx.Client) -> None:
    stand.record(*(incident(f"inc-{number}") for number in range(200)))
    response = operator.get("/api/picture")
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["cache-control"] == "no-store"
    plain = operator.get("/api/picture", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == response.json()
    assert len(plain.json()["incidents"]) == 200
