"""A source that ought to speak and does not is noticed, once, and so is its return."""

from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import ManualClock
from s4.core.model import Detection, Observation, ObservationBatch, Reading, Series, Word
from s4.core.ports import Context
from s4.edge.silence import Silence
from tests.edge.cities import S, city


def stage() -> Silence:
    return Silence(Context(city("a", "b"), ManualClock()))


def reading(source: str) -> ObservationBatch:
    return ObservationBatch.of("plaza", 0, [Reading(Series(source, "p", ""), 0, 1.0)])


def event(source: str) -> Observation:
    return Observation(f"obs-{source}", source, "p", 0, "plaza", 0, {})


def brief(produced: list[Detection]) -> list[tuple[str, str, int]]:
    return [(d.source, d.phase, d.time // S) for d in produced]


def test_silence_starts_after_three_times_fresh_and_ends_when_heard() -> None:
    silence = stage()
    assert silence.step([reading("a"), event("b")], 0) == []
    assert silence.step([event("b")], 20 * S) == []
    assert silence.step([], 30 * S) == []
    (start,) = silence.step([], 31 * S)
    assert brief([start]) == [("a", "start", 31)]
    assert silence.step([], 40 * S) == []
    (end,) = silence.step([reading("a")], 45 * S)
    assert (end.phase, end.happening) == ("end", start.happening)
    assert end.text == "a is heard again after 45 s"


def test_a_source_never_heard_is_silent_from_the_first_step_on() -> None:
    silence = stage()
    assert silence.step([], 100 * S) == []
    assert brief(silence.step([], 131 * S)) == [("a", "start", 131), ("b", "start", 131)]


def test_sources_that_only_speak_of_events_are_not_watched() -> None:
    silence = Silence(Context(city("a", fresh_s=0.0), ManualClock()))
    assert [*silence.step([], 0), *silence.step([], 10**6 * S)] == []


FACTS = st.lists(st.sampled_from([reading("a"), reading("b"), event("a"), event("x")]), max_size=4)
STEPS = st.lists(st.tuples(FACTS, st.integers(0, 40)), max_size=12)


@given(steps=STEPS, stop=st.integers(0, 12))
def test_cuts_and_snapshots_change_nothing(steps: list[tuple[list[Word], int]], stop: int) -> None:
    whole, cut, now = stage(), stage(), 0
    for i, (facts, passed) in enumerate(steps):
        now += passed * S
        if i == stop:
            state, cut = cut.snapshot(), stage()
            cut.restore(state)
        at_once = whole.step(facts, now)
        one_by_one = [s for fact in facts for s in cut.step([fact], now)] if facts else list(cut.step([], now))
        assert one_by_one == list(at_once)
    assert cut.snapshot() == whole.snapshot()
