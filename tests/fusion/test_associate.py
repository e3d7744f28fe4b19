"""Detections that belong together become one incident, and others do not."""

import pytest

from s4.core.errors import ConfigError, InputError
from s4.core.geo import Ellipse
from s4.core.model import Certainty, Command, Detection, Evidence, Place, Severity, Urgency
from tests.fusion.scenes import S, at, last_of, seen, stage

FAR = at(200, 0)
VAGUE = Place(FAR.lat, FAR.lon, ellipse=Ellipse(300.0, 300.0))


def test_a_left_bag_opens_an_incident_named_after_the_place() -> None:
    (incident,) = stage().step([seen("unattended_object", 10, place=at(5, 5))], 11 * S)
    assert (incident.title, incident.kind, incident.site) == ("Left bag, Plaza Nueva", "unattended_object", "centre")
    assert (incident.severity, incident.urgency, incident.certainty) == (
        Severity.SEVERE, Urgency.IMMEDIATE, Certainty.POSSIBLE,
    )  # fmt: skip
    assert incident.low < incident.probability < incident.high
    assert (incident.opened, incident.revision, incident.detections) == (10 * S, 0, 1)


def test_another_camera_makes_it_surer_and_a_repeat_of_the_same_hardly() -> None:
    again = stage().step([seen("unattended_object", t, place=at(5, 5)) for t in (10, 40)], 50 * S)
    other = stage().step([seen("unattended_object", t, f"cam-{n}", at(5, 5)) for t, n in ((10, 1), (40, 2))], 50 * S)
    assert len(last_of(again)) == len(last_of(other)) == 1
    assert again[0].probability < again[-1].probability < other[-1].probability
    assert other[-1].high - other[-1].low < other[0].high - other[0].low
    assert other[-1].sources == ("cam-1", "cam-2")


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (seen("unattended_object", 60, "cam-2", at(15, 0)), True),
        (seen("unattended_object", 60, "cam-2", at(200, 0)), False),
        (seen("unattended_object", 60, "cam-2", VAGUE), True),
        (seen("unattended_object", 9000, "cam-2", at(15, 0)), False),
        (seen("network_scan", 60, "ids"), False),
        (seen("citizen_report", 60, "cam-2", at(30, 0)), True),
        (seen("unattended_object", 60, "cam-2", at(0, 3000), site="north"), False),
        (seen("explosion", 60, "mic-1", at(20, 0)), True),
        (seen("crowd_density", 60, "cam-2", at(15, 0)), False),
    ],
)  # fmt: skip
def test_what_belongs_together(second: Detection, together: bool) -> None:
    revised = stage().step([seen("unattended_object", 10, place=at(0, 0)), second], 70 * S)
    assert len(last_of(revised)) == (1 if together else 2)


def test_the_worst_kind_gives_the_title() -> None:
    revised = stage().step(
        [seen("unattended_object", 10, place=at(0, 0)), seen("explosion", 60, "mic-1", at(9, 0))], 70 * S
    )
    assert [i.title for i in revised] == ["Left bag, Plaza Nueva", "Possible explosion, Plaza Nueva"]
    assert revised[-1].severity == Severity.EXTREME


def test_a_stated_severity_is_honoured() -> None:
    (incident,) = stage().step([seen("threshold_exceeded", 1, "mic-1", attributes={"severity": "Severe"})], 2 * S)
    assert incident.severity == Severity.SEVERE


def test_people_and_vehicles_open_nothing_and_are_mentioned_once() -> None:
    fusion = stage()
    assert fusion.step([seen("person", 1, place=at(0, 0), confidence=0.99)], 2 * S) == []
    fusion.step([seen("door_forced", 5, "cam-2", at(0, 0))], 6 * S)
    people = fusion.step([seen("person", t, place=at(1, 0)) for t in (7, 8, 9)], 10 * S)
    assert [i.story[-1].kind for i in people] == ["person"]
    assert people[0].probability == fusion.book.dossiers[people[0].id].said


def test_a_source_that_falls_silent_is_no_incident_unless_configured() -> None:
    silent = seen("source_silent", 1)
    assert stage().step([silent], 2 * S) == []
    (incident,) = stage(system_incidents=True).step([silent], 2 * S)
    assert (incident.severity, incident.urgency, incident.nature) == (Severity.MINOR, Urgency.FUTURE, "system")


def test_a_repeated_detection_counts_once() -> None:
    fusion = stage()
    first = seen("gunshot", 1, "mic-1")
    (opened,) = fusion.step([first], 2 * S)
    assert fusion.step([first, first], 3 * S) == []
    assert fusion.book.dossiers[opened.id].detections == 1


def test_updates_of_one_happening_are_no_new_witnesses_and_make_few_revisions() -> None:
    fusion = stage()
    updates = [
        seen("fight", t, happening="h", phase="update" if t > 1 else "start", place=at(0, 0)) for t in range(1, 50)
    ]
    revised = fusion.step(updates, 50 * S)
    assert len(revised) == 1
    assert fusion.book.dossiers[revised[0].id].belief().probability == revised[0].probability
    (ended,) = fusion.step([seen("fight", 60, happening="h", phase="end", place=at(0, 0))], 61 * S)
    assert (ended.detections, ended.story[-1].text) == (50, "Fight: over")


