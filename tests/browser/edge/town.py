"""A small real city at the edge: devices of every health, one that nobody knows, a gate that obeys, rules in SQL, a
camera in front of which somebody walks by again and again.
"""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s4.runtime.sockets import free_port
from tests.browser.voices import Voices
from tests.detection.video.render import Moment, frames, walk
from tests.support.city import Town
from tests.support.clips import write_clip
from tests.support.mqtt import MqttClient

LAT, LON = 43.26, -2.93
ROLES = ("operator", "supervisor", "admin")
"""Somebody of that name is in that role."""
EVERY_S = 0.5
MANY = 120
"""Door contacts that say nothing: enough for the table to draw only the rows in view."""

AIR = """
name: air
maker: Example Instruments
model: AQ-20
label: Air, with a battery
resources:
  - { name: co2, unit: "[ppm]", range: [0, 5000], period_s: 1, label: Carbon dioxide }
  - { name: temperature, unit: Cel, range: [-40, 85], label: Temperature }
  - { name: battery, unit: "%", range: [0, 100], label: Battery }
battery: { resource: battery, low: 20 }
"""
CONTACT = """
name: contact
label: Door contact
resources: [{ name: open, type: bool, label: Open }]
"""
GATE = """
name: gate
maker: Example Access
label: Gate with a motor
resources: [{ name: position, unit: "%", range: [0, 100], label: Position }]
commands:
  - name: gate.close
    label: Close the gate
    ack_s: 2
    parameters:
      - { name: speed, unit: m/s, range: [0.05, 0.5], label: Speed }
      - { name: mode, type: string, choices: [normal, emergency], required: false, label: Mode }
"""
HEAD = f"""
[city]
id = "harbour"
name = "Harbour town"
place = {{ lat = {LAT}, lon = {LON} }}
map = "map.geojson"
rules = "rules.toml"
profiles = "profiles"

[city.stages.video]
behaviours = ["zone_intrusion"]
evidence = {{ before_s = 1, after_s = 1, fps = 5 }}

[[site]]
id = "quay"
name = "Quay"
place = {{ lat = {LAT}, lon = {LON} }}

[[source]]
id = "cam-quay"
site = "quay"
door = "camera"
name = "Quay, east"
options = {{ url = "quay.avi", loop = true }}

[[source]]
id = "cam-gone"
site = "quay"
door = "camera"
name = "Quay, west"
options = {{ url = "gone.avi" }}

[[zone]]
id = "edge"
source = "cam-quay"
name = "Quay edge"
outline = [[0.3, 0.4], [0.9, 0.4], [0.9, 1.0], [0.3, 1.0]]
"""
SOURCE = """
[[source]]
id = "{id}"
site = "quay"
name = "{name}"
profile = "profiles/{profile}.yaml"
place = {{ lat = {lat}, lon = {lon} }}
"""
RULES = """
[[query]]
id = "stuffy"
text = "The air in the halls is bad"
sql = '''SELECT source, avg(value) AS co2 FROM readings
WHERE property = "co2" GROUP BY source, TUMBLINGWINDOW(ss, 2) HAVING avg(value) > 4000'''
[query.detection]
kind = "threshold_exceeded"
text = "Stuffy air: {co2} ppm"
"""


def passing(second: float) -> Moment:
    """Somebody crosses the picture."""
    return Moment(walk(second, 0.6, 5.4, (-20.0, 340.0), 200.0))


