"""People in a piece of foreground, where it is known how tall people look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.detection.video.blobs import find_people
from s4.detection.video.parts import split
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Mask, iou
from s4.detection.video.pose import Pose
from s4.detection.video.settings import Settings

HEIGHT, WIDTH = 240, 320
POSE = Pose(height_m=6.0, tilt_rad=0.37, focal=1.5)


def learnt() -> PersonSize:
    size = PersonSize(Settings(), HEIGHT)
    size.learn(POSE)
    return size


def person(x: float, foot: float) -> Box:
    """Of the size that is right there."""
    tall = learnt().tall(foot)
    assert tall is not None
    return Box(x - 0.18 * tall, foot - tall, 0.36 * tall, tall)


def silhouettes(people: list[Box]) -> Mask:
    """Head and body, filling most of each box."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    for x, y, w, h in people:
        mask[round(y) : round(y + 0.2 * h), round(x + 0.3 * w) : round(x + 0.7 * w)] = True
        mask[round(y + 0.15 * h) : round(y + h), round(x + 0.1 * w) : round(x + 0.9 * w)] = True
    return mask


@pytest.mark.parametrize(
    "group",
    [
        [person(100, 150), person(116, 151)],
        [person(100, 150), person(113, 149), person(126, 151)],
        [person(100, 150), person(104, 184)],
        [person(100, 150), person(110, 180), person(128, 176)],
    ],
    ids=["two abreast", "three abreast", "one behind the other", "one behind two"],
)
def test_a_group_is_told_apart(group: list[Box]) -> None:
    found = find_people(silhouettes(group), learnt())
    assert len(found) == len(group)
    for one in group:
        assert max(iou(one, blob.box) for blob in found) > 0.4  # of who is behind, only the head and a shoulder show


def test_one_person_stays_one() -> None:
    one = person(100, 170)
    (found,) = find_people(silhouettes([one]), learnt())
    assert iou(found.box, one) > 0.7


def test_a_shadow_beside_somebody_is_left_over() -> None:
    one = person(100, 170)
    mask = silhouettes([one])
    mask[163:170, 100:150] = True
    (found,) = find_people(mask, learnt())
    assert iou(found.box, one) > 0.6


def test_what_the_settings_say_goes_before_what_was_learnt() -> None:
    size = PersonSize(Settings(perspective=((0.0, 0.25), (1.0, 0.25))), HEIGHT)
    size.learn(POSE)
    assert size.tall(200.0) == size.expected(200.0) == 60.0
    assert PersonSize(Settings(), HEIGHT).tall(200.0) is None


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.integers(4, 200), st.integers(4, 150))
def test_any_piece_comes_to_an_end_in_boxes_of_the_right_size(seed: int, share: float, w: int, h: int) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[60 : 60 + h, 40 : 40 + w] = np.random.default_rng(seed).random((h, w)) < share
    for one in split(mask, Box(40, 60, w, h), learnt()):
        assert one.h == pytest.approx(learnt().tall(one.y + one.h), rel=1e-6)
