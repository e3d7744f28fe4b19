"""What is done to a camera, painted; and that light, people and lorries are no such thing."""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.model import Detection, Frame
from s4.detection.video.camera import CameraWatch
from s4.detection.video.picture import Image
from s4.detection.video.repeats import Replay, Stillness
from s4.detection.video.settings import Settings
from s4.detection.video.sight import grey_of
from s4.detection.video.tampering import ACCEPT_S, Views
from s4.exercise.training.clip import Clip
from s4.exercise.training.scene import Scene
from tests.detection.recordings import START
from tests.detection.video.render import HEIGHT, WIDTH, Moment, Person, frames, paint, walk

FPS = 5.0
DONE_S, OVER_S, END_S = 6.0, 11.0, 14.0
Tamper = Callable[[Image, float], NDArray[np.generic]]


def busy(second: float) -> Moment:
    """Two people cross, one behind the other."""
    return Moment(walk(second, 0.0, 9.0, (-20.0, 340.0), 180.0) + walk(second, 3.0, 14.0, (340.0, -20.0), 230.0))


def grain(second: float, spread: float = 2.0) -> NDArray[np.float64]:
    return np.random.default_rng(round(second * FPS)).normal(0, spread, (HEIGHT, WIDTH, 3))


def blurred(image: Image, _: float) -> NDArray[np.generic]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 3.0))


def sprayed(image: Image, second: float) -> NDArray[np.generic]:
    painted = image.astype(float)
    painted[20:200, 40:230] = 60 + grain(second)[20:200, 40:230]
    return painted


TAMPERS: dict[str, Tamper] = {
    "covered": lambda _, second: 20 + grain(second),
    "sprayed": sprayed,
    "defocused": blurred,
    "moved": lambda image, _: np.roll(image, (30, 45), axis=(0, 1)),
    "blinded": lambda image, second: np.clip(image * 0.2 + 250, 0, 255) - abs(grain(second)),
    "signal_lost": lambda image, _: np.full_like(image, 29),
    "frozen": lambda _, second: paint(busy(DONE_S), round(DONE_S * FPS)),
    "looped": lambda _, second: paint(busy(second - DONE_S + 1.0), round((second - DONE_S + 1.0) * FPS)),
}


def clip(tamper: Tamper | None, seconds: float = END_S) -> Iterator[Frame]:
    for frame in frames(busy, seconds, fps=FPS):
        second = (frame.time - START) / NS_PER_S
        if tamper is None or not DONE_S <= second < OVER_S:
            yield frame
        else:
            yield frame._replace(image=np.clip(tamper(frame.image, second), 0, 255).astype(np.uint8))


def watch(pictures: Iterable[Frame]) -> list[Detection]:
    camera = CameraWatch("cam-1", "square", Settings(behaviours=("camera_tampered",)), (), None)
    return [one for frame in pictures for one in camera.look(frame)] + camera.close()


@pytest.mark.parametrize("how", TAMPERS)
def test_what_was_done_is_said_in_time_and_is_over_when_it_is(how: str) -> None:
    found = watch(clip(TAMPERS[how]))
    assert [one.phase for one in found if one.phase != "update"] == ["start", "end"], found
    start, end = found[0], found[-1]
    assert start.kind == "camera_tampered"
    assert start.attributes["how"] == how
    assert DONE_S + 1.0 <= (start.time - START) / NS_PER_S <= DONE_S + 5.0
    assert OVER_S <= (end.time - START) / NS_PER_S <= OVER_S + 2.0
    assert len({one.happening for one in found}) == 1
    assert 0.5 < start.confidence < 1.0


def test_the_part_that_was_sprayed_is_named() -> None:
    x, y, w, h = np.array(watch(clip(sprayed))[0].attributes["bbox_px"])
    assert (x, y, x + w, y + h) == pytest.approx((40, 20, 230, 200), abs=42)


