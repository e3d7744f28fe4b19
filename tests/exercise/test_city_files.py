"""The written city is a city like any other: every reader of the product takes it."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from s4.core.city import City
from s4.core.clock import ManualClock
from s4.core.errors import InputError
from s4.core.ports import Context
from s4.detection.video.ground import Ground
from s4.detection.video.settings import read_settings
from s4.edge.rulefile import load_rules
from s4.exercise.fixtures import CAMERAS, DEVICES, HAUNTS, SENSORS
from s4.exercise.plan import FRAME, make_plan
from s4.exercise.toml_text import table, value
from s4.exercise.write import write_city
from s4.sensing.camera import VideoCamera
from s4.sensing.device import Profiles
from s4.sensing.log import LogDoor

PORT = 8471


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("city")
    write_city(path, 7, video_port=PORT)
    return path


@pytest.fixture(scope="module")
def city(folder: Path) -> City:
    return msgspec.convert(tomllib.loads((folder / "city.toml").read_text()), City)


def test_the_city_checks(city: City) -> None:
    city.check()
    assert {site.id for site in city.site} == {"square", "stadium", "station", "network"}
    assert len([s for s in city.source if s.door == "camera"]) == len(CAMERAS) >= 6
    assert len([s for s in city.source if s.door == "device"]) >= 30


def test_every_door_takes_its_options(city: City, folder: Path) -> None:
    Profiles(city)
    context = Context(city, ManualClock(), {}, str(folder))
    for source in city.source:
        if source.door == "camera":
            assert VideoCamera(context, source).options.url == f"http://127.0.0.1:{PORT}/{source.id}"
        elif source.door == "log":
            assert LogDoor(context, source).options.format == "eve"


def test_the_edge_takes_its_rules(city: City, folder: Path) -> None:
    kinds = {rule.kind for rule in load_rules(folder / "rules.toml", city)}
    assert {"door_forced", "citizen_report"} <= kinds


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.id)
def test_the_calibration_finds_the_ground(city: City, camera) -> None:
    settings = read_settings(city.city.stages["video"], camera.id)
    assert settings.ground is not None
    ground = Ground(settings.ground)
    for x, y in ((0.5, 0.9), (0.3, 0.7), (0.7, 0.6)):
        place, true = ground.place_of(x, y), camera.optics.ground(x * 640, y * 360)
        assert place is not None
        assert FRAME.to_metres(place.lat, place.lon) == pytest.approx(true, abs=0.05)


def test_the_map_is_geojson_in_degrees(folder: Path) -> None:
    document = json.loads((folder / "map.geojson").read_bytes())
    layers = {feature["properties"]["layer"] for feature in document["features"]}
    assert layers == {"water", "green", "square", "road", "rail", "building", "zone", "label"}
    for feature in document["features"]:
        geometry = shape(feature["geometry"])
        assert geometry.is_valid
        west, south, east, north = geometry.bounds
        assert -3.0 < west <= east < -2.97
        assert 43.27 < south <= north < 43.30
        if feature["properties"]["layer"] == "building":
            assert 0 < feature["properties"]["height_m"] < 60


def test_houses_stand_on_no_street_and_not_in_the_river() -> None:
    plan = make_plan(3)
    houses = [b.shape for b in plan.buildings if b.style == "house"]
    assert len(houses) > 120
    for road in plan.roads:
        way = road.line.buffer(road.width_m / 2 - 0.5)
        assert not [h for h in houses if way.intersection(h).area > 0.5], road.name
    assert not [h for h in houses if h.intersects(plan.water[0].shape)]


def test_another_seed_is_another_city_on_the_same_ground() -> None:
    one, again, other = (make_plan(seed) for seed in (1, 1, 2))
    assert [b.shape.wkb for b in one.buildings] == [b.shape.wkb for b in again.buildings]
    assert [b.shape.wkb for b in one.buildings] != [b.shape.wkb for b in other.buildings]
    assert [r.line.wkb for r in one.roads] == [r.line.wkb for r in other.roads]


def test_the_shares_of_the_haunts_are_a_whole() -> None:
    assert sum(haunt.share for haunt in HAUNTS) == pytest.approx(1.0)
    assert len({s.id for s in SENSORS}) == len(SENSORS)
    assert len({d.id for d in DEVICES}) == len(DEVICES)


PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=40),
)
KEYS = st.text("aé. \"'\\\n", max_size=6)
TREES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@settings(max_examples=50)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), TREES, max_size=6))
def test_written_toml_reads_the_same(rows: dict[str, object]) -> None:
    kept = {k: v for k, v in rows.items() if v not in ("", {}, ())}
    assert tomllib.loads(table("[row]", rows))["row"] == kept


@pytest.mark.parametrize("item", [None, object(), float("nan"), float("inf")])
def test_what_toml_cannot_say_is_refused(item: object) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        value(item)
