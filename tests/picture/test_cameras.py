"""Cameras over HTTP: how each is doing, live pictures with an audited look, what people say of alarms, zones."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest

from s4.core.live import Look, LookMark
from s4.core.model import Command
from s4.core.model.command import JUDGE
from s4.picture.alarms import judgements
from s4.shield.roles import Role
from tests.picture.facts import at, command, detection
from tests.picture.stand import Stand

JPEG = b"\xff\xd8 a blurred picture \xff\xd9"
GATE = {"id": "gate", "source": "cam-1", "name": "Gate", "outline": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}


def look(second: float = 0.0) -> Look:
    return Look("cam-1", at(second), 4, 3, JPEG, (LookMark("track 1", (0.1, 0.2, 0.3, 0.4), "1", alarm=False),))


def parts(answer: httpx.Response) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The heads and pictures of a stream, read as its description says."""
    held = b""
    for chunk in answer.iter_raw():
        held += chunk
        while len(held) >= 4 and len(held) >= 8 + (head := int.from_bytes(held[:4], "big")):
            end = 8 + head + int.from_bytes(held[4 + head : 8 + head], "big")
            if len(held) < end:
                break
            yield json.loads(held[4 : 4 + head]), held[8 + head : end]
            held = held[end:]


@contextmanager
def showing(stand: Stand) -> Iterator[None]:
    """A camera that shows a picture whenever one is wanted."""
    stop = threading.Event()

    def show() -> None:
        while not stop.wait(0.02):
            if stand.board.wanted("cam-1"):
                stand.board.show(look())

    thread = threading.Thread(target=show)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def looks(stand: Stand) -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.target) for one in stand.archive.audit() if one.action == "camera.look"]


def camera(client: httpx.Client) -> dict[str, Any]:
    (one,) = client.get("/api/cameras").raise_for_status().json()
    return dict(one)


def test_a_live_picture_comes_and_the_look_is_written_down_first(stand: Stand, operator: httpx.Client) -> None:
    with showing(stand), operator.stream("GET", "/api/looks?cameras=cam-1&width=320&per_s=2") as answer:
        assert answer.status_code == 200
        head, jpeg = next(parts(answer))
        assert looks(stand) == [("ana", "camera.look", "cam-1")]
        wish = stand.board.wanted("cam-1")
    assert (head["camera"], head["time"], head["marks"][0]["text"], jpeg) == ("cam-1", at(0), "1", JPEG)
    assert wish is not None
    assert (wish.width, wish.per_s) == (320, 2.0)


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_those_who_may_not_see_evidence_see_no_live_picture(stand: Stand, role: Role) -> None:
    client = stand.client(role)
    assert client.get("/api/looks?cameras=cam-1").status_code == 403
    assert looks(stand) == []
    assert stand.board.wanted("cam-1") is None
    assert camera(client)["id"] == "cam-1"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("cameras=co2-1", 404), ("cameras=cam-1,nothing", 404), ("cameras=", 400), ("", 400), ("cameras=a&per_s=99", 400),
     ("cameras=" + ",".join(f"c{n}" for n in range(17)), 400)],
)  # fmt: skip
def test_only_cameras_and_a_few_at_once(stand: Stand, operator: httpx.Client, asked: str, status: int) -> None:
    assert operator.get(f"/api/looks?{asked}").status_code == status
    assert looks(stand) == []


