"""Profiles come into a city by the files that its sources name; `s4 device add` writes a source that can be read."""

import shutil
from pathlib import Path

import pytest

from s4.app.cityfile import load_city
from s4.core.errors import ConfigError
from tests.app.test_cli import s4
from tests.support.city import CITY, device

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "profiles"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "profiles")
    return tmp_path


def write(folder: Path, *rows: str, city: str = CITY) -> Path:
    path = folder / "city.toml"
    path.write_text(city + "".join(rows))
    return path


AIR = '\n[[source]]\nid = "air-1"\nsite = "square"\nprofile = "profiles/air-co2.yaml"\n'


def test_a_source_takes_its_period_and_its_commands_from_its_profile(folder: Path) -> None:
    gate = '\n[[source]]\nid = "gate-1"\nsite = "square"\nname = "Gate"\nprofile = "profiles/gate.yaml"\n'
    via = '\n[[source]]\nid = "gate-2"\nsite = "square"\nvia = "air-1"\nprofile = "gate"\nfresh_s = 7\n'
    city = load_city(write(folder, AIR, gate, via))
    air, one, two = city.source
    assert (air.profile, air.fresh_s, air.door) == ("air-co2", 60.0, "device")
    assert (one.fresh_s, two.fresh_s) == (30.0, 7.0)
    (outlet,) = city.outlet
    assert (outlet.id, outlet.outlet, outlet.name) == ("gate-1", "mqtt", "Gate")
    assert outlet.actions == ("gate.close", "gate.close.undo", "bell.ring")
    found = city.profile_of("gate-2")
    assert found is not None
    assert found.model == "G-4"


def test_an_older_city_is_what_it_was(folder: Path) -> None:
    city = load_city(write(folder, device("co2-1")))
    assert (city.profile, city.outlet, city.source[0].fresh_s) == ((), (), 0.0)


def test_the_folder_of_profiles_is_there_to_choose_from(folder: Path) -> None:
    city = load_city(write(folder, AIR, city=CITY.replace('name = "Town"', 'name = "Town"\nprofiles = "profiles"')))
    assert {one.name for one in city.profile} == {"air-co2", "door-contact", "fibre-strain", "gate"}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('profile = "profiles/none.yaml"', "city.toml, line 15, source[0].profile: there is no file"),
        ('profile = "lamp"', "city.toml, line 15, source[0].profile: there is no profile 'lamp'"),
        ('profile = "profiles/bad.yaml"', "bad.yaml, line 2, resources: describes neither"),
        ('profile = "profiles/twin.yaml"', "gate.yaml, name: another profile is called 'gate' as well"),
        ('via = "nobody"', "city.toml, line 15, source[0].via: there is no source 'nobody'"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(folder: Path, row: str, complaint: str) -> None:
    (folder / "profiles" / "bad.yaml").write_text("name: x\nresources: []\n")
    (folder / "profiles" / "twin.yaml").write_text("name: gate\nresources: [{name: x}]\n")
    more = '\n[[source]]\nid = "b"\nsite = "square"\nprofile = "profiles/gate.yaml"\n'
    with pytest.raises(ConfigError) as caught:
        load_city(write(folder, f'\n[[source]]\nid = "a"\nsite = "square"\n{row}\n', more))
    assert complaint in str(caught.value)


def test_device_add_writes_a_source_that_can_be_read(folder: Path) -> None:
    write(folder)
    added = s4("device", "add", "air-1", "--profile", "profiles/air-co2.yaml", "--site", "square", "--name", "Luft – 1",
               "--city", "city.toml", folder=folder)  # fmt: skip
    assert (added.returncode, added.stderr) == (0, "")
    assert len(added.stdout.strip()) == 43
    city = load_city(folder / "city.toml")
    assert (city.source[0].id, city.source[0].name, city.source[0].profile) == ("air-1", "Luft – 1", "air-co2")
    assert s4("check", "city.toml", folder=folder).returncode == 0
    listed = s4("device", "list", folder=folder).stdout.split()
    assert listed == ["air-1", "valid", "Luft", "–", "1"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("A.1",), "not a name"), (("air-1", "--city", "city.toml"), "--site"),
        (("air-1", "--site", "moon", "--city", "city.toml"), "there is no site 'moon'"),
        (("air-1", "--site", "square", "--profile", "none.yaml"), "none.yaml"),
    ],
)  # fmt: skip
def test_device_add_changes_nothing_when_something_is_wrong(
    folder: Path, words: tuple[str, ...], complaint: str
) -> None:
    before = write(folder).read_text()
    result = s4("device", "add", *words, folder=folder)
    assert (result.returncode, result.stdout) == (1, "")
    assert complaint in result.stderr
    assert (folder / "city.toml").read_text() == before
    assert s4("device", "list", folder=folder).stdout.strip() == ""
