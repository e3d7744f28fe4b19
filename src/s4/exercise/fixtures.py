"""What the city has put up: cameras, sensors, gates, signs, loudspeakers, patrols, and where people like to be."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from shapely.geometry import Polygon

from s4.exercise.crowd import Haunt
from s4.exercise.optics import Optics
from s4.exercise.plan import STADIUM, STADIUM_TURN
from s4.exercise.shapes import Point


def by_stadium(angle_deg: float, out_m: float = 0.0) -> Point:
    """The point `out_m` outside the stadium's wall at that angle, anticlockwise from its long axis."""
    a, t = math.radians(angle_deg), math.radians(STADIUM_TURN)
    x, y = (98 + out_m) * math.cos(a), (78 + out_m) * math.sin(a)
    return STADIUM[0] + x * math.cos(t) - y * math.sin(t), STADIUM[1] + x * math.sin(t) + y * math.cos(t)


SERVICE_DOOR: Final = by_stadium(125.0, 0.6)
YARD: Final = Polygon([by_stadium(a, m) for m, turn in ((0.4, 1), (10.5, -1)) for a in range(112, 139, 2)[::turn]])
"""The service yard of the stadium: closed to the public."""


class CameraFixture(NamedTuple):
    """A camera on a mast. `zone`: (name, ground area that nobody may enter), where it watches over one."""

    id: str
    site: str
    name: str
    optics: Optics
    fps: float
    zone: tuple[str, Polygon] | None = None


class Sensor(NamedTuple):
    """Something that speaks every `period_s` (0 = only when something happens), by `mqtt` or `http`."""

    id: str
    site: str
    kind: str
    name: str
    at: Point
    period_s: float
    via: str = "mqtt"


class Device(NamedTuple):
    """Something that obeys: a `gate`, `door`, `sign`, `address` (loudspeakers), `camera`, `switch` or `unit`."""

    id: str
    site: str
    kind: str
    name: str
    at: Point


def _camera(at: tuple[float, float, float], target: Point, view_deg: float) -> Optics:
    return Optics(at, 0.0, 0.0, view_deg).turned_to(target)


TRACKS: Final = Polygon([(-318, -289.5), (-205, -295), (-205, -288.5), (-318, -282.6)])
CAMERAS: Final = (
    CameraFixture("cam-01", "square", "Plaza, Lonja corner", _camera((47, -37, 7.5), (10, -6), 58), 5.0),
    CameraFixture("cam-02", "square", "Plaza, Vidrio corner", _camera((-47, 32, 8.0), (2, -6), 62), 5.0),
    CameraFixture("cam-03", "stadium", "Stadium, gate W", _camera((192, -80, 7.0), (214, -103), 66), 2.0),
    CameraFixture(
        "cam-04", "stadium", "Stadium, service yard", _camera((236, -36, 6.5), (266, -45), 60), 5.0,
        ("Service yard", YARD),
    ),
    CameraFixture("cam-05", "station", "Station square", _camera((-311, -234, 7.0), (-266, -219), 64), 2.0),
    CameraFixture(
        "cam-06", "station", "Station, tracks 1 and 2", _camera((-330, -272, 6.5), (-280, -284), 62), 2.0,
        ("Tracks", TRACKS),
    ),
)  # fmt: skip

_GATES: Final = {"gate-w": 180.0, "gate-n": 72.0, "gate-e": 0.0, "gate-s": 252.0}
_DOORS: Final = {"door-st-1": 125.0, "door-st-2": 40.0, "door-st-3": 215.0, "door-st-4": 305.0}
CONTROL_ROOM: Final = (-76.0, -92.0)

