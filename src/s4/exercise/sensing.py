"""What the sensors measure: the state of the town, plus each instrument's own noise."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from s4.core.clock import NS_PER_S
from s4.exercise.crowd import STEP_S
from s4.exercise.fixtures import SENSORS, UNITS, Sensor
from s4.exercise.plan import FRAME
from s4.exercise.town import Town

Reading = tuple[str, float, str]
Noise = np.random.Generator
POSITION_S: Final = 2.0


class Sensors:
    """All of them; each has its own stream of noise, so that one more or less changes no other."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._noise = {s.id: np.random.default_rng([town.seed, zlib.crc32(s.id.encode())]) for s in SENSORS}
        self._passed: dict[str, int] = dict.fromkeys(town.crowd.passed, 0)

    def speak(self) -> None:
        """Let every sensor that is due at this step say what it measures."""
        town = self._town
        for k, sensor in enumerate(SENSORS):
            if _due(town.steps, sensor.period_s, k):
                for name, value, unit in self.measure(sensor):
                    town.say(sensor.id, name, {"value": value, "unit": unit})
        for k, unit_ in enumerate(UNITS):
            if _due(town.steps, POSITION_S, k):
                self._position(unit_.id)

    def measure(self, sensor: Sensor) -> Iterator[Reading]:
        """(property, value, UCUM unit) of what a sensor measures now."""
        if sensor.kind == "gate":
            passed = self._town.crowd.passed.get(sensor.id, 0)
            yield "passages", float(passed - self._passed.get(sensor.id, 0)), "{count}"
            self._passed[sensor.id] = passed
        elif sensor.kind in _KINDS:
            for name, value, unit in _KINDS[sensor.kind](self._town, sensor, self._noise[sensor.id]):
                yield name, round(value, 2), unit

    def _position(self, unit: str) -> None:
        rover = self._town.rovers[unit]
        lat, lon = FRAME.to_degrees(*rover.at)
        state = "busy" if rover.goal else "free"
        place = {"lat": round(lat, 7), "lon": round(lon, 7)}
        body = {"place": place, "heading_deg": round(rover.heading_deg, 1), "speed_m_s": round(rover.speed_m_s, 2)}
        self._town.say(unit, "position", {**body, "state": state})


def _due(steps: int, period_s: float, offset: int) -> bool:
    every = round(period_s / STEP_S)
    return every > 0 and steps % every == offset % every


def _noise(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    voices = 10 * math.log10(1 + town.people_near(sensor.at, 30.0) / 4)
    level = 54.0 + voices + rng.normal(0, 0.9)
    extra = town.sites[sensor.site].extra_db
    if extra and sensor.site == "square":
        source = 106.0 + extra - 20 * math.log10(max(4.0, math.dist(sensor.at, (8.0, 27.0)))) + rng.normal(0, 1.2)
        level = 10 * math.log10(10 ** (level / 10) + 10 ** (source / 10))
    return [("noise", level, "dB[SPL]")]


def _people(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    seen = town.people_near(sensor.at, 13.0)
    return [("people", float(max(0, seen + round(rng.normal(0, 0.02 * seen + 0.2)))), "{count}")]


def _air(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    hour = _hour(town)
    fine = 11 + 3 * math.sin((hour - 7) / 24 * 2 * math.pi) + rng.normal(0, 0.8)
    nitrogen = 24 + 9 * math.sin((hour - 6) / 12 * 2 * math.pi) + rng.normal(0, 1.5)
    return [("pm25", max(0.0, fine), "ug/m3"), ("no2", max(0.0, nitrogen), "ug/m3")]


def _weather(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    warmth = 17 + 5 * math.sin((_hour(town) - 9) / 24 * 2 * math.pi) + rng.normal(0, 0.08)
    return [("temperature", warmth, "Cel"), ("wind", max(0.0, 2.4 + rng.normal(0, 0.5)), "m/s")]


def _level(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    return [("level", 2.1 + 0.9 * math.sin(_hour(town) / 12.42 * 2 * math.pi) + rng.normal(0, 0.01), "m")]


def _strain(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    warm = 14 * math.sin((_hour(town) - 9) / 24 * 2 * math.pi)
    inside = 0.05 * float(np.count_nonzero(town.crowd.hidden))
    return [("strain", 118 + warm + inside + rng.normal(0, 1.6), "um/m")]


def _hall(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    people = town.people_near(sensor.at, 45.0)
    return [("co2", 455 + 4.2 * people + rng.normal(0, 6), "[ppm]"), ("temperature", 20.5 + rng.normal(0, 0.05), "Cel")]


def _switch(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    return [("traffic", max(0.0, 31 + town.traffic_mbit_s + rng.normal(0, 1.4)), "Mbit/s")]


def _rack(town: Town, sensor: Sensor, rng: Noise) -> list[Reading]:
    return [("temperature", 24.2 + rng.normal(0, 0.06), "Cel")]


def _hour(town: Town) -> float:
    return town.now / NS_PER_S % 86_400 / 3600


_KINDS: Final[dict[str, Callable[[Town, Sensor, Noise], list[Reading]]]] = {
    "noise": _noise,
    "people": _people,
    "air": _air,
    "weather": _weather,
    "level": _level,
    "strain": _strain,
    "hall": _hall,
    "switch": _switch,
    "rack": _rack,
}
