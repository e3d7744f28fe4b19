"""The catalogue that comes with s4, and what is refused in one."""

import pytest

from s4.core.errors import ConfigError
from s4.core.model import KINDS
from s4.response.measure import load_catalogue, parse_catalogue

GOOD = """
[[measure]]
code = "a"
title = "A"
by = "device"
action = "x.y"
cost = 0.1
source = "expert estimate"
effect = { fire = 0.5 }
"""


def test_every_serious_kind_has_at_least_two_measures() -> None:
    catalogue = load_catalogue()
    assert len(catalogue) >= 15
    for kind in KINDS.values():
        if kind.severity.value in ("Severe", "Extreme"):
            suited = [m for m in catalogue if kind.code in m.effect or f"nature:{kind.nature}" in m.effect]
            assert len(suited) >= 2, kind.code


def test_a_title_tells_the_radius_that_is_commanded() -> None:
    for measure in load_catalogue():
        if "radius_m" in measure.parameters:
            assert f"{measure.parameters['radius_m']:.0f} m" in measure.title


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("fire = 0.5", "fire = 1.5", "measure[0].effect"),
        ("fire = 0.5", "ufo = 0.5", "measure[0].kind"),
        ("fire = 0.5", '"nature:odd" = 0.5', "measure[0].effect.nature:odd"),
        ('by = "device"', 'by = "unit"', "measure[0].role"),
        ('"expert estimate"', '" "', "measure[0].source"),
        ('code = "a"', 'code = "A b"', "measure[0].code"),
        ("cost = 0.1", "cost = 0.1\ncolour = 1", "measure[0]"),
    ],
)
def test_every_refusal_names_its_place(old: str, new: str, field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_catalogue(GOOD.replace(old, new), "c.toml")
    assert caught.value.file == "c.toml"
    assert (caught.value.field or "").startswith(field)


@pytest.mark.parametrize("text", ["", "measure = 3", "[[measure]\n", GOOD + GOOD])
def test_broken_files_are_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_catalogue(text, "c.toml")
