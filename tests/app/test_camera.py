"""`s4 camera`: what it writes and what it refuses; the protocols themselves are tested with sensing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from s4.app.cli import app
from s4.core.errors import InputError, ServiceError
from tests.support.onvif import PASSWORD, USER, onvif_service


def test_streams_are_written_without_the_password(tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "streams.jsonl"
    key.write_text(f"{PASSWORD}\n")
    with onvif_service() as service:
        url = f"http://{service.host}/onvif/device_service"
        words = ["camera", "streams", url, "--user", USER, "--password-file", str(key), "--out", str(out)]
        result = CliRunner().invoke(app, words)
    assert (result.exit_code, result.output) == (0, "")
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["profile"], line["width"], line["url"]) for line in lines] == [
        ("main", 1920, "rtsp://127.0.0.1:8554/main?x=1"),
        ("sub", 640, "rtsp://127.0.0.1:8554/sub"),
        ("tiny", 320, "rtsp://127.0.0.1/tiny"),
    ]
    assert PASSWORD not in out.read_text()


@pytest.mark.parametrize(
    "words",
    [["streams", "rtsp://x"], ["streams", "http://u:p@h/x"], ["streams", "http://h", "--user", "u"], ["discover", "3"]],
)
def test_wrong_usage_is_two(words: list[str]) -> None:
    assert CliRunner().invoke(app, ["camera", *words]).exit_code == 2


def test_a_camera_that_does_not_answer_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["camera", "streams", "http://127.0.0.1:9/onvif"])
    assert isinstance(result.exception, ServiceError)
    file = str(tmp_path / "none")
    words = ["camera", "streams", "http://127.0.0.1:9/x", "--user", "u", "--password-file", file]
    assert isinstance(CliRunner().invoke(app, words).exception, InputError)


def test_nobody_answers_and_nothing_is_written() -> None:
    result = CliRunner().invoke(app, ["camera", "discover", "--wait-s", "0.1", "--interface", "127.0.0.1"])
    assert (result.exit_code, result.output) == (0, "")
