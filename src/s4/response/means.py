"""Who or what can carry a measure out here and now: the nearest able device, a free unit, or only the radio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from s4.core.city import City, Outlet
from s4.core.geo import distance_m
from s4.core.model import Incident, Place, Unit
from s4.response.measure import Measure

GO: Final = "unit.go"
TELL: Final = "unit.tell"
"""The action of a measure for which there is no device: a person passes it on by radio or telephone."""
BY_RADIO: Final = "no device: by radio"
SPEED_M_S: Final = {"patrol": 2.5, "technician": 4.0}
VEHICLE_M_S: Final = 8.0
"""Assumed when a unit has not said how fast it is: a brisk run on foot, streets by car."""


class Means(NamedTuple):
    """`action`, `target`, `name`: what the command will say, to whom, and what people call that; `minutes`: until
    a unit is there, rounded up (0 for a device); `reason`: in words; `coarse`: the same in steps that do not flicker.
    """

    action: str
    target: str
    name: str
    minutes: float
    reason: str
    coarse: str


def means_for(measure: Measure, incident: Incident, city: City, units: Mapping[str, Unit]) -> Means:
    """The best means there are for a measure at an incident."""
    found = _unit(measure, incident, city, units) if measure.by == "unit" else _device(measure, incident, city)
    return found or Means(TELL, "", "", 0.0, BY_RADIO, "radio")


def _unit(measure: Measure, incident: Incident, city: City, units: Mapping[str, Unit]) -> Means | None:
    free = [unit for unit in units.values() if unit.state == "free" and unit.role == measure.role]
    timed = sorted((_seconds(unit, incident.place), unit.id) for unit in free)
    if not timed:
        return None
    seconds, name = timed[0]
    unit = units[name]
    outlet = next((o for o in city.outlet if o.id == name and measure.action in o.actions), None)
    minutes = _minutes(seconds)
    words = f"{unit.name} is {minutes:.0f} min away"
    return Means(measure.action if outlet else GO, name, unit.name, minutes, words, f"{name} {_step(minutes)}")


def _device(measure: Measure, incident: Incident, city: City) -> Means | None:
    able = [o for o in city.outlet if measure.action in o.actions and o.site == incident.site]
    placed = sorted((_metres(o.place, incident.place), o.id) for o in able)
    if not placed or (placed[0][0] > measure.reach_m and measure.by == "device"):
        return None
    metres, name = placed[0]
    outlet = _named(able, name)
    far = f"{outlet.name or name} is {metres:.0f} m away" if metres >= 1 else f"{outlet.name or name} is there"
    return Means(measure.action, name, outlet.name or name, 0.0, far, name)


def _named(outlets: Iterable[Outlet], name: str) -> Outlet:
    return next(outlet for outlet in outlets if outlet.id == name)


def _metres(one: Place | None, other: Place | None) -> float:
    return 0.0 if one is None or other is None else distance_m(one.lat, one.lon, other.lat, other.lon)


def _seconds(unit: Unit, place: Place | None) -> float:
    """Until a unit is there; as it has no route, 1.3 times the straight way."""
    return 1.3 * _metres(unit.place, place) / SPEED_M_S.get(unit.role, VEHICLE_M_S)


def _minutes(seconds: float) -> float:
    return float(max(1, -(-int(seconds) // 60)))


def _step(minutes: float) -> int:
    """Minutes in coarse steps, so that a unit on the move does not make the text flicker.

    >>> [_step(m) for m in (1, 2, 4, 7, 40)]
    [2, 2, 5, 10, 60]
    """
    return next((step for step in (2, 5, 10, 20, 30, 60) if minutes <= step), 120)
