"""The plan of the exercise city, Ribera Nueva: river, streets, square, stadium, station, park and its houses.

The bones (where the river runs, where the square lies) are drawn; the flesh (parcels, heights, trees) grows from
the seed. Everything is in metres east and north of the middle of the square; `FRAME` turns it into degrees. The quarter
is invented: nothing of the kind stands at these coordinates.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from s4.core.geo import LocalFrame
from s4.exercise.blocks import Building, build_blocks
from s4.exercise.shapes import Point, box, parts, ring, side, smooth

FRAME: Final = LocalFrame(43.2846, -2.9873)

RIVER: Final = ((-760, 205), (-560, 262), (-330, 262), (-110, 226), (110, 232), (330, 290), (560, 372), (760, 395))
RIVER_WIDTH: Final = 64.0
PLAZA: Final = Polygon([(-58, -34), (50, -42), (60, 28), (-8, 44), (-52, 36)])
STADIUM: Final = (308.0, -120.0)
STADIUM_TURN: Final = -14.0
STATION: Final = (-262.0, -256.0)
STATION_TURN: Final = -3.0
STAGE: Final = box((8.0, 27.0), (22.0, 11.0), -13.0)
FOUNTAIN: Final = (-30.0, 2.0)
STALLS: Final = tuple((-36.0 + 11.5 * i, -25.5 - 0.7 * i) for i in range(7))
RAIL: Final = ((-780, -300), (-480, -276), (-262, -284), (-60, -300), (160, -330), (380, -372), (640, -440))


class Road(NamedTuple):
    """A street by its middle line; `kind`: `avenue`, `street`, `lane` (people only) or `bridge`."""

    name: str
    line: LineString
    width_m: float
    kind: str


class Area(NamedTuple):
    """A named area: a green, a square, water."""

    name: str
    shape: Polygon


class Tree(NamedTuple):
    """A tree: where it stands, how wide and how high it is, in metres."""

    at: Point
    radius_m: float
    height_m: float


class Plan(NamedTuple):
    """The whole city, ready to be drawn, walked and looked at."""

    seed: int
    water: tuple[Area, ...]
    roads: tuple[Road, ...]
    squares: tuple[Area, ...]
    greens: tuple[Area, ...]
    rails: tuple[LineString, ...]
    platforms: tuple[Polygon, ...]
    buildings: tuple[Building, ...]
    trees: tuple[Tree, ...]


def make_plan(seed: int) -> Plan:
    """The city of that seed; the same seed gives the same city. Costs about 0.3 s."""
    rng = np.random.default_rng([seed, 1])
    river = smooth(RIVER)
    water = river.buffer(RIVER_WIDTH / 2, cap_style="flat")
    roads = _roads(river)
    squares = _squares()
    park = _park(water, roads)
    rails = tuple(side(smooth(RAIL), d) for d in (0.0, -4.6, -15.0, -19.6))
    platforms = _platforms(rails[0])
    yard = shapely.union_all([r.buffer(7.0) for r in rails])
    kept = [water.buffer(14), yard, park.buffer(5), *(a.shape for a in squares), _stadium_ground().buffer(2)]
    houses = build_blocks(rng, [(r.line, r.width_m) for r in roads], shapely.union_all(kept))
    buildings = (*houses.buildings, *_landmarks())
    greens = (Area("Parque de la Ribera", park), Area("", pitch()), *(Area("", g) for g in houses.gardens))
    trees = _trees(rng, roads, park, squares, [b.shape for b in buildings], water)
    return Plan(seed, (Area("Ría Nueva", water),), roads, squares, greens, rails, platforms, buildings, trees)


def _roads(river: LineString) -> tuple[Road, ...]:
    ronda = ring((0, 0), (188, 136), 10, 0.018)
    rows: list[Road] = [
        Road("Avenida de la Ría", side(river, -50), 16, "avenue"),
        Road("Muelle Norte", side(river, 48), 13, "street"),
        Road("Ronda", LineString([*ronda.exterior.coords]), 14, "avenue"),
    ]
    drawn: tuple[tuple[str, tuple[Point, ...], float, str], ...] = (
        ("Gran Vía", ((-184, -26), (-262, -62), (-370, -70), (-480, -48), (-640, -66)), 18, "avenue"),
        ("Calle del Mercado", ((190, 36), (262, 62), (360, 62), (470, 96), (640, 150)), 16, "avenue"),
        ("Paseo del Estadio", ((146, -84), (178, -102), (206, -112)), 18, "avenue"),
        ("Calle de la Estación", ((-134, -106), (-196, -150), (-246, -186)), 16, "avenue"),
        ("Calle del Sur", ((-660, -190), (-470, -196), (-330, -206), (-196, -206), (-60, -224), (90, -246),
                           (220, -268), (350, -276), (470, -270), (640, -300)), 15, "avenue"),
        ("Calle de los Olmos", ((-344, 214), (-332, 120), (-356, 20), (-370, -70), (-352, -140), (-352, -204)), 13,
         "street"),
        ("Calle del Norte", ((-420, 372), (-126, 352), (30, 348), (192, 372), (300, 420)), 11, "street"),
        ("Calle Ancha", ((446, 268), (448, 200), (468, 96), (476, -40), (452, -160), (470, -270)), 13, "street"),
        ("Calle Sol", ((-176, 62), (-240, 92), (-334, 104)), 11, "street"),
        ("Calle Luna", ((-30, -139), (-14, -190), (-20, -232)), 11, "street"),
        ("Calle del Faro", ((150, 106), (196, 150), (212, 208)), 11, "street"),
        ("Calle Lanera", ((96, -122), (106, -180), (96, -246)), 10, "street"),
        ("Calle Jardín", ((-262, -62), (-244, 10), (-240, 92), (-232, 198)), 10, "street"),
        ("Calle Torre", ((320, 62), (318, 150), (336, 250)), 11, "street"),
        ("Calle Molino", ((-262, -62), (-270, -124), (-262, -186)), 11, "street"),
        ("Cuesta", ((-480, -48), (-486, -130), (-476, -196)), 11, "street"),
        ("Travesía", ((262, 62), (258, 10), (256, -28)), 11, "street"),
        ("Puente Viejo", ((-66, 120), (-84, 178), (-96, 228), (-112, 284), (-126, 350), (-150, 440)), 13, "bridge"),
        ("Puente del Faro", ((212, 208), (214, 250), (208, 300), (196, 370), (170, 470)), 15, "bridge"),
        ("Calle Siete", ((-60, -36), (-104, -64), (-134, -106)), 8, "lane"),
        ("Calle Pan", ((-58, 0), (-116, -8), (-187, -22)), 8, "lane"),
        ("Calle Vidrio", ((-52, 34), (-106, 56), (-164, 70)), 8, "lane"),
        ("Calle Puente", ((-24, 42), (-46, 84), (-66, 124)), 9, "lane"),
        ("Calle Lonja", ((34, 36), (54, 86), (62, 140)), 8, "lane"),
        ("Calle Mayor", ((60, 10), (122, 22), (190, 36)), 10, "lane"),
        ("Calle Herrera", ((52, -36), (104, -58), (146, -84)), 9, "lane"),
        ("Calle Cruz", ((0, -39), (-6, -86), (-30, -139)), 8, "lane"),
    )  # fmt: skip
    return (*rows, *(Road(name, smooth(points), width, kind) for name, points, width, kind in drawn))


def _squares() -> tuple[Area, ...]:
    return (
        Area("Plaza Mayor Nueva", PLAZA.buffer(3).buffer(-1)),
        Area("Explanada del Estadio", _stadium_ground()),
        Area("Plaza de la Estación", box((STATION[0], STATION[1] + 39), (104, 40), STATION_TURN)),
    )


def _stadium_ground() -> Polygon:
    return ring(STADIUM, (126, 104), STADIUM_TURN)


def _park(water: Polygon, roads: tuple[Road, ...]) -> Polygon:
    outline = Polygon(smooth(((-640, -20), (-500, -8), (-376, 14), (-352, 60), (-352, 205), (-640, 196))).coords)
    area = outline.difference(shapely.union_all([water.buffer(15), *(r.line.buffer(r.width_m / 2 + 3) for r in roads)]))
    return max(parts(area.buffer(-6).buffer(6)), key=lambda p: p.area)


def _platforms(track: LineString) -> tuple[Polygon, ...]:
    near, mid = side(track, -9.8), side(track, 4.4)
    middle = track.project(shapely.Point(*STATION))
    return tuple(
        shapely.ops.substring(line, middle - 95, middle + 95).buffer(w, cap_style="flat")
        for line, w in ((mid, 2.4), (near, 3.2))
    )


def _landmarks() -> list[Building]:
    rows = [
        Building(_bowl(), 24.0, "stadium", "Estadio de la Ribera"),
        Building(box(STATION, (112, 26), STATION_TURN), 14.0, "station", "Estación del Sur"),
        Building(STAGE, 1.4, "stage", "Escenario"),
        Building(ring(FOUNTAIN, (4.2, 4.2), corners=20), 0.8, "fountain", "Fuente"),
    ]
    rows += [Building(box(at, (5.0, 3.2), -4.0), 2.7, "stall", f"Puesto {i + 1}") for i, at in enumerate(STALLS)]
    return rows


def _bowl() -> Polygon:
    """The stands: a ring around the pitch."""
    outer = ring(STADIUM, (98, 78), STADIUM_TURN, corners=40)
    inner = box(STADIUM, (116, 78), STADIUM_TURN).buffer(5, quad_segs=4)
    return parts(outer.difference(inner))[0]


def pitch() -> Polygon:
    """The playing field, 105 × 68 m."""
    return box(STADIUM, (105, 68), STADIUM_TURN)


def _trees(
    rng: np.random.Generator,
    roads: tuple[Road, ...],
    park: Polygon,
    squares: tuple[Area, ...],
    built: list[Polygon],
    water: Polygon,
) -> tuple[Tree, ...]:
    spots: list[Point] = []
    for road in roads:
        if road.kind == "avenue":
            for way in (-1, 1):
                line = side(road.line, way * (road.width_m / 2 - 2.2))
                spots += [_at(line, s) for s in np.arange(8, line.length, 17.0)]
    spots += [_at(park.buffer(-7).exterior, s) for s in np.arange(0, park.length, 13.0)]
    low, high = np.array(park.bounds[:2]), np.array(park.bounds[2:])
    spots += [(float(x), float(y)) for x, y in rng.uniform(low, high, (170, 2))]
    spots += [_at(LineString([(-51, -28), (-47, 30)]), s) for s in np.arange(3, 58, 11.0)]
    spots += [(STATION[0] + dx, STATION[1] + 52 - 0.05 * dx) for dx in range(-42, 46, 14)]
    asphalt = shapely.union_all([r.line.buffer(r.width_m / 2 - 3.4) for r in roads])
    blocked = shapely.union_all([*(b.buffer(1.2) for b in built), asphalt, water.buffer(3)])
    shapely.prepare(blocked)
    free = [p for p in spots if not blocked.contains(shapely.Point(p)) and math.hypot(*p) < 640]
    return tuple(Tree(p, float(rng.uniform(1.7, 3.1)), float(rng.uniform(5.5, 10.0))) for p in free)


def _at(line: BaseGeometry, distance: float) -> Point:
    point = line.interpolate(distance)
    return float(point.x), float(point.y)
