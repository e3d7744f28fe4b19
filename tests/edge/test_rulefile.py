"""A rules file is refused with file, line, field and reason."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s4.core.errors import ConfigError
from s4.core.toml_lines import line_of
from s4.edge.rulefile import load_rules, parse_rules
from tests.edge.cities import city

GOOD = '# the city\'s rules\n\n[[rule]]\nid = "a"\nproperty = "p"\nkind = "gas"\ntext = "T"\n'


@pytest.mark.parametrize(
    ("added", "line", "field", "reason"),
    [
        ("over = 1\ncolour = 3\n", 9, "colour", "unknown field"),
        ('over = "much"\n', 8, "over", "not a number with a unit"),
        ('unit = "K"\nover = "9 m"\n', 9, "over", "measure different things"),
        ('unit = "furlong"\nover = 1\n', 8, "unit", "not a UCUM unit"),
        ("over = 1\nclear = 2\n", 9, "clear", "must not lie above"),
        ("over = 1\nunder = 2\n", 9, "under", "two rules"),
        ("over = nan\n", 8, "over", "finite"),
        ("over = 1\nhold_s = -1\n", 9, "hold_s", ">= 0"),
        ("over = 1\nwindow_s = 5\n", 9, "window_s", "need each other"),
        ('over = 1\nwindow_s = 5\naggregate = "median"\n', 10, "aggregate", "median"),
        ('over = 1\nunit = "Cel"\nwindow_s = 5\naggregate = "sum"\n', 11, "aggregate", "cannot be added"),
        ('over = 1\nwindow_s = 1\naggregate = "max"\nlate_s = 99\n', 11, "late_s", "windows"),
        ("over = 1\n[rule.match]\nevent = 1\n", 9, "match", "one of the two"),
        ("", 3, "", "one of the two"),
        ('over = 1\nsources = ["q-*"]\n', 9, "sources", "no source of the city fits"),
        ("over = 1\nsources = [\n  1\n]\n", 9, "sources[0]", "Expected `str`"),
    ],
)
def test_every_refusal_names_its_place(tmp_path: Path, added: str, line: int, field: str, reason: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD + added)
    with pytest.raises(ConfigError) as caught:
        load_rules(path, city("air-1"))
    error = caught.value
    assert (error.file, error.line) == (str(path), line)
    assert error.field == ("rule[0]" + (f".{field}" if field else ""))
    assert reason in error.reason


def test_broken_toml_names_line_and_column() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules("[[rule]]\nid = = 3\n", file="r.toml")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("r.toml", 2, 6)


@pytest.mark.parametrize("text", ["[rule]\nid = 1\n", 'colour = "red"\n', "rule = [3]\n"])
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_rules(text)


def test_an_id_used_twice_is_refused_where_it_is_used_again() -> None:
    with pytest.raises(ConfigError, match=r"line 10, rule\[1\].id: 'a' is used twice"):
        parse_rules(GOOD + "over = 1\n" + GOOD.removeprefix("# the city's rules\n\n") + "over = 2\n")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules(Path("nowhere.toml"))


@given(st.text(max_size=300))
@example("[[rule]]\nid='a'\nmatch={a=1}\ntext='''\n[[rule]]\n'''\nproperty='p'\nkind='gas'\n")
def test_any_text_gives_rules_or_one_clear_reason(text: str) -> None:
    reason = ""
    try:
        parse_rules(text)
    except ConfigError as error:
        reason = str(error)
    assert not reason or reason.startswith("rules")


KEYS = st.sampled_from(["id", "over", "text", "sources", "unit", "clear"])
VALUES = st.sampled_from(
    ["1", '"x"', "[1, 2]", '["[", "]"]', "[\n  1,\n  2,\n]", '"""\n[[rule]]\nid = 3\n"""', "'a # b'"]
)


@given(tables=st.lists(st.dictionaries(KEYS, VALUES, min_size=1), min_size=1, max_size=5), gaps=st.integers(0, 3))
def test_a_position_is_where_the_key_was_written(tables: list[dict[str, str]], gaps: int) -> None:
    text, places = "", {}
    for index, table in enumerate(tables):
        text += "\n" * gaps + "# [[rule]]\n  [[ rule ]] # next\n"
        for key, value in table.items():
            places[index, key] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    assert len(tomllib.loads(text)["rule"]) == len(tables)
    assert {place: line_of(text, "rule", *place) for place in places} == places
