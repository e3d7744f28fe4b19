"""The devices' table and the decisions about them, over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from s4.core.devices import DeviceState, told
from s4.core.model import Command
from tests.picture.facts import T0, at
from tests.picture.stand import Stand


@pytest.fixture
def admin(stand: Stand) -> httpx.Client:
    return stand.client("admin", "ada")


def tell(stand: Stand, device: str, health: str, **more: Any) -> None:
    state = DeviceState(device, "square", health, T0, **more)  # type: ignore[arg-type]
    stand.devices.take(told(state, "square", stand.clock.now()))


def table(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/api/devices")
    assert answer.status_code == 200
    return {one["id"]: one for one in answer.json()}


def post(client: httpx.Client, path: str, status: int = 201, **body: object) -> dict[str, Any]:
    answer = client.post(f"/api/devices/{path}", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_device_is_in_the_table_with_how_it_is_doing(stand: Stand, operator: httpx.Client) -> None:
    tell(stand, "lock-1", "ok", battery=12.0, ahead_ms=-250.0, accepted=7, last_seen=at(5))
    tell(stand, "new-1", "held", via="gw", held=3, said={"open": "1"})
    found = table(operator)
    assert list(found) == ["co2-1", "door-1", "lock-1", "new-1"]
    lock, new = found["lock-1"], found["new-1"]
    assert (lock["profile"], lock["maker"], lock["commands"]) == ("lock", "Example", ["lock.turn"])
    assert (lock["battery"], lock["battery_low"], lock["ahead_ms"], lock["accepted"]) == (12.0, True, -250.0, 7)
    assert (new["health"], new["via"], new["said"]) == ("held", "gw", {"open": "1"})
    assert found["co2-1"]["detail"] == "nothing is known yet"


def test_a_later_state_holds_whichever_comes_last(stand: Stand, operator: httpx.Client) -> None:
    stand.clock.advance_to(at(9))
    tell(stand, "lock-1", "silent")
    stand.devices.take(told(DeviceState("lock-1", "square", "ok", T0), "square", at(3)))
    assert table(operator)["lock-1"]["health"] == "silent"


def test_one_device_has_a_page_and_an_unknown_one_has_none(stand: Stand, operator: httpx.Client) -> None:
    page = operator.get("/api/devices/lock-1").json()
    assert page["profile"]["commands"][0]["name"] == "lock.turn"
    assert operator.get("/api/devices/nobody").status_code == 404


def test_the_kinds_of_devices_can_be_asked_for(operator: httpx.Client) -> None:
    (lock,) = operator.get("/api/profiles").raise_for_status().json()
    assert (lock["name"], lock["maker"], lock["commands"][0]["name"]) == ("lock", "Example", "lock.turn")


def test_a_stranger_is_let_in_and_shut_out_by_name_with_an_audit_entry(stand: Stand, admin: httpx.Client) -> None:
    tell(stand, "new-1", "held", via="gw", held=3)
    made = post(admin, "new-1/approve", profile="lock", name="Side door", reason="Mounted")
    assert (made["action"], made["target"], made["approved_by"]) == ("device.approve", "new-1", "ada")
    assert made["parameters"] == {"profile": "lock", "name": "Side door", "via": "gw"}
    assert stand.services.register.standing("new-1") == "approved"
    assert table(admin)["new-1"]["name"] == "Side door"
    post(admin, "new-1/reject", 400, reason=" ")
    post(admin, "new-1/reject", reason="Stolen")
    assert stand.services.register.standing("new-1") == "rejected"
    said = [(one.actor, one.action, one.target, one.reason) for one in stand.archive.audit()]
    assert said == [("ada", "device.approve", "new-1", "Mounted"), ("ada", "device.reject", "new-1", "Stolen")]


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        ("co2-1/approve", {}, 409, "description knows it"), ("co2-1/reject", {"reason": "x"}, 409, "description"),
        ("new-1/approve", {"profile": "lamp"}, 400, "there is no profile 'lamp' (there are: lock)"),
        ("new-1/approve", {"site": "moon"}, 400, "there is no site 'moon'"), ("N.1/approve", {}, 400, "not the id"),
        ("nobody/maintain", {}, 404, "there is no device"), ("co2-1/resume", {}, 409, "nobody works on it"),
        ("new-1/approve", {"name": "x" * 101}, 400, "expected"), ("new-1/approve", {"colour": 1}, 400, "colour"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused(
    stand: Stand, admin: httpx.Client, path: str, body: dict[str, Any], status: int, reason: str
) -> None:
    tell(stand, "new-1", "held")
    assert reason in post(admin, path, status, **body)["error"]["reason"]
    assert stand.archive.audit() == []


def test_of_two_people_who_decide_at_once_one_is_told_so(stand: Stand) -> None:
    tell(stand, "new-1", "held")
    clients = [stand.client("admin", name) for name in ("ada", "bea")]

    def decide(client: httpx.Client) -> int:
        return client.post("/api/devices/new-1/approve", json={}).status_code

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(decide, clients))
    assert found in ([201, 409], [201, 201])
    assert len(stand.archive.audit()) == found.count(201)
    assert stand.services.register.standing("new-1") == "approved"


def test_work_begins_once_and_ends_once(stand: Stand, admin: httpx.Client, operator: httpx.Client) -> None:
    post(operator, "lock-1/maintain", 403)
    post(admin, "lock-1/maintain", reason="New battery")
    post(admin, "lock-1/maintain", 409)
    stand.clock.advance_to(at(60))
    post(admin, "lock-1/resume")
    post(admin, "lock-1/resume", 409)
    stand.clock.advance_to(at(90))
    post(admin, "lock-1/maintain")
    assert stand.services.register.maintained("lock-1") is not None


def test_an_order_is_what_the_profile_allows_and_is_given_once(stand: Stand, operator: httpx.Client) -> None:
    made = post(operator, "lock-1/command", action="lock.turn", parameters={"turns": 2}, key="k1", reason="Closing")
    assert (made["site"], made["expires"]) == ("square", stand.clock.now() + 60 * 10**9)
    assert stand.archive.known(Command)[0].parameters == {"turns": 2}
    post(operator, "lock-1/command", 409, action="lock.turn", parameters={"turns": 2}, key="k1")
    assert operator.get("/api/devices/lock-1").json()["commands"][0]["id"] == made["id"]
    for body, field in (
        ({"action": "lock.turn"}, "parameters.turns"), ({"action": "lock.open"}, "action"),
        ({"action": "lock.turn", "parameters": {"turns": 2.5}}, "parameters.turns"),
        ({"action": "lock.turn", "parameters": {"turns": 2, "x": 1}}, "parameters.x"),
    ):  # fmt: skip
        assert post(operator, "lock-1/command", 400, **body)["error"]["field"] == field
    post(operator, "co2-1/command", 400, action="lock.turn")
    post(stand.client("viewer", "vic"), "lock-1/command", 403, action="lock.turn", parameters={"turns": 1})


def test_who_was_let_in_can_be_told_what_its_profile_says(
    stand: Stand, admin: httpx.Client, operator: httpx.Client
) -> None:
    post(operator, "new-1/command", 400, action="lock.turn", parameters={"turns": 1})
    post(admin, "new-1/approve", profile="lock", reason="Mounted")
    assert table(admin)["new-1"]["commands"] == ["lock.turn"]
    made = post(operator, "new-1/command", action="lock.turn", parameters={"turns": 1})
    assert (made["target"], made["site"], made["state"]) == ("new-1", "square", "approved")
