"""What devices send: every form is understood, everything wrong is refused with its reason, the rest goes on."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import ConfigError, InputError
from s4.core.model import Observation, ObservationBatch, Raw, Reading, Series
from s4.core.model.batch import LARGEST_BATCH
from s4.core.subjects import SYSTEM
from s4.sensing.channels import MOST_CHANNELS
from s4.sensing.decode import Decode
from s4.sensing.device import Device
from tests.sensing.city import NOW, make_context, make_source

S = 1_000_000_000


def raw(payload: bytes | str, topic: str = "temperature", device: str = "thermo-1", received: int = NOW) -> Raw:
    return Raw(device, topic, payload if isinstance(payload, bytes) else payload.encode(), received)


def decode(*raws: Raw, stage: Decode | None = None) -> tuple[list[Reading], list[Observation], list[str]]:
    stage = stage or Decode(make_context())
    produced = stage.step(raws, NOW)
    readings = [r for batch in produced if isinstance(batch, ObservationBatch) for r in batch]
    events = [one for one in produced if isinstance(one, Observation) and one.source != SYSTEM]
    return readings, events, [str(error) for _, error in stage.rejects()]


def reading(value: Any, time: int = NOW, prop: str = "temperature", unit: str = "Cel") -> Reading:
    return Reading(Series("thermo-1", prop, unit), time, value)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("21.5", [reading(21.5)]),
        (" 21.5\n", [reading(21.5)]),
        ("-3", [reading(-3.0)]),
        ("1e1", [reading(10.0)]),
        ('{"value": 20}', [reading(20.0)]),
        ('{"value": 20, "unit": "Cel"}', [reading(20.0)]),
        ('{"value": 68, "unit": "[degF]"}', [reading(pytest.approx(20.0))]),
        ('{"value": 293.15, "unit": "K"}', [reading(pytest.approx(20.0))]),
        (f'{{"value": 20, "time": {NOW - 5}}}', [reading(20.0, NOW - 5)]),
        ('{"value": 20, "time": "2026-05-01T17:59:59.5Z"}', [reading(20.0, NOW - S // 2)]),
        ('{"value": 20, "time": null}', [reading(20.0)]),
        ('[1, {"value": 2}, 3]', [reading(1.0), reading(2.0), reading(3.0)]),
        ("[]", []),
    ],
)
def test_readings(payload: str, expected: list[Reading]) -> None:
    assert decode(raw(payload)) == (expected, [], [])


def test_units_come_from_the_payload_else_the_source_else_one() -> None:
    sent = [raw("3.6", "wind"), raw('{"value": 7.2, "unit": "km/h"}', "wind"), raw("5", "people"),
            raw('{"value": 400, "unit": "[ppm]"}', "air/co2")]  # fmt: skip
    readings, _, wrong = decode(*sent)
    found = {(r.series.property, r.series.unit): r.value for r in readings}
    assert found == {
        ("wind", "m/s"): pytest.approx(2.0), ("people", "1"): 5.0, ("air.co2", "[ppm]"): 400.0,
    }  # fmt: skip
    assert wrong == []


def test_batches_are_by_site() -> None:
    batches = Decode(make_context()).step([raw("1"), raw("2", device="gate-1"), raw("3")], NOW)
    assert [(b.site, len(b)) for b in batches if isinstance(b, ObservationBatch)] == [("square", 2), ("stadium", 1)]


def test_an_event_is_kept_as_it_is() -> None:
    text = '{"event": "opened", "by": {"key": 4}, "time": "2026-05-01T17:59:58Z", "place": {"lat": 43.2, "lon": -2.9}}'
    _, events, wrong = decode(raw(text, "door"))
    (event,) = events
    assert wrong == []
    assert (event.source, event.property, event.site, event.received) == ("thermo-1", "door", "square", NOW)
    assert event.time == NOW - 2 * S
    assert event.body == json.loads(text)
    assert event.place is not None
    assert event.place.lat == 43.2
    assert event.id == decode(raw(text, "door", received=NOW + 1))[1][0].id  # sent twice, still the same event


def test_a_reading_with_more_fields_is_an_event() -> None:
    _, events, _ = decode(raw('{"value": 21.5, "battery": 88}'))
    assert events[0].body == {"value": 21.5, "battery": 88}


@pytest.mark.parametrize(("device", "site"), [("sign-1", "square"), ("sign-2", "stadium"), ("signs", "stadium")])
def test_an_answer_to_a_command_is_an_observation_also_from_an_outlet_or_its_device(device: str, site: str) -> None:
    readings, events, wrong = decode(raw('{"command": "cmd-1", "state": "done"}', "ack", device))
    assert (readings, wrong) == ([], [])
    assert (events[0].property, events[0].source, events[0].site) == ("ack", device, site)
    assert events[0].body == {"command": "cmd-1", "state": "done"}
    assert decode(raw("1", "ack"))[2] == ["an answer to a command is an object that names the command"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "input data was truncated"),
        ("NaN", "malformed"),
        ("-Infinity", "malformed"),
        ("1e999", "out of range"),
        ("true", "expected a number, got true or false"),
        ('"21.5"', "expected a number, got text"),
        ("21,5", "malformed"),
        ("1 2", "malformed"),
        ("0x10", "malformed"),
        ("\xff", "malformed"),
        ('{"value": "warm"}', "value: expected a number, got text"),
        ('{"value": null}', "value: expected a number, got nothing"),
        ('{"value": 1, "unit": "furlong"}', "unit: 'furlong' is not a UCUM unit"),
        ('{"value": 1, "unit": "m"}', "unit: 'm' cannot be converted to 'Cel'"),
        ('{"value": 1, "unit": 5}', "unit: expected text or nothing"),
        ('{"value": 1, "time": "yesterday"}', "time: 'yesterday' is not an ISO 8601 time"),
        ('{"value": 1, "time": "2026-05-01T18:00:00"}', "time: '2026-05-01T18:00:00' names no time zone"),
        ('{"value": 1, "time": 1777658400}', "time: 1970-01-01T00:00:01.777Z is more than 604800 s ago"),
        ('{"value": 1, "time": "2026-05-01T18:06:00Z"}', "time: 2026-05-01T18:06:00.000Z is more than 300 s ahead"),
        ('{"value": 1, "time": "9999-01-01T00:00:00Z"}', "time: is further away than clocks can count"),
        ('{"value": 1, "time": 99999999999999999999}', "time"),
        ('{"value": 200}', "value: 200 Cel is outside -40 to 60 Cel"),
        ('{"value": 400, "unit": "[degF]"}', "value: 204.444 Cel is outside -40 to 60 Cel"),
        ('{"event": "x", "time": true}', "time: is neither RFC 3339 text nor nanoseconds"),
        ('{"event": "x", "place": {"lat": 91, "lon": 0}}', "place.lat: expected a number <= 90"),
        ('{"n": 18446744073709551616}', "more than 64 bits"),
        ('{"event": "x"', "truncated"),
        ('{"a":' * 40 + "1" + "}" * 40, "nests deeper than 16 levels"),
        ('{"a":' + "[" * 100_000, "most 65536 bytes"),
        ('{"a":' + "[" * 60_000, "nested too deeply"),
        ('{"a": "' + "x" * 70_000 + '"}', "most 65536 bytes"),
        ('[{"event": "x"}]', "line 1: a list holds readings only"),
        ("[1, 2", "truncated"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_reason(payload: str, reason: str) -> None:
    sent = [raw("20"), raw(payload), raw("21")]
    stage = Decode(make_context())
    stage.step([raw("19")], NOW)
    readings, events, wrong = decode(*sent, stage=stage)
    assert [r.value for r in readings] == [20.0, 21.0]
    assert events == []
    assert len(wrong) == 1
    assert reason in wrong[0]
    assert "\n" not in wrong[0]


def test_one_bad_item_of_a_list_is_named_and_the_others_go_on() -> None:
    readings, _, wrong = decode(raw('[1, "x", {"value": 99}, 4]'))
    assert [r.value for r in readings] == [1.0, 4.0]
    assert wrong == ["line 2: expected a number, got text", "value: 99 Cel is outside -40 to 60 Cel"]


def test_strangers_and_bad_topics_are_refused() -> None:
    _, _, wrong = decode(raw("1", device="stranger"), raw("1", "temp$"), raw("1", "x" * 65), raw('{"a":1}', "ä"))
    assert wrong[0] == "device: there is no device 'stranger' in the city"
    assert all("is not a property" in reason for reason in wrong[1:])


def test_each_device_has_its_own_patience_with_old_readings() -> None:
    text = f'{{"value": 1, "time": {NOW - 100 * S}}}'
    assert [r.value for r in decode(raw(text))[0]] == [1.0]
    assert "more than 60 s ago" in decode(raw(text, device="gate-1"))[2][0]


def test_a_device_cannot_fill_the_memory_with_ever_new_properties() -> None:
    stage = Decode(make_context())
    _, _, wrong = decode(*(raw("1", f"p{n}") for n in range(MOST_CHANNELS + 5)), stage=stage)
    assert len(wrong) == 5
    assert "which is the most" in wrong[0]
    assert [r.value for r in decode(raw("7", device="gate-1"), stage=stage)[0]] == [7.0]


def test_more_than_a_batch_holds_becomes_two() -> None:
    produced = Decode(make_context()).step([raw("[" + ",".join(["1"] * (LARGEST_BATCH + 1)) + "]")], NOW)
    assert [len(batch) for batch in produced if isinstance(batch, ObservationBatch)] == [LARGEST_BATCH, 1]


@given(st.lists(st.floats(-40, 60) | st.sampled_from([b"1,2", b"", b"x", b"1 ", b"[1", b"2]", b"-"]), max_size=30))
def test_bare_numbers_never_change_places(items: list[float | bytes]) -> None:
    """Decoding them all in one go must give each device its own number, whatever the others send."""
    sent = [raw(item if isinstance(item, bytes) else repr(item), received=NOW + n) for n, item in enumerate(items)]
    stage = Decode(make_context())
    stage.step([raw("0")], NOW)
    readings, _, wrong = decode(*sent, stage=stage)
    right = {NOW + n: item for n, item in enumerate(items) if isinstance(item, float)}
    got = {r.time: r.value for r in readings}
    assert {time: got[time] for time in right} == right
    blank = {NOW + n for n, item in enumerate(items) if item == b"1 "}
    assert got.keys() == right.keys() | blank
    assert len(wrong) == len(items) - len(got)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_payload_gives_readings_events_or_one_reason_each(payload: bytes) -> None:
    stage = Decode(make_context())
    readings, events, wrong = decode(raw(payload), raw(b"5"), stage=stage)
    assert readings[-1:] == [reading(5.0)]
    assert all(math.isfinite(r.value) for r in readings)
    assert len(readings) - 1 + len(events) + len(wrong) >= (0 if payload.strip().startswith(b"[") else 1)
    assert decode(raw(payload), raw(b"5"), stage=stage) == (readings, events, wrong)


@given(st.floats(-40, 60), st.integers(NOW - 7 * 86_400 * S, NOW + 300 * S))
def test_a_reading_comes_out_as_it_went_in(value: float, time: int) -> None:
    sent = json.dumps({"value": value, "unit": "Cel", "time": time})
    assert decode(raw(sent)) == ([reading(value, time)], [], [])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"units": {"t": "furlong"}}, r"source\[device-1\]\.options\.units\.t: 'furlong' is not a UCUM unit"),
        ({"ranges": {"t": [5, 5]}}, r"options\.ranges\.t: the lowest value 5\.0 is not below"),
        ({"ranges": {"t": [5]}}, r"options\.ranges"),
        ({"max_age_s": -1}, r"options\.max_age_s: expected a number >= 0"),
        ({"unit": {}}, r"options\.unit: is not known here"),
    ],
)
def test_bad_settings_of_a_device_are_named(options: dict[str, Any], complaint: str) -> None:
    source = make_source("device", **options)
    with pytest.raises(ConfigError, match=complaint):
        Device(make_context(), source)
    with pytest.raises(InputError, match=complaint):
        Decode(make_context(source))
