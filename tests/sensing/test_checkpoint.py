"""Every door's checkpoint: readings are judged by profile, strangers are held, and everything is counted."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.city import City, Info, Outlet, Site, Source
from s4.core.clock import ManualClock
from s4.core.devices import DeviceNotice, read
from s4.core.errors import ConfigError
from s4.core.model import Command, Observation, ObservationBatch, Place, Raw, Reading, Series
from s4.core.model.command import DEVICE_APPROVE, DEVICE_REJECT
from s4.core.ports import Card, Context, Door, Produced, Record
from s4.core.profile import ClockPolicy, DeviceProfile, Resource
from s4.core.register import Register
from s4.sensing.checkpoint import Checkpoint, Guarded
from s4.sensing.decode import Decode
from s4.sensing.device import device_options
from s4.sensing.intake import JSON, Intake
from s4.sensing.notices import HELD_LETTERS, MOST_HELD

S = 1_000_000_000
NOW = 1_777_658_400 * S
HERE = Place(43.0, -2.0)
RESOURCES = (
    Resource("co2", type="int", unit="[ppm]", range=(0, 5000), period_s=60), Resource("t", unit="Cel", scale=0.01),
    Resource("open", type="bool"), Resource("mode", type="string", choices=("day", "night")),
    Resource("moved", type="event"), Resource("share", unit="1", scale=0.5),
)  # fmt: skip
AIR = DeviceProfile("air", RESOURCES, most_per_s=10)
LOOSE = DeviceProfile("loose", RESOURCES, clock=ClockPolicy(60.0, 60.0, "arrival"))
TOWN = City(
    Info("town", "Town", HERE), (Site("square", "Square", HERE),), profile=(AIR, LOOSE),
    source=(
        Source("air-1", "square", profile="air"), Source("loose-1", "square", profile="loose"),
        Source("plain-1", "square"), Source("gw", "square", "mqtt"),
    ),
    outlet=(Outlet("gate-1", "square", "mqtt", ("gate.close",)),),
)  # fmt: skip


def context(register: Register | None = None) -> Context:
    TOWN.check()
    return Context(TOWN, ManualClock(NOW), {}, ".", register or Register(TOWN))


def batch(*rows: tuple[str, str, str, float], time: int = NOW - S) -> ObservationBatch:
    return ObservationBatch.of("square", NOW, [Reading(Series(d, p, u), time, v) for d, p, u, v in rows])


def event(device: str, name: str, /, time: int = NOW, **body: Any) -> Observation:
    return Observation(f"obs-{device}-{name}-{time}", device, name, time, "square", NOW, body)


def readings(produced: Sequence[Produced]) -> list[tuple[str, str, str, float]]:
    rows = [r for one in produced if isinstance(one, ObservationBatch) for r in one]
    return [(r.series.source, r.series.property, r.series.unit, r.value) for r in rows]


def notices(produced: Sequence[Produced]) -> dict[str, DeviceNotice]:
    found = [read(one, DeviceNotice) for one in produced if isinstance(one, Observation)]
    return {one.device: one for one in found if one is not None}


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (("air-1", "co2", "[ppm]", 400), ("air-1", "co2", "[ppm]", 400)),
        (("air-1", "co2", "%", 0.04), ("air-1", "co2", "[ppm]", 400)),
        (("air-1", "co2", "1", 400), ("air-1", "co2", "[ppm]", 400)),
        (("air-1", "t", "1", 2150), ("air-1", "t", "Cel", 21.5)),
        (("air-1", "t", "K", 294.65), ("air-1", "t", "Cel", 21.5)),
        (("air-1", "share", "1", 8), ("air-1", "share", "1", 4)),
        (("air-1", "open", "1", 1), ("air-1", "open", "1", 1)),
        (("plain-1", "anything", "1", 7), ("plain-1", "anything", "1", 7)),
        (("gw", "message_rate", "Hz", 7), ("gw", "message_rate", "Hz", 7)),
        (("gate-1", "position", "%", 7), ("gate-1", "position", "%", 7)),
        (("air-1", "co2", "[ppm]", 5001), "5001 [ppm] is outside 0 to 5000 [ppm]"),
        (("air-1", "co2", "[ppm]", 4.5), "4.5 is not a whole number"),
        (("air-1", "co2", "m", 4), "'m' cannot be converted to '[ppm]'"),
        (("air-1", "co2", "[ppm]", math.nan), "is not a finite number"),
        (("air-1", "t", "Cel", math.inf), "is not a finite number"),
        (("air-1", "open", "1", 2), "2 1 is outside 0 to 1 1"),
        (("air-1", "smell", "1", 2), "no resource 'smell'"),
        (("air-1", "mode", "1", 2), "is of type string"),
        (("plain-1", "s4.device", "1", 2), "what s4 says itself"),
    ],
)  # fmt: skip
def test_a_reading_is_kept_as_its_profile_has_it_or_refused(
    row: tuple[str, str, str, float], kept: tuple[str, str, str, float] | str
) -> None:
    gate = Checkpoint(context(), "gw")
    good = ("plain-1", "p", "1", 1.0)
    produced = gate.take([batch(good, row)])
    found, letters = readings(produced), gate.rejects()
    if isinstance(kept, str):
        assert found == [good]
        assert kept in str(letters[0][1])
        assert notices(produced)[row[0]].refused == 1
        assert kept in notices(produced)[row[0]].reason
    else:
        ((*what, value),) = [one for one in found if one != good]
        assert what == list(kept[:3])
        assert value == pytest.approx(kept[3])
        assert letters == []
        assert notices(produced) == {}


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        (event("air-1", "moved", by="key 4"), ""), (event("air-1", "mode", value="day"), ""),
        (event("air-1", "ack", command="c", state="done"), ""), (event("plain-1", "whatever", x=1), ""),
        (event("air-1", "mode", value="dusk"), "'dusk' is not one of day, night"),
        (event("air-1", "co2", value="high"), "is an object and no number"),
        (event("air-1", "unheard", x=1), "no resource 'unheard'"),
        (event("plain-1", "s4.device", device="air-1", health="ok"), "what s4 says itself"),
        (event("air-1", "moved", time=NOW + 3600 * S), "ahead of our clock"),
    ],
)  # fmt: skip
def test_events_are_judged_as_well(seen: Observation, complaint: str) -> None:
    gate = Checkpoint(context(), "gw")
    produced = gate.take([seen])
    assert (seen in produced) is (complaint == "")
    assert [complaint in str(error) for _, error in gate.rejects()] == ([True] if complaint else [])


def test_a_clock_that_cannot_be_is_refused_or_taken_at_arrival_and_counted() -> None:
    gate = Checkpoint(context(), "gw")
    far = NOW + 7200 * S
    produced = gate.take(
        [batch(("air-1", "co2", "[ppm]", 1), time=far), batch(("loose-1", "co2", "[ppm]", 1), time=far)]
    )
    assert readings(produced) == [("loose-1", "co2", "[ppm]", 1)]
    assert [r.time for one in produced if isinstance(one, ObservationBatch) for r in one] == [NOW]
    told = notices(produced)
    assert "ahead of our clock" in told["air-1"].reason
    assert (told["loose-1"].moved, told["loose-1"].ahead_ms) == (1, 7_200_000.0)
    moved = gate.take([event("loose-1", "moved", time=0)])
    assert next(one.time for one in moved if isinstance(one, Observation)) == NOW


def test_a_repeat_counts_once() -> None:
    gate = Checkpoint(context(), "gw")
    first = gate.take([batch(("air-1", "co2", "[ppm]", 1), ("air-1", "co2", "[ppm]", 1), ("air-1", "co2", "[ppm]", 2))])
    again = gate.take([batch(("air-1", "co2", "[ppm]", 1))])
    assert [value for *_, value in readings(first)] == [1, 2]
    assert readings(again) == []
    assert notices(first)["air-1"].repeated == 1
    assert gate.notices.tell_all(NOW)[0].body["repeated"] == 1


def decide(action: str, time: int, **parameters: str) -> Command:
    return Command(f"com-{time}", 0, time, "square", action, "new-1", "approved", "ana", parameters=parameters)


def test_a_stranger_is_held_until_it_is_let_in_and_shut_out_again() -> None:
    register = Register(TOWN)
    gate = Checkpoint(context(register), "gw")
    stranger, good = ("new-1", "co2", "%", 0.04), ("air-1", "co2", "[ppm]", 400.0)
    produced = gate.take([batch(stranger, good), event("new-1", "moved", by="x")])
    assert readings(produced) == [good]
    told = notices(produced)["new-1"]
    assert (told.held, told.via, dict(told.said)["co2"]) == (2, "gw", "0.04 %")
    assert [(raw.device, raw.topic) for raw, _ in gate.rejects()] == [("new-1", "co2"), ("new-1", "moved")]
    register.take([decide(DEVICE_APPROVE, 1, profile="air")])
    ((*what, value),) = readings(gate.take([batch(stranger)]))
    assert what == ["new-1", "co2", "[ppm]"]
    assert value == pytest.approx(400)
    register.take([decide(DEVICE_REJECT, 2)])
    assert readings(gate.take([batch(stranger)])) == []
    assert gate.rejects() == []
    assert gate.notices.tell_all(NOW)[0].body["reason"] == "a person keeps it out"


def test_what_was_held_can_be_sent_again_once_it_is_let_in() -> None:
    register = Register(TOWN)
    gate = Checkpoint(context(register), "gw")
    gate.take([batch(("new-1", "t", "K", 294.65))])
    ((raw, _),) = gate.rejects()
    decode = Decode(context(register))
    assert readings(decode.step([raw], NOW)) == []
    register.take([decide(DEVICE_APPROVE, 1, profile="air")])
    ((*what, value),) = readings(decode.step([raw], NOW))
    assert what == ["new-1", "t", "Cel"]
    assert value == pytest.approx(21.5)


def test_strangers_are_bounded_in_number_and_in_what_is_kept_of_each() -> None:
    gate = Checkpoint(context(), "gw")
    for number in range(HELD_LETTERS + 50):
        gate.take([batch(("new-1", "co2", "1", number))])
    assert len(gate.rejects()) == HELD_LETTERS
    for number in range(MOST_HELD + 50):
        gate.take([batch((f"x-{number}", "co2", "1", 1))])
    told = notices(gate.notices.tell_all(NOW + S))
    assert sum(one.held > 0 for one in told.values()) <= MOST_HELD
    assert "wait for approval" in told["gw"].reason


ROW = st.tuples(
    st.sampled_from(["air-1", "loose-1", "plain-1", "new-1", "gw"]),
    st.sampled_from(["co2", "t", "open", "mode", "share", "odd"]),
    st.sampled_from(["1", "", "%", "[ppm]", "Cel", "K", "bogus"]),
    st.one_of(st.floats(), st.integers(-10, 6000).map(float)),
)  # fmt: skip


@given(st.lists(st.tuples(ROW, st.sampled_from([NOW, NOW - S, NOW + 10**6 * S, 0])), max_size=30))
def test_every_reading_is_kept_or_counted_once(rows: list[tuple[tuple[str, str, str, float], int]]) -> None:
    gate = Checkpoint(context(), "gw")
    sent = ObservationBatch.of("square", NOW, [Reading(Series(*row[:3]), time, row[3]) for row, time in rows])
    produced = gate.take([sent])
    told = notices(produced).values()
    counted = sum(one.refused + one.held + one.repeated for one in told)
    assert len(readings(produced)) + counted == len(rows)
    for device, name, unit, value in readings(produced):
        if device in ("air-1", "loose-1"):
            found = next(one for one in RESOURCES if one.name == name)
            assert unit == found.unit
            assert math.isfinite(value)


class Bell(Door):
    """A door that gives what it is told to."""

    card = Card("bell", "1", "Bell", "Rings.")
    produces = (Observation,)

    def __init__(self, facts: Sequence[Produced]) -> None:
        super().__init__(context(), TOWN.source[3])
        self.facts = facts

    async def run(self, record: Record) -> None:
        await record(self.facts)
        await asyncio.sleep(1.5)


def test_a_guarded_door_tells_what_it_refused_though_nothing_follows() -> None:
    recorded: list[Produced] = []

    async def record(facts: Sequence[Produced]) -> None:
        recorded.extend(facts)

    bell = Bell([batch(("air-1", "co2", "[ppm]", 1)), batch(("air-1", "smell", "1", 1))])
    door = Guarded(bell, context())
    door._checkpoint.notices._told = NOW
    asyncio.run(door.run(record))
    assert readings(recorded) == [("air-1", "co2", "[ppm]", 1)]
    assert notices(recorded)["air-1"].refused == 1
    assert len(door.rejects()) == 1


# The same profile over MQTT and HTTP


def raw(topic: str, payload: str, device: str = "air-1", received: int = NOW) -> Raw:
    return Raw(device, topic, payload.encode(), received)


@pytest.mark.parametrize(
    ("topic", "payload", "kept"),
    [
        ("open", "true", 1.0), ("open", '{"value": false}', 0.0), ("open", "1", 1.0),
        ("open", "2", "not true or false"),
        ("open", '"yes"', "not true or false"), ("t", "2150", 21.5), ("t", '{"value": 294.65, "unit": "K"}', 21.5),
        ("co2", "400.5", "not a whole number"), ("odd", "1", "no resource 'odd'"), ("mode", "4", "4.0 is not text"),
        ("mode", '"dusk"', "not one of day, night"), ("moved", "4", "is of type event"), ("open", "nul", "truncated"),
        ("co2", '{"event": "x"}', "no number"),
    ],
)  # fmt: skip
def test_over_mqtt(topic: str, payload: str, kept: float | str) -> None:
    stage = Decode(context())
    for _ in range(2):  # the second time the channel is known
        produced = stage.step([raw(topic, payload)], NOW)
        errors = [str(error) for _, error in stage.rejects()]
        if isinstance(kept, str):
            assert readings(produced) == []
            assert kept in errors[0]
        else:
            assert readings(produced)[0][3] == pytest.approx(kept)
            assert errors == []


def test_a_text_over_mqtt_and_http_is_an_event() -> None:
    (seen,) = [one for one in Decode(context()).step([raw("mode", '"night"')], NOW) if isinstance(one, Observation)]
    assert (seen.property, seen.body) == ("mode", {"value": "night"})
    intake = Intake(TOWN)
    body = b'[{"property": "mode", "value": "day"}, {"property": "open", "value": true}, '
    body += b'{"property": "mode", "value": "x"}]'
    taken = intake.take(intake.profiles.of("air-1"), JSON, body, NOW)
    assert (taken.accepted, taken.refused, taken.refusals[0].line) == (2, 1, 3)
    assert readings(taken.produced) == [("air-1", "open", "1", 1.0)]


def test_a_flood_is_cut_at_the_rate_of_the_profile_and_the_others_go_on() -> None:
    stage = Decode(context())
    raws = [raw("co2", "1", received=NOW + i) for i in range(1_000)] + [raw("p", "2", "plain-1", NOW + 1_000)]
    produced = list(stage.step(raws[:500], NOW)) + list(stage.step(raws[500:], NOW)) + list(stage.step([], NOW + 2 * S))
    assert sum(device == "air-1" for device, *_ in readings(produced)) == 10
    assert ("plain-1", "p", "1", 2.0) in readings(produced)
    told = [read(one, DeviceNotice) for one in produced if isinstance(one, Observation)]
    mine = [one for one in told if one is not None and one.device == "air-1"]
    assert sum(one.left_out for one in mine) == 990
    assert max(one.flood_per_s for one in mine) == 1_000
    later = stage.step([raw("co2", "1", received=NOW + 5 * S)], NOW + 5 * S)
    assert len(readings(later)) == 1, "the next second is a new one"


@given(st.lists(st.tuples(st.sampled_from(["air-1", "plain-1"]), st.integers(0, 3)), max_size=60), st.integers(1, 20))
def test_within_a_second_the_rate_holds_however_it_is_cut(sent: list[tuple[str, int]], size: int) -> None:
    stage, kept = Decode(context()), dict[tuple[str, int], int]()
    rows = sorted(sent, key=lambda row: row[1])
    for i in range(0, len(rows), size):
        chunk = rows[i : i + size]
        for second in sorted({second for _, second in chunk}):
            raws = [raw("co2", "1", device, NOW + at * S) for device, at in chunk if at == second]
            for device, *_ in readings(stage.step(raws, NOW + second * S)):
                kept[device, second] = kept.get((device, second), 0) + 1
    for device, second in set(rows):
        count = rows.count((device, second))
        assert kept[device, second] == (min(count, 10) if device == "air-1" else count)


def test_what_the_profile_says_may_not_be_said_twice() -> None:
    with pytest.raises(ConfigError, match=r"source\[air-1\]\.options\.units: its profile says that"):
        device_options(Source("air-1", "square", profile="air", options={"units": {"co2": "[ppm]"}}))
