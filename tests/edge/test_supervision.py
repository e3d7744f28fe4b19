"""How devices are doing is noticed: silence and its end, lies, floods, low batteries, strangers, work on one."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.city import City, Info, Site, Source
from s4.core.clock import ManualClock
from s4.core.devices import DeviceNotice, DeviceState, read, told
from s4.core.errors import ConfigError
from s4.core.model import Command, Detection, Observation, ObservationBatch, Place, Reading, Series, Word
from s4.core.model.command import DEVICE_APPROVE, DEVICE_MAINTAIN, DEVICE_REJECT, DEVICE_RESUME
from s4.core.ports import Context, Produced
from s4.core.profile import Battery, DeviceProfile, Resource
from s4.edge.supervision.stage import Supervision
from tests.edge.cities import S, city

HERE = Place(43.0, -2.0)
AIR = DeviceProfile(
    "air", (Resource("co2", period_s=10), Resource("battery", unit="%")), battery=Battery("battery", 20.0)
)  # fmt: skip
TOWN = City(
    Info("town", "Town", HERE), (Site("plaza", "Plaza", HERE),), profile=(AIR,),
    source=(Source("air-1", "plaza", profile="air", fresh_s=10), Source("zigbee", "plaza", "mqtt", fresh_s=0)),
)  # fmt: skip


def stage(town: City | None = None) -> Supervision:
    return Supervision(Context(town or city("a", "b"), ManualClock()))


def reading(source: str, name: str = "p", value: float = 1.0, time: int = 0, received: int = 0) -> ObservationBatch:
    return ObservationBatch.of("plaza", received, [Reading(Series(source, name, ""), time, value)])


def event(source: str) -> Observation:
    return Observation(f"obs-{source}", source, "p", 0, "plaza", 0, {})


def decision(action: str, target: str = "air-1", time: int = 0, **parameters: str) -> Command:
    return Command(f"com-{action}-{time}", 0, time, "plaza", action, target, "approved", "ana", parameters=parameters)


def stated(produced: Sequence[Produced]) -> list[Detection]:
    return [one for one in produced if isinstance(one, Detection)]


def brief(produced: Sequence[Produced]) -> list[tuple[str, str, str, int]]:
    return [(d.kind, d.source, d.phase, d.time // S) for d in stated(produced)]


def states(produced: Sequence[Produced]) -> dict[str, DeviceState]:
    found = [read(one, DeviceState) for one in produced if isinstance(one, Observation)]
    return {one.device: one for one in found if one is not None}


def test_silence_starts_after_three_times_fresh_and_ends_when_heard() -> None:
    silence = stage()
    assert stated(silence.step([reading("a"), event("b")], 0)) == []
    assert stated(silence.step([event("b")], 20 * S)) == []
    assert stated(silence.step([], 30 * S)) == []
    (start,) = stated(silence.step([], 31 * S))
    assert brief([start]) == [("source_silent", "a", "start", 31)]
    assert stated(silence.step([], 40 * S)) == []
    (end,) = stated(silence.step([reading("a")], 45 * S))
    assert (end.phase, end.happening) == ("end", start.happening)
    assert end.text == "a is heard again after 45 s"


def test_a_source_never_heard_is_silent_from_the_first_step_on() -> None:
    silence = stage()
    assert stated(silence.step([], 100 * S)) == []
    found = silence.step([], 131 * S)
    assert brief(found) == [("source_silent", "a", "start", 131), ("source_silent", "b", "start", 131)]
    assert states(found)["a"].detail == "never heard"


def test_what_only_speaks_of_events_is_never_silent() -> None:
    silence = stage(city("a", fresh_s=0.0))
    assert stated([*silence.step([], 0), *silence.step([], 10**6 * S)]) == []


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="skip_doors"):
        Supervision(Context(TOWN, ManualClock(), {"colour": 1}))


def test_health_goes_from_ok_to_late_to_silent_and_is_told_at_once() -> None:
    watch, seen = stage(TOWN), []
    watch.step([reading("air-1", "co2")], 0)
    for second in range(40):
        found = states(watch.step([], second * S)).get("air-1")
        if found is not None:
            seen.append((second, found.health))
    assert seen == [(0, "ok"), (16, "late"), (31, "silent")]


def test_counts_and_clock_are_told_now_and_then_also_when_nothing_changes() -> None:
    watch = stage(TOWN)
    times = []
    for second in range(200):
        if second < 100:
            watch.step([reading("air-1", "co2", time=second * S + 2 * S, received=second * S)], second * S)
        found = states(watch.step([], second * S)).get("zigbee" if second >= 100 else "air-1")
        if found is not None:
            times.append(second)
            if second < 100:
                assert (found.ahead_ms, found.accepted) == (2000.0, second + 1)
                assert 0.9 < found.per_s < 1.3
    gaps = {b - a for a, b in pairwise(times[:8])}
    assert gaps == {11}
    assert any(100 <= second <= 170 for second in times), "silent ones are told again as well"


def lie(count: int, reason: str = "co2: 99 is outside 0 to 1") -> Observation:
    return told(DeviceNotice("air-1", refused=count, reason=reason), "plaza", count)


def test_a_device_that_lies_is_faulty_until_it_tells_the_truth_again() -> None:
    watch = stage(TOWN)
    watch.step([reading("air-1", "co2")], 0)
    watch.step([lie(3)], S)
    assert stated(watch.step([], S)) == [], "three of the last few are not enough"
    watch.step([lie(4)], 2 * S)
    found = watch.step([], 2 * S)
    assert brief(found) == [("device_faulty", "air-1", "start", 2)]
    assert "co2: 99 is outside" in stated(found)[0].text
    assert (states(found)["air-1"].health, states(found)["air-1"].refused) == ("faulty", 7)
    for second in range(3, 9):
        watch.step([reading("air-1", "co2")], second * S)
    assert brief(watch.step([], 9 * S)) == [("device_faulty", "air-1", "end", 9)]


def test_a_device_that_only_lies_is_faulty_and_not_silent() -> None:
    watch = stage(TOWN)
    watch.step([reading("air-1")], 0)
    lie = told(DeviceNotice("air-1", refused=1, reason="co2: 9000 is outside 0 to 5000"), "plaza", 0)
    produced = [one for t in range(10, 300, 10) for one in (*watch.step([lie], t * S), *watch.step([], t * S))]
    assert {one.kind for one in stated(produced)} == {"device_faulty"}
    assert states(produced)["air-1"].health == "faulty"
    produced = [one for t in range(300, 400, 10) for one in watch.step([], t * S)]
    assert ("source_silent", "air-1", "start") in {one[:3] for one in brief(produced)}


def test_a_flood_is_stated_once_and_ends() -> None:
    watch, found = stage(TOWN), []
    for second in range(30):
        if second < 10:
            notice = DeviceNotice("air-1", refused=9000, left_out=9000, flood_per_s=10_000.0, reason="too many")
            watch.step([reading("air-1", "co2"), told(notice, "plaza", second)], second * S)
        else:
            watch.step([reading("air-1", "co2")], second * S)
        found += watch.step([], second * S)
    assert brief(found) == [("device_flood", "air-1", "start", 0), ("device_flood", "air-1", "end", 19)]
    assert stated(found)[0].text == "air-1 sends 10,000 messages a second"


def test_a_low_battery_is_stated_once_and_ends_well_above() -> None:
    watch, found = stage(TOWN), []
    for second, charge in enumerate((50, 20, 21, 19, 22, 23, 80)):
        watch.step([reading("air-1", "battery", charge)], second * S)
        found += watch.step([], second * S)
    assert brief(found) == [("battery_low", "air-1", "start", 1), ("battery_low", "air-1", "end", 5)]
    assert watch.lines["air-1"].battery == 80


HELD = told(DeviceNotice("new-1", via="zigbee", held=4, said={"contact": "1"}), "plaza", 1)


def test_a_stranger_is_stated_once_and_its_approval_ends_it() -> None:
    watch = stage(TOWN)
    watch.step([HELD], 0)
    (start,) = stated(watch.step([], 0))
    assert (start.kind, start.source, start.attributes["device"]) == ("unknown_device", "zigbee", "new-1")
    assert stated(watch.step([HELD], S)) == []
    watch.step([decision(DEVICE_APPROVE, "new-1", 2 * S, profile="air")], 2 * S)
    found = watch.step([], 2 * S)
    assert [(d.kind, d.phase) for d in stated(found)] == [("unknown_device", "end")]
    state = states(found)["new-1"]
    assert (state.health, state.by, state.held) == ("ok", "ana", 8)
    assert ("source_silent", "new-1", "start", 40) in brief(watch.step([], 40 * S)), "it has a period now"


def test_what_a_person_keeps_out_is_not_asked_about_again() -> None:
    watch = stage(TOWN)
    watch.step([HELD], 0)
    watch.step([], 0)
    watch.step([decision(DEVICE_REJECT, "new-1", S)], S)
    found = watch.step([], S)
    assert [(d.kind, d.phase) for d in stated(found)] == [("unknown_device", "end")]
    assert states(found)["new-1"].health == "rejected"
    watch.step([HELD], 2 * S)
    assert stated(watch.step([], 2 * S)) == []


def test_strangers_are_bounded() -> None:
    watch = stage(TOWN)
    watch.step([told(DeviceNotice(f"x-{i}", held=1), "plaza", i) for i in range(1_200)], 0)
    assert len(watch.lines) <= 1_002


def test_nothing_is_stated_of_a_device_that_somebody_works_on() -> None:
    watch = stage(TOWN)
    watch.step([reading("air-1", "battery", 5)], 0)
    assert [d.kind for d in stated(watch.step([], 40 * S))] == ["source_silent", "battery_low"]
    watch.step([decision(DEVICE_MAINTAIN, time=41 * S)], 41 * S)
    found = watch.step([], 41 * S)
    assert {(d.kind, d.phase) for d in stated(found)} == {("source_silent", "end"), ("battery_low", "end")}
    assert (states(found)["air-1"].health, states(found)["air-1"].by) == ("maintenance", "ana")
    watch.step([lie(50)], 42 * S)
    assert stated(watch.step([], 200 * S)) == []
    watch.step([decision(DEVICE_RESUME, time=201 * S)], 201 * S)
    assert {d.kind for d in stated(watch.step([], 201 * S))} == {"source_silent", "battery_low", "device_faulty"}


ACTIONS = (DEVICE_APPROVE, DEVICE_REJECT, DEVICE_MAINTAIN, DEVICE_RESUME)
FACTS = st.lists(
    st.one_of(
        st.sampled_from([
            reading("air-1", "co2"), reading("air-1", "battery", 10), event("air-1"), event("x"), HELD, lie(3),
            told(DeviceNotice("air-1", refused=5, left_out=5, flood_per_s=2e3), "plaza", 3),
        ]),
        st.builds(decision, st.sampled_from(ACTIONS), st.sampled_from(["air-1", "new-1"]), st.integers(0, 50)),
    ),
    max_size=4,
)  # fmt: skip
STEPS = st.lists(st.tuples(FACTS, st.integers(0, 40)), max_size=12)


@given(steps=STEPS, stop=st.integers(0, 12))
def test_cuts_and_snapshots_change_nothing(steps: list[tuple[list[Word], int]], stop: int) -> None:
    whole, cut, now = stage(TOWN), stage(TOWN), 0
    for i, (facts, passed) in enumerate(steps):
        now += passed * S
        if i == stop:
            state, cut = cut.snapshot(), stage(TOWN)
            cut.restore(state)
        at_once = whole.step(facts, now)
        one_by_one = [s for fact in facts for s in cut.step([fact], now)] if facts else list(cut.step([], now))
        assert one_by_one == list(at_once)
        assert cut.step([], now) == whole.step([], now)


@given(steps=STEPS)
def test_every_start_has_one_end_at_most_and_they_alternate(steps: list[tuple[list[Word], int]]) -> None:
    watch, now, phases = stage(TOWN), 0, dict[tuple[str, str], list[str]]()
    for facts, passed in steps:
        now += passed * S
        for one in stated([*watch.step(facts, now), *watch.step([], now)]):
            phases.setdefault((one.kind, str(one.attributes.get("device", one.source))), []).append(one.phase)
    for seen in phases.values():
        assert seen == ["start", "end"] * (len(seen) // 2) + ["start"] * (len(seen) % 2)
