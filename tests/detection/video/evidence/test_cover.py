"""Nobody is left uncovered: painted people, whose boxes are exact, and the real clip that people drew boxes on."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.detection.video.camera import CameraWatch
from s4.detection.video.evidence.blur import blurred
from s4.detection.video.evidence.cover import AHEAD_S, BEHIND_S, LOST_S, Cover
from s4.detection.video.evidence.known import Known
from s4.detection.video.evidence.planes import coarse, planes_of
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Mask, View
from s4.detection.video.scene import Scene
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from tests.detection.recordings import START
from tests.detection.video.render import HEIGHT, TALL, WIDE, WIDTH, Moment, Person, frames, walk

SETTINGS = Settings()
VIEW = View.of(WIDTH, HEIGHT, widest=640, pixel_aspect=1.0)


def scene(second: float, *pieces: Box, tracks: tuple[Box, ...] = (), settled: bool = True) -> Scene:
    """A scene with pieces of foreground and people who are followed."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    for x, y, w, h in pieces:
        mask[int(y) : int(y + h), int(x) : int(x + w)] = True
    time = START + round(second * NS_PER_S)
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    people = [_track(number, box, time) for number, box in enumerate(tracks, 1)]
    return Scene(time, 0.2, VIEW, image, mask, people, PersonSize(SETTINGS, HEIGHT), settled, image)


def _track(number: int, box: Box, time: int) -> Track:
    from s4.detection.video.blobs import Blob

    return Track.of(number, Blob(box, 1.0, person=True), time)


def share_of(mask: Mask, box: Box) -> float:
    """How much of a box (as far as it lies in the picture) is covered."""
    whole: NDArray[np.uint8] = np.asarray(cv2.resize(mask.view(np.uint8), (WIDTH, HEIGHT), interpolation=0), np.uint8)
    part = whole[max(int(box.y), 0) : int(box.y + box.h), max(int(box.x), 0) : int(box.x + box.w)]
    return float(part.mean()) if part.size else 1.0


def at(cover: Cover, second: float) -> Mask:
    return cover.at(START + round(second * NS_PER_S))


Script = Callable[[float], tuple[Person, ...]]
SCRIPTS: dict[str, Script] = {
    "one walks": lambda s: walk(s, 2.0, 12.0, (-10.0, 330.0), 150.0),
    "two meet": lambda s: (*walk(s, 2.0, 10.0, (-10.0, 330.0), 150.0), *walk(s, 3.0, 11.0, (330.0, -10.0), 160.0)),
    "one stops": lambda s: (
        *walk(s, 2.0, 6.0, (-10.0, 160.0), 170.0),
        *((Person(160.0, 170.0),) if 6.0 < s < 11.0 else ()),
        *walk(s, 11.0, 14.0, (160.0, 330.0), 170.0),
    ),
    "hardly seen": lambda s: tuple(p._replace(shade=110) for p in walk(s, 2.0, 12.0, (-10.0, 330.0), 150.0)),
}


def boxes(people: tuple[Person, ...]) -> Iterator[Box]:
    for one in people:
        left, right = max(one.x - WIDE / 2, 0.0), min(one.x + WIDE / 2, float(WIDTH))
        if right - left >= WIDE / 2:
            yield Box(left, one.y - TALL, right - left, TALL)


@pytest.mark.parametrize("name", SCRIPTS)
def test_everybody_is_covered_in_every_picture(name: str) -> None:
    script, cover = SCRIPTS[name], Cover(keep_s=60.0)
    watch = CameraWatch("cam-1", "square", SETTINGS, [], None)
    for frame in frames(lambda s: Moment(script(s)), 14.0, fps=5.0):
        watch.look(frame)
        if watch.scene is not None and watch.scene.time == frame.time:
            cover.see(watch.scene)
    missed, shares = [], []
    for number in range(15, 135):
        mask = at(cover, number / 10)
        shares.append(float(mask.mean()))
        missed += [(number, box) for box in boxes(script(number / 10)) if share_of(mask, box) < 0.9]
    assert missed == []
    assert np.mean(shares) < 0.4


