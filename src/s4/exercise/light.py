"""Where the sun stands and how bright it is."""

from __future__ import annotations

import math
from typing import NamedTuple

from s4.core.clock import NS_PER_S
from s4.exercise.plan import FRAME

_DAY_S = 86_400.0


class Sun(NamedTuple):
    """`toward`: (east, north) by which the shadow of something 1 m high is cast; `gain`: brightness 0–1."""

    toward: tuple[float, float]
    gain: float
    azimuth_deg: float


def sun_at(when: int) -> Sun:
    """The sun over the city at `when` (ns UTC), to about a degree; lamps light the streets when it is down.

    >>> from s4.core.clock import parse_time
    >>> sun_at(parse_time("2026-06-21T12:12:00Z")).gain
    1.0

    Source: the usual low-precision formulas (declination by cosine, hour angle from mean solar time).
    """
    seconds = when / NS_PER_S
    day = seconds / _DAY_S % 365.2425
    declination = math.radians(-23.44 * math.cos(2 * math.pi * (day + 10) / 365.2425))
    hour = math.radians((seconds % _DAY_S) / 240.0 + FRAME.lon - 180.0)
    lat = math.radians(FRAME.lat)
    up = math.sin(lat) * math.sin(declination) + math.cos(lat) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    north = math.cos(lat) * math.sin(declination) - math.sin(lat) * math.cos(declination) * math.cos(hour)
    azimuth = math.atan2(east, north)
    height = max(math.asin(up), math.radians(20.0))  # longer shadows than these would only blur
    reach = 1.0 / math.tan(height)
    gain = min(1.0, max(0.5, 0.62 + 0.9 * up))
    return Sun((-math.sin(azimuth) * reach, -math.cos(azimuth) * reach), gain, math.degrees(azimuth) % 360.0)
