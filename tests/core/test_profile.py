"""Device profiles: what is meant is understood, what cannot be meant is refused with file, line, field and reason."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError, InputError
from s4.core.profile import Battery, CommandSpec, DeviceProfile, Parameter, Resource, check_parameters, fault
from s4.core.profile_file import load_profile, parse_profile
from s4.core.yaml_lines import LARGEST_YAML, read_yaml

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples" / "profiles").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_can_be_used(path: Path) -> None:
    assert load_profile(path).name == path.stem


def test_a_profile_says_all_of_it() -> None:
    gate = load_profile(EXAMPLES[[one.stem for one in EXAMPLES].index("gate")])
    close, bell = gate.command("gate.close"), gate.command("bell.ring")
    assert close is not None
    assert bell is not None
    assert (close.retries, close.idempotent, bell.idempotent, bell.ack_s) == (3, True, False, 2.0)
    assert (gate.period_s, gate.fresh_s) == (30.0, 30.0)
    position = gate.resource("position")
    assert position is not None
    assert position.raw == "keep"


START = "name: x\nresources:\n  - name: t\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "p.yaml, line 1: is not a table"),
        ("- a\n", "p.yaml, line 1: is not a table"),
        ("name: x\n", "p.yaml, line 1: `resources` is missing"),
        ("name: x\nresources: []\n", "p.yaml, line 2, resources: describes neither"),
        (START + "    unit: furlong\n", "p.yaml, line 4, resources[0].unit: 'furlong' is not a UCUM unit"),
        (START + "    range: [5, 1]\n", "p.yaml, line 4, resources[0].range: the lowest value 5 is not below"),
        (START + "    range: [0, 1e999]\n", "resources[0].range: the lowest value 0 is not below"),
        (START + "    scale: 0\n", "p.yaml, line 4, resources[0].scale: must not be 0"),
        (START + "    scale: .nan\n", "p.yaml, line 4, resources[0].scale: expected `float`, got `str`"),
        (START + "    colour: red\n", "p.yaml, line 4, resources[0].colour: there is no setting `colour` here"),
        (START + "    type: double\n", "p.yaml, line 4, resources[0].type: invalid enum value 'double'"),
        (START + "    type: bool\n    unit: m\n", "p.yaml, line 5, resources[0].unit: only numbers have a unit"),
        (START + "    type: string\n    range: [0, 1]\n", "resources[0].range: only numbers have a range"),
        (START + "  - name: t\n", "p.yaml, line 4, resources[1].name: 't' is there twice"),
        ("name: x\nresources:\n  - name: s4.device\n", "p.yaml, line 3, resources[0].name: names that begin with"),
        (START + "battery: {resource: b, low: 1}\n", "p.yaml, line 4, battery.resource: 'b' is no resource"),
        (START + "silent_after: 0\n", "p.yaml, line 4, silent_after: expected `float` >= 1"),
        (START + "name: y\n", "p.yaml, line 4 column 1: 'name' comes twice"),
        (START + "    unit: &u m\n", "line 4 column 11: anchors and aliases"),
        (START + "    unit: !!python/object:os.system m\n", "line 4 column 11: tags are not used"),
        (START + "    unit: 'm\n", "not YAML"),
        (START + "\tunit: m\n", "not YAML"),
        (START + "--- \nname: z\n", "p.yaml, line 4 column 1: holds more than one document"),
        ("a: " + "[" * 40 + "]" * 40, "nests deeper than 12 levels"),
        ("a: [" + "1," * 6000 + "1]", "more than 5000 values"),
        ("a: " + "x" * LARGEST_YAML, "is larger than 64 KiB"),
        ("? [a, b]\n: 1\n", "a name must be plain text"),
        ("a: \x00", "not YAML"),
        ("name: 2026\nresources: []\n", "p.yaml, line 1, name: expected `str`, got `int`"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_profile(text, file="p.yaml")
    assert complaint in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("p.yaml", "missing.yaml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_profile(tmp_path / name)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(min_codepoint=0xA0, max_codepoint=0x2FF), max_size=20),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), TREES, max_size=5))
def test_json_is_read_as_json(tree: dict[str, Any]) -> None:
    """JSON with quoted text is YAML: the reader gives back what was written."""
    text = msgspec.json.encode(tree).decode()
    found = read_yaml(text, file="x").value
    assert found == msgspec.json.decode(text)


def refusal(text: str) -> ConfigError | None:
    try:
        parse_profile(text, file="any.yaml")
    except ConfigError as error:
        return error
    return None


@given(st.text(max_size=300))
def test_any_text_is_a_profile_or_refused(text: str) -> None:
    error = refusal(text)
    assert error is None or (error.file == "any.yaml" and error.reason)


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=12), inner)))
def test_any_tree_is_a_profile_or_refused(tree: Any) -> None:
    error = refusal(msgspec.json.encode(tree).decode())
    assert error is None or error.file == "any.yaml"


NUMBER = Resource("t", range=(0.0, 10.0))


@pytest.mark.parametrize(
    ("what", "value", "good"),
    [
        (NUMBER, 0, True), (NUMBER, 10.0, True), (NUMBER, 10.1, False), (NUMBER, True, False), (NUMBER, "5", False),
        (NUMBER, math.nan, False), (NUMBER, math.inf, False), (Resource("n", type="int"), 3.0, True),
        (Resource("n", type="int"), 3.5, False), (Resource("b", type="bool"), 1, False),
        (Resource("s", type="string", choices=("a",)), "b", False), (Resource("s", type="string"), "b", True),
        (Resource("e", type="event"), {"x": 1}, True), (Resource("e", type="event"), 1, False),
    ],
)  # fmt: skip
def test_values(what: Resource, value: object, good: bool) -> None:
    assert (fault(what, value) == "") is good


def test_parameters_are_checked_by_name_type_range_and_need() -> None:
    spec = CommandSpec(
        "gate.close", parameters=(Parameter("speed", range=(0.0, 1.0)), Parameter("fast", type="bool", required=False))
    )
    check_parameters(spec, {"speed": 0.5})
    for given_, field in (
        ({}, "speed"),
        ({"speed": 2.0}, "speed"),
        ({"speed": 1.0, "fast": 1.0}, "fast"),
        ({"x": 1.0, "speed": 1.0}, "x"),
    ):
        with pytest.raises(InputError) as caught:
            check_parameters(spec, given_)
        assert caught.value.field == f"parameters.{field}"


def test_a_battery_must_be_a_number() -> None:
    with pytest.raises(ConfigError, match=r"battery\.resource"):
        DeviceProfile("x", (Resource("b", type="bool"),), battery=Battery("b", 1.0)).check()
