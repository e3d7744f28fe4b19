"""Bodies keep their measures in whatever posture, touch the ground, and fall as people do."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.exercise.training import body
from s4.exercise.training.body import Posture, between, joints
from s4.exercise.training.postures import HOLDINGS, Moment

moments = st.builds(Moment, st.floats(0, 60), st.floats(-50, 50), st.floats(0, 5), st.floats(0, 1))


@settings(max_examples=40)
@given(st.sampled_from(sorted(HOLDINGS)), moments, st.floats(1.4, 2.0), st.floats(-7, 7))
def test_limbs_keep_their_length_and_the_lowest_touches_the_ground(
    name: str, moment: Moment, height_m: float, heading: float
) -> None:
    at = joints(HOLDINGS[name](moment), height_m, heading)
    assert np.isfinite(at).all()
    assert at[:, 2].min() == pytest.approx(0.03 * height_m)
    assert at[:, 2].max() < 1.3 * height_m
    for a, b, share in (
        (body.HIP_L, body.KNEE_L, 0.245),
        (body.KNEE_R, body.FOOT_R, 0.265),
        (body.SHOULDER_L, body.ELBOW_L, 0.175),
        (body.PELVIS, body.NECK, 0.30),
    ):
        assert np.linalg.norm(at[a] - at[b]) == pytest.approx(share * height_m)


def test_a_heading_turns_the_body() -> None:
    reaching = Posture(arm_r=math.pi / 2)
    east, north = (joints(reaching, 1.8, heading)[body.HAND_R] for heading in (0.0, math.pi / 2))
    assert east[0] > 0.4
    assert north[1] > 0.4


@pytest.mark.parametrize("name", ["fall_forward", "fall_backward", "fall_sideways", "collapse"])
def test_who_fell_lies(name: str) -> None:
    heads = [joints(HOLDINGS[name](Moment(t, 0, 0, 0.7)), 1.75, 0.0)[body.HEAD, 2] for t in np.arange(0, 3, 0.05)]
    assert heads[0] > 1.6
    assert heads[-1] < 0.5
    fastest = max(a - b for a, b in pairwise(heads)) / 0.05
    assert 1.5 < fastest < 6.0, "a head falls at some metres a second"


def test_who_lies_down_does_so_slowly() -> None:
    heads = [joints(HOLDINGS["lie_down"](Moment(t, 0, 0, 0.7)), 1.75, 0.0)[body.HEAD, 2] for t in np.arange(0, 6, 0.05)]
    assert heads[-1] < 0.5
    assert max(a - b for a, b in pairwise(heads)) / 0.05 < 1.4


def test_between_two_postures() -> None:
    assert between(Posture(), Posture(bend=1.0), 0.25).bend == 0.25