SENSORS: Final = (
    Sensor("noise-sq-1", "square", "noise", "Noise, stage", (8, 17), 2),
    Sensor("noise-sq-2", "square", "noise", "Noise, market", (0, -30), 2),
    Sensor("noise-sq-3", "square", "noise", "Noise, fountain", (-36, 6), 2),
    Sensor("noise-sq-4", "square", "noise", "Noise, Calle Mayor", (64, 11), 2),
    Sensor("people-sq-1", "square", "people", "People, stage front", (4, 12), 5),
    Sensor("people-sq-2", "square", "people", "People, market", (-4, -20), 5),
    Sensor("people-sq-3", "square", "people", "People, Calle Mayor", (58, 10), 5),
    Sensor("air-sq-1", "square", "air", "Air, square", (-44, -26), 10),
    Sensor("air-sq-2", "square", "air", "Air, Ronda", (-186, -20), 10, "http"),
    Sensor("weather-sq-1", "square", "weather", "Weather, Lonja roof", (70, 40), 10, "http"),
    Sensor("level-ria-1", "square", "level", "Water level, Puente Viejo", (-96, 205), 10, "http"),
    Sensor("citizens", "square", "citizens", "Citizens' reports", (0, 0), 0, "http"),
    *(Sensor(i, "stadium", "door", f"Service door {i[-1]}", by_stadium(a, 0.6), 0) for i, a in _DOORS.items()),
    *(Sensor(i, "stadium", "gate", f"Turnstiles {i[-1].upper()}", by_stadium(a, 5), 5) for i, a in _GATES.items()),
    *(Sensor(f"strain-st-{k + 1}", "stadium", "strain", f"Roof strain {k + 1}", by_stadium(45 + 90 * k, -14), 2)
      for k in range(4)),
    Sensor("noise-st-1", "stadium", "noise", "Noise, gate W", by_stadium(180, 14), 2),
    Sensor("noise-st-2", "stadium", "noise", "Noise, gate N", by_stadium(72, 14), 2),
    Sensor("people-st-1", "stadium", "people", "People, gate W", by_stadium(180, 12), 5),
    Sensor("noise-sn-1", "station", "noise", "Noise, station square", (-262, -214), 2),
    Sensor("people-sn-1", "station", "people", "People, station square", (-262, -219), 5),
    Sensor("people-sn-2", "station", "people", "People, Calle de la Estación", (-220, -168), 5),
    Sensor("air-sn-1", "station", "hall", "Air, station hall", (-250, -256), 10),
    Sensor("door-sn-1", "station", "door", "Depot door", (-316, -262), 0),
    Sensor("switch-core", "network", "switch", "Core switch", CONTROL_ROOM, 5, "http"),
    Sensor("rack-1", "network", "rack", "Server room", CONTROL_ROOM, 10),
    Sensor("door-rack-1", "network", "door", "Server room door", CONTROL_ROOM, 0),
)  # fmt: skip

UNITS: Final = (
    Device("patrol-b1", "square", "unit", "Patrol B1", (-70.0, 92.0)),
    Device("patrol-b2", "square", "unit", "Patrol B2", (118.0, -66.0)),
    Device("patrol-c1", "stadium", "unit", "Patrol C1", (196.0, -150.0)),
    Device("ambulance-1", "station", "unit", "Ambulance 1", (-180.0, -140.0)),
)
DEVICES: Final = (
    *(Device(i, "stadium", "door", f"Service door {i[-1]}", by_stadium(a, 0.6)) for i, a in _DOORS.items()),
    Device("switch-core", "network", "switch", "Core switch", CONTROL_ROOM),
    *(Device(i, "stadium", "gate", f"Gate {i[-1].upper()}", by_stadium(a, 2)) for i, a in _GATES.items()),
    Device("sign-sq-1", "square", "sign", "Sign board, Calle Mayor", (66, 14)),
    Device("sign-st-1", "stadium", "sign", "Sign board, Paseo del Estadio", (180, -104)),
    Device("sign-sn-1", "station", "sign", "Sign board, station", (-262, -200)),
    Device("pa-sq-1", "square", "address", "Loudspeakers, square", (0, 0)),
    Device("pa-st-1", "stadium", "address", "Loudspeakers, stadium", STADIUM),
    Device("pa-sn-1", "station", "address", "Loudspeakers, station", (-262, -240)),
    *(Device(c.id, c.site, "camera", c.name, c.optics.at[:2]) for c in CAMERAS),
    *UNITS,
)

HAUNTS: Final = (
    Haunt("square", "square", (-8.0, -3.0), 30.0, 25.0, 0.27),
    Haunt("stage", "square", (5.0, 11.0), 11.0, 100.0, 0.20),
    Haunt("market", "square", (-6.0, -20.0), 26.0, 16.0, 0.15),
    Haunt("mayor", "square", (96.0, 16.0), 14.0, 8.0, 0.07),
    Haunt("gate-w", "stadium", by_stadium(180, 9), 9.0, 110.0, 0.10, "gate-w"),
    Haunt("gate-s", "stadium", by_stadium(252, 9), 9.0, 110.0, 0.04, "gate-s"),
    Haunt("station", "station", (-262.0, -220.0), 22.0, 35.0, 0.13),
    Haunt("promenade", "square", (-20.0, 178.0), 40.0, 20.0, 0.04),
)
"""Where people are drawn to, and by how much."""
