"""A small city and detections in it, for the tests of fusion."""

from typing import Any

from s4.core.city import City, Info, Site, Source
from s4.core.clock import ManualClock
from s4.core.geo import LocalFrame
from s4.core.model import Asset, Detection, Incident, Place
from s4.core.ports import Context
from s4.fusion.associate import Associate

S = 1_000_000_000
PLAZA = Place(43.2630, -2.9350)
FRAME = LocalFrame(PLAZA.lat, PLAZA.lon)


def at(east: float, north: float) -> Place:
    return Place(*FRAME.to_degrees(east, north))


SOURCES = ("cam-1", "cam-2", "mic-1", "ids")
CITY = City(
    Info("bilbao", "Bilbao", PLAZA),
    (Site("centre", "Old town", PLAZA), Site("north", "North bank", at(0, 3000))),
    asset=(Asset("plaza", "Plaza Nueva", "centre", PLAZA, people=500, radius_m=60),),
    source=tuple(Source(name, "centre", "device", place=at(i * 30.0, 0)) for i, name in enumerate(SOURCES)),
)


def stage(**options: Any) -> Associate:
    return Associate(Context(CITY, ManualClock(), options))


def seen(kind: str, time: float, source: str = "cam-1", place: Place | None = None, **more: Any) -> Detection:
    happening = more.pop("happening", f"{kind}-{time}")
    phase, site = more.pop("phase", "start"), more.pop("site", "centre")
    name = f"det-{kind}-{time}-{source}-{happening}-{phase}"
    confidence = more.pop("confidence", 0.9)
    return Detection(name, kind, int(time * S), site, source, "test/1", happening, confidence, phase, place, **more)


def last_of(revised: list[Incident]) -> dict[str, Incident]:
    """The last revision of each incident."""
    return {incident.id: incident for incident in revised}
