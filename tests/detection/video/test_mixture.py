"""The mixture that only works where something is new marks and learns what the plain one does."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.detection.video.mixture import BANDS, FAR, FULL, LEARNT, LEAST_VARIANCE, SHADOW_DARKEST, Mixture
from s4.detection.video.picture import Image

HEIGHT, WIDTH = 60, 80
NOTHING: NDArray[np.uint8] = np.zeros((HEIGHT, WIDTH), np.uint8)
RATE = 0.01


def ground(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(rng.uniform(60, 190, (HEIGHT, WIDTH, 3)), (0, 0), 4))


def shown(place: NDArray[np.float64], rng: np.random.Generator, left: int | None, noise: float = 2.0) -> Image:
    """The place with the sensor's noise, and something that stands `left` px from its edge."""
    picture = place + rng.normal(0, noise, place.shape)
    if left is not None:
        there = picture[15:45, max(left, 0) : max(left + 12, 0)]
        there[:] = 20 + rng.normal(0, noise, there.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def plain() -> Any:
    model = cv2.createBackgroundSubtractorMOG2(history=1000, varThreshold=FAR, detectShadows=True)
    model.setShadowThreshold(SHADOW_DARKEST)
    model.setVarMin(LEAST_VARIANCE)
    model.setBackgroundRatio(0.7)
    return model


def cleaned(marks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return np.asarray(cv2.morphologyEx((marks == FULL).astype(np.uint8), cv2.MORPH_OPEN, cross))


@given(seed=st.integers(0, 999), noise=st.sampled_from([0.5, 2.0, 3.5]))
@settings(max_examples=12)
def test_it_marks_what_the_plain_model_marks(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    place, known = ground(rng), plain()
    mixture = Mixture(shown(place, rng, None, noise))
    apart = []
    for number in range(LEARNT + 40):
        image = shown(place, rng, number - 30 if number > 20 else None, noise)
        rate = max(RATE, 0.5 / (number + 1))
        marks, expected = mixture.apply(image, rate, NOTHING), known.apply(image, learningRate=rate)
        if number < LEARNT:
            assert np.array_equal(marks, expected), "all is worked out while it learns"
        apart.append(float((cleaned(marks) != cleaned(expected)).mean()))
    assert max(apart) < 0.01, apart
    assert np.abs(mixture.empty.astype(float) - known.getBackgroundImage()).mean() < 2.0


def test_what_stays_becomes_background_in_the_same_time() -> None:
    rng = np.random.default_rng(3)
    place, known = ground(rng), plain()
    mixture = Mixture(shown(place, rng, None))
    gone: dict[str, int] = {}
    for number in range(LEARNT + 80):
        image = shown(place, rng, 30 if number >= LEARNT + 10 else None)
        rate = max(RATE, 0.5 / (number + 1))
        both = {"mixture": mixture.apply(image, rate, NOTHING), "plain": known.apply(image, learningRate=rate)}
        for name, marks in both.items():
            if number > LEARNT + 10 and (marks[20:40, 32:40] == FULL).mean() < 0.5:
                gone.setdefault(name, number)
    assert gone["mixture"] == pytest.approx(gone["plain"], abs=BANDS)


def test_nothing_is_marked_nor_learnt_where_it_is_held() -> None:
    rng = np.random.default_rng(4)
    place = ground(rng)
    mixture = Mixture(shown(place, rng, None))
    held = NOTHING.copy()
    held[10:50, 25:50] = FULL
    for number in range(LEARNT + 100):
        is_there = number > LEARNT
        marks = mixture.apply(shown(place, rng, 30 if is_there else None), 0.02, held if is_there else NOTHING)
        if is_there:
            assert not marks[held > 0].any()
    marks = mixture.apply(shown(place, rng, 30), 0.02, NOTHING)
    assert (marks[18:42, 32:40] == FULL).mean() > 0.95
    assert np.abs(mixture.empty[20:40, 32:40] - place[20:40, 32:40]).mean() < 4.0


def test_in_little_light_less_tells_things_apart() -> None:
    rng = np.random.default_rng(5)
    dark = np.full((HEIGHT, WIDTH, 3), 14.0)
    found = {}
    for share in (1.0, 0.25):
        mixture = Mixture(shown(dark, rng, None, 0.4))
        mixture.dim(share)
        for number in range(LEARNT + 2 * BANDS):
            mixture.apply(shown(dark, rng, None, 0.4), max(RATE, 0.5 / (number + 1)), NOTHING)
        found[share] = cleaned(mixture.apply(shown(dark, rng, 30, 0.4), RATE, NOTHING))[20:40, 32:40].mean()
    assert found[1.0] < 0.1
    assert found[0.25] > 0.9
