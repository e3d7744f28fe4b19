"""Write the exercise city as any other city: `city.toml`, `map.geojson` and `rules.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from s4.core.city import City
from s4.exercise.calibration import calibration, zone_outline
from s4.exercise.fixtures import CAMERAS, CONTROL_ROOM, DEVICES, SENSORS, UNITS, Device, Sensor
from s4.exercise.obey import VERBS
from s4.exercise.plan import FRAME, STADIUM, STATION, make_plan
from s4.exercise.rules import RULES
from s4.exercise.shapes import Point
from s4.exercise.survey import features
from s4.exercise.toml_text import table

LOG: Final = "eve.jsonl"
LOG_SOURCE: Final = "ids-1"
Row = dict[str, Any]

_SITES: Final = {
    "square": ("Plaza Mayor Nueva", (0.0, 0.0)),
    "stadium": ("Estadio de la Ribera", STADIUM),
    "station": ("Estación del Sur", (STATION[0], STATION[1] + 30)),
    "network": ("Camera network", CONTROL_ROOM),
}
_ASSETS: Final[tuple[tuple[str, str, str, Point, float, float, float], ...]] = (
    ("plaza", "Plaza Mayor Nueva", "square", (0.0, 0.0), 900, 0.8, 55),
    ("stage", "Festival stage", "square", (8.0, 24.0), 220, 0.6, 18),
    ("market", "Market stalls", "square", (-2.0, -27.0), 120, 0.4, 40),
    ("old-bridge", "Puente Viejo", "square", (-96.0, 228.0), 40, 0.5, 40),
    ("stadium-bowl", "Estadio de la Ribera", "stadium", STADIUM, 6500, 0.9, 100),
    ("station-hall", "Estación del Sur", "station", STATION, 450, 0.8, 60),
    ("camera-network", "Camera network", "network", CONTROL_ROOM, 4, 0.7, 20),
)
_ROLES: Final = {"ambulance-1": "ambulance"}


def write_city(folder: Path, seed: int, *, video_port: int, name: str = "Ribera Nueva") -> City:
    """Write the city of `seed` into `folder` and return it, checked. Its cameras are at `video_port` of this machine.

    What is there under these names is replaced. Costs about half a second.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = city_text(video_port, name)
    (folder / "city.toml").write_text(text, encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    (folder / "map.geojson").write_bytes(msgspec.json.encode(features(make_plan(seed))))
    (folder / LOG).touch()
    city = msgspec.convert(tomllib.loads(text), City)
    city.check()
    return city


def city_text(video_port: int, name: str) -> str:
    """The text of `city.toml`."""
    info = {
        "id": "ribera", "name": name, "place": place((0.0, 0.0)), "map": "map.geojson", "rules": "rules.toml",
        "stages": {"video": {"cameras": {c.id: calibration(c.optics, c.fps) for c in CAMERAS}}},
    }  # fmt: skip
    head = "# The exercise city, written by s4. Everything in it is invented.\n\n"
    blocks = [table("[city]", info)]
    for section, rows in (
        ("site", _sites()), ("asset", _assets()), ("zone", _zones()), ("source", _sources(video_port)),
        ("outlet", _outlets()), ("unit", _units()),
    ):  # fmt: skip
        blocks += [table(f"[[{section}]]", row) for row in rows]
    return head + "\n".join(blocks)


def place(at: Point, name: str = "") -> Row:
    """A point as a `Place` table, to 1 cm."""
    lat, lon = FRAME.to_degrees(*at)
    return {"lat": round(lat, 7), "lon": round(lon, 7)} | ({"name": name} if name else {})


def _sites() -> Iterator[Row]:
    for site, (name, at) in _SITES.items():
        yield {"id": site, "name": name, "place": place(at, name)}


def _assets() -> Iterator[Row]:
    for asset, name, site, at, people, value, radius in _ASSETS:
        cyber = {"cyber": 0.8, "physical": 0.3} if site == "network" else {"physical": 0.6, "cyber": 0.1}
        yield {
            "id": asset, "name": name, "site": site, "place": place(at), "people": float(people), "value": value,
            "radius_m": float(radius), "vulnerability": cyber, "prior": 0.0005,
        }  # fmt: skip


def _zones() -> Iterator[Row]:
    for camera in CAMERAS:
        if camera.zone is not None:
            name, area = camera.zone
            outline = zone_outline(camera.optics, area)
            yield {"id": f"zone-{camera.id}", "source": camera.id, "name": name, "outline": outline}


def _sources(video_port: int) -> Iterator[Row]:
    for camera in CAMERAS:
        options: Row = {"url": f"http://127.0.0.1:{video_port}/{camera.id}"}
        at = place(camera.optics.at[:2])
        yield {"id": camera.id, "site": camera.site, "door": "camera", "name": camera.name, "place": at,
               "fresh_s": 15.0, "options": options}  # fmt: skip
    for sensor in SENSORS:
        yield _device(sensor) | {"fresh_s": 6 * sensor.period_s} | _units_of(sensor)
    for unit in UNITS:
        yield _device(unit) | {"fresh_s": 20.0}
    log = {"path": LOG, "format": "eve", "from_start": True, "state": "eve.position.json"}
    yield {"id": LOG_SOURCE, "site": "network", "door": "log", "name": "Network sensor", "place": place(CONTROL_ROOM),
           "fresh_s": 60.0, "options": log}  # fmt: skip


def _device(one: Sensor | Device) -> Row:
    return {"id": one.id, "site": one.site, "door": "device", "name": one.name, "place": place(one.at)}


def _units_of(sensor: Sensor) -> Row:
    ranges = {"noise": {"noise": (20.0, 140.0)}, "strain": {"strain": (-2000.0, 2000.0)}}.get(sensor.kind)
    return {"options": {"ranges": ranges}} if ranges else {}


def _outlets() -> Iterator[Row]:
    for device in DEVICES:
        yield {"id": device.id, "site": device.site, "outlet": "mqtt", "actions": tuple(VERBS[device.kind]),
               "name": device.name, "place": place(device.at)}  # fmt: skip


def _units() -> Iterator[Row]:
    for unit in UNITS:
        yield {"id": unit.id, "revision": 0, "time": 0, "site": unit.site, "name": unit.name,
               "role": _ROLES.get(unit.id, "patrol"), "state": "free", "place": place(unit.at)}  # fmt: skip
