"""Violent motion is told; people who walk, stand, gesture or fall are no fight."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from math import sin
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from s4.detection.video.behaviours.fight import FLIGHT, LASTING, Fight
from s4.detection.video.camera import CameraWatch
from s4.detection.video.flow import Flow, Flows, Glance
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.turmoil import Measures, Turmoil
from s4.detection.video.verdict import FARTHEST, Verdict, Weight, learnt
from tests.detection.recordings import START, frames_of
from tests.detection.video.bodies import Bodies, Body, between, frames, paint
from tests.detection.video.scenes import VIEW

FLOOR = 220.0
EMPTY = np.zeros((240, 320), np.bool_)
SIZE = PersonSize(Settings(), 240)


def watch(pictures: Iterable[Frame], flight: tuple[float, float] = (0.0, 0.0)) -> list[Statement]:
    """What the behaviour says, without people being looked for in the pictures. `flight`: seconds in which one is told
    of.
    """
    behaviour, flows, found, time = Fight(Settings(), ()), Flows(), list[Statement](), START
    for frame in pictures:
        time, flow = frame.time, flows.next(frame.image, 0.2)
        found += behaviour.see(
            Scene(
                time, 0.2, VIEW, frame.image, EMPTY, [], SIZE, settled=True, raw=frame.image, flow=flow,
                ongoing=frozenset({FLIGHT} if flight[0] <= (time - START) / NS_PER_S < flight[1] else ()),
                live=frame.live,
            )
        )  # fmt: skip
    return found + behaviour.close(time)


def struggle(second: float) -> tuple[Body, ...]:
    """Two who push and pull each other to and fro, twice a second, with their whole bodies."""
    sway, lurch = sin(13.7 * second), sin(21.1 * second + 1)
    return (
        Body(145 + 14 * lurch, FLOOR, lean=35 * sway, left=0.95 - 0.1 * lurch),
        Body(175 - 12 * sway, FLOOR, lean=-20 + 35 * lurch, left=0.9 + 0.1 * sway, shade=200),
    )


def passers_by(second: float) -> tuple[Body, ...]:
    return (Body(-40 + 45 * second, FLOOR), Body(360 - 40 * second, FLOOR - 20, shade=200))


def talk(second: float) -> tuple[Body, ...]:
    """Two who stand and shift their weight now and then."""
    return (Body(130, FLOOR, lean=3 * sin(second)), Body(190, FLOOR, lean=3 * sin(1.3 * second), shade=200))


def crowd(second: float) -> tuple[Body, ...]:
    """Eight who walk in all directions."""
    ways = ((0, 20), (320, -25), (40, 30), (280, -20), (-40, 28), (360, -30), (80, 15), (200, -18))
    return tuple(
        Body(x + speed * second, 100 + 17 * row, tall=60, shade=40 + 20 * row) for row, (x, speed) in enumerate(ways)
    )


def falls(second: float) -> tuple[Body, ...]:
    return (Body(60 + 30 * min(second, 3.0), FLOOR, lean=85 * between(second, 3.4, 4.3)),)


def test_a_short_recording_of_a_struggle_is_told_when_it_ends() -> None:
    found = watch(frames(struggle, 2.2))
    assert [(one.kind, one.phase) for one in found] == [("fight", "start"), ("fight", "end")]
    assert 0.5 < found[0].confidence < 1.0
    assert 60 < found[0].box.x + found[0].box.w / 2 < 260, "where they struggle"


@pytest.mark.parametrize("seconds", [2.2, 6.0])
def test_a_camera_that_is_lost_is_no_short_recording(seconds: float) -> None:
    """It may be lost every few seconds, and each time one such recording in five would be told wrongly."""
    assert watch(frame._replace(live=True) for frame in frames(struggle, seconds)) == []


def test_a_struggle_on_a_camera_is_told_while_it_lasts_and_is_over_after() -> None:
    def scene(second: float) -> tuple[Body, ...]:
        return struggle(second) if 6.0 <= second < 12.0 else talk(second)

    found = watch(frames(scene, 16.5))
    assert [one.phase for one in found if one.phase != "update"] == ["start", "end"], found
    began, ended = ((one.time - START) / NS_PER_S for one in (found[0], found[-1]))
    assert 6.0 < began < 11.5
    assert 12.0 < ended < 16.4


@pytest.mark.parametrize(("flight", "told"), [((6.2, 14.5), 0), ((6.2, 8.0), 1), ((11.5, 14.0), 1)])
def test_who_flees_does_not_fight_but_a_fight_goes_on_and_may_follow(flight: tuple[float, float], told: int) -> None:
    def scene(second: float) -> tuple[Body, ...]:
        return struggle(second) if 6.0 <= second < 14.0 else talk(second)

    found = watch(frames(scene, 16.5), flight)
    assert sum(one.phase == "start" for one in found) == told
    assert all(one.time >= START + flight[0] * NS_PER_S or flight[0] > 10 for one in found)


@pytest.mark.parametrize("scene", [passers_by, talk, crowd])
@pytest.mark.parametrize("seconds", [2.2, 6.4])
def test_what_is_no_fight(scene: Bodies, seconds: float) -> None:
    assert watch(frames(scene, seconds)) == []


def test_a_fall_is_no_fight() -> None:
    assert watch(frames(falls, 6.4)) == []


def test_what_a_place_is_like_all_day_is_not_told_again_and_again() -> None:
    """Restless as a crossing: above every fixed level, but no more than a minute ago."""
    assert learnt().score(RESTLESS) > LASTING > learnt().score(CALM)
    assert starts(lambda step: RESTLESS if step >= 250 else CALM) == [1, 0]
    assert starts(lambda step: RESTLESS if step % 20 < 7 else CALM) == [0, 0]
    assert starts(lambda step: RESTLESS) == [0, 0], "as ever here"


@pytest.mark.parametrize(("seconds", "told"), [(1, 1), (5, 1), (9, 1), (20, 0)])
def test_until_it_is_known_what_is_usual_a_recording_is_judged_when_it_ends(seconds: int, told: int) -> None:
    assert starts(lambda step: RESTLESS, 5 * seconds) == [0, told]
    assert starts(lambda step: CALM, 5 * seconds) == [0, 0]


def test_only_a_clip_of_few_seconds_is_told_of_by_a_narrow_margin() -> None:
    doubtful = Measures(1.25, 0.5, 0.03, Box(0, 0, 9, 9))
    assert 0 < learnt().score(doubtful) < LASTING
    assert starts(lambda step: doubtful, 5) == [0, 1]
    assert starts(lambda step: doubtful, 30) == [0, 0]


RESTLESS, CALM = Measures(1.5, 0.6, 0.04, Box(0, 0, 9, 9)), Measures(1.0, 0.2, 0.01, Box(0, 0, 9, 9))


def starts(of: Callable[[int], Measures], steps: int = 300) -> list[int]:
    """How many fights are told while they last and when the recording ends, by measures five times a second."""
    behaviour = Fight(Settings(), ())
    said = [one for step in range(steps) for one in behaviour.weigh(of(step), START + step * NS_PER_S // 5)]
    ended = behaviour.close(START + steps * NS_PER_S // 5)
    return [sum(one.phase == "start" for one in each) for each in (said, ended)]


def measured(bodies: Bodies, seconds: float = 2.2) -> Measures:
    turmoil, last = Turmoil(), None
    for number in range(round(seconds * 5)):
        glance = Glance(paint(bodies(number / 5), number))
        if last is not None:
            turmoil.see(Flow(last, glance, 320, 0.2).motion, 240, START + number * NS_PER_S // 5)
        last = glance
    found = turmoil.measure()
    assert found is not None
    return found


def test_a_struggle_stays_and_disagrees_more_than_those_who_pass() -> None:
    violent, calm = measured(struggle), measured(passers_by)
    assert violent.discord > 2 * calm.discord
    assert 0 <= calm.stay < violent.stay <= 1


def test_what_goes_to_and_fro_jerks_more_than_what_goes_on() -> None:
    ground = np.random.default_rng(3).integers(0, 255, (15, 40, 3), np.uint8)
    texture = np.asarray(cv2.resize(ground, (640, 240), interpolation=cv2.INTER_CUBIC), np.uint8)

    def jerk(offset: Callable[[int], int]) -> float:
        turmoil, last = Turmoil(), None
        for number in range(11):
            picture = paint((), number)
            left = 40 + offset(number)
            picture[60:180, left : left + 120] = texture[60:180, :120]
            glance = Glance(picture)
            if last is not None:
                turmoil.see(Flow(last, glance, 320, 0.2).motion, 240, START + number * NS_PER_S // 5)
            last = glance
        found = turmoil.measure()
        assert found is not None
        return found.jerk

    assert jerk(lambda number: 8 * (number % 2)) > 2 * jerk(lambda number: 8 * number)


def test_nothing_is_measured_where_nothing_moves_and_nothing_is_kept_over_a_cut() -> None:
    turmoil, last = Turmoil(), Glance(paint((), 0))
    for number in range(1, 11):
        glance = Glance(paint((), number))
        turmoil.see(Flow(last, glance, 320, 0.2).motion, 240, START + number * NS_PER_S // 5)
        last = glance
    assert turmoil.measure() is None
    assert turmoil.lasted == 10
    other = Glance(np.minimum(paint((), 11), 175) + np.uint8(80))
    turmoil.see(Flow(last, other, 320, 0.2).motion, 240, START + 11 * NS_PER_S // 5)
    assert turmoil.lasted == 0


def test_the_learnt_numbers_count_every_measure_for_a_fight() -> None:
    numbers = learnt()
    assert min(numbers.jerk.weight, numbers.stay.weight, numbers.discord.weight) > 0


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9), weight=st.floats(0, 5))
def test_a_part_grows_with_its_measure_and_is_bounded(values: list[float], weight: float) -> None:
    one = Weight(mean=1.0, spread=0.3, weight=weight)
    parts = [one.part(value) for value in sorted(values)]
    assert all(a <= b for a, b in pairwise(parts))
    assert max(map(abs, parts)) <= FARTHEST * weight
    assert Verdict(0.5, one, one, one).score(Measures(1.0, 1.0, 1.0, Box(0, 0, 1, 1))) == pytest.approx(0.5)


QUICK = {"fight/fi021": 1, "fight/fi121": 1, "noFight/nofi051": 0, "noFight/nofi141": 0}


@pytest.mark.parametrize("name", QUICK)
def test_clips_of_real_fights_and_of_none(data_dir: Path, name: str) -> None:
    fps = 25.0 if name != "noFight/nofi141" else 30.0
    camera = CameraWatch("cam-1", "square", Settings(behaviours=("fight",)), (), None)
    file = data_dir / "video" / "fight" / f"{name}.mp4"
    found = [one for frame in frames_of(file, fps=fps) for one in camera.look(frame)] + camera.close()
    assert sum(one.phase == "start" for one in found) == QUICK[name]