def test_a_look_ends_when_the_person_is_signed_out(
    stand: Stand, operator: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s4.picture.looks.CHECK_S", 0.05)
    with showing(stand), operator.stream("GET", "/api/looks?cameras=cam-1") as answer:
        coming = parts(answer)
        next(coming)
        stand.services.sessions.end_all("ana")
        deadline = time.monotonic() + 10
        for _ in coming:
            assert time.monotonic() < deadline


def test_how_a_camera_is_doing_is_said_in_words(stand: Stand, operator: httpx.Client) -> None:
    assert (camera(operator)["state"], camera(operator)["why"]) == ("silent", "nobody watches it")
    stand.board.tell("cam-1", state="live", time=at(0), last_frame=at(0), people=3, shows=True, per_s=5.0)
    seen = camera(operator)
    assert (seen["state"], seen["people"], seen["shows"], seen["per_s"]) == ("fresh", 3, True, 5.0)
    stand.clock.advance_to(at(5))
    assert (camera(operator)["state"], camera(operator)["why"]) == ("late", "no picture for 5 s")
    stand.clock.advance_to(at(60))
    assert (camera(operator)["state"], camera(operator)["people"]) == ("silent", None)
    stand.board.tell("cam-1", state="ended", time=at(0))
    assert camera(operator)["state"] == "ended"
    stand.board.tell("cam-1", state="failed", time=at(60), detail="there is no such video")
    assert (camera(operator)["state"], camera(operator)["why"]) == ("failed", "there is no such video")


def test_a_camera_that_was_tampered_with_says_so_until_it_is_over(stand: Stand, operator: httpx.Client) -> None:
    stand.board.tell("cam-1", state="live", time=at(9), last_frame=at(9))
    covered = {"kind": "camera_tampered", "happening": "cover", "text": "covered"}
    stand.record(detection("det-1", 5, **covered), seconds=9)
    assert (camera(operator)["state"], camera(operator)["why"], camera(operator)["open"]) == ("tampered", "covered", 1)
    stand.record(detection("det-2", 8, phase="end", **covered))
    assert (camera(operator)["state"], camera(operator)["open"]) == ("fresh", 0)
    assert camera(operator)["last"]["title"] == "Camera tampered with"


def test_the_alarms_of_a_day_are_told_by_happening(stand: Stand, operator: httpx.Client) -> None:
    stand.record(
        detection("det-1", 5, confidence=0.5), detection("det-2", 8, phase="end", attributes={"bbox_px": (1.0, 2.0)}),
        detection("det-3", 9, happening="other", kind="person"), detection("det-4", 9, source="cam-9", happening="x"),
        seconds=10,
    )  # fmt: skip
    page = operator.get("/api/cameras/cam-1").json()
    (alarm,) = page["alarms"]
    assert (alarm["began"], alarm["last"], alarm["phase"], alarm["confidence"]) == (at(5), at(8), "end", 0.8)
    assert alarm["bbox_px"] == [1.0, 2.0]
    assert [(row["kind"], row["alarms"], row["false_share"]) for row in page["counts"]] == [
        ("unattended_object", 1, None), ("", 1, None)
    ]  # fmt: skip
    stand.clock.advance_to(at(86_400 + 9))
    assert operator.get("/api/cameras/cam-1").json()["alarms"] == []
    assert operator.get("/api/cameras/co2-1").status_code == 404


def test_an_alarm_is_called_false_with_its_cause_and_that_is_taken_back(stand: Stand, operator: httpx.Client) -> None:
    stand.record(detection("det-1", 5), detection("det-2", 6, happening="second"), seconds=10)
    said = operator.post(
        "/api/alarms/bag/judge", json={"verdict": "false_alarm", "cause": "shadow", "reason": "A tree"}
    )
    assert said.status_code == 201
    fact = stand.archive.one(Command, said.json()["id"])
    assert fact is not None
    assert (fact.action, fact.target, fact.approved_by, fact.time) == (JUDGE, "bag", "ana", at(10))
    page = operator.get("/api/cameras/cam-1").json()
    judged = {one["happening"]: one["judged"] for one in page["alarms"]}
    assert judged["second"] is None
    assert (judged["bag"]["verdict"], judged["bag"]["cause"], judged["bag"]["by"]) == ("false_alarm", "shadow", "ana")
    assert page["counts"][-1]["false_share"] == 1.0
    stand.clock.advance_to(at(11))
    assert operator.post("/api/alarms/bag/judge", json={"verdict": "withdrawn"}).status_code == 201
    page = operator.get("/api/cameras/cam-1").json()
    assert [one["judged"] for one in page["alarms"]] == [None, None]
    assert page["counts"][-1]["false_share"] is None
    entries = [(one.action, one.target, one.reason) for one in stand.archive.audit()]
    assert entries == [(JUDGE, "bag", "A tree"), (JUDGE, "bag", "withdrawn")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verdict": "maybe"}, 400),
        ({"verdict": "true_alarm", "cause": "shadow"}, 400),
        ({"verdict": "false_alarm", "cause": "me"}, 400),
    ],
)
def test_only_what_can_be_meant_is_taken(
    stand: Stand, operator: httpx.Client, body: dict[str, str], status: int
) -> None:
    stand.record(detection("det-1", 5), seconds=10)
    assert operator.post("/api/alarms/bag/judge", json=body).status_code == status
    assert operator.post("/api/alarms/unknown/judge", json={"verdict": "true_alarm"}).status_code == 404
    assert stand.client("viewer").post("/api/alarms/bag/judge", json={"verdict": "true_alarm"}).status_code == 403


def test_of_several_judgements_the_last_holds_in_whatever_order_they_come() -> None:
    said = [
        command(f"com-{n}", action=JUDGE, target="bag", time=at(n), approved_by=by, parameters={"verdict": verdict})
        for n, (by, verdict) in enumerate((("ana", "false_alarm"), ("bo", "withdrawn"), ("cy", "true_alarm")))
    ]
    assert judgements(said)["bag"].by == judgements(reversed(said))["bag"].by == "cy"
    assert judgements(said[:2]) == {}


