"""Who is followed under which number: people who pass each other, go out of sight, leave the picture."""

from math import hypot

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.detection.video.appearance import BINS, Memory, looks_of, unlike
from s4.detection.video.association import LEAST_IOU, associate
from s4.detection.video.blobs import Blob
from s4.detection.video.picture import Box, iou, overlap
from s4.detection.video.sightings import Sightings
from s4.detection.video.touching import touching
from s4.detection.video.track import Track
from s4.detection.video.tracker import Tracker
from s4.detection.video.way import Way

HEIGHT, WIDTH = 120, 320
RED, BLUE, GREY = (40, 40, 190), (190, 60, 40), (90, 92, 90)
Colour = tuple[int, int, int]
Images = NDArray[np.uint8]

boxes = st.builds(Box, st.floats(-50, 400), st.floats(-50, 200), st.floats(1, 90), st.floats(1, 90))


def painted(people: dict[Colour, float]) -> tuple[Images, list[Blob]]:
    """A picture of people 16 × 44 px in plain clothes, each around an x, the first in front; and their boxes."""
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for colour, x in reversed(people.items()):
        image[40:84, max(round(x) - 8, 0) : max(round(x) + 8, 0)] = colour
    return image, [Blob(Box(x - 8, 40.0, 16.0, 44.0), 0.9, True) for x in people.values()]


