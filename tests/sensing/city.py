"""A small city for the tests of the sensing room."""

from pathlib import Path
from typing import Any

from s4.core.city import City, Info, Outlet, Site, Source
from s4.core.clock import Clock, ManualClock
from s4.core.model import Place
from s4.core.ports import Context

NOW = 1_777_658_400_000_000_000
"""2026-05-01T18:00:00Z"""
HERE = Place(43.2630, -2.9350)

THERMOMETER = Source(
    "thermo-1", "square", "device",
    options={"units": {"temperature": "Cel", "wind": "m/s"}, "ranges": {"temperature": [-40.0, 60.0]}},
)  # fmt: skip
GATE = Source("gate-1", "stadium", "device", fresh_s=0, options={"max_age_s": 60.0, "rate_per_s": 1e5})


def make_city(*sources: Source) -> City:
    city = City(
        city=Info("bilbao", "Bilbao", HERE),
        site=(Site("square", "Square", HERE), Site("stadium", "Stadium", HERE)),
        source=sources or (THERMOMETER, GATE),
        outlet=(
            Outlet("sign-1", "square", "mqtt", ("device.set",)),
            Outlet("sign-2", "stadium", "mqtt", ("device.set",), options={"device": "signs"}),
        ),
    )
    city.check()
    return city


def make_context(*sources: Source, clock: Clock | None = None, folder: Path | str = ".") -> Context:
    return Context(make_city(*sources), clock or ManualClock(NOW), {}, str(folder))


def make_source(door: str, **options: Any) -> Source:
    return Source(f"{door}-1", "square", door, options=options)