def lorry(image: Image, second: float) -> NDArray[np.generic]:
    """Drives by for three seconds and hides most of the picture."""
    left = round((second - DONE_S) * 220 - 280)
    hidden = image.copy()
    hidden[:220, max(left, 0) : max(left + 260, 0)] = (90, 120, 90)
    return hidden


@pytest.mark.parametrize(
    "quiet",
    [
        None,
        lorry,
        lambda image, _: image * 0.55,
        lambda image, _: image * 1.4,
        lambda image, second: image * (1.0 + 0.3 * np.sin(3 * second)),
        lambda image, second: np.roll(image, round(second * FPS) % 3 - 1, axis=1),
    ],
    ids=["nothing", "lorry", "darker", "brighter", "clouds", "wind"],
)
def test_what_nobody_did_is_not_said(quiet: Tamper | None) -> None:
    assert watch(clip(quiet)) == []


def test_a_crowd_is_not_said() -> None:
    def crowd(second: float) -> Moment:
        rng = np.random.default_rng(3)
        places = [
            (x + rng.uniform(-25, 25) * second, y) for y in range(90, 240, 30) for x in rng.uniform(-150, 470, 22)
        ]
        return Moment(tuple(Person(x, y, 30 + round(x) % 90) for x, y in places if -20 < x < WIDTH + 20))

    assert watch(frames(crowd, 12.0, fps=FPS)) == []


def paving() -> NDArray[np.float64]:
    """Bare ground seen from near, with faint joints, brighter to the right."""
    lit = np.add.outer(np.linspace(90, 110, HEIGHT), np.linspace(0, 40, WIDTH))
    lit[::24] -= 9
    lit[:, ::40] -= 9
    return np.asarray(cv2.GaussianBlur(lit, (0, 0), 0.8))


