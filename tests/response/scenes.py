"""A small city with gates, loudspeakers and patrols, for the tests of response."""

from typing import Any

from s4.core.city import City, Info, Outlet, Site
from s4.core.clock import ManualClock
from s4.core.geo import LocalFrame
from s4.core.model import (
    Certainty,
    Command,
    Incident,
    Observation,
    Place,
    Recommendation,
    Risk,
    Severity,
    Unit,
    Urgency,
    kind_of,
)
from s4.core.ports import Context
from s4.response.follow import FollowCommands
from s4.response.measures import RankMeasures

S = 1_000_000_000
PLAZA = Place(43.2630, -2.9350)
FRAME = LocalFrame(PLAZA.lat, PLAZA.lon)


def at(east: float, north: float) -> Place:
    return Place(*FRAME.to_degrees(east, north))


def unit(name: str, place: Place, role: str = "patrol", **more: Any) -> Unit:
    return Unit(
        name, more.pop("revision", 0), 0, "centre", name.title(), role, more.pop("state", "free"), place, **more
    )


UNITS = (unit("b1", at(800, 0)), unit("b2", at(200, 0)), unit("a1", at(300, 0), "ambulance"))
CITY = City(
    Info("bilbao", "Bilbao", PLAZA),
    (Site("centre", "Old town", PLAZA), Site("north", "North bank", at(0, 3000))),
    outlet=(
        Outlet("gate-a", "centre", "mqtt", ("gate.close", "gate.open"), "Gate A", at(40, 0)),
        Outlet("gate-b", "centre", "mqtt", ("gate.close", "gate.open"), "Gate B", at(90, 0), {"device": "box-7"}),
        Outlet("pa-1", "centre", "mqtt", ("address.say",), "Loudspeakers", at(0, 0)),
        Outlet("b2", "centre", "mqtt", ("unit.go", "cordon.set"), "B2", at(0, 0)),
        Outlet("fw", "north", "webhook", ("network.block",), "Firewall"),
    ),
    unit=UNITS,
)


def ranker(**options: Any) -> RankMeasures:
    return RankMeasures(Context(CITY, ManualClock(), options))


def follower() -> FollowCommands:
    return FollowCommands(Context(CITY, ManualClock()))


def incident(kind: str = "unattended_object", revision: int = 0, **more: Any) -> Incident:
    probability = more.pop("probability", 0.6)
    return Incident(
        id=more.pop("id", "inc-1"), revision=revision, time=revision * S, opened=0, site=more.pop("site", "centre"),
        kind=kind, title=kind, nature=kind_of(kind).nature, state=more.pop("state", "open"),
        severity=more.pop("severity", Severity.SEVERE), urgency=Urgency.EXPECTED, certainty=Certainty.POSSIBLE,
        probability=probability, low=0.1, high=0.9, place=more.pop("place", at(0, 0)), **more,
    )  # fmt: skip


def risk(revision: int = 0, score: float = 0.4, people: float = 323.0, **more: Any) -> Risk:
    name, asset = more.pop("incident", "inc-1"), more.pop("asset", "plaza")
    return Risk(f"risk-{name}-{asset}", revision, 0, "centre", name, asset, score, 0, 1, 1.0, score, people, 0.0, 900.0)


def command(action: str, target: str, **more: Any) -> Command:
    values = {"id": f"com-{action}", "revision": 0, "time": 10 * S, "state": "approved", "incident": "inc-1", **more}
    return Command(site="centre", action=action, target=target, approved_by="ana", **values)


def answer(name: str, state: str, source: str, time: float = 20, **body: Any) -> Observation:
    content = {"command": name, "state": state, **body}
    return Observation(f"obs-{name}-{state}-{source}-{time}", source, "ack", int(time * S), "centre", 0, content)


def by_measure(told: list[Recommendation]) -> dict[str, Recommendation]:
    return {one.measure: one for one in told}
