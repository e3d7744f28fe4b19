"""Hard shadows: their factor is found where there are any, they are no foreground then, and grey clothes are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from s4.detection.video.background import Background
from s4.detection.video.umbra import LEARN_EVERY, Umbra

HEIGHT, WIDTH = 120, 200
GREY = (0.4, 0.4, 0.4)
Images = NDArray[np.uint8]
Masks = NDArray[np.bool_]


def ground() -> Images:
    """Paving: even, with joints."""
    image = np.full((HEIGHT, WIDTH, 3), (150, 155, 160), np.uint8)
    image[::24] = image[:, ::30] = (110, 114, 118)
    return image


def walk(step: int, factor: tuple[float, ...], *, shadow: bool) -> tuple[Images, Masks, Masks]:
    """Somebody in a jersey and trousers whose colours change from step to step, and a shadow on the ground; where."""
    rng = np.random.default_rng(step)
    image, body, dark = ground(), np.zeros((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), bool)
    x = 20 + 5 * (step % 28)
    body[40:90, x : x + 16] = True
    if shadow:
        dark[78:90, x + 16 : x + 52] = True
        image[dark] = np.rint(image[dark] * np.array(factor))
    image[40:66, x : x + 16] = rng.integers(20, 256, 3)
    image[66:90, x : x + 16] = rng.integers(20, 256, 3)
    image[44:62, x + 3 : x + 12] = rng.integers(20, 256, 3)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8), body, dark


@pytest.mark.parametrize("factor", [(0.4, 0.4, 0.4), (0.45, 0.38, 0.32)])
def test_the_factor_of_hard_shadows_is_found_and_they_stand_out_no_more(factor: tuple[float, ...]) -> None:
    umbra, empty = Umbra(), ground()
    for step in range(60):
        image, body, dark = walk(step, factor, shadow=True)
        mask = umbra.without(body | dark, np.zeros_like(body), image, empty) if umbra.due() else body | dark
    assert umbra.factor is not None
    assert umbra.factor.tolist() == pytest.approx(factor, abs=0.03)
    assert float(mask[dark].mean()) < 0.05
    assert float(mask[body].mean()) > 0.8


def test_clothes_of_all_colours_are_no_shadow() -> None:
    umbra, empty = Umbra(), ground()
    for step in range(100):
        image, body, dark = walk(step, GREY, shadow=False)
        if umbra.due():
            assert umbra.without(body, dark, image, empty) is body
    assert umbra.factor is None


def test_with_hard_shadows_grey_trousers_are_no_soft_ones() -> None:
    background = Background(30.0)
    for _ in range(30):
        background.learn(ground(), 0.2)
    for step in range(60):
        background.learn(walk(step, GREY, shadow=True)[0], 0.2)
    image, body, dark = walk(60, GREY, shadow=True)
    legs = body.copy()
    legs[:66] = False
    image[legs] = (100, 104, 107)  # two thirds as bright as the ground, and as grey
    mask = background.learn(image, 0.2).mask
    assert float(mask[legs].mean()) > 0.8
    assert float(mask[dark].mean()) < 0.1


@settings(max_examples=25)
@given(
    arrays.arrays(np.bool_, (24, 32)),
    arrays.arrays(np.bool_, (24, 32)),
    st.integers(0, 2**32 - 1),
    st.floats(0.2, 0.75),
)
def test_nothing_stands_out_that_did_not_change(mask: Masks, soft: Masks, seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    umbra = Umbra()
    umbra.factor = np.full(3, factor, np.float32)
    image, empty = rng.integers(0, 256, (2, 24, 32, 3), np.uint8)
    for _ in range(LEARN_EVERY - 1):
        umbra.due()
    assert not (umbra.without(mask, soft & ~mask, image, empty) & ~(mask | soft)).any()
