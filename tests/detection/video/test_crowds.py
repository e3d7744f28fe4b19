"""Gatherings, density and counter-flow, from tracks; coverage from painted crowds."""

import math
from pathlib import Path

import numpy as np
import pytest
from benchmarks.detection.trajectories import read_paths, scenes_of, shown
from hypothesis import given
from hypothesis import strategies as st

from s4.detection.video.behaviours.counter_flow import CounterFlow
from s4.detection.video.behaviours.crowd_density import CrowdDensity, covered
from s4.detection.video.behaviours.gathering import Gathering, together
from s4.detection.video.blobs import Blob
from s4.detection.video.fruin import around_each, level
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, View
from s4.detection.video.scale import Scale
from s4.detection.video.scene import Scene
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from s4.detection.video.walkers import Walker, walkers
from tests.detection.recordings import START
from tests.detection.video.scenes import Walk, path, said, scenes, second_of

TALL, WIDTH, HEIGHT = 40.0, 640, 480
BLOB = Blob(Box(0, 0, 16, 40), 0.7, person=True)
METRE = (1.7 / 60 * 320, 1.7 / 60 / 0.4 * 240)  # metres across and down the picture of `scenes`


def stand(x_m: float, y_m: float, since: float = 0.0, until: float = 60.0) -> Walk:
    return path((since, x_m / METRE[0], y_m / METRE[1]), (until, x_m / METRE[0], y_m / METRE[1]))


def walk(x_m: float, y_m: float, speed_m_s: float, since: float, until: float) -> Walk:
    far = x_m + speed_m_s * (until - since)
    return path((since, x_m / METRE[0], y_m / METRE[1]), (until, far / METRE[0], y_m / METRE[1]))


