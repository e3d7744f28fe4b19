"""The risk to an asset as a sum of log-odds, each with the words that say what it stands for.

    logit p = logit prior + logit vulnerability + E + E·(2^(−t/h) − 1) − gap/fall
    E       = logit p(incident) − logit REFERENCE

E is how far the incident's evidence has moved the odds away from a day on which nothing was observed; the fourth term
takes back what has aged, so that long after the last evidence only prior, vulnerability and distance are left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.core.geo import distance_m
from s4.core.model import Asset, Factor, Incident, kind_of
from s4.risk.exposure import reach_of

REFERENCE: Final = 0.001
"""Probability per day of a real threat at a place of which nothing is known, the same from which assets start."""
_LEAST: Final = 1e-6


def logit(p: float) -> float:
    """Log-odds of a probability, kept within one in a million so that certainty stays finite."""
    p = min(max(p, _LEAST), 1 - _LEAST)
    return math.log(p / (1 - p))


def probability_of(factors: Sequence[Factor]) -> float:
    """The probability that the factors add up to, exactly.

    >>> probability_of([Factor("prior", -2.0), Factor("evidence", 2.0)])
    0.5
    """
    total = math.fsum(factor.log_odds for factor in factors)
    return 1 / (1 + math.exp(-total)) if total >= 0 else math.exp(total) / (1 + math.exp(total))


class Gap(NamedTuple):
    """How far an incident is from an asset: between their middles, and from the asset's edge, in metres."""

    middle_m: float
    edge_m: float


def gap(incident: Incident, asset: Asset) -> Gap | None:
    """The distance, None when nobody knows where the incident is."""
    if incident.place is None:
        return None
    a, b = incident.place, asset.place
    middle = distance_m(a.lat, a.lon, b.lat, b.lon)
    return Gap(middle, max(0.0, middle - asset.radius_m))


def factors_of(incident: Incident, asset: Asset, where: Gap | None, age_ns: int, belief: float) -> tuple[Factor, ...]:
    """The factors `age_ns` after the last evidence; `belief` is the incident's probability or a bound of it."""
    reach, nature = reach_of(incident.kind), incident.nature
    vulnerability = asset.vulnerability.get(nature, 0.5)
    evidence = logit(belief) - logit(REFERENCE)
    aged = evidence * (2.0 ** (-max(age_ns, 0) / NS_PER_S / reach.half_life_s) - 1)
    found = [
        Factor(f"Prior of {asset.name}: {asset.prior:.2g} a day", logit(asset.prior)),
        Factor(f"Vulnerability to {nature} threats {vulnerability:.0%}", logit(vulnerability)),
        Factor(f"{kind_of(incident.kind).title}, {belief:.0%} sure", evidence),
    ]
    if aged:
        found.append(Factor(f"No new evidence for {_span(age_ns)}", aged))
    if where is not None and where.edge_m > 0 and nature != "cyber":
        found.append(Factor(f"{where.edge_m:.0f} m from {asset.name}", -where.edge_m / reach.fall_m))
    return tuple(found)


def _span(age_ns: int) -> str:
    seconds = age_ns / NS_PER_S
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
