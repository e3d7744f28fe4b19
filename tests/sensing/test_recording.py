"""Recordings read off line: numbers, times and sizes, and every way in which a file can be bad."""

import os
import struct
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Frame
from s4.sensing.recording import Recording
from tests.support.clips import Picture, cut, flat, scribble, turn, write_clip

COUNT = 20


def read(*files: Path, fps: float = 0.0, width: int = 0) -> tuple[list[Frame], list[str]]:
    troubles: list[InputError] = []
    frames = list(Recording(files, fps=fps, width=width, trouble=troubles.append).frames())
    return frames, [str(trouble) for trouble in troubles]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", (flat(10 * n) for n in range(COUNT)))


def times(frames: list[Frame]) -> list[float]:
    return [round(frame.time / NS_PER_S, 3) for frame in frames]


def test_several_files_are_one_recording(clip: Path, tmp_path: Path) -> None:
    second = write_clip(tmp_path / "second.avi", [flat(200, 96, 64)] * 5, rate=5, codec="mjpeg")
    frames, troubles = read(clip, second)
    assert troubles == []
    assert [frame.number for frame in frames] == list(range(COUNT + 5))
    assert times(frames) == [n / 10 for n in range(COUNT)] + [2 + n / 5 for n in range(5)]
    assert [frame.source for frame in frames[COUNT - 1 : COUNT + 1]] == ["clip", "second"]
    assert frames[-1].image.shape == (64, 96, 3)
    assert all(abs(float(frame.image.mean()) - 10 * frame.number) < 6 for frame in frames[:COUNT])


def test_the_true_rate_replaces_the_containers(clip: Path) -> None:
    frames, _ = read(clip, clip, fps=4.0)
    assert times(frames) == [n / 4 for n in range(2 * COUNT)]


def test_an_uneven_rate_is_kept(tmp_path: Path) -> None:
    shown = [0, 40, 80, 1000, 1010, 5000]
    path = write_clip(tmp_path / "uneven.mp4", (flat(40 * n) for n in range(6)), times_ms=shown)
    frames, troubles = read(path)
    assert troubles == []
    assert times(frames) == [ms / 1000 for ms in shown]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_pictures_stand_upright(tmp_path: Path, degrees: int) -> None:
    picture = flat(20)
    picture[:24, :32] = 220  # bright above left
    frames, _ = read(turn(write_clip(tmp_path / "turned.mp4", [picture] * 3), degrees), width=24)
    frame = frames[0]
    assert (frame.turned, frame.size) == (degrees, (64, 48))
    assert frame.image.shape == ((32, 24, 3) if degrees % 180 else (18, 24, 3))
    bright = np.argwhere(frame.image.mean(axis=2) > 120).mean(axis=0) / frame.image.shape[:2]
    above, left = {0: (True, True), 90: (True, False), 180: (False, False), 270: (False, True)}[degrees]
    assert (bright[0] < 0.5, bright[1] < 0.5) == (above, left)


def test_pictures_are_reduced_and_say_their_size_and_aspect(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "wide.mp4", [flat(90, 144, 96)] * 2, aspect=Fraction(4, 3))
    (frame, _), _ = read(path, width=48)
    assert (frame.image.shape, frame.size) == ((32, 48, 3), (144, 96))
    assert frame.pixel_aspect == pytest.approx(4 / 3)
    (frame, _), _ = read(path, width=4000)
    assert frame.image.shape == (96, 144, 3)


@pytest.mark.parametrize("codec", ["mjpeg", "libx264"])
def test_one_picture_is_enough(tmp_path: Path, codec: str) -> None:
    frames, troubles = read(write_clip(tmp_path / "one.avi", [flat(99)], codec=codec))
    assert (len(frames), troubles) == (1, [])


def test_8k_costs_no_full_size_picture(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "8k.avi", [flat(50, 7680, 4320)], codec="mjpeg")
    (frame,), troubles = read(path, width=640)
    assert (frame.image.shape, frame.size, troubles) == ((360, 640, 3), (7680, 4320), [])


def test_a_colon_in_a_name_is_no_protocol(clip: Path) -> None:
    path = clip.rename(clip.with_name("gate:2026-05-01 18:00.mp4"))
    assert len(read(path)[0]) == COUNT


def shots() -> list[Picture]:
    return [flat(10 * n) for n in range(COUNT)]


