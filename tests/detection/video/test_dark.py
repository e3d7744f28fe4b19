"""In the dark: grain is measured and averaged away where it is strong, and people are seen who hardly stand out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s4.detection.video.background import Background
from s4.detection.video.grain import Grain

HEIGHT, WIDTH = 120, 160
PERSON = slice(40, 84), slice(70, 86)
Images = NDArray[np.uint8]


def picture(rng: np.random.Generator, level: float, sigma: float, *, person: float = 0.0) -> Images:
    """Even ground, somebody so much brighter on it, and noise of every pixel by itself."""
    image = np.full((HEIGHT, WIDTH, 3), level)
    image[PERSON] += person
    return np.clip(np.rint(image + rng.normal(0, sigma, image.shape)), 0, 255).astype(np.uint8)


@settings(max_examples=20)
@given(st.floats(1.0, 6.0), st.floats(-30.0, 30.0), st.integers(0, 2**32 - 1))
def test_grain_is_the_noise_of_single_pixels_whatever_the_light_does(sigma: float, light: float, seed: int) -> None:
    rng, grain = np.random.default_rng(seed), Grain()
    for step in range(6):
        grain.calmed(picture(rng, 110.0 + light * (step % 2), sigma), 110.0)
    assert grain.sigma == pytest.approx(sigma, rel=0.12, abs=0.1)


def test_only_grain_that_is_strong_against_the_light_is_averaged_away() -> None:
    rng, day, night = np.random.default_rng(4), Grain(), Grain()
    for _ in range(3):
        bright, dark = picture(rng, 130.0, 4.0), picture(rng, 30.0, 4.0)
        seen, calm = day.calmed(bright, 130.0), night.calmed(dark, 30.0)
    assert seen is bright
    assert float(calm.std()) < 0.5 * float(dark.std())
    assert float(calm.mean()) == pytest.approx(float(dark.mean()), abs=0.5)


@pytest.mark.parametrize(("level", "found"), [(30.0, 0.6), (120.0, 0.0)])
def test_who_is_little_brighter_than_the_ground_is_seen_in_the_dark_only(level: float, found: float) -> None:
    rng, background = np.random.default_rng(5), Background(30.0)
    for _ in range(40):
        background.learn(picture(rng, level, 4.0), 0.2)
    mask = background.learn(picture(rng, level, 4.0, person=10.0), 0.2).mask
    assert float(mask[PERSON].mean()) == pytest.approx(found, abs=0.35)
    mask[PERSON] = False
    assert float(mask.mean()) < 0.01