def group(people: int, since: float = 0.0, until: float = 60.0) -> dict[int, Walk]:
    return {n: stand(3 + 1.2 * (n % 3), 8 + 1.2 * (n // 3), since, until) for n in range(people)}


def test_six_who_stand_together_gather() -> None:
    start, *updates, end = said(Gathering(Settings(), []), group(7, 5.0, 50.0), 60.0)
    assert (start.phase, end.phase) == ("start", "end")
    assert 35.0 <= second_of(start) <= 37.0
    assert second_of(end) == pytest.approx(50.0, abs=1.0)
    assert start.attributes == {"people": 7}
    assert {one.phase for one in updates} == {"update"}
    assert 0.9 < start.confidence < 1.0


@pytest.mark.parametrize(
    ("walks", "settings"),
    [
        (group(5), Settings()),
        (group(7, until=28.0), Settings()),
        (group(7), Settings(gathering_people=8)),
        ({n: stand(1 + 3.0 * (n % 3), 2 + 4.0 * (n // 3)) for n in range(7)}, Settings()),
        ({n: walk(1.0 + 0.8 * n, 8 + 0.8 * (n % 2), 0.9, 0, 4) for n in range(7)}, Settings(gathering_after_s=2.0)),
    ],
    ids=["five", "too short", "more are usual", "far from each other", "walking by"],
)
def test_no_gathering(walks: dict[int, Walk], settings: Settings) -> None:
    assert said(Gathering(settings, []), walks, 60.0) == []


def test_two_groups_are_two_happenings() -> None:
    other = {20 + n: stand(6.6 + 0.7 * (n % 3), 2 + 0.9 * (n // 3)) for n in range(6)}
    found = said(Gathering(Settings(gathering_after_s=10.0), []), group(6) | other, 30.0)
    assert len({one.key for one in found if one.phase == "start"}) == 2


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), max_size=12), st.floats(0.1, 10))
def test_groups_part_everybody_once_and_by_distance(places: list[tuple[float, float]], near_m: float) -> None:
    people = [Walker(Track.of(n, BLOB, START), x, y, 0.0, 0.0) for n, (x, y) in enumerate(places)]
    groups = together(people, near_m)
    assert sorted(one.track.number for group in groups for one in group) == list(range(len(people)))
    for number, one in enumerate(groups):
        for other in groups[number + 1 :]:
            assert all(a.apart(b) > near_m for a in one for b in other)


@pytest.mark.parametrize(("people", "known"), [(9, False), (40, True)])
def test_too_many_on_a_few_square_metres(people: int, known: bool) -> None:
    side = math.ceil(math.sqrt(people))
    crowd = {n: stand(2 + 0.6 * (n % side), 6 + 0.6 * (n // side)) for n in range(people)}
    found = said(CrowdDensity(Settings(), []), crowd, 12.0)
    assert bool(found) == known
    if found:
        assert 5.0 <= second_of(found[0]) <= 7.0
        assert found[0].attributes["level_of_service"] == "F"
        density = found[0].attributes["people_m2"]
        assert isinstance(density, float)
        assert density == pytest.approx(1 / 0.36, rel=0.2)


def test_levels_of_service() -> None:
    assert [level(density) for density in (0.0, 0.4, 0.6, 1.0, 2.0, 2.2, 9.0)] == ["A", "B", "C", "D", "E", "F", "F"]


def test_who_is_pushed_about_presses_and_who_goes_along_does_not() -> None:
    rng = np.random.default_rng(2)
    places = rng.uniform(0, 3, (30, 2))
    alike = [Walker(Track.of(n, BLOB, START), x, y, 0.5, 0.0) for n, (x, y) in enumerate(places)]
    pushed = [one._replace(vx=rng.normal(0, 0.3), vy=rng.normal(0, 0.3)) for one in alike]
    assert max(one.pressure for one in around_each(alike)) == 0.0
    assert max(one.pressure for one in around_each(pushed)) > 0.02
    assert around_each([]) == []


def streams(against: int, along: int) -> dict[int, Walk]:
    right = {n: walk(0.3 + 0.25 * n, 8 + 0.7 * (n % 4), 1.0, 0, 8) for n in range(along)}
    left = {30 + n: walk(8.7 - 0.25 * n, 8.3 + 0.7 * (n % 4), -1.0, 0, 8) for n in range(against)}
    return right | left


@pytest.mark.parametrize(("against", "along", "known"), [(14, 14, True), (0, 28, False), (2, 26, False), (4, 4, False)])
def test_streams_that_meet(against: int, along: int, known: bool) -> None:
    found = said(CounterFlow(Settings(), []), streams(against, along), 9.0)
    assert bool(found) == known
    if found:
        share, people = found[0].attributes["share_against"], found[0].attributes["people"]
        assert isinstance(share, float)
        assert isinstance(people, int)
        assert 0.25 <= share <= 0.5
        assert people >= 10


@pytest.mark.parametrize("density", [0.3, 0.8, 1.5])
def test_density_by_what_people_cover(density: float) -> None:
    """People at random, each a body of half of 0.44 of his height in width; the ground foreshortened as assumed."""
    rng = np.random.default_rng(3)
    ground_m2 = (WIDTH / TALL * 1.7) * (HEIGHT / TALL * 1.7 / 0.4)
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    for x, y in rng.uniform((0, 0), (WIDTH, HEIGHT + TALL), (round(density * ground_m2 * (1 + TALL / HEIGHT)), 2)):
        mask[max(int(y - TALL), 0) : max(int(y), 0), max(int(x - 0.11 * TALL), 0) : int(x + 0.11 * TALL)] = True
    found, box = covered(crowded(mask))
    assert density * 0.8 <= found <= density * 2.0, "the fullest window is fuller than the mean"
    assert box.w == 4 * TALL


def test_an_empty_place_and_unknown_heights_are_no_crowd() -> None:
    assert covered(crowded(np.zeros((HEIGHT, WIDTH), np.bool_)))[0] == 0.0
    assert covered(crowded(np.ones((HEIGHT, WIDTH), np.bool_))._replace(scale=Scale(HEIGHT)))[0] == 0.0


def crowded(mask: np.ndarray) -> Scene:
    scale = Scale(HEIGHT)
    tracks = [Track.of(n, Blob(Box(30.0 * n, 30.0 * n, 16, TALL), 0.7, person=True), START) for n in range(13)]
    scale.learn(tracks)
    view, image = View(WIDTH, HEIGHT, WIDTH, HEIGHT), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    size = PersonSize(Settings(), HEIGHT)
    return Scene(START, 0.2, view, image, mask, tracks, size, settled=True, raw=image, scale=scale)


def test_metres_from_heights_are_right_near_by() -> None:
    *_, last = scenes({1: walk(2, 8, 1.5, 0, 4), 2: walk(2, 9, 1.5, 0, 4)}, 4.0)
    one, other = walkers(last)
    assert one.apart(other) == pytest.approx(1.0, abs=0.1)
    assert one.vx == pytest.approx(1.5, abs=0.1)
    assert one.vy == pytest.approx(0.0, abs=0.05)


@pytest.mark.slow
def test_real_pedestrians(data_dir: Path) -> None:
    folder = data_dir / "video" / "opentraj"
    hotel = read_paths(folder, "hotel")
    for behaviour in (Gathering(Settings(), []), CrowdDensity(Settings(), []), CounterFlow(Settings(), [])):
        assert shown(behaviour, scenes_of(hotel))[0] == []
    students, _ = shown(Gathering(Settings(), []), scenes_of(read_paths(folder, "students03")))
    assert students[0].kind == "gathering", "groups of students who stand and talk"