def write_city(folder: Path) -> None:
    """The city's files."""
    film = write_clip(
        folder / "quay.avi", (frame.image for frame in frames(passing, 6.0, fps=5.0)), rate=5, codec="mjpeg"
    )
    kept = folder / "data" / "recordings" / "cam-quay"
    kept.mkdir(parents=True)
    (kept / "saturday.avi").write_bytes(film.read_bytes())
    rows = [HEAD]
    named = [("air-1", "Air in hall 1", "air"), ("air-2", "Air in hall 2", "air"), ("air-3", "Air in hall 3", "air"),
             ("gate-1", "North gate", "gate")]  # fmt: skip
    named += [(f"contact-{n}", f"Door {n}", "contact") for n in range(MANY)]
    for n, (name, words, profile) in enumerate(named):
        lat, lon = LAT + 0.0011 * (n // 12), LON + 0.0016 * (n % 12 - 6)
        rows.append(SOURCE.format(id=name, name=words, profile=profile, lat=lat, lon=lon))
    (folder / "city.toml").write_text("".join(rows))
    (folder / "rules.toml").write_text(RULES)
    (folder / "profiles").mkdir()
    for name, text in (("air", AIR), ("gate", GATE), ("contact", CONTACT)):
        (folder / "profiles" / f"{name}.yaml").write_text(text)
    (folder / "map.geojson").write_text(json.dumps(city_map()))


def city_map() -> dict[str, Any]:
    """A street beside the water."""
    street = {"type": "LineString", "coordinates": [[LON - 0.02, LAT - 0.001], [LON + 0.02, LAT - 0.001]]}
    corners = ((-0.02, -0.006), (0.02, -0.006), (0.02, -0.002), (-0.02, -0.002), (-0.02, -0.006))
    ring = [[LON + east, LAT + north] for east, north in corners]
    shapes = [("road", "Quay Street", street), ("water", "Harbour", {"type": "Polygon", "coordinates": [ring]})]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"layer": layer, "name": name}, "geometry": shape}
            for layer, name, shape in shapes
        ],
    }


@dataclass(kw_only=True)
class EdgeDevices(Voices):
    """Two sensors that breathe, one of which lies, a gate, and a stranger; over MQTT, from a thread of their own."""

    level: float = 600.0
    obeyed: list[dict[str, Any]] = field(default_factory=list)

    def appear(self, name: str) -> None:
        """A device that nobody has described speaks."""
        self.do(self.say(name, ("open", b"true"), ("battery", b"87")))

    async def work(self) -> list[Coroutine[Any, Any, None]]:
        """Two breathe, one of them lies, one obeys."""
        clients = {name: await self.connect(name) for name in ("air-1", "air-2", "gate-1")}
        await clients["gate-1"].subscribe("s4/out/gate-1/#", qos=0)
        gate = clients["gate-1"]
        return [
            self._breathe(clients["air-1"], "air-1"), self._lie(clients["air-2"]), self._obey(gate),
            self.keep_alive(gate),
        ]  # fmt: skip

    async def _breathe(self, client: MqttClient, name: str) -> None:
        with contextlib.closing(client.writer):
            while True:
                wave = 40 * math.sin(time.monotonic() / 7)
                await client.publish(f"s4/in/{name}/co2", f"{self.level + wave:.1f}".encode())
                await client.publish(f"s4/in/{name}/temperature", f"{21 + wave / 40:.2f}".encode())
                await client.publish(f"s4/in/{name}/battery", b"14")
                await asyncio.sleep(EVERY_S)

    async def _lie(self, client: MqttClient) -> None:
        with contextlib.closing(client.writer):
            while True:
                await client.publish("s4/in/air-2/co2", b"99999")
                await asyncio.sleep(EVERY_S)

    async def _obey(self, client: MqttClient) -> None:
        with contextlib.closing(client.writer):
            await client.publish("s4/in/gate-1/position", b"100")
            while True:
                _, payload = await client.hear(patience_s=3600)
                order = json.loads(payload)
                self.obeyed.append(order)
                done = json.dumps({"command": order["command"], "state": "done"}).encode()
                await self.say("gate-1", ("ack", done), ("position", b"0"))


def new_edge_town(folder: Path) -> tuple[Town, EdgeDevices, dict[str, str]]:
    """The city, not yet started, its devices, not yet connected, and the secrets of its people."""
    write_city(folder)
    town = Town(folder, free_port(), free_port())
    secrets = town.let_in("air-1", "air-2", "gate-1", "stranger-1", "stranger-2", "stranger-3")
    people = town.let_people_in(watcher="admin", **{role: role for role in ROLES})
    return town, EdgeDevices(port=town.mqtt_port, secrets=secrets), people
