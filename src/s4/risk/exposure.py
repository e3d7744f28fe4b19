"""What an incident of a kind can do: how far it reaches, how fast evidence of it ages, how bad it can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from s4.core.model import Asset, Severity, kind_of

HARM: Final[Mapping[Severity, float]] = {
    Severity.EXTREME: 1.0, Severity.SEVERE: 0.7, Severity.MODERATE: 0.4, Severity.MINOR: 0.15, Severity.UNKNOWN: 0.3,
}  # fmt: skip
"""How much of the worst that can happen to an asset an incident of that severity does."""
PEOPLE_SCALE: Final = 100.0
"""With so many people exposed, the human consequence stands at 1 − 1/e = 63 % of the worst."""


class Reach(NamedTuple):
    """`radius_m`: who stands within is exposed; `fall_m`: beyond, the odds of harm fall by e for each so many metres;
    `half_life_s`: the evidence loses half its log-odds in so long when nothing new comes.
    """

    radius_m: float = 30.0
    fall_m: float = 40.0
    half_life_s: float = 900.0


_REACHES: Final[Mapping[str, Reach]] = {
    "unattended_object": Reach(100.0, 50.0, 3600.0),
    "explosive_trace": Reach(100.0, 50.0, 3600.0),
    "explosion": Reach(150.0, 60.0, 3600.0),
    "gunshot": Reach(150.0, 60.0, 1800.0),
    "weapon": Reach(50.0, 40.0, 900.0),
    "vehicle_in_pedestrian_area": Reach(80.0, 50.0, 600.0),
    "gas": Reach(150.0, 80.0, 3600.0),
    "fire": Reach(60.0, 40.0, 3600.0),
    "crowd_density": Reach(40.0, 30.0, 900.0),
    "panic_dispersal": Reach(80.0, 40.0, 900.0),
    "door_forced": Reach(40.0, 40.0, 1800.0),
}  # fmt: skip
_CYBER: Final = Reach(0.0, 1.0, 7200.0)


def reach_of(kind: str) -> Reach:
    """The reach of a kind; one without a row of its own reaches as its nature does.

    >>> reach_of("unattended_object").radius_m
    100.0
    """
    return _REACHES.get(kind, _CYBER if kind_of(kind).nature == "cyber" else Reach())


def people_exposed(asset: Asset, kind: str, gap_m: float | None) -> float:
    """People of the asset who are within the kind's radius, expected.

    The share is the overlap of two discs on the ground, the asset's and the incident's reach, over the asset's;
    `gap_m` is the distance between their middles. A cyber incident exposes nobody by itself.
    """
    if kind_of(kind).nature == "cyber" or gap_m is None:
        return 0.0
    return asset.people * _overlap(max(asset.radius_m, 1.0), reach_of(kind).radius_m, gap_m)


def consequence(asset: Asset, severity: Severity, people: float) -> float:
    """How bad it would be, 0–1: c = harm(severity) · (1 − e^(−people/100) · (1 − value)).

    >>> from s4.core.model import Place
    >>> round(consequence(Asset("a", "A", "s", Place(0.0, 0.0), value=0.5), Severity.EXTREME, 100.0), 3)
    0.816
    """
    return HARM[severity] * (1 - math.exp(-people / PEOPLE_SCALE) * (1 - asset.value))


def _overlap(radius: float, reach: float, apart: float) -> float:
    """The share, 0–1, of a disc of `radius` that a disc of `reach` covers whose middle is `apart` away."""
    if apart >= radius + reach:
        return 0.0
    if apart <= abs(radius - reach):
        return min(1.0, (reach / radius) ** 2)
    a = math.acos(_cosine((apart**2 + radius**2 - reach**2) / (2 * apart * radius)))
    b = math.acos(_cosine((apart**2 + reach**2 - radius**2) / (2 * apart * reach)))
    lens = radius**2 * (a - math.sin(2 * a) / 2) + reach**2 * (b - math.sin(2 * b) / 2)
    return min(1.0, max(0.0, lens / (math.pi * radius**2)))


def _cosine(x: float) -> float:
    return min(1.0, max(-1.0, x))
