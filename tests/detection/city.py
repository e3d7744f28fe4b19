"""A small city for the stages of detection."""

from typing import Any

from s4.core.city import City, Info, Site, Source, Zone
from s4.core.clock import ManualClock
from s4.core.model import Place
from s4.core.ports import Context

PLACE = Place(43.2630, -2.9350, name="Square")
SITE = Site("square", "Square", PLACE)


def context_of(*sources: str, zones: tuple[Zone, ...] = (), **options: Any) -> Context:
    """What a stage is made with: a city of these sources and zones, and the stage's own options."""
    rows = tuple(Source(source, "square", "camera") for source in sources)
    return Context(City(Info("bilbao", "Bilbao", PLACE), (SITE,), zone=zones, source=rows), ManualClock(), options)