MAKERS: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: path,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not a video\n" * 50),
    "long.txt": lambda path: path.write_text("hello world\n" * 1000),
    "line\nbreak": lambda path: path.write_text("not a video"),
    "noise": lambda path: path.write_bytes(np.random.default_rng(1).bytes(20_000)),
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "tiny": lambda path: write_clip(path, [flat(9, 8, 8)] * 3, codec="mjpeg"),
    "narrow": lambda path: write_clip(path, [flat(9, 512, 32)] * 3, codec="mjpeg"),
    "cut": lambda path: cut(write_clip(path, shots(), codec="mjpeg"), 0.5),
    "header": lambda path: cut(write_clip(path, shots(), codec="mjpeg"), 0.02),
    "damaged": lambda path: scribble(write_clip(path, shots(), codec="mjpeg"), 0.45, 0.55),
    "headless.mp4": lambda path: cut(write_clip(path, shots()), 0.5),
    "cut.mkv": lambda path: cut(write_clip(path, shots(), rate=2), 0.6),
}
"""Each writes a file of one kind of badness, with `COUNT` pictures or what is left of them."""


BAD = {
    "absent": ("there is no such video", 0, 0),
    "empty": ("cannot be opened (", 0, 0),
    "text": ("cannot be opened (", 0, 0),
    "noise": ("cannot be opened (", 0, 0),
    "long.txt": ("is text, not a video", 0, 0),
    "folder": ("is a folder, not a video", 0, 0),
    "pipe": ("is a pipe or device, not a video", 0, 0),
    "line\nbreak": ("cannot be opened (", 0, 0),
    "narrow": ("pictures of 512 × 32 px are too narrow", 0, 0),
    "cut.mkv": ("breaks off after ", 5, 17),
    "tiny": ("pictures of 8 × 8 px are too small", 0, 0),
    "cut": ("breaks off after ", 5, 15),
    "headless.mp4": ("cannot be opened (", 0, 0),
    "damaged": ("", 10, COUNT),
    "header": ("", 0, 2),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_named_on_one_line_and_the_others_go_on(name: str, tmp_path: Path) -> None:
    reason, least, most = BAD[name]
    good = write_clip(tmp_path / "good.mp4", [flat(120)] * 4)
    path = tmp_path / (name if "." in name else f"{name}.avi")
    MAKERS[name](path)
    frames, troubles = read(path, good)
    assert len(troubles) == 1
    shown = str(path).replace("\n", "\\n")
    assert troubles[0].startswith(f"{shown}: {reason}")
    assert "\n" not in troubles[0]
    assert troubles[0].count(shown) == 1
    assert least <= len(frames) - 4 <= most
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert [frame.source for frame in frames[-4:]] == ["good"] * 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    pictures = [np.random.default_rng(n).integers(0, 256, (32, 32, 3), np.uint8) for n in range(6)]
    for name in ("avi", "mp4", "mkv"):
        write_clip(folder / f"clip.{name}", pictures, codec="mjpeg" if name == "avi" else "libx264")
    return folder


def test_a_pattern_names_no_other_files(tmp_path: Path) -> None:
    for number in range(3):
        assert cv2.imwrite(str(tmp_path / f"part{number}.png"), flat(9))
    path = tmp_path / "part%d.png"
    assert read(path) == ([], [f"{path}: there is no such video"])
    assert len(read(tmp_path / "part0.png")[0]) == 1


def with_sleeve(sound: bytes) -> bytes:
    """An MP3 with a picture in its tag (ID3 2.3)."""
    content = b"\0image/png\0\3\0" + cv2.imencode(".png", flat(9))[1].tobytes()
    frame = b"APIC" + struct.pack(">I", len(content)) + bytes(2) + content
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + frame + sound


def test_the_picture_of_a_sound_recording_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp3"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("mp3", rate=16_000, layout="mono")
        for _ in range(4):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), "fltp", "mono")
            silence.rate = 16_000
            out.mux(sound.encode(silence))
        out.mux(sound.encode())
    path.write_bytes(with_sleeve(path.read_bytes()))
    assert read(path) == ([], [f"{path}: holds no video"])


def test_a_coding_that_nobody_knows_is_named(whole: Path, tmp_path: Path) -> None:
    content = (whole / "clip.mp4").read_bytes()
    path = tmp_path / "unknown.mp4"
    path.write_bytes(content.replace(b"avc1", b"zzzz"))
    assert read(path) == ([], [f"{path}: holds video in a coding that cannot be decoded here"])


edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=8) | st.sampled_from([b"\xff" * 8, bytes(8)])),
    min_size=1,
    max_size=4,
)


@given(st.sampled_from(["avi", "mp4", "mkv"]), edits)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_happens_to_a_file_it_is_read_or_refused(
    whole: Path, tmp_path: Path, name: str, changes: list[tuple[float, int, bytes]]
) -> None:
    content = bytearray((whole / f"clip.{name}").read_bytes())
    for where, length, piece in changes:
        start = int(where * len(content))
        content[start : start + length] = piece
    path = tmp_path / f"mutant.{name}"
    path.write_bytes(content)
    frames, troubles = read(path)
    assert len(troubles) <= 1
    assert all("\n" not in trouble and trouble.startswith(f"{path}: ") for trouble in troubles)
    assert frames or troubles
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert all(one.time < two.time for one, two in pairwise(frames))
