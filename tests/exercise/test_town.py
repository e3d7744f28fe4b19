"""The town: the same seed gives the same words, the script happens when it should, commands have their effect."""

import json
import math

import msgspec
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S, parse_time
from s4.exercise import festival
from s4.exercise.crowd import STEP_S
from s4.exercise.festival import BAG, Festival
from s4.exercise.fixtures import CAMERAS, DEVICES, YARD
from s4.exercise.obey import hear
from s4.exercise.plan import FRAME
from s4.exercise.sensing import Sensors
from s4.exercise.town import Message, Town
from s4.exercise.walkways import EAST, NORTH, SOUTH, WEST, Walkways

START = parse_time("2026-05-01T16:30:00Z")


def town(seed: int = 7, people: int = 24) -> Town:
    made = Town.found(seed, START, people)
    Festival(seed).stage(made)
    return made


def live(made: Town, until_s: float) -> list[Message]:
    sensors = Sensors(made)
    while made.now_s < until_s - 1e-9:
        made.step()
        sensors.speak()
    return made.outbox


@pytest.fixture(scope="module")
def whole() -> Town:
    """Festival, to its end."""
    made = town()
    live(made, Festival.lasts_s)
    return made


def test_the_same_seed_says_the_same() -> None:
    first, second, other = (town(seed) for seed in (7, 7, 8))
    assert live(first, 50) == live(second, 50) != live(other, 50)
    assert first.truth == second.truth
    assert np.array_equal(first.crowd.at, second.crowd.at)


def test_the_truth_names_the_happenings_at_their_times(whole: Town) -> None:
    start = {line["kind"]: (line["start"] - START) / NS_PER_S for line in whole.truth}
    assert start == pytest.approx(
        {
            "unattended_object": festival.BAG_LEFT_S,
            "running": festival.CHILD_S,
            "citizen_report": festival.BAG_REPORT_S,
            "attended_object": festival.OWN_BAG_S,
            "zone_intrusion": festival.DOOR_S - 12,
            "door_forced": festival.DOOR_S,
            "loud_concert": festival.CONCERT_S,
            "network_scan": festival.SCAN_S,
        }
    )
    threats = {line["kind"] for line in whole.truth if line["threat"]}
    assert threats == {"unattended_object", "citizen_report", "zone_intrusion", "door_forced", "network_scan"}
    assert all(line["end"] >= line["start"] for line in whole.truth)


def test_what_is_said_matches_the_truth(whole: Town) -> None:
    truth = {line["kind"]: line for line in whole.truth}
    (door,) = [m for m in whole.outbox if m.property == "door"]
    assert (door.device, door.body["event"]) == ("door-st-1", "forced")
    assert parse_time(door.body["time"]) == truth["door_forced"]["start"]
    (report,) = [m for m in whole.outbox if m.property == "citizen.report"]
    assert parse_time(report.body["time"]) == truth["citizen_report"]["start"]
    east, north = FRAME.to_metres(report.body["place"]["lat"], report.body["place"]["lon"])
    assert math.dist((east, north), BAG) < 5


def test_the_scan_is_in_the_log_within_its_time(whole: Town) -> None:
    truth = next(line for line in whole.truth if line["kind"] == "network_scan")
    mine = [e for e in whole.log if e["src_ip"] == festival.INTRUDER_ADDRESS]
    assert len({e["dest_ip"] for e in mine if e["event_type"] == "flow"}) >= 20
    assert len([e for e in mine if e["event_type"] == "alert"]) == 4
    assert all(truth["start"] <= parse_time(e["timestamp"]) <= truth["end"] for e in mine)


def test_the_distractor_stays_below_the_alarm(whole: Town) -> None:
    loudest = max(m.body["value"] for m in whole.outbox if m.property == "noise")
    assert 88 < loudest < 100


def test_people_stay_out_of_walls_water_and_the_yard(whole: Town) -> None:
    clear, _ = whole.crowd.walkways.clearance(whole.crowd.at)
    assert (clear > 0).all()
    east, north, reach = YARD.centroid.x, YARD.centroid.y, 3.0
    assert whole.crowd.near((east, north), reach) == 0


def test_every_house_and_river_cell_is_closed(whole: Town) -> None:
    within = shapely.box(WEST + 2, SOUTH + 2, EAST - 2, NORTH - 2)
    points = [b.shape.representative_point() for b in whole.plan.buildings]
    assert len(points) > 150
    for point in filter(within.contains, points):
        assert whole.crowd.walkways.clearance(np.array([[point.x, point.y]]))[0][0] == 0


@given(st.floats(-80, 80), st.floats(-40, 30))
def test_a_way_round_the_houses_leads_there(east: float, north: float) -> None:
    walkways, goal = _walkways(), (-262.0, -220.0)
    here = np.array([[east, north]])
    if walkways.clearance(here)[0][0] < 2:
        return
    left = walkways.way_to(goal, here)[1][0]
    for _ in range(5):
        here = here + walkways.way_to(goal, here)[0] * 3.0
    after = walkways.way_to(goal, here)[1][0]
    assert math.dist(goal, (east, north)) <= left + 8
    assert after < left - 8


_MADE: list[Walkways] = []


