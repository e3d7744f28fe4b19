"""A small city and incidents in it, for the tests of risk."""

from typing import Any

from s4.core.city import City, Info, Site
from s4.core.clock import ManualClock
from s4.core.geo import LocalFrame
from s4.core.model import Asset, Certainty, Incident, Place, Risk, Severity, Urgency, kind_of
from s4.core.ports import Context
from s4.risk.assets import AssetRisk

S = 1_000_000_000
PLAZA = Place(43.2630, -2.9350)
FRAME = LocalFrame(PLAZA.lat, PLAZA.lon)


def at(east: float, north: float) -> Place:
    return Place(*FRAME.to_degrees(east, north))


SQUARE = Asset("plaza", "Plaza Nueva", "centre", PLAZA, people=400, value=0.6, radius_m=60)
STATION = Asset("station", "Station", "centre", at(200, 0), people=900, vulnerability={"physical": 0.8}, prior=0.002)
NETWORK = Asset("network", "Camera network", "north", at(0, 5000), value=0.8, vulnerability={"cyber": 0.7})
CITY = City(
    Info("bilbao", "Bilbao", PLAZA),
    (Site("centre", "Old town", PLAZA), Site("north", "North bank", at(0, 5000))),
    asset=(SQUARE, STATION, NETWORK),
)


def stage() -> AssetRisk:
    return AssetRisk(Context(CITY, ManualClock()))


def incident(kind: str = "unattended_object", time: float = 0, revision: int = 0, **more: Any) -> Incident:
    probability = more.pop("probability", 0.4)
    severity = more.pop("severity", Severity.SEVERE)
    return Incident(
        id=more.pop("id", "inc-1"), revision=revision, time=int(time * S), opened=0, site=more.pop("site", "centre"),
        kind=kind, title=kind, nature=kind_of(kind).nature, state=more.pop("state", "open"), severity=severity,
        urgency=Urgency.EXPECTED, certainty=Certainty.POSSIBLE, probability=probability, low=probability / 2,
        high=min(1.0, probability * 1.5), place=more.pop("place", at(0, 0)), **more,
    )  # fmt: skip


def by_asset(risks: list[Risk]) -> dict[str, Risk]:
    return {risk.asset: risk for risk in risks}
