"""The limits of a fall, and the rule that chooses them."""

from typing import Any

import msgspec
import pytest
from benchmarks.detection.fall_limits import LOOSEST, MOST, Shown, choose, told
from hypothesis import given
from hypothesis import strategies as st

from s4.detection.video.landing import Landing, Limits, limits
from s4.detection.video.picture import Box

FELL = Landing(
    deep=0.7, fast=0.5, feet=0.95, wide=0.3, body=0.1, impact=0.7, moves=0.1, settles=6, rose=0.5, left=False,
    free=0.9, lies=0.12, long=0.9, box=Box(0, 0, 9, 9),
)  # fmt: skip
NAMES = st.sampled_from([name for name in Limits.__struct_fields__ if name != "plunge"])


def test_a_plain_fall_is_within_the_limits_that_come_with_the_project() -> None:
    assert limits().allow(FELL)


@given(name=NAMES, amount=st.floats(0.0, 3.0))
def test_what_is_less_like_a_fall_is_never_told_instead(name: str, amount: float) -> None:
    worse = FELL._replace(**{name: getattr(FELL, name) + (amount if name in MOST else -amount)})
    limit, value = getattr(limits(), name), getattr(worse, name)
    beyond = value > limit if name in MOST else value < limit
    assert not (beyond and limits().allow(worse))
    assert limits().allow(FELL) or not limits().allow(worse)


@pytest.mark.parametrize(
    "change", [{"rose": 0.2}, {"settles": 1}, {"left": True}, {"box": None}, {"long": 2.1}, {"fast": float("nan")}]
)
def test_who_rises_leaves_or_is_not_to_be_seen_has_not_fallen(change: dict[str, Any]) -> None:
    assert not limits().allow(FELL._replace(**change))


@given(name=NAMES, share=st.floats(0.05, 0.95))
def test_a_limit_is_the_middle_between_falls_and_all_else(name: str, share: float) -> None:
    fell, loosest = getattr(FELL, name), getattr(LOOSEST, name)
    other = FELL._replace(**{name: loosest + share * (fell - loosest)})
    known = [Shown("S1_Fall_1", "a", True, [FELL]), Shown("S2_ADL_1", "a", False, [other, FELL._replace(left=True)])]
    chosen = choose(known)
    assert [told(shown, chosen) for shown in known] == [True, False]
    middle = (fell + getattr(other, name)) / 2
    if name not in ("deep", "fast"):  # these may be told apart by both together
        assert getattr(chosen, name) == pytest.approx(middle, abs=1e-3)


def test_where_only_falls_are_known_the_limits_lie_between_them_and_the_loosest() -> None:
    chosen = choose([Shown("S1_Fall_1", "a", True, [FELL])])
    for name, limit in msgspec.structs.asdict(chosen).items():
        value = FELL.deep + FELL.fast / 2 if name == "plunge" else getattr(FELL, name)
        assert limit == pytest.approx((value + getattr(LOOSEST, name)) / 2, abs=1e-3)
