"""What an incident may do to assets: by hand, at the edges, and in time."""

import math

import pytest

from s4.core.errors import ConfigError
from s4.core.model import Asset, Place
from s4.core.ports import Context
from s4.risk.assets import AssetRisk
from s4.risk.exposure import consequence, people_exposed
from s4.risk.factors import REFERENCE, logit, probability_of
from tests.risk.scenes import CITY, PLAZA, SQUARE, STATION, S, at, by_asset, incident, stage


def test_the_equation_by_hand() -> None:
    """Station, 150 m from its edge: prior 0.002, vulnerability 0.8, incident 40 %, odds fall by e each 50 m."""
    risk = by_asset(stage().step([incident()], 1 * S))["station"]
    odds = math.exp(logit(0.002)) * math.exp(logit(0.8)) * math.exp(logit(0.4) - logit(REFERENCE)) * math.exp(-150 / 50)
    assert risk.probability == pytest.approx(odds / (1 + odds), rel=0.02)
    assert risk.distance_m == pytest.approx(200, rel=0.01)
    assert risk.score == risk.probability * risk.consequence
    assert [f.text for f in risk.factors[:3]] == [
        "Prior of Station: 0.002 a day", "Vulnerability to physical threats 80%", "Left bag, 40% sure",
    ]  # fmt: skip


def test_the_factors_add_up_exactly() -> None:
    for risk in stage().step([incident(probability=0.7)], 1 * S):
        assert risk.probability == probability_of(risk.factors)
        assert logit(risk.probability) == pytest.approx(math.fsum(f.log_odds for f in risk.factors))
        assert risk.low <= risk.probability <= risk.high


def test_people_exposed_is_the_overlap_of_the_two_discs() -> None:
    assert people_exposed(SQUARE, "unattended_object", 0.0) == 400
    assert people_exposed(SQUARE, "fall", 0.0) == pytest.approx(400 * (30 / 60) ** 2)
    assert people_exposed(SQUARE, "unattended_object", 160.0) == 0
    assert 0 < people_exposed(SQUARE, "unattended_object", 100.0) < 400
    assert people_exposed(SQUARE, "network_scan", 0.0) == 0


def test_consequence_is_the_worst_of_people_and_value() -> None:
    empty = Asset("a", "A", "centre", PLAZA, value=0.0)
    assert consequence(empty, incident().severity, 0.0) == 0
    assert consequence(empty, incident().severity, 1e6) == pytest.approx(0.7)
    assert consequence(SQUARE, incident().severity, 0.0) == pytest.approx(0.7 * 0.6)


def test_a_scan_concerns_the_assets_of_its_site_and_nobody_is_exposed() -> None:
    risks = by_asset(stage().step([incident("network_scan", site="north", place=None)], 1 * S))
    assert set(risks) == {"network"}
    assert risks["network"].people == 0


def test_what_is_far_away_or_only_the_systems_own_is_not_assessed() -> None:
    assert stage().step([incident(place=at(3000, 0))], 1 * S) == []
    assert stage().step([incident("source_silent")], 1 * S) == []


def test_risk_fades_with_the_half_life_and_is_told_when_it_changed() -> None:
    risk = stage()
    first = by_asset(risk.step([incident(time=10)], 10 * S))["plaza"]
    assert risk.step([], 11 * S) == []
    later = by_asset(risk.step([], 3610 * S))["plaza"]
    assert later.revision == first.revision + 1
    evidence = logit(0.4) - logit(REFERENCE)
    assert logit(later.probability) == pytest.approx(logit(first.probability) - evidence / 2)
    assert later.factors[3].text == "No new evidence for 60 min"


def test_many_small_steps_of_time_make_few_revisions() -> None:
    risk = stage()
    risk.step([incident(time=0, probability=0.6)], 0)
    told = [r for t in range(5, 7200, 5) for r in risk.step([], t * S)]
    square = [r.probability for r in told if r.asset == "plaza"]
    assert square == sorted(square, reverse=True)
    assert 5 < len(square) < 40


def test_a_closed_incident_leaves_no_risk_and_a_reopened_one_counts_on() -> None:
    risk = stage()
    opened = by_asset(risk.step([incident(), incident()], 1 * S))["plaza"]
    closed = by_asset(risk.step([incident(revision=1, state="closed", time=5)], 5 * S))["plaza"]
    assert (closed.score, closed.probability, closed.revision) == (0, 0, opened.revision + 1)
    assert risk.step([incident()], 6 * S) == []
    assert risk.step([], 100 * S) == []
    again = by_asset(risk.step([incident(revision=2, time=9)], 9 * S))["plaza"]
    assert (again.id, again.revision) == (opened.id, closed.revision + 1)


def test_an_incident_that_nobody_can_place_concerns_its_site() -> None:
    risks = by_asset(stage().step([incident(place=None)], 1 * S))
    assert set(risks) == {"plaza", "station"}
    assert all(risk.distance_m is None for risk in risks.values())


def test_options_are_refused() -> None:
    with pytest.raises(ConfigError):
        AssetRisk(Context(CITY, stage().context.clock, {"colour": 1}))


def test_nearer_is_riskier() -> None:
    places: list[Place] = [at(200 + d, 0) for d in (0, 60, 120, 240)]
    found = [by_asset(stage().step([incident(place=p)], 1 * S))[STATION.id].probability for p in places]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]
