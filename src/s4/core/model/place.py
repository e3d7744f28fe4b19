"""Place: a point or an area on the ground, with how sure we are of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.geo import Ellipse

Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A WGS 84 point, or an area around it.

    `lat`, `lon`: degrees; `alt_m`: metres above the ellipsoid; `ring`: the area's outline as (lon, lat) pairs,
    as in GeoJSON, first and last not repeated, empty for a point; `ellipse`: 95 % uncertainty of the point;
    `name`: what people call it; `frame`: always "WGS 84".
    """

    lat: Latitude
    lon: Longitude
    alt_m: float | None = None
    ring: tuple[tuple[Longitude, Latitude], ...] = ()
    ellipse: Ellipse | None = None
    name: str = ""
