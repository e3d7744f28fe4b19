"""A crowd that walks and then runs, painted and real; and what is no flight."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from s4.core.clock import NS_PER_S
from s4.core.model import Detection, Frame
from s4.detection.video.behaviours.panic_dispersal import KIND
from s4.detection.video.camera import CameraWatch
from s4.detection.video.crowd import Moving
from s4.detection.video.scale import Scale
from s4.detection.video.settings import Settings
from s4.detection.video.usual import Usual
from tests.detection.recordings import START, frames_of
from tests.detection.video.render import TALL, WIDTH, Moment, Person, frames, noise

SETTINGS = Settings(behaviours=("panic_dispersal",))
RUNS_AT, SECONDS = 7.0, 9.4
Way = Callable[[int, float], float]
"""(person, second) → how far they have come, in heights."""


def walking(_person: int, second: float) -> float:
    return 0.7 * second


def all_flee(person: int, second: float) -> float:
    return walking(person, min(second, RUNS_AT)) + 2.6 * max(second - RUNS_AT, 0.0)


def two_run(person: int, second: float) -> float:
    return all_flee(person, second) if person in (1, 4) else walking(person, second)


def square(way: Way, people: int = 6) -> Callable[[float], Moment]:
    """People in rows, who go to and fro, every second one to the left."""

    def moment(second: float) -> Moment:
        seen = []
        for person in range(people):
            gone = way(person, second) * TALL * (-1) ** person + 97 * person
            x = abs(gone % (2 * WIDTH) - WIDTH)
            seen.append(Person(x, 70 + 30 * person, 30 + 12 * person))
        return Moment(tuple(seen))

    return moment


def past_shoulders(way: Way) -> Iterator[Frame]:
    """The same behind a row of people who go by at the camera, in all colours; the picture shows their shoulders."""
    rng = np.random.default_rng(5)
    shades = [int(rng.choice((rng.integers(0, 80), rng.integers(190, 255)))) for _ in range(60)]
    for frame in frames(square(way), SECONDS, fps=5.0):
        image = frame.image.copy()
        for number, shade in enumerate(shades):
            left = 9 * frame.number - 100 * number + 320
            image[190:, max(left - 60, 0) : max(left, 0)] = shade
        yield Frame(frame.source, frame.site, frame.number, frame.time, image)


def watched(pictures: Iterator[Frame], settings: Settings = SETTINGS) -> list[Detection]:
    camera = CameraWatch("cam-1", "square", settings, [], None)
    return [one for frame in pictures for one in camera.look(frame)] + camera.close()


def test_a_crowd_that_runs_is_told_within_a_second_and_a_half() -> None:
    start, *updates, end = watched(frames(square(all_flee), SECONDS, fps=5.0))
    assert [start.kind, start.phase, end.phase] == ["panic_dispersal", "start", "end"]
    assert all(one.phase == "update" for one in updates)
    assert RUNS_AT <= (start.time - START) / NS_PER_S <= RUNS_AT + 1.5
    assert 0.3 < start.confidence < 1.0
    assert start.text.endswith("% of what moves")
    people = start.attributes["people_fast"]
    assert isinstance(people, float)
    assert 2.2 <= people <= 6.5
    assert start.happening == end.happening


@pytest.mark.parametrize(("way", "people"), [(two_run, 6), (all_flee, 2)])
def test_no_flight(way: Way, people: int) -> None:
    assert watched(frames(square(way, people), SECONDS, fps=5.0)) == []


def test_where_people_are_cut_off_by_the_lower_edge_nothing_is_known_of_their_size() -> None:
    assert watched(past_shoulders(all_flee)) == []


def test_a_flight_is_known_to_the_others_while_it_goes_on() -> None:
    camera, known = CameraWatch("cam-1", "square", SETTINGS, [], None), []
    told: list[tuple[int, str]] = []
    for frame in frames(square(all_flee), SECONDS, fps=5.0):
        told += [(frame.number, one.phase) for one in camera.look(frame)]
        known += [frame.number] if camera.scene and KIND in camera.scene.ongoing else []
    assert told[0][1] == "start"
    assert known == list(range(told[0][0] + 1, round(SECONDS * 5)))


def test_who_ran_all_the_time_is_usual_here() -> None:
    assert watched(frames(square(lambda _, second: 2.6 * second), SECONDS, fps=5.0)) == []


@pytest.mark.slow
def test_the_light_goes_out_and_comes_back() -> None:
    still = square(walking)

    def flicker(second: float) -> Moment:
        return still(second)._replace(light=0.3 if 7.0 <= second < 8.0 else 1.0)

    assert watched(frames(flicker, SECONDS, fps=5.0)) == []


def test_a_camera_that_is_shaken_tells_nothing() -> None:
    def shaken() -> Iterator[Frame]:
        for frame in frames(square(walking), SECONDS, fps=5.0):
            by = 25 * (frame.number % 2) if frame.number > 35 else 0
            image = np.clip(np.roll(frame.image, by, axis=1) + noise(frame.number % 16), 0, 255).astype(np.uint8)
            yield Frame(frame.source, frame.site, frame.number, frame.time, image)

    assert watched(shaken()) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_real_flight_is_told_in_time_and_nothing_before(data_dir: Path) -> None:
    truth = json.loads((data_dir / "video" / "ground_truth.json").read_text())["umn_panic"]
    for clip in truth:
        parts = [data_dir / "video" / clip[part] for part in ("normal_part", "panic_part")]
        images = [frame.image for part in parts for frame in frames_of(part, fps=30.0)]
        pictures = (
            Frame("cam-1", "square", n, START + round(n / 30 * NS_PER_S), image) for n, image in enumerate(images)
        )
        starts = [one for one in watched(pictures) if one.phase == "start"]
        first, last = clip["accept_alarm_frames"]
        assert starts, clip["panic_part"]
        assert first <= round((starts[0].time - START) / NS_PER_S * 30) <= last, clip["panic_part"]


@pytest.mark.slow
def test_faces_that_fill_the_picture_do_not_flee(data_dir: Path) -> None:
    pictures = frames_of(data_dir / "video" / "vtest" / "people_nodejs.mp4", fps=24.0)
    assert watched(iter(pictures)) == []


def moving(points: list[tuple[int, int]], speed: float) -> Moving:
    """Points of a grid on which people are 20 steps tall, each a twentieth of somebody."""
    rows, columns = (np.array([point[axis] for point in points], np.int64) for axis in (0, 1))
    count = len(points)
    return Moving(
        rows, columns, np.full(count, speed), np.full(count, 0.05), np.full(60, 20.0), 0.33, 0.0, width=80, step=2.0
    )


def patch(row: int, column: int) -> list[tuple[int, int]]:
    return [(row + down, column + across) for down in range(4) for across in range(3)]


def test_limbs_are_one_body_and_who_runs_apart_is_another() -> None:
    two_legs = patch(20, 10) + patch(20, 15)
    (body,) = moving(two_legs, 1.2).pieces(0.8)
    assert body.people == pytest.approx(1.2)
    assert body.surplus == pytest.approx(0.6), "half as fast again as usual counts half"
    assert len(moving(two_legs + patch(20, 30), 1.2).pieces(0.8)) == 2
    assert moving(patch(20, 10)[:2], 1.2).pieces(0.8) == [], "a leaf"
    tower = [(row, 10) for row in range(50)]
    (beside,) = moving(tower + patch(20, 40), 1.2).pieces(0.8)
    assert beside.people == pytest.approx(0.6), "not the tower"


@given(
    points=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 79)), max_size=80, unique=True),
    speed=st.floats(0, 20),
    usual=st.floats(0.4, 3.0),
)
def test_nobody_counts_for_more_than_they_are(points: list[tuple[int, int]], speed: float, usual: float) -> None:
    seen = moving(points, speed)
    pieces = seen.pieces(usual)
    assert all(0.0 <= piece.surplus <= piece.people + 1e-9 for piece in pieces)
    assert sum(piece.people for piece in pieces) <= seen.total + 1e-9


@given(
    speeds=arrays(np.float64, st.integers(0, 50), elements=st.floats(0, 100)),
    seconds=st.integers(1, 40),
    dt_s=st.floats(0.05, 2.0),
)
def test_what_is_usual_lies_among_what_was_seen(speeds: np.ndarray, seconds: int, dt_s: float) -> None:
    usual = Usual()
    for number in range(seconds):
        usual.learn(START + round(number * dt_s * NS_PER_S), dt_s, speeds, np.full(len(speeds), 0.1))
    assert 0.0 <= usual.weight <= seconds * dt_s * len(speeds) * 0.1 + 1e-6
    if usual.weight > 0:
        assert min(speeds.min(), 5.95) - 0.06 <= usual.nine_of_ten <= min(speeds.max(), 6.0) + 1e-9


@given(st.lists(st.floats(-1e3, 1e3), max_size=20))
def test_nobody_is_less_than_half_or_more_than_twice_as_tall_as_most(rows: list[float]) -> None:
    tall = Scale(480).tall(np.array(rows, np.float64))
    assert (tall == 120).all()
