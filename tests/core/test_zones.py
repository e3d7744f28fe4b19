"""Zones that people draw: of each the latest decision holds, however they come; what cannot be drawn is refused."""

import itertools
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.city import City, Zone
from s4.core.errors import ConfigError, InputError
from s4.core.model import Command
from s4.core.model.command import ZONE_PUT, ZONE_REMOVE
from s4.core.zones import ZoneBook, check_zone, crosses_itself

STAGE = {"id": "stage", "source": "cam-1", "name": "Stage", "outline": [[0, 0], [1, 0], [1, 1]]}
CITY = msgspec.convert(
    {
        "city": {"id": "bilbao", "name": "Bilbao", "place": {"lat": 43.26, "lon": -2.93}},
        "site": [{"id": "square", "name": "Square", "place": {"lat": 43.26, "lon": -2.93}}],
        "source": [{"id": "cam-1", "site": "square", "door": "camera"}],
        "zone": [STAGE],
    },
    City,
)
unit = st.floats(0, 1)
points = st.tuples(unit, unit)


def zone(key: str = "gate", **changes: Any) -> Zone:
    plain = Zone(key, "cam-1", "Gate", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))
    return msgspec.structs.replace(plain, **changes)


def put(one: Zone, time: int, number: int = 0) -> Command:
    said = {"definition": msgspec.json.encode(one).decode()}
    return decision(f"com-{time}-{number}", time, ZONE_PUT, one.id, said)


def remove(name: str, time: int) -> Command:
    return decision(f"com-{time}-x", time, ZONE_REMOVE, name, {})


def decision(name: str, time: int, action: str, target: str, said: dict[str, Any]) -> Command:
    return Command(name, 0, time, "square", action, target, "approved", "bea", parameters=said)


def test_a_zone_of_the_description_is_covered_taken_away_and_comes_back() -> None:
    book = ZoneBook(CITY)
    assert [one.name for one in book.of("cam-1")] == ["Stage"]
    assert book.take([put(zone("stage", name="Other stage"), 1)]) == ["stage"]
    assert [one.name for one in book.zones()] == ["Other stage"]
    book.take([remove("stage", 2)])
    assert book.zones() == ()
    book.take([put(zone("stage"), 3), put(zone("a-first"), 3)])
    assert [one.id for one in book.zones()] == ["stage", "a-first"]
    assert book.generation == 3
    assert book.of("cam-2") == ()


decisions = st.lists(
    st.builds(
        lambda time, name, out: remove(name, time) if out else put(zone(name, name=f"{time}"), time),
        st.integers(1, 9), st.sampled_from(["stage", "gate", "ramp"]), st.booleans(),
    ),
    max_size=6,
)  # fmt: skip


@given(decisions)
@settings(max_examples=30)
def test_the_order_in_which_decisions_come_does_not_matter(said: list[Command]) -> None:
    results = set()
    for order in itertools.islice(itertools.permutations(said), 12):
        book = ZoneBook(CITY)
        for command in (*order, *order):
            book.take([command])
        results.add(book.zones())
    assert len(results) == 1


def test_what_cannot_be_read_is_passed_over() -> None:
    book = ZoneBook(CITY)
    wrong = [
        decision("com-1", 1, ZONE_PUT, "gate", {"definition": "{"}),
        decision("com-2", 2, ZONE_PUT, "gate", {"definition": msgspec.json.encode(zone("other")).decode()}),
        decision("com-3", 3, ZONE_PUT, "gate", {}),
        put(zone(outline=((0.0, 0.0), (1.0, 1.0))), 4),
        decision("com-5", 5, "device.approve", "gate", {}),
    ]
    assert book.take(wrong) == []
    assert (book.zones(), book.generation) == (ZoneBook(CITY).zones(), 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "A b"}, "id"), ({"kind": "door"}, "kind"), ({"hours": "24:00-01:00"}, "hours"), ({"name": ""}, "name"),
        ({"outline": ((0.0, 0.0), (1.0, 0.0))}, "outline"), ({"outline": ((0.0, 0.0),) * 3}, "outline"),
        ({"outline": ((0.0, 0.0), (1.0, 0.0), (1.0, float("nan")))}, "outline"),
        ({"outline": tuple((n / 100, 0.0) for n in range(65))}, "outline"),
        ({"kind": "wrong_way", "outline": ((0.0, 0.0),)}, "outline"),
    ],
)  # fmt: skip
def test_each_fault_is_named_by_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        check_zone(zone(**changes))
    assert caught.value.field == field


@given(st.lists(points, min_size=3, max_size=9, unique=True))
def test_a_star_shaped_outline_never_crosses_itself(corners: list[tuple[float, float]]) -> None:
    """Points around a middle in the order of their angle, wherever one begins and whichever way round."""
    middle = (sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners))
    angles = [math.atan2(y - middle[1], x - middle[0]) for x, y in corners]
    if len({round(angle, 3) for angle in angles}) < len(angles):
        return
    gaps = sorted(angles)
    if max([b - a for a, b in itertools.pairwise(gaps)] + [gaps[0] + math.tau - gaps[-1]]) >= math.pi:
        return
    ring = tuple(point for _, point in sorted(zip(angles, corners, strict=True)))
    assert not crosses_itself(ring)
    assert not crosses_itself(ring[1:] + ring[:1])
    assert not crosses_itself(ring[::-1])


def test_a_bow_tie_crosses_and_a_corner_that_touches_a_side_too() -> None:
    assert crosses_itself(((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)))
    assert crosses_itself(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.0), (0.0, 1.0)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "zone_intrusio"}, r"zone\[0\].kind: there is no kind of zone 'zone_intrusio'"),
        ({"kind": "privacy_mask", "hours": "08:00-20:00"}, r"zone\[0\].hours: a privacy mask holds all day"),
        ({"kind": "line_crossing", "outline": ((0.1, 0.1),)}, r"zone\[0\].outline: .* at least 2 points"),
    ],
)
def test_a_city_whose_zones_would_never_say_anything_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        msgspec.structs.replace(CITY, zone=(zone(**changes),)).check()