def test_a_cover_lasts_from_before_to_after() -> None:
    cover, person = Cover(keep_s=20.0), Box(100, 80, 20, 60)
    for step in range(51):
        cover.see(scene(step / 5, *([person] if step == 25 else [])))
    seen = [second / 10 for second in range(100) if share_of(at(cover, second / 10), person) == 1.0]
    assert (seen[0], seen[-1]) == (5.0 - AHEAD_S, 5.0 + BEHIND_S)


def test_a_missed_picture_between_others_is_covered_at_any_pace() -> None:
    cover, person = Cover(keep_s=60.0), Box(100, 80, 20, 60)
    for second in (0.0, 10.0, 20.0):
        cover.see(scene(second, *([person] if second == 10.0 else [])))
    assert share_of(at(cover, 5.0), person) == 1.0
    assert share_of(at(cover, 15.0), person) == 1.0


def test_who_is_lost_in_the_middle_stays_covered_but_not_who_left() -> None:
    for box, stays in ((Box(100, 80, 20, 60), True), (Box(5, 80, 20, 60), False)):
        cover = Cover(keep_s=60.0)
        for step in range(60):
            cover.see(scene(step / 5, tracks=(box,) if step < 10 else ()))
        assert (share_of(at(cover, 1.8 + LOST_S), box) == 1.0) is stays
        assert share_of(at(cover, 10.0), box) == 0.0


def test_nothing_is_uncovered_while_the_light_changes() -> None:
    cover, person = Cover(keep_s=60.0), Box(100, 80, 20, 60)
    for step in range(30):
        cover.see(scene(step / 5, *([person] if step < 5 else []), settled=step < 5))
    assert share_of(at(cover, 5.0), person) == 1.0


def test_where_nothing_is_known_everything_is_covered() -> None:
    cover = Cover(keep_s=1.0)
    assert cover.at(START).all()
    cover.see(scene(0.0))
    assert not at(cover, 0.0).any()
    narrow = VIEW._replace(width=160, height=100)
    cover.see(scene(0.2)._replace(view=narrow, foreground=np.zeros((100, 160), np.bool_)))
    assert at(cover, 0.1).all()


def test_a_wide_group_is_covered_as_high_as_it_is_in_each_place() -> None:
    cover, mask = Cover(keep_s=1.0), np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[180:200, 20:300] = True
    mask[100:200, 20:60] = True
    cover.see(scene(0.0)._replace(foreground=mask))
    found = at(cover, 0.0)
    assert share_of(found, Box(20, 100, 40, 100)) == 1.0
    assert share_of(found, Box(150, 100, 150, 50)) == 0.0


def test_memory_is_bounded() -> None:
    cover = Cover(keep_s=2.0)
    for step in range(60):
        cover.see(scene(step / 5))
    assert len(cover._masks) <= (2.0 + AHEAD_S + BEHIND_S) * 5 + 1


@given(st.floats(0, WIDTH - 8), st.floats(0, HEIGHT - 8), st.floats(4, 80), st.floats(4, 120), st.floats(0, 9))
def test_whatever_stands_out_is_covered(x: float, y: float, w: float, h: float, second: float) -> None:
    piece, cover = Box(int(x), int(y), int(w), int(h)), Cover(keep_s=2.0)
    cover.see(scene(second, piece))
    assert share_of(at(cover, second), piece) == 1.0


@given(st.integers(0, 2**32 - 1))
def test_what_is_covered_tells_nothing_finer_than_a_patch(seed: int) -> None:
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (96, 128, 3), dtype=np.uint8)
    other = image.reshape(24, 4, 32, 4, 3).copy()
    other = generator.permuted(other.transpose(0, 2, 4, 1, 3).reshape(-1, 16), axis=1)
    other = other.reshape(24, 32, 3, 4, 4).transpose(0, 3, 1, 4, 2).reshape(96, 128, 3)
    whole = np.ones((1, 1), np.bool_)
    assert (blurred(image, whole) == blurred(other, whole)).all()


