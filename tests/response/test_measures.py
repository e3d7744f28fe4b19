"""What is proposed, in which order, why, and when an operator sees it change."""

from dataclasses import dataclass
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import Fact, Recommendation, Severity
from s4.response.rank import MARGIN, order
from tests.response.scenes import S, at, by_measure, command, incident, ranker, risk, unit


@dataclass
class Proposal:
    """A bag on the square, and what was proposed."""

    def __post_init__(self) -> None:
        self.stage = ranker()
        self.told = self.stage.step([incident(), risk()], 1 * S)
        self.first = by_measure(self.told)


def test_at_most_five_are_proposed_best_first_with_reasons() -> None:
    told = Proposal().told
    assert [r.rank for r in told] == [1, 2, 3, 4, 5]
    assert all(r.state == "proposed" and 0 < r.benefit <= 1 for r in told)
    evacuate = told[0]
    assert (evacuate.measure, evacuate.target, evacuate.action) == ("evacuate", "pa-1", "address.say")
    assert evacuate.reasons == (
        "about 320 people exposed", "Loudspeakers is there", "removes about 80% of the risk (expert estimate)",
        "cannot be undone",
    )  # fmt: skip
    assert not evacuate.reversible


def test_the_nearest_free_unit_is_named_and_how_far_it_is() -> None:
    first = Proposal().first
    assert first["cordon"].target == "b2"
    assert first["cordon"].action == "cordon.set"
    assert first["cordon"].reasons[:2] == ("about 320 people within 100 m", "B2 is 2 min away")
    assert first["cordon"].parameters["radius_m"] == 100.0
    assert first["cordon"].parameters["lat"] == pytest.approx(43.2630)
    assert first["send_patrol"].title == "Send B2"


def test_a_busy_unit_is_replaced_by_the_next_and_none_means_by_radio() -> None:
    p = Proposal()
    assert p.stage.step([unit("b2", at(200, 0), state="busy", revision=1)], 2 * S) == []
    cordon = by_measure(p.stage.step([], 3 * S))["cordon"]
    assert (cordon.target, cordon.action, cordon.revision) == ("b1", "unit.go", 1)
    p.stage.step([unit("b1", at(800, 0), state="off", revision=1)], 4 * S)
    cordon = by_measure(p.stage.step([], 5 * S))["cordon"]
    assert (cordon.target, cordon.action) == ("", "unit.tell")
    assert "no device: by radio" in cordon.reasons


def test_devices_of_another_site_or_too_far_are_not_proposed() -> None:
    stage = ranker()
    told = by_measure(stage.step([incident("crowd_density", place=at(-280, 0)), risk()], 1 * S))
    assert told["open_gate"].action == "unit.tell"
    told = by_measure(ranker().step([incident("network_scan", place=None, site="north"), risk(people=0.0)], 1 * S))
    assert (told["block_address"].target, told["isolate_port"].action) == ("fw", "unit.tell")


def test_conditions_keep_grave_measures_for_grave_cases() -> None:
    unsure = by_measure(ranker().step([incident(probability=0.3), risk()], 1 * S))
    minor = by_measure(ranker().step([incident(severity=Severity.MODERATE), risk()], 1 * S))
    empty = by_measure(ranker().step([incident(), risk(people=2.0)], 1 * S))
    assert "evacuate" not in {*unsure, *minor, *empty}


def test_nothing_is_proposed_when_it_costs_more_than_it_saves() -> None:
    assert ranker().step([incident(probability=0.01), risk(score=0.001)], 1 * S) == []


def test_an_incident_that_concerns_no_asset_still_gets_measures() -> None:
    stage = ranker()
    assert stage.step([incident("door_forced")], 1 * S) == []
    assert "send_patrol" in by_measure(stage.step([], 2 * S))


def test_small_changes_do_not_move_the_list() -> None:
    p = Proposal()
    for i in range(1, 20):
        worse = risk(i, score=0.4 + 0.002 * (i % 5), people=323 + i)
        surer, nearer = incident(revision=i, probability=0.6 + 0.001 * i), unit("b2", at(200 - i, 0), revision=i)
        assert p.stage.step([worse, surer, nearer], (i + 1) * S) == []
        assert p.stage.step([], (i + 1) * S) == []


def test_closing_expires_what_is_still_proposed() -> None:
    p = Proposal()
    told = p.stage.step([incident(revision=1, state="closed")], 2 * S)
    assert {r.state for r in told} == {"expired"}
    assert {r.id: r.revision for r in told} == {r.id: 1 for r in p.told}
    assert p.stage.step([], 3 * S) == []


