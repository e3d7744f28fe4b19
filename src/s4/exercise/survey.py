"""The plan as GeoJSON, the city's own base map: `properties.layer` says what each feature is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import shapely
import shapely.geometry.polygon
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from s4.exercise.fixtures import TRACKS, YARD
from s4.exercise.plan import FRAME, STADIUM, STATION, Plan, pitch
from s4.exercise.shapes import parts

SHEET: Final = shapely.box(-600.0, -345.0, 600.0, 425.0)
"""The edge of the map, in metres: what runs on is cut there."""

_LABELS: Final = (
    ("Plaza Mayor Nueva", (2.0, -6.0)),
    ("Estadio de la Ribera", STADIUM),
    ("Estación del Sur", STATION),
    ("Parque de la Ribera", (-470.0, 100.0)),
    ("Ría Nueva", (60.0, 229.0)),
    ("Puente Viejo", (-97.0, 232.0)),
)
Feature = dict[str, Any]


def features(plan: Plan) -> Feature:
    """A FeatureCollection in WGS 84 (RFC 7946), from the ground up."""
    return {"type": "FeatureCollection", "features": list(_all(plan))}


def _all(plan: Plan) -> Iterator[Feature]:
    for area in plan.water:
        yield from _areas(area.shape, layer="water", name=area.name)
    for area in plan.greens:
        yield from _areas(area.shape, layer="green", name=area.name)
    for area in plan.squares:
        yield from _areas(area.shape.difference(pitch()), layer="square", name=area.name)
    for tree in plan.trees:
        yield from _areas(Point(tree.at).buffer(tree.radius_m, quad_segs=2), layer="green", kind="tree")
    yield from _built(plan)
    for name, outline in (("Service yard", YARD), ("Tracks", TRACKS)):
        yield from _areas(outline, layer="zone", name=name)
    for name, at in _LABELS:
        yield _feature({"type": "Point", "coordinates": _degrees(*at)}, layer="label", name=name)


def _built(plan: Plan) -> Iterator[Feature]:
    for road in plan.roads:
        yield from _lines(road.line, layer="road", name=road.name, kind=road.kind, width_m=road.width_m)
    for track in plan.rails:
        yield from _lines(track, layer="rail")
    for platform in plan.platforms:
        yield from _areas(platform, layer="square")
    for b in plan.buildings:
        yield from _areas(b.shape, layer="building", name=b.name, kind=b.style, height_m=b.height_m)


def _areas(shape: BaseGeometry, **properties: Any) -> Iterator[Feature]:
    for part in parts(shape.intersection(SHEET)):
        part_ = shapely.geometry.polygon.orient(part)
        rings = [[_degrees(*p) for p in ring.coords] for ring in (part_.exterior, *part_.interiors)]
        yield _feature({"type": "Polygon", "coordinates": rings}, **properties)


def _lines(line: LineString, **properties: Any) -> Iterator[Feature]:
    cut = line.intersection(SHEET)
    for part in getattr(cut, "geoms", [cut]):
        if isinstance(part, LineString) and not part.is_empty:
            yield _feature({"type": "LineString", "coordinates": [_degrees(*p) for p in part.coords]}, **properties)


def _feature(geometry: Feature, **properties: Any) -> Feature:
    kept = {k: v for k, v in properties.items() if v not in ("", None)}
    return {"type": "Feature", "properties": kept, "geometry": geometry}


def _degrees(east: float, north: float) -> tuple[float, float]:
    lat, lon = FRAME.to_degrees(east, north)
    return round(lon, 7), round(lat, 7)