def test_what_is_not_covered_is_left_as_it_is() -> None:
    image = np.random.default_rng(1).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    before = image.copy()
    shown = blurred(image, np.zeros((3, 4), np.bool_))
    assert (shown == image).all()
    assert (image == before).all()
    assert shown is not image


def test_a_recording_that_begins_again_is_looked_at_anew() -> None:
    cover, person = Cover(keep_s=60.0), Box(100, 80, 20, 60)
    for step in range(20):
        cover.see(scene(step / 5, person))
    for step in range(20):
        cover.see(scene(step / 5))
    assert share_of(at(cover, 2.0), Box(0, 0, 40, 40)) == 0.0
    assert cover.until == START + round((3.8 - AHEAD_S) * NS_PER_S)


def swaying(second: float) -> Moment:
    """Somebody who was there before the camera: a step to and fro every few seconds. Beside, a bag."""
    return Moment((Person(100.0 + 1.5 * np.sin(second * 1.3), 200.0),), bag=(250, 200))


@pytest.mark.parametrize(("still_s", "seen"), [(0.0, False), (4.0, True)])
def test_who_stands_there_from_the_first_picture_is_covered_while_they_move_a_little(
    still_s: float, seen: bool
) -> None:
    cover, watch = Cover(keep_s=60.0, still_s=still_s), CameraWatch("cam-1", "", SETTINGS, [], None)
    for frame in frames(swaying, 20.0):
        watch.look(frame)
        if watch.scene is not None and watch.scene.time == frame.time:
            cover.see(watch.scene)
    shares = []
    for second in np.arange(6.0, 18.0, 0.5):
        (person,) = swaying(second).people
        shares.append(share_of(at(cover, second), Box(person.x - WIDE / 2, person.y - TALL, WIDE, TALL)))
    assert (min(shares) >= 0.9) == seen
    assert share_of(at(cover, 18.0), Box(240, 184, 20, 16)) == 0.0
    assert at(cover, 18.0).mean() < 0.35


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_what_was_not_still_is_not_known(row: int, column: int, seed: int) -> None:
    known, noise = Known(3.0), np.random.default_rng(seed)
    grey = noise.integers(60, 200, (24, 24, 3)).astype(np.uint8)
    for number in range(20):
        image = grey.copy()
        if number == 15:
            image[row : row + 3, column : column + 3] += 40
        unknown = known.look(planes_of(image), 0.5)
        assert unknown[row : row + 3, column : column + 3].all() == (number < 6 or number == 15)
    assert not unknown.any()


def test_a_place_that_changed_is_known_again_after_a_time() -> None:
    known = Known(3.0)
    for level, states in ((90, [True] * 3 + [False] * 3), (150, [True] * 3 + [False] * 3)):
        image = np.full((8, 8, 3), level, np.uint8)
        assert [bool(known.look(planes_of(image), 1.0).any()) for _ in range(6)] == states


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_cell_is_the_mean_of_what_is_in_it(across: int, down: int, columns: int, rows: int, seed: int) -> None:
    """And whatever stands out anywhere in a cell shows in it."""
    image = np.random.default_rng(seed).integers(0, 255, (down * rows, across * columns, 3)).astype(np.uint8)
    cells = coarse(image, (columns, rows))
    means = image.reshape(rows, down, columns, across, 3).mean(axis=(1, 3))
    assert np.abs(cells - means).max() <= 2.0
    spot = np.zeros((down * rows, across * columns), np.uint8)
    spot[seed % len(spot), seed % spot.shape[1]] = 255
    found = coarse(spot, (columns, rows)) > 0
    assert found[seed % len(spot) // down, seed % spot.shape[1] // across]
