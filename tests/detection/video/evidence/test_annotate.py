"""A recording as it may be shown: every picture at its time, people blurred, what was found drawn in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from s4.app.cli import app
from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Frame
from s4.detection.video.evidence.annotate import Annotator, annotating
from s4.detection.video.evidence.movie import Movie
from s4.detection.video.report import report
from s4.detection.video.settings import Settings
from tests.detection.recordings import START
from tests.detection.video.evidence.movies import Shown, read
from tests.detection.video.render import HEIGHT, TALL, WIDE, WIDTH, Moment, frames, paint, walk

SECONDS = 10.0
FACE = (120, 150, 190)


def script(second: float) -> Moment:
    return Moment(walk(second, 2.0, 8.0, (40.0, 280.0), 150.0))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    """A walk across the square, annotated."""
    path = tmp_path_factory.mktemp("annotate") / "seen.mp4"
    with Annotator(path) as annotator:
        list(report(frames(script, SECONDS), Settings(), seen=annotator.show))
    return read(path)


def test_every_picture_is_there_at_its_time(shown: list[Shown]) -> None:
    assert [round(one.second * 10) for one in shown] == list(range(round(SECONDS * 10)))
    assert shown[0].image.shape == (HEIGHT, WIDTH, 3)


def test_nobody_can_be_told(shown: list[Shown]) -> None:
    for number in range(20, 80):
        (person,) = script(number / 10).people
        x, y = round(person.x), round(person.y)
        face = shown[number].image[y - TALL : y - TALL + 10, x - 5 : x + 5].astype(int)
        drawn = paint(script(number / 10), number)[y - TALL : y - TALL + 10, x - 5 : x + 5]
        assert np.abs(drawn.mean(axis=(0, 1)) - FACE).max() < 5
        assert np.median(np.abs(face - FACE).max(axis=2)) > 25
        assert x - WIDE / 2 >= 0


def test_the_place_is_left_as_it_is(shown: list[Shown]) -> None:
    for number in (10, 50, 90):
        corner = shown[number].image[200:220, 250:310].astype(int)
        assert np.abs(corner - paint(script(number / 10), number)[200:220, 250:310]).mean() < 8


def test_the_way_is_drawn(shown: list[Shown]) -> None:
    def lines(image: NDArray[np.uint8]) -> int:
        blue, _, red = (image[145:155, ..., channel].astype(int) for channel in range(3))
        return int((blue - red > 60).sum())

    assert lines(shown[10].image) == 0
    assert lines(shown[70].image) > 100


def other_sizes() -> Iterator[Frame]:
    for number in range(20):
        side = 96 if number < 10 else 64
        yield Frame("cam-1", "", number, START + number * NS_PER_S // 5, np.full((side, 2 * side, 3), 90, np.uint8))


def test_pictures_of_another_size_are_brought_to_the_first(tmp_path: Path) -> None:
    with Annotator(tmp_path / "a.mp4") as annotator:
        list(report(other_sizes(), Settings(), seen=annotator.show))
    assert [one.image.shape for one in read(tmp_path / "a.mp4")] == [(96, 192, 3)] * 20


def test_doubled_lines_are_shown_in_true_proportions(tmp_path: Path) -> None:
    tall = (frame._replace(image=np.repeat(frame.image, 2, axis=0)) for frame in frames(script, 1.0))
    with Annotator(tmp_path / "a.mp4") as annotator:
        list(report(tall, Settings(pixel_aspect=2.0), seen=annotator.show))
    assert read(tmp_path / "a.mp4")[0].image.shape == (HEIGHT, WIDTH, 3)


def test_without_pictures_there_is_no_file(tmp_path: Path) -> None:
    with Annotator(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_movie_takes_times_that_grow_and_one_size(tmp_path: Path) -> None:
    grey = np.full((33, 47, 3), 90, np.uint8)
    with Movie(tmp_path / "a.mp4") as movie:
        for second in (5, 6, 6, 4, 9):
            movie.add(grey, second * NS_PER_S)
        with pytest.raises(InputError, match="not 46 × 32"):
            movie.add(np.full((64, 64, 3), 90, np.uint8), 10 * NS_PER_S)
    found = read(tmp_path / "a.mp4")
    assert [one.second for one in found] == [0.0, 1.0, 4.0]
    assert found[0].image.shape == (32, 46, 3)


def test_a_place_that_takes_no_file_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"), annotating(tmp_path / "none" / "a.mp4", []):
        pass


def test_the_command_writes_it_and_spares_the_recording(tmp_path: Path) -> None:
    clip, out, seen = tmp_path / "square.mp4", tmp_path / "d.jsonl", tmp_path / "seen.mp4"
    with Movie(clip) as movie:
        for frame in frames(script, 4.0):
            movie.add(frame.image, frame.time)
    done = CliRunner().invoke(app, ["detect", "video", str(clip), "--annotate", str(seen), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert len(read(seen)) == 40
    before = clip.read_bytes()
    done = CliRunner().invoke(app, ["detect", "video", str(clip), "--annotate", str(clip), "--out", str(out)])
    assert done.exit_code != 0
    assert clip.read_bytes() == before
