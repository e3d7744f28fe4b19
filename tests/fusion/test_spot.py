"""Places as normal laws: distance is symmetric, merging makes surer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.fusion.belief import SUREST, believe, logit, sigmoid, weight_of
from s4.fusion.spot import Spot, merged, separation
from tests.fusion.scenes import FRAME

VARIANCES = st.floats(4.0, 10_000.0)


@st.composite
def spots(draw: st.DrawFn) -> Spot:
    lat, lon = FRAME.to_degrees(draw(st.floats(-500, 500)), draw(st.floats(-500, 500)))
    east, north = draw(VARIANCES), draw(VARIANCES)
    return Spot(lat, lon, east, north, draw(st.floats(-0.9, 0.9)) * (east * north) ** 0.5)


@given(spots(), spots(), st.floats(0, 100))
def test_distance_is_symmetric_and_never_negative(a: Spot, b: Spot, spread: float) -> None:
    assert separation(a, b, spread)[0] >= 0
    assert separation(a, b, spread) == pytest.approx(separation(b, a, spread), rel=1e-3, abs=1e-6)


@given(spots(), spots())
def test_merging_never_makes_less_sure(a: Spot, b: Spot) -> None:
    both = merged(a, b)
    assert both.east <= max(min(a.east, b.east), 4.0) * 1.001
    assert both.north <= max(min(a.north, b.north), 4.0) * 1.001
    assert both.east * both.north >= both.both**2


def test_merging_equal_sureness_gives_the_middle() -> None:
    a, b = Spot(43.0, -3.0, 100.0, 100.0), Spot(43.002, -3.0, 100.0, 100.0)
    assert merged(a, b).lat == pytest.approx(43.001)
    assert merged(a, b).north == pytest.approx(50.0)


def test_belief_by_hand() -> None:
    """Prior 0.2 and two sources at 0.8 and 0.6, the first of which repeats itself at 0.7."""
    expected = logit(0.2) + logit(0.8) + 0.3 * logit(0.7) + logit(0.6)
    found = believe(0.2, {"a": [weight_of(0.7), weight_of(0.8)], "b": [weight_of(0.6)]})
    assert found.probability == pytest.approx(sigmoid(expected))


@given(st.floats(0.01, 0.6), st.lists(st.floats(0.5, 1.0), min_size=1, max_size=200))
def test_one_source_alone_can_only_say_so_much(prior: float, confidences: list[float]) -> None:
    found = believe(prior, {"a": [weight_of(c) for c in confidences]})
    assert found.probability <= max(sigmoid(logit(prior) + logit(SUREST) / 0.7), 0.001) + 1e-9
