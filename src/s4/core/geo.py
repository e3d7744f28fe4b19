"""Where: WGS 84 degrees, local metres (east, north), and uncertainty ellipses.

Local metres use the exact radii of curvature of the WGS 84 ellipsoid at the origin: within 10 km of it,
distances are right to better than 0.1 %, which is finer than any sensor here. East and north are positive.
Source: NIMA TR8350.2 (WGS 84).
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from s4.core.errors import InputError

SEMI_MAJOR_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257223563
_E2: Final = FLATTENING * (2 - FLATTENING)
_CHI2_95: Final = 5.991464547107979  # chi-square law, 2 degrees of freedom: 95 % lies below


class Ellipse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A 95 % uncertainty ellipse on the ground.

    `semi_major_m` ≥ `semi_minor_m` ≥ 0 in metres; `bearing_deg` of the major axis, clockwise from north, [0, 180).
    """

    semi_major_m: float
    semi_minor_m: float
    bearing_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.semi_minor_m <= self.semi_major_m < math.inf:
            raise ValueError("semi axes must be 0 ≤ minor ≤ major, finite")

    def covariance(self) -> tuple[float, float, float]:
        """(var_east, var_north, cov_east_north) in m² for a normal law (95 % of it lies inside)."""
        major, minor = self.semi_major_m**2 / _CHI2_95, self.semi_minor_m**2 / _CHI2_95
        sin, cos = math.sin(math.radians(self.bearing_deg)), math.cos(math.radians(self.bearing_deg))
        return major * sin**2 + minor * cos**2, major * cos**2 + minor * sin**2, (major - minor) * sin * cos

    @classmethod
    def of_covariance(cls, var_east: float, var_north: float, cov: float) -> Ellipse:
        """The 95 % ellipse of a covariance in m².

        >>> Ellipse.of_covariance(4.0, 1.0, 0.0).bearing_deg
        90.0
        """
        mean, spread = (var_east + var_north) / 2, math.hypot((var_east - var_north) / 2, cov)
        bearing = math.degrees(math.atan2(2 * cov, var_north - var_east)) / 2 % 180.0
        major, minor = (math.sqrt(_CHI2_95 * max(mean + sign * spread, 0.0)) for sign in (1, -1))
        return cls(major, minor, bearing)


class LocalFrame:
    """Metres east and north of an origin.

    >>> frame = LocalFrame(43.2630, -2.9350)
    >>> east, north = frame.to_metres(43.2639, -2.9350)
    >>> round(east, 3), round(north, 1)
    (0.0, 100.0)
    """

    def __init__(self, lat: float, lon: float) -> None:
        check_position(lat, lon)
        self.lat, self.lon = lat, lon
        slope = 1 - _E2 * math.sin(math.radians(lat)) ** 2
        meridian = SEMI_MAJOR_M * (1 - _E2) / slope**1.5
        normal = SEMI_MAJOR_M / math.sqrt(slope)
        self._north_per_deg = math.radians(meridian)
        self._east_per_deg = math.radians(normal) * math.cos(math.radians(lat))

    def to_metres(self, lat: float, lon: float) -> tuple[float, float]:
        """Degrees → (east_m, north_m); takes the short way over the date line."""
        return ((lon - self.lon + 180.0) % 360.0 - 180.0) * self._east_per_deg, (lat - self.lat) * self._north_per_deg

    def to_degrees(self, east: float, north: float) -> tuple[float, float]:
        """(east_m, north_m) → (lat, lon) in degrees."""
        lon = self.lon + east / self._east_per_deg
        return self.lat + north / self._north_per_deg, (lon + 180.0) % 360.0 - 180.0


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Ground distance in metres (haversine on the mean sphere, within 0.6 % of the ellipsoid).

    >>> round(distance_m(43.2630, -2.9350, 43.2639, -2.9350), -1)
    100.0
    """
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(min(h, 1.0)))


def check_position(lat: float, lon: float, *, field: str = "place") -> None:
    """Raise `InputError` unless lat is within ±90° and lon within ±180°, both finite."""
    if not -90.0 <= lat <= 90.0:
        raise InputError(f"latitude must be within ±90°, not {lat}", field=f"{field}.lat")
    if not -180.0 <= lon <= 180.0:
        raise InputError(f"longitude must be within ±180°, not {lon}", field=f"{field}.lon")
