"""Which rank a fact has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import KINDS, Observation, Severity
from s4.core.uplink import UplinkPolicy
from s4.runtime.uplink.ranks import Rank, rank_of_fact, rank_of_series
from tests.runtime.facts import command, detection, incident

POLICY = UplinkPolicy(high=("door-*/*",), low=("cam-*/*", "door-9/*"))


def event(source: str, property: str) -> Observation:
    return Observation("obs-1", source, property, 0, "square", 0, {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_detection_is_as_urgent_as_its_kind(kind: str) -> None:
    urgent = KINDS[kind].severity in (Severity.SEVERE, Severity.EXTREME)
    assert rank_of_fact(detection(kind=kind), POLICY) is (Rank.URGENT if urgent else Rank.FACT)


def test_what_a_rule_states_counts_more_than_the_kind() -> None:
    assert rank_of_fact(detection(kind="threshold_exceeded", attributes={"severity": "Severe"}), POLICY) is Rank.URGENT
    assert rank_of_fact(detection(kind="gunshot", attributes={"severity": "Minor"}), POLICY) is Rank.FACT
    assert rank_of_fact(detection(kind="gunshot", attributes={"severity": 3.0}), POLICY) is Rank.URGENT


def test_other_facts() -> None:
    assert rank_of_fact(detection(kind="x-vendor-thing"), POLICY) is Rank.FACT
    assert rank_of_fact(detection(kind="of a later version"), POLICY) is Rank.FACT
    assert rank_of_fact(incident(), POLICY) is Rank.URGENT
    assert rank_of_fact(incident(severity=Severity.MINOR), POLICY) is Rank.FACT
    assert rank_of_fact(command(), POLICY) is Rank.FACT
    assert rank_of_fact(event("uplink-square", "uplink.level"), POLICY) is Rank.URGENT
    assert rank_of_fact(event("log-1", "eve.alert"), POLICY) is Rank.HIGH
    assert rank_of_fact(event("cam-1", "eve.alert"), POLICY) is Rank.LOW


def test_series_by_declared_priority_high_before_low() -> None:
    ranks = [rank_of_series(source, "p", POLICY) for source in ("door-9", "cam-1", "co2-1", "uplink-square")]
    assert ranks == [Rank.HIGH, Rank.LOW, Rank.NORMAL, Rank.HIGH]


@given(source=st.text(max_size=20), property=st.text(max_size=20), patterns=st.lists(st.text(max_size=10), max_size=3))
def test_any_pattern_gives_a_raw_rank(source: str, property: str, patterns: list[str]) -> None:
    policy = UplinkPolicy(high=tuple(patterns), low=("*",))
    assert rank_of_series(source, property, policy) in (Rank.HIGH, Rank.NORMAL, Rank.LOW)
