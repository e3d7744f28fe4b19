"""`s4 models` from the shell: what it prints, where it writes, and how it complains."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from s4.app.cli import app
from s4.core.errors import InputError, S4Error
from tests.detection.video.models.nets import write_grey_net
from tests.support.clips import write_clip


def s4(*words: str) -> tuple[int, str]:
    """(exit code, output) as `main` would give them: a complaint is one line and 1."""
    result = CliRunner().invoke(app, ["models", *words])
    if isinstance(result.exception, S4Error):
        return 1, f"{result.output}s4: {result.exception}\n"
    return result.exit_code, result.output


@pytest.fixture
def grey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.txt").write_text("hat\n\n")
    return write_grey_net(tmp_path / "grey.onnx")


def test_a_model_is_added_listed_and_checked(grey: Path) -> None:
    code, said = s4("add", "grey.onnx", "--labels", "labels.txt", "--name", "hats", "--licence", "MIT")
    assert code == 0, said
    row = "hats                         yolox      64x64           1  MIT\n"
    assert said.startswith(row)
    assert "models/hats.toml" in said
    assert s4("list") == (0, f"model                        head       input px   labels  licence\n{row}")
    code, said = s4("check")
    assert code == 0
    assert said.startswith("hats                         ok, ")
    assert said.endswith(" ms a picture on one core\n")


def test_each_bad_model_gets_a_line_and_the_others_go_on(grey: Path) -> None:
    for name in ("a", "b", "c"):
        assert s4("add", "grey.onnx", "--labels", "labels.txt", "--name", name)[0] == 0
    with Path("models/a.onnx").open("ab") as file:
        file.write(b"\0")
    Path("models/b.toml").write_text("name = 5\n")
    code, said = s4("check")
    assert code == 1
    good, first, second = said.splitlines()
    assert good.startswith("c   ")
    assert first.startswith("s4: models/a.onnx: is not the file of its card")
    assert second.startswith("s4: models/b.toml: ")
    assert s4("check", "--name", "c")[0] == 0
    assert s4("list")[0] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("add", "none.onnx"), "s4: none.onnx: cannot be read: No such file or directory"),
        (("add", "labels.txt"), "s4: labels.txt: is no ONNX network that can run here: "),
        (("add", "grey.onnx", "--head", "yolov2"), "s4: head: there is no head 'yolov2' (there are: yunet, "),
        (("add", "grey.onnx", "--size", "big"), "s4: size: 'big' is no size; write WIDTHxHEIGHT, each 32 to 2048 px"),
        (("add", "grey.onnx", "--size", "32x32"), "s4: grey.onnx: does not run: "),
        (("list",), "s4: models: there is no such folder of models"),
        (("check", "--folder", ".", "--name", "x"), "s4: .: there is no model 'x'"),
    ],
)
def test_complaints_are_one_line(grey: Path, words: tuple[str, ...], complaint: str) -> None:
    code, said = s4(*words)
    assert code == 1
    assert said.startswith(complaint)
    assert len(said.splitlines()) == 1


def test_detection_with_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    white = (np.full((48, 64, 3), 255, np.uint8) for _ in range(25))
    write_clip(tmp_path / "white.mp4", white, rate=5)
    write_grey_net(tmp_path / "grey.onnx")
    runner = CliRunner()
    done = runner.invoke(app, ["detect", "video", "white.mp4", "--model", "grey.onnx"])
    assert done.exit_code == 0
    assert "grey.onnx: has no card, so its labels and licence are guessed (see: s4 models add)\n" in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    people = [line for line in lines if line["kind"] == "person"]
    assert len(people) > 15
    assert people[-1]["bbox"] == [0.0, 0.0, 64.0, 48.0]
    assert s4("add", "grey.onnx", "--folder", ".")[0] == 0
    Path("cam.toml").write_text('models = ["grey.onnx"]\n')
    again = runner.invoke(app, ["detect", "video", "white.mp4", "--config", "cam.toml"])
    assert (again.stderr, again.stdout) == ("", done.stdout)
    Path("cam.toml").write_text('models = ["none.onnx"]\n')
    refused = runner.invoke(app, ["detect", "video", "white.mp4", "--config", "cam.toml"])
    assert isinstance(refused.exception, InputError)
    assert str(refused.exception) == "none.onnx: there is no such model"
