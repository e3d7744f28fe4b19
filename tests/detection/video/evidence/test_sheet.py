"""A film's picture, blurred and drawn into as brightness and colour, looks as it would have in BGR."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.detection.video.evidence.blur import blurred
from s4.detection.video.evidence.layers import Layer
from s4.detection.video.evidence.overlay import Mark
from s4.detection.video.evidence.painter import ALARM, PERSON, Painter
from s4.detection.video.evidence.sheet import Sheets
from s4.detection.video.picture import Box, Image

SAMPLED = {"420": 0x221111, "422": 0x211111, "444": 0x111111}


def scene(width: int, height: int) -> Image:
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.stack([60 + 130 * x, 200 - 120 * y, 80 + 90 * (x + y) / 2], axis=2).astype(np.uint8)


def jpeg(image: Image, sampled: str = "420") -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLED[sampled]]
    return cv2.imencode(".jpg", image, options)[1].tobytes()


@given(st.integers(20, 200), st.integers(20, 200), st.sampled_from(sorted(SAMPLED)))
@settings(max_examples=25, deadline=None)
def test_a_picture_keeps_its_colours(width: int, height: int, sampled: str) -> None:
    image = scene(width, height)
    sheet = Sheets().of(jpeg(image, sampled))
    assert sheet is not None
    shown = sheet.frame.to_ndarray(format="bgr24")
    assert shown.shape == (height - height % 2, width - width % 2, 3)
    want = cv2.resize(image, shown.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - want).mean() < 3.0


def test_what_is_covered_is_as_coarse_as_in_bgr() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3)).astype(np.uint8)
    cover = np.zeros((60, 80), np.bool_)
    cover[10:40, 20:60] = True
    sheet = Sheets().of(jpeg(noise, "444"))
    assert sheet is not None
    before = sheet.frame.to_ndarray(format="bgr24").astype(int)
    sheet.cover(cover)
    shown = sheet.frame.to_ndarray(format="bgr24").astype(int)
    assert shown[44:156, 84:236].std() < 1.5 * blurred(noise, cover)[44:156, 84:236].std() < before.std() / 4
    assert np.abs(shown - before)[:36].max() == 0
    grey = Sheets().of(jpeg(np.full((48, 64, 3), 120, np.uint8)))
    assert grey is not None
    grey.cover(np.ones((1, 1), np.bool_))
    assert np.ptp(grey.frame.to_ndarray(format="bgr24"), axis=2).max() <= 3


def test_marks_are_where_and_of_the_colour_that_they_would_be_in_bgr() -> None:
    image = np.full((240, 320, 3), 90, np.uint8)
    marks = (
        Mark("a", Box(0.2, 0.3, 0.1, 0.4), "1", alarm=False),
        Mark("b", Box(0.5, 0.4, 0.2, 0.3), "fall", alarm=True),
    )
    sheet = Sheets().of(jpeg(image))
    assert sheet is not None
    Painter().paint(sheet.layers, marks, 0, "cam-1")
    Painter().paint([Layer.of(image)], marks, 0, "cam-1")
    shown = sheet.frame.to_ndarray(format="bgr24").astype(int)
    assert np.abs(shown - image).mean() < 4.0
    for (x, y), colour in (((64, 120), PERSON), ((160, 130), ALARM)):
        near = shown[y - 1 : y + 2, x - 2 : x + 3].reshape(-1, 3)
        assert np.abs(near - colour).max(axis=1).min() < 90
        assert np.abs(image[y, x - 2 : x + 3].astype(int) - colour).max(axis=1).min() == 0


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg(scene(64, 48))[:100]])
def test_what_is_no_picture_is_none_and_the_next_one_is(data: bytes) -> None:
    sheets = Sheets()
    assert sheets.of(data) is None
    assert sheets.of(jpeg(scene(64, 48))) is not None


def test_all_pictures_of_a_film_are_of_one_size() -> None:
    sheets = Sheets()
    sizes = [sheet.frame.width for width in (64, 128, 32) if (sheet := sheets.of(jpeg(scene(width, 48)))) is not None]
    assert sizes == [64, 64, 64]


@given(st.integers(0, 600), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_damaged_picture_is_one_or_none(place: int, value: int) -> None:
    data = bytearray(jpeg(scene(64, 48)))
    data[place % len(data)] = value
    Sheets().of(bytes(data))


@pytest.mark.parametrize("marker", [n for n in range(0xC1, 0xD0) if n not in (0xC4, 0xC8, 0xCC)])
def test_a_picture_in_a_way_that_nobody_decodes_is_none_or_one(marker: int) -> None:
    data = jpeg(scene(64, 48))
    Sheets().of(data.replace(b"\xff\xc0", bytes((0xFF, marker)), 1))