def test_what_is_decided_is_left_alone_and_another_takes_its_place() -> None:
    p = Proposal()
    cordon = p.first["cordon"]
    decided = command("cordon.set", "b2", recommendation=cordon.id)
    told = by_measure([*p.stage.step([decided], 2 * S), *p.stage.step([], 3 * S)])
    assert "cordon" not in told
    assert len(told) >= 1
    closed = p.stage.step([incident(revision=1, state="closed")], 4 * S)
    assert cordon.id not in {r.id for r in closed}


def test_a_rejected_measure_does_not_come_back_and_an_undone_one_does() -> None:
    p = Proposal()
    cordon = p.first["cordon"]
    p.stage.step([command("recommendation.reject", cordon.id, recommendation=cordon.id)], 2 * S)
    assert "cordon" not in by_measure(p.stage.step([], 3 * S))
    p.stage.step([command("undo", "", recommendation=cordon.id)], 4 * S)
    p.stage.step([risk(1, score=0.9)], 5 * S)
    back = by_measure(p.stage.step([], 6 * S)).get("cordon")
    assert back is None or back.revision > cordon.revision + 2


def test_a_repeated_or_older_fact_changes_nothing() -> None:
    p = Proposal()
    assert p.stage.step([risk(), incident(), incident()], 2 * S) == []
    assert p.stage.step([], 3 * S) == []


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1)),
    st.lists(st.sampled_from("abcdefgh"), unique=True),
)
def test_the_order_keeps_everything_and_ends_sorted_but_for_the_margin(
    net: dict[str, float], before: list[str]
) -> None:
    after = order(before, net)
    assert sorted(after) == sorted(net)
    for one, other in pairwise(after):
        assert net[other] <= net[one] + MARGIN


KINDS = st.sampled_from(["unattended_object", "door_forced", "network_scan", "crowd_density"])
STATES = st.sampled_from(["open", "acknowledged", "open", "closed"])


@st.composite
def fact(draw: st.DrawFn) -> Fact | tuple[str, int, str]:
    name, revision = draw(st.sampled_from(["inc-1", "inc-2"])), draw(st.integers(0, 9))
    which = draw(st.integers(0, 3))
    if which == 0:
        return incident(draw(KINDS), revision, id=name, state=draw(STATES), probability=draw(st.floats(0, 1)))
    if which == 1:
        return risk(
            revision, draw(st.floats(0, 1)), draw(st.floats(0, 900)), incident=name, asset=draw(st.sampled_from("xy"))
        )
    if which == 2:
        state = draw(st.sampled_from(["free", "busy"]))
        return unit(draw(st.sampled_from(["b1", "b2"])), at(draw(st.floats(0, 900)), 0), state=state, revision=revision)
    return name, draw(st.integers(0, 4)), draw(st.sampled_from(["go", "recommendation.reject", "undo"]))


@given(steps=st.lists(st.lists(fact(), max_size=4), max_size=12), stop=st.integers(0, 12))
def test_cuts_and_snapshots_change_nothing(steps: list[list[Fact | tuple[str, int, str]]], stop: int) -> None:
    whole, cut = ranker(), ranker()
    last: dict[str, int] = {}
    known: list[Recommendation] = []
    for i, rows in enumerate(steps):
        facts: list[Fact] = []
        for row in rows:
            if isinstance(row, tuple):
                name, n, action = row
                seen = [r for r in known if r.incident == name]
                target = seen[n % len(seen)].id if seen else ""
                facts.append(command(action, target, incident=name, recommendation=target, id=f"com-{i}-{n}"))
            else:
                facts.append(row)
        if i == stop:
            state, cut = cut.snapshot(), ranker()
            cut.restore(state)
        at_once = [*whole.step(facts, i * S)] if facts else []
        assert [r for one in facts for r in cut.step([one], i * S)] == at_once
        told = [*at_once, *whole.step([], i * S)]
        assert cut.step([], i * S) == told[len(at_once) :]
        known += told
        for r in told:
            assert r.revision > last.get(r.id, -1)
            last[r.id] = r.revision
        for case in whole.state.cases.values():
            assert sum(r.state == "proposed" for r in case.proposed.values()) <= 6
    assert msgspec.msgpack.decode(cut.snapshot()) == msgspec.msgpack.decode(whole.snapshot())