def follow(tracker: Tracker, step: int, image: Images, blobs: list[Blob]) -> dict[int, float]:
    """Track → x of the feet, of those seen."""
    tracks = tracker.follow(blobs, (step + 1) * NS_PER_S // 5, 0.2, image)
    return {track.number: track.box.foot[0] for track in tracks if track.unseen_s == 0.0}


def nearest(numbers: dict[int, float], x: float) -> int:
    return min(numbers, key=lambda number: abs(numbers[number] - x))


@pytest.mark.parametrize("turn", [False, True])
def test_two_who_meet_keep_their_numbers_whether_they_pass_or_turn_back(turn: bool) -> None:
    tracker = Tracker(1.5)
    before, after = dict[Colour, int](), dict[Colour, int]()
    for step in range(40):
        way = 4.0 * (step if not turn or step < 20 else 39 - step)
        at = {RED: 80 + way, BLUE: 240 - way}
        hidden = abs(at[RED] - at[BLUE]) < 14
        image, blobs = painted(at)
        numbers = follow(tracker, step, image, blobs[:1] if hidden else blobs)
        if step in (10, 39):
            (before if step == 10 else after).update({colour: nearest(numbers, x) for colour, x in at.items()})
    assert before == after
    assert before[RED] != before[BLUE]


@pytest.mark.parametrize(("colour", "same"), [(RED, True), (BLUE, False)])
def test_who_comes_back_in_the_same_clothes_goes_on(colour: Colour, same: bool) -> None:
    tracker, seen = Tracker(1.5), set[int]()
    for step in range(60):
        at = {RED if step < 20 else colour: 60 + 3.0 * step}
        image, blobs = painted(at)
        seen |= set(follow(tracker, step, image, [] if 20 <= step < 40 else blobs))
    assert (len(seen) == 1) == same


def test_who_enters_where_somebody_left_is_somebody_else() -> None:
    tracker, seen = Tracker(1.5), set[int]()
    for step in range(50):
        x = 250 + 4.0 * step if step < 25 else 338 - 4.0 * (step - 25)
        image, blobs = painted({RED: x})
        seen |= set(follow(tracker, step, image, blobs if x < WIDTH else []))
    assert len(seen) == 2


def test_without_a_picture_tracks_go_by_place_alone() -> None:
    tracker = Tracker(1.5)
    for step in range(10):
        tracks = tracker.follow(painted({RED: 60 + 4.0 * step})[1], (step + 1) * NS_PER_S // 5, 0.2)
    assert [track.memory for track in tracks] == [None]


@settings(max_examples=40)
@given(st.lists(boxes, min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_looks_are_of_length_one_wherever_the_boxes_lie(found: list[Box], seed: int) -> None:
    noise = np.random.default_rng(seed)
    image = noise.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    looks = looks_of(image, noise.random((HEIGHT, WIDTH)) < 0.5, found)
    assert np.allclose(np.linalg.norm(looks, axis=1), 1.0, atol=1e-5)
    memory = Memory(looks[0])
    memory.take(looks[-1], 3)
    assert 0.0 <= unlike(memory.look, looks[0]) <= 1.0
    assert float(np.linalg.norm(memory.look)) == pytest.approx(1.0, abs=1e-5)


def test_a_little_light_changes_a_look_less_than_other_clothes() -> None:
    plain, brighter, other = (
        looks_of(painted({colour: 100.0})[0], None, [Box(92, 40, 16, 44)])[0] for colour in (GREY, (96, 98, 96), RED)
    )
    assert unlike(plain, brighter) < 0.5 * unlike(plain, other)


levels = st.integers(0, 255)


@settings(max_examples=40)
@given(levels, levels, levels)
def test_a_plain_colour_counts_where_it_lies_on_each_scale(blue: int, green: int, red: int) -> None:
    image = np.full((HEIGHT, WIDTH, 3), (blue, green, red), np.uint8)
    shares = looks_of(image, None, [Box(92, 40, 16, 44)])[0].reshape(2, 3, BINS) ** 2 * 6
    scales = (blue + green + red) / 3 / 255, (red - green + 40) / 80, (blue - (green + red) / 2 + 40) / 80
    for half in shares:
        assert half.sum(axis=1) == pytest.approx(1.0, abs=1e-4)
        assert half @ np.arange(BINS) == pytest.approx(np.clip(scales, 0.0, 1.0) * (BINS - 1), abs=0.3)
        assert ((half > 1e-4).sum(axis=1) <= 2).all()


@settings(max_examples=40)
@given(st.lists(boxes, max_size=8), st.lists(boxes, max_size=8))
def test_all_pairs_that_share_an_area_touch_and_each_once(some: list[Box], others: list[Box]) -> None:
    touches = touching(some, others)
    areas = {(row, column): area for row, column, area in touches}
    assert len(areas) == len(touches)
    for row, one in enumerate(some):
        for column, other in enumerate(others):
            assert areas.get((row, column), 0.0) == pytest.approx(overlap(one, other), abs=1e-9)


@settings(max_examples=40)
@given(st.lists(boxes, max_size=6), st.lists(st.tuples(st.floats(-60, 500), st.floats(-60, 300)), max_size=6))
def test_a_point_touches_the_boxes_that_it_lies_in(some: list[Box], points: list[tuple[float, float]]) -> None:
    touches = {(row, column) for row, column, _ in touching(some, [Box(x, y, 0.0, 0.0) for x, y in points])}
    for row, box in enumerate(some):
        for column, (x, y) in enumerate(points):
            within = box.x <= x <= box.x + box.w and box.y <= y <= box.y + box.h
            assert ((row, column) in touches) == within


numbers = st.floats(-80, 80)
ways = st.builds(Way, numbers, numbers, numbers, numbers, st.floats(0, 60), st.just(50.0))


@settings(max_examples=40)
@given(ways, numbers, numbers)
def test_what_is_within_reach_of_a_way_lies_in_the_box_around_it(way: Way, x: float, y: float) -> None:
    ends = hypot(x - way.x, y - way.y), hypot(x - way.x - way.across, y - way.y - way.down)
    off = way.off(x, y)
    assert 0.0 <= off <= min(ends) + 1e-6
    assert off >= min(ends) - hypot(way.across, way.down)
    if off <= way.reach - 1e-6:
        assert touching([way.around], [Box(x, y, 0.0, 0.0)])


crowds = st.lists(st.builds(Box, st.floats(0, 120), st.floats(0, 60), st.floats(8, 30), st.floats(16, 60)), max_size=8)


@settings(max_examples=40)
@given(crowds, crowds)
def test_a_pair_that_nobody_contests_is_taken_and_nobody_is_taken_twice(before: list[Box], now: list[Box]) -> None:
    tracks = [Track.of(number, Blob(box, 0.9, True), 0) for number, box in enumerate(before)]
    pairs = associate(tracks, Sightings([Blob(box, 0.9, True) for box in now], None, None))
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    near = {(row, at) for row, a in enumerate(before) for at, b in enumerate(now) if iou(a, b) >= LEAST_IOU + 0.01}
    for row, at in near:
        assert row in rows or at in columns
        rivals = [iou(a, b) for (i, a) in enumerate(before) for (j, b) in enumerate(now) if (i == row) != (j == at)]
        if all(rival < LEAST_IOU - 0.01 for rival in rivals):
            assert (row, at) in pairs


def test_looks_are_worked_out_once_and_only_for_those_asked_about() -> None:
    image, blobs = painted({RED: 60.0, BLUE: 160.0, GREY: 260.0})
    seen = Sightings(blobs, image, None)
    first = seen.looks([1])[1]
    assert set(seen.looks([1, 2, 2])) == {1, 2}
    assert seen.looks([])[1] is first
    assert not Sightings(blobs, None, None).looks([0, 1])


def test_an_exchange_leaves_number_and_past_and_takes_the_place() -> None:
    (one, other) = (Track.of(number, blob, 0) for number, blob in enumerate(painted({RED: 50.0, BLUE: 200.0})[1]))
    one.hits = 9
    one.exchange(other)
    assert (one.number, one.hits, one.box.foot[0], other.box.foot[0]) == (0, 9, 200.0, 50.0)
    one.exchange(other)
    assert (one.box.foot[0], other.box.foot[0]) == (50.0, 200.0)
