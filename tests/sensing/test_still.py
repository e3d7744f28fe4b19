"""Pictures of motion JPEG are handed on as they came, and decoded only if somebody looks."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.core.model import Frame, LateFrame
from s4.sensing.convert import NOTHING, Size, frame_of
from s4.sensing.still import Stills, size_of

PROGRESSIVE = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]


def jpeg(width: int = 64, height: int = 48, options: tuple[int, ...] = (), grey: int = 120) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), grey, np.uint8), options)[1].tobytes()


def without(data: bytes, unwanted: int) -> bytes:
    """A JPEG without its segments of one marker."""
    kept, at = data[:2], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept += b"" if data[at + 1] == unwanted else data[at:end]
        at = end
    return kept + data[at:]


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([(), tuple(PROGRESSIVE)]))
def test_the_size_is_read_without_decoding(width: int, height: int, options: tuple[int, ...]) -> None:
    assert size_of(jpeg(width, height, options)) == (width, height)


@given(st.binary(max_size=200), st.integers(0, 700), st.integers(0, 255))
def test_whatever_comes_it_is_a_size_or_none(junk: bytes, at: int, value: int) -> None:
    whole = bytearray(jpeg())
    whole[min(at, len(whole) - 1)] = value
    for data in (junk, b"\xff\xd8" + junk + b"\xff\xd9", bytes(whole), bytes(whole[:at])):
        size = size_of(data)
        assert size is None or min(size) > 0


@pytest.mark.parametrize("data", [b"", jpeg()[:-20], jpeg()[2:], jpeg()[:2] + b"\xff\xe1\x00\x08Exif\0\0" + jpeg()[2:]])
def test_what_is_cut_off_or_may_lie_on_its_side_is_decoded_at_once(data: bytes) -> None:
    assert Stills("cam").of(data) is None


@pytest.mark.parametrize("data", [jpeg(), without(jpeg(), 0xC4), jpeg() + bytes(20), jpeg(options=tuple(PROGRESSIVE))])
def test_a_still_is_decoded_when_it_is_looked_at(data: bytes) -> None:
    """Also one without tables, as USB cameras send it, and one with padding."""
    still = Stills("cam").of(data)
    assert still is not None
    frame = frame_of(Frame("cam", "", 1, 5, NOTHING, (64, 48)), still, Size(width=32))
    assert (frame.shape, frame.jpeg) == ((24, 32, 3), data)
    assert frame.image.shape == frame.shape
    assert abs(float(frame.image.mean()) - 120) < 4


def test_one_that_is_damaged_says_so_and_the_next_is_good() -> None:
    stills, whole = Stills("cam"), jpeg()
    wrong = bytearray(whole)
    wrong[wrong.index(b"\xff\xdb") + 4] = 0x5F  # a quantisation table that there is not
    still = stills.of(bytes(wrong))
    assert still is not None
    frame = frame_of(Frame("cam", "", 1, 5, NOTHING, (64, 48)), still, Size())
    assert isinstance(frame, LateFrame)
    with pytest.raises(InputError, match="cannot be decoded"):
        _ = frame.image
    good = stills.of(whole)
    assert good is not None
    assert good.decode().width == 64
