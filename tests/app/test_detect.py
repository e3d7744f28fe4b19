"""`s4 detect video` from the shell: its lines, its exit codes, and what it says of files that are bad."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from s4.app.cli import app
from s4.core.errors import InputError
from tests.detection.video.render import Moment, paint, walk
from tests.support.city import S4
from tests.support.clips import cut, flat, turn, write_clip

FPS = 5
SECONDS = 12


def crossing(turned: int = 0) -> Iterator[NDArray[np.uint8]]:
    """Somebody walks through from left to right, between the third and the eleventh second."""
    for number in range(FPS * SECONDS):
        second = number / FPS
        picture = paint(Moment(walk(second, 3.0, 11.0, (-20.0, 340.0), 180.0)), number)
        yield np.ascontiguousarray(np.rot90(picture, turned // 90))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "square.mp4", crossing(), rate=FPS)


def detect(*words: object, folder: Path | None = None) -> tuple[int, list[dict[str, Any]], list[str]]:
    """Exit code, the lines written, the lines said beside them."""
    command = [S4, "detect", "video", *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.splitlines()


def people(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["kind"] == "person"]


def test_a_line_for_every_person_in_every_picture(clip: Path, tmp_path: Path) -> None:
    corners = [(0.0, 0.6, 43.2594, -2.9230), (1.0, 0.6, 43.2594, -2.9220), (1.0, 1.0, 43.2590, -2.9222),
               (0.0, 1.0, 43.2590, -2.9228)]  # fmt: skip
    ground = f"ground = {[list(corner) for corner in corners]}\n"
    zone = '[[zone]]\nid = "all"\noutline = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n'
    (tmp_path / "cam.toml").write_text(ground + zone)
    code, lines, said = detect(clip, "--config", "cam.toml", "--out", "found.jsonl", folder=tmp_path)
    assert (code, lines, said) == (0, [], [])
    lines = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    seen = people(lines)
    assert len(seen) > 20
    assert len({line["id"] for line in seen}) == 1
    for line in seen:
        left, top, width, height = line["bbox"]
        feet = -20 + 360 * (line["t"] - 3.0) / 8.0
        assert line["frame"] == round(line["t"] * FPS)
        assert abs(left + width / 2 - min(max(feet, 0), 320)) < 25
        assert abs(top + height - 180) < 15
        assert 40 < height < 80
        assert 0 <= line["confidence"] <= 1
        assert 43.2589 < line["place"]["lat"] < 43.2595
        assert 0 < line["place"]["semi_minor_m"] <= line["place"]["semi_major_m"] < 10
    intrusion = [line["phase"] for line in lines if line["kind"] == "zone_intrusion"]
    assert (intrusion[0], intrusion[-1]) == ("start", "end")


def test_boxes_of_a_turned_file_are_in_its_own_pixels(tmp_path: Path) -> None:
    path = turn(write_clip(tmp_path / "phone.mp4", crossing(90), rate=FPS), 90)  # the walk goes from bottom to top
    code, lines, said = detect(path)
    assert (code, said) == (0, [])
    seen = people(lines)
    assert len(seen) > 20
    for line in seen:
        left, top, width, height = line["bbox"]
        assert abs(left + width - 180) < 15
        assert 40 < width < 80
        assert height < 45
        assert -10 <= top <= 320


def test_a_bad_file_among_good_ones_is_named_and_the_exit_code_is_one(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.avi").write_bytes(b"")
    cut(write_clip(tmp_path / "cut.avi", [flat(n) for n in range(40)], codec="mjpeg"), 0.5)
    code, lines, said = detect("empty.avi", clip, "cut.avi", "none.mp4", folder=tmp_path)
    assert code == 1
    assert len(people(lines)) > 20
    assert [line.partition(": ")[2].partition(": ")[0] for line in said] == ["empty.avi", "cut.avi", "none.mp4"]
    assert said[2] == "s4: none.mp4: there is no such video"
    assert said[1].startswith("s4: cut.avi: breaks off after ")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["empty.avi"], "empty.avi: cannot be opened ("),
        (["flat.avi", "--config", "none.toml"], "none.toml: cannot be read: No such file or directory"),
        (["flat.avi", "--config", "bad.toml"], "bad.toml, line 2, widht_px: is not known here"),
        (["flat.avi", "--out", "nowhere/found.jsonl"], "nowhere/found.jsonl: cannot be written: No such file"),
        (["tiny.avi"], "tiny.avi: pictures of 8 × 8 px are too small"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.avi").write_bytes(b"")
    Path("bad.toml").write_text("fps = 5\nwidht_px = 320\n")
    write_clip(Path("flat.avi"), [flat(90)] * 3, codec="mjpeg")
    write_clip(Path("tiny.avi"), [flat(90, 8, 8)] * 3, codec="mjpeg")
    result = CliRunner().invoke(app, ["detect", "video", *words])
    assert isinstance(result.exception, InputError)
    assert str(result.exception).startswith(complaint)
    assert result.output == ""


def test_a_file_that_may_not_be_read_is_no_mistake_of_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is asked first must not decide for all files; root may read it all the same."""
    path = write_clip(tmp_path / "closed.avi", [flat(90)] * 3, codec="mjpeg")
    path.chmod(0)
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    result = CliRunner().invoke(app, ["detect", "video", str(path)])
    assert result.exit_code == 0 or "cannot be opened (Permission denied)" in str(result.exception)


@pytest.mark.parametrize("words", [[], ["--fps", "-1", "x.avi"], ["--fps", "fast", "x.avi"]])
def test_wrong_usage_is_two(words: list[str]) -> None:
    assert CliRunner().invoke(app, ["detect", "video", *words]).exit_code == 2


def test_a_reader_that_has_had_enough_ends_it_quietly(clip: Path) -> None:
    line = f"{S4} detect video {clip} | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stdout)["kind"] in {"person", "person_count"}
    assert done.stderr == ""
