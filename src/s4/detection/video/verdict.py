"""Three measures of turmoil → how much more like a fight than like anything else, by a logistic regression.

Its numbers are in `fight.toml`, which `benchmarks/detection/fights.py --fit` writes from the clips it names.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from math import exp
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from s4.detection.video.turmoil import Measures

FARTHEST: Final = 3.0  # spreads from the mean: what was never seen counts as the farthest that was
NOTHING: Final = -8.0  # the score where nothing moves


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one measure counts: its `mean` and `spread` over the clips that were learnt from, and its `weight`."""

    mean: float
    spread: Annotated[float, Meta(gt=0.0)]
    weight: float

    def part(self, value: float) -> float:
        """What it adds to the score.

        >>> Weight(mean=1.0, spread=0.5, weight=2.0).part(1.25)
        1.0
        """
        return self.weight * min(max((value - self.mean) / self.spread, -FARTHEST), FARTHEST)


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The learnt numbers."""

    bias: float
    jerk: Weight
    stay: Weight
    discord: Weight

    def score(self, measures: Measures | None) -> float:
        """Log odds of a fight where half of what is shown are fights: above 0 it is more likely one than not."""
        if measures is None:
            return NOTHING
        parts = (
            self.jerk.part(measures.jerk),
            self.stay.part(measures.stay),
            self.discord.part(measures.discord),
        )
        return self.bias + sum(parts)


def chance(score: float) -> float:
    """Log odds → probability.

    >>> chance(0.0)
    0.5
    """
    return 1.0 / (1.0 + exp(-score))


@cache
def learnt() -> Verdict:
    """The numbers that come with the project."""
    text = files("s4.detection.video").joinpath("fight.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Verdict)
