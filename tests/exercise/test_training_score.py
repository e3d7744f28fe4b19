"""Alarms against the truth: in time and in place is found, everything else is false."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.exercise.training.scene import Scene
from s4.exercise.training.score import EVERY, People, Tally, summed, tally
from s4.exercise.training.truth import ActTruth, PictureTruth, Present, Truth

BOX = (100.0, 100.0, 30.0, 60.0)
BAG = ActTruth("unattended_object", 10.0, 60.0, 50, 300, (1,), (1,), (200.0, 200.0, 20.0, 20.0))
FALL = ActTruth("fall", 30.0, 60.0, 150, 300, (1,), (), BOX)


def truth(*acts: ActTruth, seen: float = 1.0) -> Truth:
    pictures = tuple(PictureTruth(number, (Present(1, BOX, seen),)) for number in range(301))
    return Truth(Scene(condition="rain"), (640, 360), 60.0, acts, pictures)


def line(kind: str, t: float, box: tuple[float, ...] = BOX, phase: str = "start") -> dict[str, Any]:
    return {"kind": kind, "t": t, "frame": round(t * 5), "phase": phase, "bbox": box}


def test_in_time_and_in_place_is_found_once() -> None:
    near = (205.0, 205.0, 10.0, 10.0)
    lines = [line("unattended_object", 26.0, near), line("unattended_object", 28.0, near)]
    kinds, _ = tally(truth(BAG), lines)
    assert kinds == {"unattended_object": Tally(1, 1, 0, 60.0, [16.0])}


@pytest.mark.parametrize(
    "alarm",
    [
        line("unattended_object", 31.0, (205.0, 205.0, 10.0, 10.0)),
        line("unattended_object", 8.0, (205.0, 205.0, 10.0, 10.0)),
        line("unattended_object", 26.0),
    ],
    ids=["late", "early", "elsewhere"],
)
def test_what_is_late_early_or_elsewhere_is_false(alarm: dict[str, Any]) -> None:
    kinds, _ = tally(truth(BAG), [alarm])
    (one,) = kinds.values()
    assert (one.found, one.missed, one.false) == (0, 1, 1)
    assert one.false_per_hour == 60.0


def test_a_person_is_followed_to_where_they_are_then() -> None:
    kinds, _ = tally(truth(FALL), [line("fall", 33.0), line("fall", 34.0, (400.0, 100.0, 20.0, 20.0))])
    assert (kinds["fall"].found, kinds["fall"].false) == (1, 1)


def test_other_kinds_and_phases() -> None:
    lines = [line("running", 5.0), line("fall", 33.0, phase="update"), line("person_count", 1.0)]
    kinds, _ = tally(truth(FALL), lines)
    assert (kinds["running"].acts, kinds["running"].false) == (0, 1)
    assert kinds["fall"].missed == 1
    assert set(kinds) == {"fall", "running"}


def test_boxes_of_people() -> None:
    frames = range(0, 301, EVERY)
    right = [line("person", n / 5, BOX) for n in frames]
    assert tally(truth(), right)[1] == People(right=len(frames))
    assert tally(truth(), [])[1] == People(missed=len(frames))
    assert tally(truth(seen=0.3), right)[1] == People(), "who is hardly seen counts neither way"
    beside = [line("person", n / 5, (130.0, 100.0, 30.0, 60.0)) for n in frames]
    assert tally(truth(), beside)[1] == People(missed=len(frames), wrong=len(frames))
    assert People(right=3, missed=1, wrong=1).f1 == 0.75


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 600), st.floats(0, 300)), max_size=8))
def test_alarms_are_never_lost(alarms: list[tuple[float, float, float]]) -> None:
    kinds, _ = tally(truth(BAG), [line("unattended_object", t, (x, y, 20.0, 20.0)) for t, x, y in alarms])
    one = kinds["unattended_object"]
    assert one.acts == 1 == one.found + one.missed
    assert one.false + (1 if one.found else 0) <= len(alarms) or not alarms
    assert one.false == 0 or alarms


def test_figures_are_summed_by_condition() -> None:
    clips = [(truth(FALL), *tally(truth(FALL), [line("fall", 33.0)])), (truth(), *tally(truth(), [line("fall", 1.0)]))]
    kinds, people = summed(clips)
    one = kinds["fall", "rain"]
    assert (one.acts, one.found, one.false, one.seconds, one.delay_s) == (1, 1, 1, 120.0, 3.0)
    assert people["rain"].missed == 2 * 61
