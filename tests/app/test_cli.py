"""The command line is a public contract: its help, its exit codes, its complaints on one line."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from s4.app.cli import app
from tests.support.city import CITY, S4, device


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command there is, groups too, as it is typed."""
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


EVERY = list(commands(typer.main.get_command(app)))


def s4(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([S4, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_commands_that_people_rely_on_are_there() -> None:
    wanted = {("run",), ("status",), ("check",), ("login",), ("dead", "list"), ("dead", "replay"), ("device", "add"),
              ("user", "add"), ("history", "count")}  # fmt: skip
    assert wanted <= set(EVERY)


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    assert f"Usage: {' '.join(('root', *words))}" in result.output or "Usage: " in result.output
    if words and words not in {("dead",), ("device",), ("user",), ("history",)}:
        assert len(result.output.splitlines()) > 5


def test_help_and_version_of_the_program_itself() -> None:
    assert s4("--help").returncode == 0
    assert s4("-h").stdout == s4("--help").stdout
    assert s4("--version").stdout.startswith("s4 0.")


@pytest.mark.parametrize("words", [("fly",), ("run", "--port", "1"), ("dead", "show", "many"), ("dead", "show")])
def test_wrong_usage_is_two(words: tuple[str, ...]) -> None:
    result = s4(*words)
    assert result.returncode == 2
    assert "Usage: s4" in result.stderr


BAD = (CITY + device("co2-1")).replace('door = "device"', 'door = "windows"')


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("check", "none.toml"), "s4: none.toml: cannot be read (No such file or directory)"),
        (("check", "bad.toml"), "s4: bad.toml, line 12, source[0]: there is no door named 'windows'"),
        (("check", "unit.toml"), "s4: unit.toml, line 19, source[co2-1].options.units.co2: 'furlong' is not"),
        (("check", "stage.toml"), "s4: stage.toml, line 12, city.stages.magic: there is no stage 'magic'"),
        (("run", "bad.toml"), "there is no door named 'windows'"),
        (("run", "edge", "detection"), "s4: city.toml: cannot be read"),
        (("run", "good.toml", "kitchen"), "s4: there is no room 'kitchen' (there are: sensing, edge,"),
        (("run", "good.toml", "--bus", "nats://127.0.0.1:1"), "s4: the bus at nats://127.0.0.1:1 does not answer"),
        (("run", "good.toml", "--store", "postgresql://u:hidden@127.0.0.1:1/x"), "127.0.0.1:1/x cannot be used"),
        (("status",), "s4: no s4 runs on s4-data"),
        (("dead", "list", "--data-dir", "else"), "s4: no s4 runs on else"),
        (("login",), "s4: no s4 runs on s4-data"),
        (("device", "add", "No Name"), "s4: device: 'No Name' is not a name"),
        (("device", "revoke", "nobody"), "there is no device 'nobody'"),
        (("user", "add", "ana", "--role", "queen"), "queen"),
    ],
)
def test_bad_input_is_one_and_one_line(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    (tmp_path / "bad.toml").write_text(BAD)
    (tmp_path / "good.toml").write_text(CITY)
    (tmp_path / "unit.toml").write_text(CITY + device("co2-1") + '\n[source.options.units]\nco2 = "furlong"\n')
    (tmp_path / "stage.toml").write_text(CITY + "\n[city.stages.magic]\n")
    result = s4(*words, folder=tmp_path)
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1, result.stderr
    assert complaint in last
    assert "Traceback" not in result.stderr
    assert "hidden" not in result.stderr


def test_a_good_city_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(CITY + device("co2-1"))
    result = s4("check", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "city.toml: Town: 1 sites" in result.stdout
    assert not (tmp_path / "s4-data").exists(), "checking starts nothing"


def test_a_device_comes_and_goes(tmp_path: Path) -> None:
    added = s4("device", "add", "co2-1", "--name", "Air", folder=tmp_path)
    assert added.returncode == 0
    assert len(added.stdout.strip()) >= 20
    assert s4("device", "add", "co2-1", folder=tmp_path).returncode == 1
    assert "co2-1" in s4("device", "list", folder=tmp_path).stdout
    assert s4("device", "revoke", "co2-1", folder=tmp_path).returncode == 0
    shown = s4("device", "list", folder=tmp_path).stdout
    assert "revoked" in shown
    assert added.stdout.strip() not in shown
    assert added.stdout.strip() not in (tmp_path / "s4-data" / "credentials.json").read_text()


def test_history_can_be_read_while_nothing_runs(tmp_path: Path) -> None:
    result = s4("history", "count", folder=tmp_path)
    assert result.returncode == 0
    assert result.stdout.split() == ["readings", "0", "events", "0"]