def put(client: httpx.Client, zone: dict[str, Any], reason: str = "The stage is up") -> httpx.Response:
    return client.put(f"/api/zones/{zone['id']}", json={"zone": zone, "reason": reason})


def test_a_zone_is_drawn_changed_and_taken_away(stand: Stand) -> None:
    boss = stand.client("supervisor", "bea")
    assert put(boss, GATE).status_code == 201
    assert put(boss, {**GATE, "name": "North gate"}).status_code == 201
    assert [(one["id"], one["name"]) for one in boss.get("/api/zones").json()] == [
        ("stage", "Stage"), ("gate", "North gate")
    ]  # fmt: skip
    assert [one["id"] for one in camera(boss)["zones"]] == ["stage", "gate"]
    assert [one["id"] for one in boss.get("/api/picture").json()["zones"]] == ["stage", "gate"]
    for name in ("gate", "stage"):
        answer = boss.request("DELETE", f"/api/zones/{name}", json={"reason": "The stage is down"})
        assert answer.status_code == 201
    assert boss.get("/api/zones").json() == []
    assert boss.request("DELETE", "/api/zones/gate", json={"reason": "Again"}).status_code == 404
    assert [one.action for one in stand.archive.audit()] == ["zone.put", "zone.put", "zone.remove", "zone.remove"]
    assert {one.actor for one in stand.archive.audit()} == {"bea"}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"outline": [[0.1, 0.1], [0.9, 0.9]]}, "zone.outline"),
     ({"outline": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]}, "zone.outline"),
     ({"outline": [[0.1, 0.1], [1.9, 0.9], [0.9, 0.1]]}, "zone.outline"),
     ({"outline": [[0.1, 0.1], [0.1, 0.1], [0.9, 0.1]]}, "zone.outline"),
     ({"kind": "crowd"}, "zone.kind"), ({"hours": "25:00-26:00"}, "zone.hours"), ({"name": " "}, "zone.name")],
)  # fmt: skip
def test_a_zone_that_cannot_be_is_refused_with_the_reason(stand: Stand, change: dict[str, Any], field: str) -> None:
    answer = put(stand.client("supervisor"), {**GATE, **change})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert [zone.id for zone in stand.services.zones.zones()] == ["stage"]


def test_who_may_not_write_rules_draws_no_zone(stand: Stand, operator: httpx.Client) -> None:
    assert put(operator, GATE).status_code == 403
    boss = stand.client("supervisor")
    assert put(boss, GATE, reason=" ").status_code == 400
    assert put(boss, {**GATE, "source": "co2-1"}).status_code == 404
    assert boss.put("/api/zones/other", json={"zone": GATE, "reason": "why"}).status_code == 400


def test_a_line_may_have_two_points_and_cross_itself(stand: Stand) -> None:
    line = {**GATE, "kind": "line_crossing", "outline": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]}
    assert put(stand.client("supervisor"), line).status_code == 201
    assert msgspec.to_builtins(stand.services.zones.of("cam-1")[-1])["kind"] == "line_crossing"


def test_a_recording_is_run_again_by_who_may_and_that_is_written_down(stand: Stand, operator: httpx.Client) -> None:
    boss, body = stand.client("supervisor", "bea"), {"recording": "gone.avi", "settings": {"zone_dwell_s": 9}}
    offer = boss.get("/api/cameras/cam-1/replays").json()
    assert offer["recordings"] == []
    assert "zone_dwell_s" in [one["name"] for one in offer["settings"]]
    (stand.folder / "recordings" / "cam-1").mkdir(parents=True)
    (stand.folder / "recordings" / "cam-1" / "gone.avi").write_bytes(b"no video")
    assert operator.post("/api/cameras/cam-1/replays", json=body).status_code == 403
    assert boss.post("/api/cameras/cam-1/replays", json={**body, "settings": {}}).status_code == 400
    refused = boss.post("/api/cameras/cam-1/replays", json={**body, "settings": {"zone_dwell_s": -1}})
    assert (refused.status_code, "zone_dwell_s" in refused.json()["error"]["reason"]) == (400, True)
    begun = boss.post("/api/cameras/cam-1/replays", json=body)
    assert begun.status_code == 201
    ended = boss.request("DELETE", f"/api/replays/{begun.json()['id']}")
    assert (ended.status_code, ended.json()["state"] in {"cancelled", "failed"}) == (200, True)
    assert boss.get(f"/api/replays/{begun.json()['id']}").json() == ended.json()
    assert boss.get("/api/replays/unknown").status_code == 404
    (entry,) = stand.archive.audit()
    assert (entry.action, entry.target, entry.reason) == ("camera.replay", "cam-1", "gone.avi: zone_dwell_s = 9")
