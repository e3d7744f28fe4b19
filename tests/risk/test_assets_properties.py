"""However incidents are batched and wherever a snapshot falls, the risks are the same; the numbers are possible."""

import math

from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import Incident, Place, Severity
from s4.risk.factors import probability_of
from tests.risk.scenes import S, at, incident, stage

PLACES = st.one_of(st.none(), st.builds(at, st.floats(-400, 400), st.floats(-400, 400)))


def make(name: str, revision: int, kind: str, time: int, state: str, sure: float, place: Place | None) -> Incident:
    severity = list(Severity)[time % len(Severity)]
    return incident(kind, time, revision, id=name, state=state, probability=sure, place=place, severity=severity)


KINDS = st.sampled_from(["unattended_object", "fire", "network_scan", "fall"])
INCIDENTS = st.builds(
    make, st.sampled_from(["inc-0", "inc-1"]), st.integers(0, 6), KINDS,
    st.integers(0, 5000), st.sampled_from(["open", "acknowledged", "closed"]), st.floats(0, 1), PLACES,
)  # fmt: skip
STEPS = st.lists(st.tuples(st.lists(INCIDENTS, max_size=4), st.integers(0, 2000)), max_size=8)


@given(steps=STEPS, stop=st.integers(0, 8))
def test_cuts_and_snapshots_change_nothing(steps: list[tuple[list[Incident], int]], stop: int) -> None:
    whole, cut, now = stage(), stage(), 0
    for i, (facts, passed) in enumerate(steps):
        now += passed * S
        if i == stop:
            state, cut = cut.snapshot(), stage()
            cut.restore(state)
        at_once = whole.step(facts, now)
        one_by_one = [r for fact in facts for r in cut.step([fact], now)] if facts else cut.step([], now)
        assert one_by_one == at_once
        assert whole.step([], now + S) == cut.step([], now + S)
    assert cut.snapshot() == whole.snapshot()


@given(steps=STEPS)
def test_the_numbers_are_possible_and_add_up(steps: list[tuple[list[Incident], int]]) -> None:
    risk, now, last = stage(), 0, dict[str, int]()
    for facts, passed in steps:
        now += passed * S
        for told in [*risk.step(facts, now), *risk.step([], now)]:
            assert told.revision == last.get(told.id, -1) + 1
            last[told.id] = told.revision
            assert 0 <= told.low <= told.probability <= told.high <= 1
            assert 0 <= told.score <= told.consequence <= 1
            assert not told.factors or told.probability == probability_of(told.factors)
            assert math.isfinite(told.people)
            assert told.people >= 0
