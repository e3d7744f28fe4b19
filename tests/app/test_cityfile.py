"""Whatever is written in a city.toml: a city, or one complaint that says where."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.app.cityfile import load_city, parse_city
from s4.core.city import City
from s4.core.errors import ConfigError
from tests.support.city import CITY, device

GOOD = CITY + device("co2-1") + device("co2-2")
PIECES = [
    "[city]", "[[site]]", "[[source]]", "[[zone]]", "[[asset]]", 'id = "a"', 'id = "co2-1"', 'name = "N"',
    "place = { lat = 43, lon = -2 }", "place = { lat = 91.0, lon = 0 }", 'site = "square"', 'site = "nowhere"',
    'door = "device"', "fresh_s = -1", "fresh_s = nan", "fresh_s = 1e400", 'source = "co2-1"',
    "outline = [[0, 0], [1, 1]]",
    "[source.options]", "units = 5", "= 3", '"""', "'''", "[", "]]", "a.b.c = 1979-05-27T07:32:00Z", "${HOME}",
    'name = "${NO_SUCH_VARIABLE}"', 'name = "${NO_SUCH_VARIABLE:-x}"', "\x00", "\ud7ff", "id = 99999999999999999999",
    "[city.stages]", "x = {y = [[[]]]}",
]  # fmt: skip


def complaint(text: str) -> ConfigError | None:
    """None when it is a city; anything but a `ConfigError` fails the test."""
    try:
        assert isinstance(parse_city(text, file="c.toml"), City)
    except ConfigError as raised:
        error = raised
    else:
        return None
    assert error.file == "c.toml"
    assert "\n" not in str(error)
    assert error.line is None or 1 <= error.line <= text.count("\n") + 2
    return error


@given(text=st.text(max_size=300))
def test_any_text(text: str) -> None:
    assert complaint(text) is not None


@given(lines=st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_pieces_of_a_city(lines: list[str]) -> None:
    complaint("\n".join(lines))


@given(more=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), at=st.integers(0, GOOD.count("\n")))
def test_a_good_city_with_something_put_in(more: list[str], at: int) -> None:
    lines = GOOD.split("\n")
    complaint("\n".join([*lines[:at], *more, *lines[at:]]))


@given(at=st.integers(0, len(GOOD) - 1), length=st.integers(1, 40), instead=st.text(max_size=3))
def test_a_good_city_with_something_cut_out(at: int, length: int, instead: str) -> None:
    complaint(GOOD[:at] + instead + GOOD[at + length :])


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "reason"),
    [
        ('id = "co2-2"', 'id = "CO2 2"', 19, "source[1].id", "is not a name"),
        ('id = "co2-2"', 'id = "co2-1"', 19, "source[1].id", "is used twice"),
        ('id = "co2-2"', 'idd = "co2-2"', 18, "source[1]", "setting `id` is missing|no setting `idd`"),
        ('site = "square"', 'site = "plaza"', 14, "source[0].site", "there is no site 'plaza' (there are: square)"),
        ("fresh_s = 0", 'fresh_s = "often"', 16, "source[0].fresh_s", "Expected `float`, got `str`"),
        ("lat = 43.26, lon", "lat = 143.26, lon", 5, "city.place.lat", "<= 90"),
        ('door = "device"', "door = device", 15, None, "Invalid value"),
        ('name = "Town"', "", 2, "city", "the setting `name` is missing"),
        ('name = "Town"', 'name = "${S4_NOT_SET}"', 4, "city.name", "environment variable S4_NOT_SET is not set"),
    ],
)
def test_a_complaint_says_where(old: str, new: str, line: int, field: str | None, reason: str) -> None:
    error = complaint(GOOD.replace(old, new, 1))
    assert error is not None
    assert any(part in error.reason for part in reason.split("|")), error.reason
    assert (error.line, error.field) == (line, field)


def test_words_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S4_TOWN", 'Trikala "x"')
    assert parse_city(GOOD.replace('"Town"', '"${S4_TOWN} ${S4_ELSE:-a b}"')).city.name == 'Trikala "x" a b'


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no-city\.toml: cannot be read"):
        load_city(tmp_path / "no-city.toml")
    (tmp_path / "latin.toml").write_bytes("name = 'Málaga'".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin.toml: cannot be read"):
        load_city(tmp_path / "latin.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_city(tmp_path)
    (tmp_path / "good.toml").write_text(GOOD)
    assert [source.id for source in load_city(tmp_path / "good.toml").source] == ["co2-1", "co2-2"]
