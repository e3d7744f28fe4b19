"""Decisions over HTTP: what they record, who may take them, and what happens when two people decide at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest

from s4.core.model import Command, Recommendation
from s4.picture.views import IncidentStory
from s4.shield.audit import verify
from s4.shield.roles import Role
from tests.picture.facts import at, command, detection, incident, measure, risk, task
from tests.picture.stand import Stand


@pytest.fixture(autouse=True)
def proposed(stand: Stand) -> None:
    """An open incident with one measure proposed."""
    stand.record(detection(), incident(), measure(revision=3), seconds=10)


Answer = dict[str, Any]


def post(client: httpx.Client, path: str, status: int = 201, **body: object) -> Answer:
    response = client.post(f"/api/{path}", json=body)
    assert response.status_code == status, response.text
    answer: Answer = response.json()
    return answer


def reason_of(answer: Answer) -> str:
    return str(answer["error"]["reason"])


def audit_of(stand: Stand) -> list[tuple[str, str, str, str]]:
    entries = stand.archive.audit()
    assert verify(entries) is None
    return [(one.actor, one.action, one.target, one.reason) for one in entries]


def test_an_approval_is_a_command_a_new_revision_and_an_audit_entry(stand: Stand, operator: httpx.Client) -> None:
    stand.clock.advance_to(at(20))
    answer = post(operator, "recommendations/rec-1/approve", revision=3, reason=" people are close ")
    made = msgspec.convert(answer, Command)
    assert (made.action, made.target, made.parameters) == ("device.set", "gate-1", {"state": "closed"})
    assert (made.state, made.approved_by, made.reason) == ("approved", "ana", "people are close")
    assert (made.incident, made.recommendation, made.site) == ("inc-1", "rec-1", "square")
    assert (made.time, made.expires) == (at(20), at(620))
    assert stand.archive.one(Command, made.id) == made
    now = stand.archive.one(Recommendation, "rec-1")
    assert now is not None
    assert (now.revision, now.state, now.time) == (4, "approved", at(20))
    assert audit_of(stand) == [("ana", "recommendation.approve", "rec-1", "people are close")]


def test_a_rejection_says_why(stand: Stand, operator: httpx.Client) -> None:
    assert reason_of(post(operator, "recommendations/rec-1/reject", 400, revision=3, reason="  ")) == "say why"
    post(operator, "recommendations/rec-1/reject", 400, revision=3)
    assert audit_of(stand) == []
    answer = post(operator, "recommendations/rec-1/reject", revision=3, reason="a cleaner's bag")
    assert (answer["action"], answer["target"]) == ("recommendation.reject", "rec-1")
    now = stand.archive.one(Recommendation, "rec-1")
    assert now is not None
    assert now.state == "rejected"


def test_nobody_approves_what_they_have_not_seen(stand: Stand, operator: httpx.Client) -> None:
    answer = post(operator, "recommendations/rec-1/approve", 409, revision=2)
    assert reason_of(answer) == "the measure has changed: it is at revision 3 now, not 2"
    assert audit_of(stand) == []


def test_what_is_decided_stays_decided(stand: Stand, operator: httpx.Client) -> None:
    post(operator, "recommendations/rec-1/approve", revision=3)
    other = stand.client("supervisor", "bob")
    assert "approved already" in reason_of(post(other, "recommendations/rec-1/reject", 409, revision=3, reason="no"))
    assert "approved already" in reason_of(post(other, "recommendations/rec-1/approve", 409, revision=4))
    assert len(audit_of(stand)) == 1


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_of_many_who_decide_at_once_one_has_decided(stand: Stand, verb: str) -> None:
    clients = [stand.client("operator", f"op-{number}") for number in range(6)]

    def decide(number: int) -> int:
        chosen = verb if number % 2 else "approve"
        body = {"revision": 3, "reason": f"because {number}"}
        return clients[number].post(f"/api/recommendations/rec-1/{chosen}", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(decide, range(6))) == [201, 409, 409, 409, 409, 409]
    assert len(stand.archive.known(Command)) == 1
    assert len(audit_of(stand)) == 1
    assert len(stand.archive.revisions("rec-1")) == 2


def test_an_incident_is_handled(stand: Stand, operator: httpx.Client) -> None:
    taken = post(operator, "incidents/inc-1/acknowledge")
    assert (taken["action"], taken["target"], taken["incident"]) == ("incident.acknowledge", "inc-1", "inc-1")
    post(operator, "incidents/inc-1/note", reason="spoke to the guard")
    post(operator, "incidents/inc-1/note", reason="he has seen nobody")
    assert reason_of(post(operator, "incidents/inc-1/note", 400)) == "say why"
    assert reason_of(post(operator, "incidents/inc-1/close", 400, reason="")) == "say why"
    post(operator, "incidents/inc-1/close", reason="owner came back")
    stand.record(incident(revision=1, state="closed", closed=at(30)), seconds=30)
    assert "closed already" in reason_of(post(operator, "incidents/inc-1/acknowledge", 409))
    assert "closed already" in reason_of(post(operator, "incidents/inc-1/close", 409, reason="again"))
    assert post(operator, "incidents/inc-1/reopen")["action"] == "incident.reopen"
    actions = [action for _, action, _, _ in audit_of(stand)]
    assert actions == ["incident.acknowledge", "incident.note", "incident.note", "incident.close", "incident.reopen"]


def test_two_people_take_an_incident_on_only_once(stand: Stand, operator: httpx.Client) -> None:
    post(operator, "incidents/inc-1/acknowledge")
    answer = post(stand.client("operator", "bob"), "incidents/inc-1/acknowledge", 409)
    assert "somebody else" in reason_of(answer)
    assert [one.approved_by for one in stand.archive.known(Command)] == ["ana"]


def test_an_approval_is_undone_once_and_may_be_given_again(stand: Stand, operator: httpx.Client) -> None:
    first = post(operator, "recommendations/rec-1/approve", revision=3)
    answer = post(operator, f"commands/{first['id']}/undo", reason="wrong gate")
    assert (answer["action"], answer["target"], answer["state"]) == ("undo", "gate-1", "approved")
    assert answer["parameters"] == {"state": "closed", "command": first["id"]}
    assert "somebody else" in reason_of(post(operator, f"commands/{first['id']}/undo", 409))
    assert "only decisions on measures" in reason_of(post(operator, f"commands/{answer['id']}/undo", 409))
    again = post(operator, "recommendations/rec-1/approve", revision=5)
    assert again["id"] != first["id"]


def test_a_unit_is_called_back(stand: Stand, operator: httpx.Client) -> None:
    stand.record(command(action="unit.go", target="b2"))
    answer = post(operator, "commands/com-1/undo")
    assert (answer["action"], answer["target"], answer["parameters"]) == ("undo", "b2", {"command": "com-1"})


def test_a_rejection_is_undone(stand: Stand, operator: httpx.Client) -> None:
    rejected = post(operator, "recommendations/rec-1/reject", revision=3, reason="no")
    post(operator, f"commands/{rejected['id']}/undo")
    now = stand.archive.one(Recommendation, "rec-1")
    assert now is not None
    assert (now.state, now.revision) == ("proposed", 5)


@pytest.mark.parametrize(
    ("changes", "of_measure", "reason"),
    [
        ({"state": "failed"}, {}, "the command is failed"),
        ({"state": "expired"}, {}, "the command is expired"),
        ({"recommendation": ""}, {}, "only decisions on measures"),
        ({"recommendation": "rec-9"}, {}, "cannot be undone"),
        ({}, {"reversible": False}, "this measure cannot be undone"),
        ({"target": "gate-9"}, {}, "nothing in this city can undo 'device.set' for 'gate-9'"),
    ],
)
def test_what_cannot_be_undone_says_why(
    stand: Stand, operator: httpx.Client, changes: Answer, of_measure: Answer, reason: str
) -> None:
    stand.record(command(**changes), measure(revision=4, **of_measure))
    assert reason in reason_of(post(operator, "commands/com-1/undo", 409))
    assert audit_of(stand) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("recommendations/x/approve", {"revision": 0}),
        ("recommendations/x/reject", {"revision": 0, "reason": "r"}),
        ("recommendations/inc-1/approve", {"revision": 0}),
        ("incidents/x/note", {"reason": "r"}),
        ("commands/x/undo", {}),
    ],
)
def test_what_is_not_there_cannot_be_decided_on(operator: httpx.Client, path: str, body: Answer) -> None:
    assert reason_of(post(operator, path, 404, **body)).startswith("there is no")


DECISIONS = [
    ("recommendations/rec-1/approve", {"revision": 3}),
    ("recommendations/rec-1/reject", {"revision": 3, "reason": "r"}),
    ("incidents/inc-1/acknowledge", {}),
    ("incidents/inc-1/note", {"reason": "r"}),
    ("incidents/inc-1/close", {"reason": "r"}),
    ("incidents/inc-1/reopen", {}),
    ("commands/com-1/undo", {}),
]


@pytest.mark.parametrize("role", ["viewer", "dpo", "admin"])
@pytest.mark.parametrize(("path", "body"), DECISIONS)
def test_those_who_may_not_decide_do_not(stand: Stand, role: Role, path: str, body: Answer) -> None:
    answer = post(stand.client(role), path, 403, **body)
    assert reason_of(answer).startswith(f"the role {role} may not")
    assert stand.archive.known(Command) == []
    assert audit_of(stand) == []


def test_the_story_holds_everything_and_who_did_what(stand: Stand, operator: httpx.Client) -> None:
    stand.record(risk(), task(), incident(revision=1, state="acknowledged"), seconds=20)
    approved = post(operator, "recommendations/rec-1/approve", revision=3, reason="go")
    post(operator, "incidents/inc-1/note", reason="seen")
    story = msgspec.json.decode(operator.get("/api/incidents/inc-1").content, type=IncidentStory)
    assert [one.fact.revision for one in story.revisions] == [0, 1]
    assert [one.recorded for one in story.revisions] == [at(10), at(20)]
    assert (story.incident.state, [one.id for one in story.risks]) == ("acknowledged", ["risk-1"])
    assert [(one.id, one.state) for one in story.recommendations] == [("rec-1", "approved")]
    assert approved["id"] in [one.id for one in story.commands]
    assert [one.id for one in story.tasks] == ["task-1"]
    assert [(one.action, one.reason) for one in story.audit] == [
        ("recommendation.approve", "go"), ("incident.note", "seen"),
    ]  # fmt: skip
    then = msgspec.json.decode(operator.get("/api/incidents/inc-1", params={"at": at(10)}).content, type=IncidentStory)
    assert (then.incident.state, then.audit, then.commands) == ("open", [], [])
    assert [one.state for one in then.recommendations] == ["proposed"]
    assert operator.get("/api/incidents/inc-1", params={"at": at(9)}).status_code == 404
    assert operator.get("/api/incidents/rec-1").status_code == 404
