"""A small real city for the page: doors that are forced over MQTT, air that is measured, gates that obey, a patrol."""

import asyncio
import contextlib
import json
import math
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s4.runtime.sockets import free_port
from tests.browser.voices import Voices
from tests.support.city import Town
from tests.support.mqtt import MqttClient

DOORS = 24
APART_DEG = 0.008  # 650 m: no two doors make one incident
LAT, LON = 43.26, -2.93
AIR_EVERY_S, AIR_FRESH_S = 0.5, 2
LINE_EVERY_S = 5

HEAD = f"""
[city]
id = "harbour"
name = "Harbour town"
place = {{ lat = {LAT}, lon = {LON} }}
map = "map.geojson"
rules = "rules.toml"
[city.stages.silence]
skip_doors = ["device"]

[[site]]
id = "quay"
name = "Quay"
place = {{ lat = {LAT}, lon = {LON} }}

[[source]]
id = "air-1"
site = "quay"
door = "device"
name = "Air at the quay"
fresh_s = {AIR_FRESH_S}
[source.options]
units = {{ co2 = "[ppm]" }}

[[source]]
id = "uplink-quay"
site = "quay"
door = "device"
name = "What the quay says of its line"
fresh_s = 0
[source.options]
units = {{ level = "1" }}

[[unit]]
id = "b1"
revision = 0
time = 0
site = "quay"
name = "Patrol B1"
role = "patrol"
state = "free"
place = {{ lat = {LAT + 0.002}, lon = {LON} }}
"""
DOOR = """
[[source]]
id = "door-{n}"
site = "quay"
door = "device"
name = "Warehouse door {n}"
fresh_s = 0
place = {{ lat = {lat}, lon = {lon}, name = "Warehouse {n}" }}

[[outlet]]
id = "gate-{n}"
site = "quay"
outlet = "mqtt"
actions = ["gate.close", "gate.close.undo"]
name = "Gate {n}"
place = {{ lat = {lat}, lon = {lon} }}
options = {{ device = "gates" }}

[[asset]]
id = "warehouse-{n}"
name = "Warehouse {n}"
site = "quay"
place = {{ lat = {lat}, lon = {lon} }}
people = 40
value = 0.8
vulnerability = {{ physical = 0.7 }}
"""
RULES = """
[[rule]]
id = "forced"
property = "door"
kind = "door_forced"
text = "Door forced"
match = { event = "forced" }
"""


def door_at(number: int) -> tuple[float, float]:
    """Latitude and longitude of a door: four beside each other, then the next row."""
    return LAT + APART_DEG * (number // 4), LON + APART_DEG * (number % 4 - 1.5)


def write_city(folder: Path) -> None:
    """The city's three files."""
    rows = [DOOR.format(n=n, lat=door_at(n)[0], lon=door_at(n)[1]) for n in range(DOORS)]
    (folder / "city.toml").write_text(HEAD + "".join(rows))
    (folder / "rules.toml").write_text(RULES)
    (folder / "map.geojson").write_text(json.dumps(city_map()))


def city_map() -> dict[str, Any]:
    """Water, a street and a warehouse at each door."""
    features = [
        _area("water", "Harbour", LAT - 0.01, LON, 0.006),
        _feature("road", "Quay Street", "LineString", [[LON - 0.02, LAT + 0.001], [LON + 0.02, LAT + 0.001]]),
    ]
    features += [_area("building", f"Warehouse {n}", *door_at(n), 0.0006, height_m=12.0) for n in range(DOORS)]
    return {"type": "FeatureCollection", "features": features}


def _area(layer: str, name: str, lat: float, lon: float, half: float, **more: float) -> dict[str, Any]:
    turns = [math.pi / 4 + math.pi / 2 * corner for corner in range(5)]
    ring = [[lon + half * 1.4 * math.cos(turn), lat + half * math.sin(turn)] for turn in turns]
    return _feature(layer, name, "Polygon", [ring], **more)


def _feature(layer: str, name: str, shape: str, coordinates: list[Any], **more: float) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"layer": layer, "name": name, **more}, "geometry": geometry}


@dataclass(kw_only=True)
class Devices(Voices):
    """The devices of the city, connected over MQTT from a thread of their own."""

    mute: bool = False
    away: bool = False
    refuse: str = ""
    obeyed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def force(self, number: int) -> None:
        """Force a door: published with QoS 1, back once it is acknowledged."""
        self.do(self.say(f"door-{number}", ("door", b'{"event":"forced"}')))

    async def work(self) -> list[Coroutine[Any, Any, None]]:
        """The air is measured, the gates obey, the quay says that its line is good."""
        air, gates, line = [await self.connect(name) for name in ("air-1", "gates", "uplink-quay")]
        await gates.subscribe("s4/out/gates/#", qos=0)
        talk = [self._breathe(air), self._obey(gates), self._report(line)]
        return [*talk, self.keep_alive(gates), self.keep_alive(line)]

    async def _breathe(self, air: MqttClient) -> None:
        with contextlib.closing(air.writer):
            while True:
                if not self.mute:
                    await air.publish("s4/in/air-1/co2", b"420.5")
                await asyncio.sleep(AIR_EVERY_S)

    async def _report(self, line: MqttClient) -> None:
        with contextlib.closing(line.writer):
            while True:
                if not self.away:
                    await line.publish("s4/in/uplink-quay/level", b"0")
                await asyncio.sleep(LINE_EVERY_S)

    async def _obey(self, gates: MqttClient) -> None:
        with contextlib.closing(gates.writer):
            while True:
                topic, payload = await gates.hear(patience_s=3600)
                order = json.loads(payload)
                self.obeyed.append((topic.rpartition("/")[2], order))
                state = {"state": "failed", "detail": self.refuse} if self.refuse else {"state": "done"}
                answer = json.dumps({"command": order["command"], **state}).encode()
                await self.say("gates", ("ack", answer))


def new_town(folder: Path) -> tuple[Town, Devices, dict[str, str]]:
    """The city, not yet started, its devices, not yet connected, and the secrets of its people."""
    write_city(folder)
    town = Town(folder, free_port(), free_port())
    secrets = town.let_in("air-1", "gates", "uplink-quay", *(f"door-{n}" for n in range(DOORS)))
    return town, Devices(port=town.mqtt_port, secrets=secrets), town.let_people_in(operator="operator")
