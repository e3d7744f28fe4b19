"""Where something is, as a normal law on the ground, and how far two such laws lie apart."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from s4.core.geo import Ellipse, LocalFrame
from s4.core.model import Place

POINT_M: Final = 3.0
SOURCE_M: Final = 25.0
SITE_M: Final = 80.0
"""One standard deviation, metres, of a place stated without an ellipse, of "near that source", of "on that site"."""
GATE: Final = 9.21
"""Squared statistical distance beyond which two statements are not about one spot: 99 % of the chi-square law with two
degrees of freedom lies below."""


class Spot(msgspec.Struct, frozen=True):
    """A point (WGS 84) and the covariance of its error in m²: east, north, and between them."""

    lat: float
    lon: float
    east: float
    north: float
    both: float = 0.0

    @classmethod
    def of_place(cls, place: Place, unsure_m: float) -> Spot:
        """A place; without an ellipse of its own it is `unsure_m` (one standard deviation) in every direction."""
        if place.ellipse is None:
            return cls(place.lat, place.lon, unsure_m**2, unsure_m**2)
        east, north, both = place.ellipse.covariance()
        return cls(place.lat, place.lon, east + 0.01, north + 0.01, both)

    def place(self, name: str = "") -> Place:
        """The same as a `Place` with its 95 % ellipse."""
        return Place(self.lat, self.lon, ellipse=Ellipse.of_covariance(self.east, self.north, self.both), name=name)


def separation(one: Spot, other: Spot, spread_m: float) -> tuple[float, float]:
    """(squared statistical distance, natural log of the determinant of its covariance in m⁴).

    d² = Δᵀ (Σ₁ + Σ₂ + spread² I)⁻¹ Δ, with Δ in metres east and north.

    >>> a, b = Spot(43.0, -3.0, 100.0, 100.0), Spot(43.0009, -3.0, 100.0, 100.0)
    >>> round(separation(a, b, 10.0)[0], 1)
    33.3
    """
    x, y = LocalFrame(one.lat, one.lon).to_metres(other.lat, other.lon)
    east, north = one.east + other.east + spread_m**2, one.north + other.north + spread_m**2
    both = one.both + other.both
    determinant = east * north - both**2
    return (north * x * x - 2 * both * x * y + east * y * y) / determinant, math.log(determinant)


def merged(one: Spot, other: Spot, floor_m: float = 2.0) -> Spot:
    """The best estimate from both (inverse-covariance weights), never surer than `floor_m`, so that it can move."""
    frame = LocalFrame(one.lat, one.lon)
    x, y = frame.to_metres(other.lat, other.lon)
    a, b = _inverse(one), _inverse(other)
    east, north, both = a[0] + b[0], a[1] + b[1], a[2] + b[2]
    determinant = east * north - both**2
    u, v = b[0] * x + b[2] * y, b[2] * x + b[1] * y
    lat, lon = frame.to_degrees((north * u - both * v) / determinant, (east * v - both * u) / determinant)
    floor = floor_m**2
    return Spot(lat, lon, max(north / determinant, floor), max(east / determinant, floor), -both / determinant)


def _inverse(spot: Spot) -> tuple[float, float, float]:
    determinant = spot.east * spot.north - spot.both**2
    return spot.north / determinant, spot.east / determinant, -spot.both / determinant
