"""The parts of things left and taken: the memory of the empty scene, who is still there, what a spot looks like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.detection.video.blobs import Blob
from s4.detection.video.company import Company
from s4.detection.video.likeness import edge_share, likeness
from s4.detection.video.nearness import foreshortening, heights_apart
from s4.detection.video.picture import Box, View, iou
from s4.detection.video.spots import Spot, is_cut_off, is_small, together
from s4.detection.video.still import StillMap
from s4.detection.video.track import Track
from s4.detection.video.walkers import FORESHORTENED

VIEW = View(96, 64, 96, 64)
WHOLE = Box(0.0, 0.0, 96.0, 64.0)
FLOOR = np.repeat(np.random.default_rng(3).integers(100, 150, (64, 96, 1)).astype(np.uint8), 3, axis=2)
BAG = Box(40.0, 30.0, 12.0, 14.0)
STEP_S = 0.2


def with_bag(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    changed = image.copy()
    changed[30:44, 40:52] = 20
    return changed


def lit(image: NDArray[np.uint8], *factors: float) -> NDArray[np.uint8]:
    return np.asarray(image * np.array(factors), np.uint8)


@pytest.fixture
def known() -> StillMap:
    """A place that has been watched for 15 s."""
    still = StillMap(96, 64)
    for _ in range(75):
        still.learn(FLOOR, STEP_S)
    return still


def test_who_walks_past_while_the_place_is_learnt_leaves_nothing_behind() -> None:
    still = StillMap(96, 64)
    for number in range(75):
        image = FLOOR.copy()
        image[10:50, number * 2 : number * 2 + 12] = 30
        still.learn(image, STEP_S)
    assert np.abs(still.empty(WHOLE).astype(int) - FLOOR).max() <= 14


@pytest.mark.parametrize("tint", [(0.5, 0.5, 0.5), (0.7, 0.8, 1.0), (1.4, 1.4, 1.3)])
def test_light_that_changes_slowly_everywhere_is_no_thing(known: StillMap, tint: tuple[float, ...]) -> None:
    for step in np.linspace(0.0, 1.0, 100):
        known.learn(lit(FLOOR, *(1 + step * (factor - 1) for factor in tint)), STEP_S)
    assert known.things() == []


def test_a_thing_outlasts_a_switch_of_the_light(known: StillMap) -> None:
    for _ in range(28):
        known.learn(with_bag(FLOOR), STEP_S)
    (before,) = known.things()
    dark = lit(with_bag(FLOOR), 0.4, 0.4, 0.5)
    known.relight(dark, [])
    for _ in range(10):
        known.learn(dark, STEP_S)
    (after,) = known.things()
    assert iou(before.box, BAG) >= 0.5
    assert iou(after.box, BAG) >= 0.5
    assert after.age_s > before.age_s
    behind = known.empty(WHOLE)[32:42, 42:50].astype(float)
    assert np.abs(behind.mean(axis=(0, 1)) - lit(FLOOR, 0.4, 0.4, 0.5).mean(axis=(0, 1))).max() < 10


@pytest.mark.parametrize("factors", [(0.3, 0.3, 0.35), (1.7, 1.7, 1.6)])
def test_a_switch_of_the_light_makes_no_thing_and_loses_none(
    known: StillMap, factors: tuple[float, float, float]
) -> None:
    """One lamp goes out, or on, over two thirds of the picture: no one factor fits all of it."""
    for _ in range(28):
        known.learn(with_bag(FLOOR), STEP_S)
    switched = with_bag(FLOOR)
    switched[:, 32:] = np.minimum(switched[:, 32:] * np.array(factors), 255).astype(np.uint8)
    for _ in range(60):
        known.learn(switched, STEP_S, [BAG])
        assert all(iou(thing.box, BAG) >= 0.5 for thing in known.things())
    (thing,) = known.things()
    assert thing.age_s > 12.0


def test_what_is_put_down_soon_after_the_beginning_is_new() -> None:
    """After 4 s of 10, so that it is there for most of them; and who stood there at first leaves nothing behind."""
    still = StillMap(96, 64)
    for number in range(75):
        image = with_bag(FLOOR) if number >= 20 else FLOOR.copy()
        if number < 20:
            image[10:40, 70:80] = 30
        still.learn(image, STEP_S)
    (thing,) = still.things()
    assert iou(thing.box, BAG) >= 0.7
    assert thing.age_s > 8.0


def test_what_is_accepted_is_new_no_longer(known: StillMap) -> None:
    for _ in range(28):
        known.learn(with_bag(FLOOR), STEP_S)
    assert known.held(BAG) > 0.8
    known.accept(Box(36.0, 26.0, 20.0, 22.0))
    known.learn(with_bag(FLOOR), STEP_S)
    assert known.things() == []


def test_who_is_lost_where_something_stands_is_still_there(known: StillMap) -> None:
    company, track = Company(), Track.of(7, Blob(BAG, 0.9, person=True), 0)
    track.travelled = 3.0
    known.learn(with_bag(FLOOR), STEP_S)
    company.learn([track], NS_PER_S, known)
    company.learn([], 2 * NS_PER_S, known)
    assert [(one.number, one.slow) for one in company.people] == [(7, True)]
    known.learn(FLOOR, STEP_S)
    company.learn([], 3 * NS_PER_S, known)
    assert company.people == []
    visit = company.beside(Box(50.0, 40.0, 5.0, 5.0), 0.5)
    assert visit == (7, 2 * NS_PER_S)
    assert company.beside(Box(50.0, 40.0, 5.0, 5.0), 0.5, until=0) is None


@pytest.mark.parametrize(("empty", "there"), [(3, [7]), (6, [])])
def test_who_has_gone_does_not_come_back_with_the_light(known: StillMap, empty: int, there: list[int]) -> None:
    """Their place is seen empty for 0.6 or 1.2 s; then it looks otherwise again."""
    company, track = Company(), Track.of(7, Blob(BAG, 0.9, person=True), 0)
    track.travelled = 3.0
    steps = [with_bag(FLOOR), *[FLOOR] * empty, with_bag(FLOOR)]
    for number, image in enumerate(steps):
        known.learn(image, STEP_S)
        company.learn([] if number else [track], round(number * STEP_S * NS_PER_S), known)
    assert [one.number for one in company.people] == there


def test_a_bag_keeps_nobody_there_who_has_left_it(known: StillMap) -> None:
    company, track = Company(), Track.of(7, Blob(Box(38.0, 14.0, 16.0, 30.0), 0.9, person=True), 0)
    track.travelled = 3.0
    standing = with_bag(FLOOR)
    standing[14:44, 38:42] = 40
    known.learn(standing, STEP_S)
    company.learn([track], NS_PER_S, known)
    known.learn(with_bag(FLOOR), STEP_S)
    company.learn([], 3 * NS_PER_S, known)
    assert [one.number for one in company.people] == [7]  # the bag is more than half of what differed
    assert company.with_thing(BAG, known) == []
    assert company.stayed(lambda one: one.number == 7) == 3 * NS_PER_S
    assert company.stayed(lambda one: one.number == 8) == 0
    assert company.around(BAG, 0.5, 0) == {7: 0.0}
    assert company.around(BAG, 0.5, 4 * NS_PER_S) == {}


def test_the_shadow_of_a_thing_is_no_part_of_it(known: StillMap) -> None:
    """It stays in the picture as dark as 0.6 of the ground, to the right of the bag."""
    image = with_bag(FLOOR)
    image[38:44, 52:74] = (FLOOR[38:44, 52:74] * 0.6).astype(np.uint8)
    for _ in range(28):
        known.learn(image, STEP_S)
    (thing,) = known.things()
    assert iou(thing.box, BAG) >= 0.7
    assert thing.whole.w >= 30


def test_a_dark_thing_is_seen_in_the_dark() -> None:
    still, dark = StillMap(96, 64), (FLOOR * 0.3).astype(np.uint8)
    for _ in range(75):
        still.learn(dark, STEP_S)
    bag = dark.copy()
    bag[30:44, 40:52] = 14
    for _ in range(28):
        still.learn(bag, STEP_S)
    (thing,) = still.things()
    assert iou(thing.box, BAG) >= 0.7


def test_edges_of_the_ground_that_a_thing_covers_are_not_its_own() -> None:
    """On a chequered floor a plain bag hides as many edges as it has; only its outline tells."""
    rows, columns = np.indices((64, 96)) // 3 % 2
    floor = np.repeat(np.where(rows ^ columns, 150, 110)[..., np.newaxis], 3, axis=2).astype(np.uint8)
    assert edge_share(with_bag(floor), floor, BAG) >= 0.6
    assert edge_share(floor, with_bag(floor), BAG) <= 0.4


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 80), st.integers(0, 50), st.integers(3, 40), st.integers(3, 40))
def test_what_was_put_there_in_one_order_was_taken_in_the_other(seed: int, x: int, y: int, w: int, h: int) -> None:
    image = np.random.default_rng(seed).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    box = Box(float(x), float(y), float(w), float(h))
    for measure in (edge_share, likeness):
        there, back = measure(image, FLOOR, box), measure(FLOOR, image, box)
        assert 0.0 <= there <= 1.0
        assert there + back == pytest.approx(1.0)


@given(
    aside=st.floats(-3, 3),
    away=st.floats(-3, 3),
    tall=st.floats(20, 200),
    short=st.floats(0.2, 1.0),
    own=st.floats(0.5, 1),
)
def test_who_is_far_on_the_ground_is_far_whatever_the_boxes_share(
    aside: float, away: float, tall: float, short: float, own: float
) -> None:
    """`aside`, `away`: heights over the ground from the thing to the person, who is `own` of the expected height."""
    thing = Box(300.0, 300.0, 0.2 * tall, 0.2 * tall)
    middle, row = thing.foot[0] + aside * tall, thing.foot[1] - away * tall * short
    apart = heights_apart(Box(middle - 0.2 * tall, row - own * tall, 0.4 * tall, own * tall), thing, tall, short)
    assert 0.0 <= apart <= float(np.hypot(aside, away)) + 1e-6
    hidden = 0.5 / short  # heights by which they may stand nearer than their box ends
    assert apart >= float(np.hypot(max(abs(aside) - 0.3, 0.0), max(abs(away) - 0.2 - 0.1 / short - hidden, 0.0))) - 1e-6
    assert foreshortening(None, VIEW, thing, tall) == FORESHORTENED


BOXES = st.builds(Box, *[st.floats(0, 100)] * 2, *[st.floats(1, 40)] * 2)


@given(BOXES, st.lists(BOXES, max_size=4), st.floats(0, 50))
def test_the_whole_holds_every_part_of_it(box: Box, others: list[Box], reach: float) -> None:
    whole = together(box, [Spot(one, 0, 0.0, plain=True) for one in others], reach)
    assert whole.x <= box.x
    assert whole.y <= box.y
    assert whole.area >= box.area * 0.999
    assert is_small(box, 0.0) is False


@given(st.integers(-5, 96), st.integers(-5, 64), st.integers(1, 40), st.integers(1, 40))
def test_what_is_not_cut_off_lies_in_the_picture_with_room_to_spare(x: int, y: int, w: int, h: int) -> None:
    room = min(x, y, 96 - x - w, 64 - y - h)
    assert is_cut_off(Box(x, y, w, h), VIEW) == (room < 3)