def rained(place: NDArray[np.float64], second: float) -> NDArray[np.float64]:
    rng = np.random.default_rng(round(second * FPS))
    streaks = np.zeros(place.shape, np.uint8)
    for x, y, reach in rng.integers((0, -20, 8), (WIDTH, HEIGHT, 26), (400, 3)).tolist():
        cv2.line(streaks, (x, y), (x + reach // 8, y + reach), (130,), 1, cv2.LINE_AA)
    return place + 0.6 * streaks


@pytest.mark.parametrize("how", [None, "signal_lost"], ids=["downpour", "snow of a lost signal"])
def test_streaks_of_rain_over_bare_ground_are_no_lost_signal(how: str | None) -> None:
    def picture(second: float) -> Image:
        noise = np.random.default_rng(round(second * FPS)).normal(0, 1, (HEIGHT, WIDTH))
        shown = paving() if second < DONE_S else 128 + 60 * noise if how else rained(paving(), second)
        return np.repeat(np.clip(shown + noise, 0, 255).astype(np.uint8)[..., None], 3, axis=2)

    times = [number / FPS for number in range(round(OVER_S * FPS))]
    pictures = [
        Frame("cam-1", "square", number, START + round(second * NS_PER_S), picture(second))
        for number, second in enumerate(times)
    ]
    found = [one for one in watch(pictures) if one.phase == "start"]
    assert [one.attributes["how"] for one in found] == ([how] if how else [])


@pytest.mark.slow
def test_a_downpour_before_a_station_is_no_lost_signal() -> None:
    scene = Scene(
        seed=1003,
        place="station",
        people=8,
        light="clouds",
        noise=0.8,
        shake_px=0.3,
        rain=0.9,
        height_m=3.5,
        tilt_deg=35.0,
        view_deg=45.0,
        seconds=60,
        fps=FPS,
        width=320,
    )
    views = Views()
    said = [views.look(grey_of(image), 1 / FPS) for image, _ in Clip(scene).pictures()]
    assert len(said) == 300
    assert "signal_lost" not in said


def test_a_new_view_is_accepted_after_a_minute_and_the_old_one_is_known_again() -> None:
    camera = CameraWatch("cam-1", "square", Settings(behaviours=("camera_tampered",)), (), None)
    picture = paint(Moment(), 0)
    elsewhere = np.ascontiguousarray(np.roll(picture, (30, 45), axis=(0, 1)))
    found: list[Detection] = []
    for number in range(100):
        image = picture if number < 6 or number > 80 else elsewhere
        noisy = np.clip(image + grain(number, 3.0), 0, 255).astype(np.uint8)
        found += camera.look(Frame("cam-1", "square", number, START + number * NS_PER_S, noisy))
    (end,) = [one for one in found if one.phase == "end"]
    assert (end.time - START) / NS_PER_S == pytest.approx(6 + ACCEPT_S["moved"], abs=3)
    assert "from now on" in end.text
    assert found[-1] == end, "the view that came back was known"


def test_until_a_place_is_known_nothing_is_said() -> None:
    views = Views()
    assert [views.look(grey_of(paint(busy(n), n)), 0.2) for n in range(5)] == [None] * 5


@given(
    levels=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 80)), min_size=1, max_size=25),
    size=st.tuples(st.integers(16, 60), st.integers(16, 60)),
)
@settings(max_examples=25)
def test_any_pictures_at_all_give_happenings_that_start_and_end(
    levels: list[tuple[int, int]], size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(len(levels))
    camera = CameraWatch("cam-1", "square", Settings(behaviours=("camera_tampered",)), (), None)
    phases: dict[str, list[str]] = {}
    for number, (level, spread) in enumerate(level for level in levels for _ in range(6)):
        image = np.clip(rng.normal(level, spread, (*size, 3)), 0, 255).astype(np.uint8)
        frame = Frame("cam-1", "square", number, START + number * NS_PER_S // 5, image)
        for one in camera.look(frame):
            phases.setdefault(one.happening, []).append(one.phase)
    for one in camera.close():
        phases.setdefault(one.happening, []).append(one.phase)
    for said in phases.values():
        assert said == ["start", *["update"] * (len(said) - 2), "end"]


@given(lag=st.integers(12, 60), seed=st.integers(0, 999))
@settings(max_examples=15)
def test_a_repeat_is_known_by_its_movement_and_new_movement_is_none(lag: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    once = rng.normal(120, 10, (70, 48, 64))
    replay, fresh = Replay(), Replay()
    for picture in once:
        assert replay.see(picture.clip(0, 255).astype(np.uint8), 0.2) < 1.0
    for number in range(16):
        old = once[70 - lag + number % lag] + rng.normal(0, 1, (48, 64))
        repeated_s = replay.see(old.clip(0, 255).astype(np.uint8), 0.2)
    assert repeated_s > 1.5
    for picture in np.repeat(once[:1], 40, axis=0):
        assert fresh.see(picture.clip(0, 255).astype(np.uint8), 0.2) == 0.0, "what does not move is no repeat"


def test_clouds_that_pass_again_and_again_are_no_replay() -> None:
    replay, rng = Replay(), np.random.default_rng(6)
    place = cv2.GaussianBlur(rng.uniform(40, 200, (180, 320)), (0, 0), 9) * 2.5 - 180
    light = 1.0 + 0.15 * np.sin(np.cumsum(rng.uniform(0.05, 0.4, 300)))
    pictures = [np.clip(place * gain + rng.normal(0, 2, place.shape), 0, 255).astype(np.uint8) for gain in light]
    assert max(replay.see(picture, 0.2) for picture in pictures) < 1.0


def test_what_comes_every_few_seconds_is_no_replay() -> None:
    replay = Replay()
    wall = np.random.default_rng(9).uniform(60, 160, (60, 80)).astype(np.uint8)
    sign = [wall.copy() for _ in range(400)]
    for number, picture in enumerate(sign):
        picture[10:30, 20:50] = 100 + 60 * (number // 4 % 2)
    assert max([replay.see(picture, 0.2) for picture in sign][40:]) == 0.0


def test_a_picture_that_never_changed_does_not_freeze() -> None:
    stillness = Stillness()
    picture = paint(Moment(), 0)[..., 0]
    assert max(stillness.see(picture, 0.2) for _ in range(100)) == 0.0
