"""A small city and facts about it. Times are seconds from `T0` wherever a plain number is given."""

from typing import Any

import msgspec

from s4.core.city import City
from s4.core.clock import NS_PER_S
from s4.core.model import Certainty, Command, Detection, Incident, Recommendation, Risk, Severity, Task, Unit, Urgency

T0 = 1_777_658_400 * NS_PER_S

CITY = msgspec.convert(
    {
        "city": {"id": "bilbao", "name": "Bilbao", "place": {"lat": 43.26, "lon": -2.93}},
        "site": [{"id": "square", "name": "Plaza Nueva", "place": {"lat": 43.2590, "lon": -2.9230}}],
        "asset": [{"id": "plaza", "name": "Plaza", "site": "square", "place": {"lat": 43.259, "lon": -2.923}}],
        "source": [
            {"id": "co2-1", "site": "square", "door": "device", "name": "CO2 by the arch", "fresh_s": 60},
            {"id": "cam-1", "site": "square", "door": "camera", "fresh_s": 5},
            {"id": "door-1", "site": "square", "door": "device", "fresh_s": 0},
            {"id": "lock-1", "site": "square", "door": "device", "fresh_s": 0, "profile": "lock"},
        ],
        "profile": [
            {
                "name": "lock",
                "maker": "Example",
                "model": "L-1",
                "resources": [{"name": "battery", "unit": "%"}],
                "battery": {"resource": "battery", "low": 20},
                "commands": [{"name": "lock.turn", "parameters": [{"name": "turns", "type": "int", "range": [1, 3]}]}],
            }
        ],
        "zone": [{"id": "stage", "source": "cam-1", "name": "Stage", "outline": [[0, 0], [1, 0], [1, 1]]}],
        "outlet": [
            {"id": "gate-1", "site": "square", "outlet": "mqtt", "actions": ["device.set", "undo"]},
            {"id": "lock-1", "site": "square", "outlet": "mqtt", "actions": ["lock.turn"]},
        ],
        "unit": [
            {"id": "b1", "revision": 0, "time": 0, "site": "square", "name": "B1", "role": "patrol", "state": "off"},
            {"id": "b2", "revision": 0, "time": 0, "site": "square", "name": "B2", "role": "patrol", "state": "free"},
        ],
    },
    City,
)


def at(seconds: float) -> int:
    return T0 + int(seconds * NS_PER_S)


def incident(name: str = "inc-1", revision: int = 0, seconds: float = 0, **changes: Any) -> Incident:
    plain = Incident(
        id=name, revision=revision, time=at(seconds), opened=at(0), site="square", kind="unattended_object",
        title="Left bag, Plaza Nueva", nature="physical", state="open", severity=Severity.SEVERE,
        urgency=Urgency.EXPECTED, certainty=Certainty.LIKELY, probability=0.6, low=0.4, high=0.8,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def detection(name: str = "det-1", seconds: float = 0, **changes: Any) -> Detection:
    plain = Detection(
        id=name, kind="unattended_object", time=at(seconds), site="square", source="cam-1", detector="test 1",
        happening="bag", confidence=0.8,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def risk(name: str = "risk-1", **changes: Any) -> Risk:
    plain = Risk(
        id=name, revision=0, time=at(0), site="square", incident="inc-1", asset="plaza", probability=0.3, low=0.1,
        high=0.5, consequence=0.6, score=0.18, people=300, distance_m=12.0, half_life_s=600,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def measure(name: str = "rec-1", revision: int = 0, **changes: Any) -> Recommendation:
    plain = Recommendation(
        id=name, revision=revision, time=at(0), site="square", incident="inc-1", measure="close_gate",
        title="Close gate 1", rank=1, benefit=0.5, cost=0.1, reasons=("keeps people away",), action="device.set",
        target="gate-1", parameters={"state": "closed"},
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def command(name: str = "com-1", revision: int = 0, **changes: Any) -> Command:
    plain = Command(
        id=name, revision=revision, time=at(0), site="square", action="device.set", target="gate-1",
        state="approved", approved_by="ana", incident="inc-1", recommendation="rec-1",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def task(name: str = "task-1", **changes: Any) -> Task:
    plain = Task(
        id=name, revision=0, time=at(0), site="square", unit="b2", title="Look", state="assigned", incident="inc-1"
    )
    return msgspec.structs.replace(plain, **changes)


def unit(name: str = "b2", revision: int = 1, **changes: Any) -> Unit:
    return msgspec.structs.replace(Unit(name, revision, at(0), "square", "B2", "patrol", "busy"), **changes)
