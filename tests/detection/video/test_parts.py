"""The small parts: geometry, hours, motion, matching, the ground."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.geo import LocalFrame
from s4.detection.video.blobs import Blob, find_people
from s4.detection.video.ground import Ground
from s4.detection.video.motion import Motion
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, View, gap, iou
from s4.detection.video.settings import Settings
from s4.detection.video.tracker import Tracker
from s4.detection.video.zone import Hours, inside

unit = st.floats(0, 1)
boxes = st.builds(Box, st.floats(0, 300), st.floats(0, 200), st.floats(1, 80), st.floats(1, 90))


@given(boxes, boxes)
def test_iou_and_gap_agree_with_shapely(a: Box, b: Box) -> None:
    first, second = (shapely.box(box.x, box.y, box.x + box.w, box.y + box.h) for box in (a, b))
    assert iou(a, b) == pytest.approx(first.intersection(second).area / first.union(second).area, abs=1e-6)
    assert gap(a, b) == pytest.approx(first.distance(second), abs=1e-6)
    assert iou(a, b) == pytest.approx(iou(b, a))


@given(st.lists(st.tuples(unit, unit), min_size=3, max_size=8), unit, unit)
def test_inside_agrees_with_shapely(outline: list[tuple[float, float]], x: float, y: float) -> None:
    polygon = shapely.Polygon(outline)
    assume(polygon.is_valid and polygon.boundary.distance(shapely.Point(x, y)) > 1e-6)
    assert inside(tuple(outline), x, y) == polygon.contains(shapely.Point(x, y))


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 10**6))
def test_hours_and_the_other_hours_make_a_day(start: int, end: int, minute: int) -> None:
    assume(start != end)
    texts = [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in ((start, end), (end, start))]
    time = minute * 60 * NS_PER_S
    assert sum(Hours(text).on(time) for text in texts) == 1
    assert Hours("").on(time)


@given(st.floats(-50, 50), st.floats(0.05, 1.0), st.lists(st.floats(-3, 3), min_size=30, max_size=60))
def test_motion_finds_the_speed_and_stays_a_covariance(speed: float, dt: float, errors: list[float]) -> None:
    motion = Motion.at((0.0, 0.0), spread=3.0, speed_spread=60.0)
    for step, error in enumerate(errors, start=1):
        motion.predict(dt, acceleration=1.0)
        motion.correct((speed * dt * step + error, 0.0), spread=3.0)
        assert motion.pp > 0 < motion.vv
        assert motion.pv**2 <= motion.pp * motion.vv * (1 + 1e-9)
    assert motion.x.velocity == pytest.approx(speed, abs=8 + 6 / dt / len(errors))
    assert motion.y.velocity == motion.y.position == 0.0


@given(st.lists(st.lists(st.builds(Blob, boxes, unit, st.booleans()), max_size=8), max_size=15))
def test_tracks_have_each_their_number_and_do_not_pile_up(pictures: list[list[Blob]]) -> None:
    tracker, again = Tracker(gap_s=1.0), Tracker(gap_s=1.0)
    for number, blobs in enumerate(pictures):
        shown = tracker.follow(blobs, number * NS_PER_S // 5, 0.2)
        alive = [track.number for track in tracker.tracks]
        assert len(set(alive)) == len(alive) <= 256
        assert all(math.isfinite(value) for track in tracker.tracks for value in track.box)
        assert [track.box for track in shown] == [
            track.box for track in again.follow(blobs, number * NS_PER_S // 5, 0.2)
        ]


def walker(x: float, y: float = 200.0) -> Blob:
    return Blob(Box(x - 10, y - 60, 20, 60), 0.8, True)


def test_two_who_cross_keep_their_numbers() -> None:
    tracker = Tracker(gap_s=1.5)
    for step in range(50):
        x = 20 + 5 * step
        pair = [walker(x, 180.0), walker(280 - 5 * step, 205.0)]
        merged = abs(pair[0].box.x - pair[1].box.x) < 16
        whole = Box(min(p.box.x for p in pair), 120, abs(pair[0].box.x - pair[1].box.x) + 20, 85)
        tracks = tracker.follow([Blob(whole, 0.7, True)] if merged else pair, step * NS_PER_S // 5, 0.2)
        if step == 10:
            first = {track.number: track.x.velocity > 0 for track in tracks}
    assert {track.number: track.x.velocity > 0 for track in tracks} == first
    assert len(first) == 2


@pytest.mark.parametrize(("missed", "same"), [(5, True), (15, False)])
def test_a_short_gap_is_bridged_and_a_long_one_is_not(missed: int, same: bool) -> None:
    tracker, numbers = Tracker(gap_s=1.5), set()
    for step in range(40):
        blobs = [] if 15 <= step < 15 + missed else [walker(20 + 6 * step)]
        numbers |= {track.number for track in tracker.follow(blobs, step * NS_PER_S // 5, 0.2)}
    assert (len(numbers) == 1) == same


def test_a_group_is_cut_into_people() -> None:
    mask = np.zeros((240, 320), np.bool_)
    for x in (100, 130, 160):
        mask[100:160, x : x + 20] = True
    mask[130:140, 100:180] = True  # they hold hands
    people = find_people(mask, PersonSize(Settings(perspective=((0.0, 0.25), (1.0, 0.25))), 240))
    assert len(people) == 3
    assert all(blob.person for blob in people)
    for blob, x in zip(people, (100, 130, 160), strict=True):
        assert iou(blob.box, Box(x, 100, 20, 60)) > 0.6


@given(st.integers(16, 4000), st.integers(16, 4000), st.floats(0.25, 4.0), boxes)
def test_a_box_finds_its_way_back_to_the_file(width: int, height: int, aspect: float, box: Box) -> None:
    view = View.of(width, height, widest=640, pixel_aspect=aspect)
    assert view.width <= 640
    back = view.to_file(box)
    assert back[0] * view.width / width == pytest.approx(box.x, abs=0.1)
    assert back[3] * view.height / height == pytest.approx(box.h, abs=0.1 + 0.1 * view.height / height)


@given(
    st.floats(3, 12),
    st.floats(15, 60),
    st.floats(-180, 180),
    st.floats(-70, 70),
    st.floats(-170, 170),
    unit,
    st.floats(0.2, 1),
)
def test_the_ground_of_a_camera_on_a_mast(
    mast: float, tilt: float, pan: float, lat: float, lon: float, x: float, y: float
) -> None:
    """Four points through a real camera's pose give back every other point below the horizon."""
    frame = LocalFrame(lat, lon)

    def on_ground(u: float, v: float) -> tuple[float, float]:
        """Where the ray of a picture point meets the ground: a camera of 60° × 45° on a mast."""
        across, up = math.tan(math.radians(30)) * (2 * u - 1), math.tan(math.radians(22.5)) * (1 - 2 * v)
        down = math.radians(tilt)
        ahead = math.cos(down) + up * math.sin(down)
        drop = math.sin(down) - up * math.cos(down)
        assume(drop > 0.05)
        far, right = mast * ahead / drop, mast * across / drop
        turn = math.radians(pan)
        east, north = far * math.sin(turn) + right * math.cos(turn), far * math.cos(turn) - right * math.sin(turn)
        return frame.to_degrees(east, north)

    corners = ((0.1, 0.35), (0.9, 0.35), (0.9, 0.95), (0.1, 0.95))
    ties = tuple((u, v, *on_ground(u, v)) for u, v in corners)
    want = on_ground(x, y)
    place = Ground(ties).place_of(x, y)
    assert place is not None
    assert frame.to_metres(place.lat, place.lon) == pytest.approx(frame.to_metres(*want), rel=0.01, abs=0.05)
    assert place.ellipse is not None
    assert place.ellipse.semi_minor_m >= 1.2
