"""CAM.toml: every complaint on one line with its line and field; what is accepted can be watched with."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError
from s4.core.model import Frame
from s4.detection.video.camfile import CameraFile, parse_camera, read_camera
from s4.detection.video.report import report

SEEDS = sorted((Path(__file__).parent / "seeds" / "camera").glob("*.toml"))
PICTURES = [np.random.default_rng(n).integers(0, 256, (24, 32, 3), np.uint8) for n in range(3)]


def watch(camera: CameraFile) -> None:
    """Three noisy pictures, the last one of another size: whatever the settings are, nothing breaks."""
    images = [*PICTURES, PICTURES[0][:20, :20].copy()]
    frames = (Frame("cam", "", n, n * NS_PER_S, image) for n, image in enumerate(images))
    for line in report(frames, camera.settings, camera.zones, camera.place):
        assert 0 <= line["frame"] < len(images)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_seeds_are_good_files(seed: Path) -> None:
    watch(read_camera(seed))


def test_what_a_whole_file_says() -> None:
    camera = read_camera(next(path for path in SEEDS if path.stem == "whole"))
    assert (camera.fps, camera.settings.width_px, camera.settings.person_height) == (7.0, 480, (0.05, 0.5))
    assert [(zone.id, zone.name, zone.hours) for zone in camera.zones] == [
        ("gate", "Closed gate", "22:00-06:00"),
        ("rails", "rails", ""),
    ]
    assert camera.settings.ground is not None
    assert camera.settings.ground[2] == (0.8, 0.4, 43.2594, -2.9221)
    assert camera.place is not None
    assert camera.place.name == "Plaza Nueva"


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "cam.toml"
    path.write_bytes(b"\xef\xbb\xbffps = 5")
    assert read_camera(path).fps == 5.0


ZONE = '[[zone]]\nid = "a"\noutline = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fps = 7\nwidht_px = 3", "cam, line 2, widht_px: is not known here"),
        ("fps = 'x'", "cam, line 1, fps: Expected `float`, got `str`"),
        ("fps = -1", "cam, line 1, fps: Expected `float` >= 0.0"),
        ("\nwidth_px = 10000000000000000000000", "cam, line 2, width_px: Expected `int` <= 1920"),
        ("gap_s = nan", "cam, line 1, gap_s: "),
        ("pixel_aspect = 0.1", "cam, line 1, pixel_aspect: must be 0.25 to 4, or 0"),
        ("person_height = [0.5, 0.4]", "cam, line 1, person_height: must be (least, greatest)"),
        ("perspective = [[0.5, 0.1], [0.5, 0.2]]", "cam, line 1, perspective: needs two different rows"),
        ("behaviours = ['fly']", "cam, line 1, behaviours: there is no behaviour 'fly' (there are: "),
        ("ground = [[0, 0, nan, 1], [1, 0, 1, 1], [1, 1, 2, 2], [0, 1, 3, 3]]", "cam, line 1, ground[0][2]: "),
        ("\nground = [[0,0,1,1],[1,0,1,1],[1,1,1,1],[0,1,1,1]]", "cam, line 2, ground: the four points fix no plane"),
        ("fps = 7\n[place]\nlat = 99.0\nlon = 1.0", "cam, line 2, place.lat: Expected `float` <= 90.0"),
        ("zone = 3", "cam, line 1, zone: "),
        ("[[zone]]\noutline = []", "cam, line 1, zone[0].id: is missing"),
        (ZONE + "\n" + ZONE + "colour = 'red'", "cam, line 8, zone[1].colour: is not known here"),
        (ZONE + "hours = '25:00-26:00'", "cam, line 4, zone[0].hours: '25:00-26:00' is not \"HH:MM-HH:MM\""),
        ("fps = ", "cam, line 1: not TOML: "),
    ],
)
def test_bad_files_are_refused_with_line_and_field(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_camera(text, file="cam")
    assert str(caught.value).startswith(complaint)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    (tmp_path / "long.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    for name, complaint in {
        "none.toml": "No such file or directory",
        "latin.toml": "is not UTF-8 text",
        "long.toml": "larger than 1024 KiB",
        "": "Is a directory",
    }.items():
        with pytest.raises(ConfigError, match=complaint) as caught:
            read_camera(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))


PIECES = ["", "\x00", '"', "[", "]", "=", "-", "9" * 30, "1e999", "nan", "\n", "[[zone]]\n", "0.0", "é", "true"]


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A seed with a few of its parts changed, cut out, doubled, or swapped for pieces of other seeds."""
    text = draw(st.sampled_from(SEEDS)).read_text()
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 10)))
        other = draw(st.sampled_from(SEEDS)).read_text()
        at = draw(st.integers(0, len(other)))
        piece = draw(st.sampled_from([*PIECES, text[start:end] * 2, other[at : at + 12]]) | st.text(max_size=3))
        text = text[:start] + piece + text[end:]
    return text


def complaint_of(text: str) -> ConfigError | None:
    """What is wrong with it; when nothing is, it is watched with."""
    try:
        camera = parse_camera(text)
    except ConfigError as error:
        return error
    watch(camera)
    return None


@given(mutants())
@settings(max_examples=100)
def test_mutants_are_watched_with_or_refused_on_one_line(text: str) -> None:
    complaint = complaint_of(text)
    assert complaint is None or ("\n" not in str(complaint) and 0 < len(str(complaint)) < 800)


numbers = st.floats(0, 1) | st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.5, float("inf"), float("nan")])
pairs = st.lists(st.tuples(numbers, numbers).map(list), min_size=2, max_size=2)
ties = st.lists(st.tuples(numbers, numbers, st.floats(-90, 90), st.floats(-180, 180)).map(list), min_size=4, max_size=4)


@given(pairs, ties, st.lists(st.tuples(numbers, numbers).map(list), max_size=5), numbers)
def test_any_geometry_is_watched_with_or_refused(
    perspective: list[list[float]], ground: list[list[float]], outline: list[list[float]], aspect: float
) -> None:
    text = f"perspective = {perspective}\nground = {ground}\npixel_aspect = {aspect * 4}\n"
    complaint = complaint_of(f'{text}[[zone]]\nid = "z"\noutline = {outline}\n')
    assert complaint is None or (complaint.line and complaint.field)
