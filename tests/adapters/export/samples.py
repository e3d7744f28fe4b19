"""Words to export, and exports made as the composition root makes them."""

from pathlib import Path
from typing import Any

import msgspec

from s4.adapters.export.pipeline import Pipeline
from s4.core import registry
from s4.core.city import City, Info, Site
from s4.core.clock import RealClock
from s4.core.export import Export
from s4.core.model import Detection, Evidence, Observation, ObservationBatch, Place, Reading, Series
from s4.core.ports import Context

START = 1_777_658_400_000_000_000
S = 1_000_000_000
HERE = Place(43.26, -2.93)
TOWN = City(Info("town", "Town", HERE), (Site("square", "Square", HERE),))


def readings(count: int = 3, *, first: int = 0, source: str = "co2-1", site: str = "square") -> ObservationBatch:
    rows = [
        Reading(Series("temp-1", "air", "K") if i % 2 else Series(source, "co2", "[ppm]"), START + (first + i) * S,
                290.0 + first + i)
        for i in range(count)
    ]  # fmt: skip
    return ObservationBatch.of(site, START, rows)


def detection(name: str = "det-1", **more: Any) -> Detection:
    values: dict[str, Any] = {
        "kind": "door_forced", "time": START, "site": "square", "source": "door-1", "detector": "test/1",
        "happening": f"hap-{name}", "confidence": 0.9,
        "evidence": (Evidence("clip-1", "clip", "video/mp4", "00" * 32, START, START + S),),
    }  # fmt: skip
    return Detection(name, **(values | more))


def event(number: int, **body: Any) -> Observation:
    return Observation(f"obs-{number:06}", "door-1", "door.state", START + number, "square", START, body)


def export(**more: Any) -> Export:
    values: dict[str, Any] = {"id": "out", "target": "parquet", "words": ["observation", "detection"],
                              "options": {"path": "lake"}}  # fmt: skip
    made = msgspec.convert(values | more, Export)
    made.check("export[0]")
    return made


def pipeline(folder: Path, **more: Any) -> Pipeline:
    row = export(**more)
    context = Context(TOWN, RealClock(), {}, str(folder))
    return Pipeline(context, row, registry.load("s4.targets", row.target)(context, row))