def test_what_can_be_seen_of_it_is_told_at_once() -> None:
    clip = Evidence("ev-1.mp4", "clip", "video/mp4", "00", 0, 1)
    associate = stage()
    associate.step([seen("fall", 0, happening="a")], 0)
    assert associate.step([seen("fall", 5, happening="a", phase="update")], 5 * S) == []
    (told,) = associate.step([seen("fall", 11, happening="a", phase="update", evidence=(clip,))], 11 * S)
    assert told.evidence == (clip,)
    assert told.reason.startswith("To be seen: ")
    assert associate.step([seen("fall", 12, happening="a", phase="update", evidence=(clip,))], 12 * S) == []


def test_quiet_closes_and_new_evidence_reopens() -> None:
    fusion = stage()
    (opened,) = fusion.step([seen("door_forced", 1, place=at(0, 0))], 1 * S)
    assert fusion.step([], 900 * S) == []
    (closed,) = fusion.step([], 901 * S)
    assert (closed.state, closed.closed, closed.urgency) == ("closed", 901 * S, Urgency.PAST)
    (again,) = fusion.step([seen("door_forced", 1000, "cam-2", at(0, 0))], 1000 * S)
    assert (again.id, again.state, again.closed) == (opened.id, "open", None)
    assert again.reason == "New evidence: Door forced"
    fusion.step([], 2000 * S)
    (new,) = fusion.step([seen("door_forced", 2950, place=at(0, 0))], 2950 * S)
    assert new.id != opened.id


def command(action: str, target: str, time: float, reason: str = "") -> Command:
    return Command(f"com-{action}-{time}", 0, int(time * S), "centre", action, target, "approved", "ana", reason)


def test_operators_take_on_note_close_and_reopen() -> None:
    fusion = stage()
    (opened,) = fusion.step([seen("door_forced", 1, place=at(0, 0), happening="h")], 1 * S)
    taken = command("incident.acknowledge", opened.id, 2)
    (acknowledged,) = fusion.step([taken, taken], 2 * S)
    assert (acknowledged.state, acknowledged.handled_by) == ("acknowledged", "ana")
    assert fusion.step([], 5000 * S) == []
    (noted,) = fusion.step([command("incident.note", opened.id, 5000, "Patrol is there")], 5000 * S)
    assert noted.story[-1].text == "Note by ana: Patrol is there"
    (closed,) = fusion.step([command("incident.close", opened.id, 5001, "Caretaker")], 5001 * S)
    assert (closed.state, closed.reason) == ("closed", "Closed by ana")
    assert fusion.step([seen("door_forced", 5002, happening="h", phase="update")], 5002 * S) == []
    (reopened,) = fusion.step([command("incident.reopen", opened.id, 5003)], 5003 * S)
    assert (reopened.state, reopened.closed) == ("open", None)
    assert [i.revision for i in (opened, acknowledged, noted, closed, reopened)] == [0, 1, 2, 3, 4]


def test_a_scan_beside_a_physical_incident_is_told_as_a_line_and_weighs_nothing() -> None:
    fusion = stage()
    (door,) = fusion.step([seen("door_forced", 1, place=at(0, 0))], 1 * S)
    scan, beside, _ = fusion.step([seen("network_scan", 60, "ids"), seen("network_scan", 61, "ids")], 62 * S)
    assert scan.nature == "cyber"
    assert (beside.id, beside.story[-1].kind) == (door.id, "correlated")
    assert beside.probability == door.probability
    assert beside.sources == door.sources


def test_an_unknown_kind_is_refused_before_anything_changes() -> None:
    fusion = stage()
    before = fusion.snapshot()
    with pytest.raises(InputError, match="not a known detection kind"):
        fusion.step([seen("door_forced", 1), seen("ufo", 2)], 3 * S)
    assert fusion.snapshot() == before


@pytest.mark.parametrize("options", [{"open_at": 2.0}, {"open_at": "x"}, {"system_incidents": 1}, {"colour": 1}])
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        stage(**options)


def test_what_a_device_in_maintenance_seems_to_see_makes_no_incident() -> None:
    fusion = stage()
    begun = Command("com-1", 0, 1 * S, "centre", "device.maintain", "cam-1", "approved", "ana")
    over = Command("com-2", 0, 50 * S, "centre", "device.resume", "cam-1", "approved", "ana")
    assert fusion.step([begun], 1 * S) == []
    assert fusion.step([seen("door_forced", 10)], 10 * S) == []
    assert len(fusion.step([seen("door_forced", 20, "cam-2")], 20 * S)) == 1, "another one sees it too"
    assert fusion.step([over, begun], 50 * S) == []
    assert fusion.step([seen("network_scan", 60)], 60 * S)[0].kind == "network_scan"