def _walkways() -> Walkways:
    if not _MADE:
        _MADE.append(town().crowd.walkways)
    return _MADE[0]


def command(made: Town, device: str, action: str, **parameters: object) -> dict[str, object]:
    """Send a command, let the town live for 3 s, and return the device's answer."""
    made.outbox.clear()
    body = {"command": "cmd-9", "action": action, "parameters": parameters, "expires": 0}
    hear(made, device, f"s4/out/{device}/{action.replace('.', '_')}", json.dumps(body).encode())
    for _ in range(15):
        made.step()
    (answer,) = [m.body for m in made.outbox if m.property == "ack"]
    return answer


def test_a_closed_gate_lets_nobody_through() -> None:
    made = town(people=160)
    live(made, 60)
    before = made.crowd.passed["gate-w"]
    assert before > 0
    assert command(made, "gate-w", "gate.close")["state"] == "done"
    shut = made.crowd.passed["gate-w"]
    live(made, 120)
    assert made.crowd.passed["gate-w"] == shut
    assert command(made, "gate-w", "gate.open")["command"] == "cmd-9"
    live(made, 200)
    assert made.crowd.passed["gate-w"] > shut


def test_a_cordon_empties_its_circle() -> None:
    made = town(people=160)
    live(made, 20)
    at = (-6.0, -8.0)
    assert made.crowd.near(at, 14) > 5
    lat, lon = FRAME.to_degrees(*at)
    assert command(made, "patrol-b1", "cordon.set", lat=lat, lon=lon, radius_m=15.0)["detail"] == "cordon of 15 m"
    live(made, 80)
    assert made.crowd.near(at, 14) <= 1
    assert command(made, "patrol-b1", "cordon.set.undo", command="cmd-9")["state"] == "done"
    live(made, 140)
    assert made.crowd.near(at, 14) > 1


def test_a_blocked_sender_is_heard_no_more() -> None:
    made = town(people=12)
    live(made, festival.SCAN_S + 10)
    assert command(made, "switch-core", "network.block")["state"] == "done"
    made.log.clear()
    live(made, festival.SCAN_S + 40)
    assert not [e for e in made.log if e["event_type"] == "flow"]


def test_a_camera_turns_to_what_it_is_told() -> None:
    made = town(people=12)
    lat, lon = FRAME.to_degrees(*BAG)
    command(made, "cam-02", "camera.look", lat=lat, lon=lon)
    x, y, depth = made.optics["cam-02"].project(np.array([[*BAG, 0.0]]))[0]
    assert (x, y) == pytest.approx((320, 180), abs=2)
    assert depth > 0
    command(made, "cam-02", "camera.look.undo")
    assert made.optics["cam-02"] == CAMERAS[1].optics


def test_a_patrol_goes_where_it_is_sent() -> None:
    made = town(people=12)
    lat, lon = FRAME.to_degrees(*BAG)
    command(made, "patrol-b2", "unit.go", lat=lat, lon=lon)
    live(made, 70)
    assert math.dist(made.rovers["patrol-b2"].at, BAG) < 5


def test_people_leave_when_asked_to() -> None:
    made = town(people=160)
    live(made, 10)
    before = made.crowd.near((0, 0), 45)
    assert command(made, "pa-sq-1", "address.say", text="Please leave the square", leave=True)["state"] == "done"
    live(made, 130)
    assert made.crowd.near((0, 0), 45) < before / 3


@pytest.mark.parametrize(
    ("device", "payload", "reason"),
    [
        ("gate-w", b"{", "not a JSON object"),
        ("gate-w", b'{"command": "c", "action": "camera.look"}', "cannot camera.look"),
        ("cam-01", b'{"command": "c", "action": "camera.look", "parameters": {"lat": "x"}}', "needs lat and lon"),
        ("cam-01", b'{"command": "c", "action": "camera.look.undo", "parameters": [1]}', "is not an object"),
        ("patrol-b1", b'{"command": "c", "action": "cordon.set", "parameters": {"lat": 9, "lon": -2, "radius_m": 999}}',
         "1 to 500"),
        ("cam-01", b'{"command": "c", "action": "camera.look.undo", "expires": 5}', "too late"),
    ],
)  # fmt: skip
def test_a_bad_command_is_answered_with_its_reason(device: str, payload: bytes, reason: str) -> None:
    made = _idle()
    made.outbox.clear()
    hear(made, device, f"s4/out/{device}/x", payload)
    for _ in range(15):
        made.step()
    (answer,) = [m.body for m in made.outbox if m.property == "ack"]
    assert answer["state"] == "failed"
    assert reason in answer["detail"]


@given(st.sampled_from([d.id for d in DEVICES]), st.binary(max_size=80))
def test_no_payload_breaks_a_device(device: str, payload: bytes) -> None:
    made = _idle()
    hear(made, device, "s4/out/d/x", payload)
    made.step()


_TOWNS: list[Town] = []


def _idle() -> Town:
    if not _TOWNS:
        _TOWNS.append(town(people=12))
    return _TOWNS[0]


def test_time_is_counted_in_whole_steps() -> None:
    made = _idle()
    assert made.now == START + round(made.steps * STEP_S * NS_PER_S)
    assert msgspec.json.encode(made.truth) is not None
