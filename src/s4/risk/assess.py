"""The risk of one incident to one asset at one instant."""

from __future__ import annotations

from s4.core.ids import derive_id
from s4.core.model import Asset, Incident, Risk
from s4.risk.exposure import consequence, people_exposed, reach_of
from s4.risk.factors import Gap, factors_of, gap, probability_of

FARTHEST = 5.0
"""An asset farther from the incident's edge than this many `fall_m` (odds under 1/150) is not assessed."""


def concerns(incident: Incident, asset: Asset) -> bool:
    """Whether the incident may harm the asset at all: near enough, or on the same site when that is all one knows.

    A cyber incident concerns the assets of its own site; the system's own faults concern none.
    """
    if incident.nature == "system":
        return False
    where = gap(incident, asset)
    if incident.nature == "cyber" or where is None:
        return incident.site == asset.site
    reach = reach_of(incident.kind)
    return where.edge_m <= reach.radius_m + FARTHEST * reach.fall_m


def assess(incident: Incident, asset: Asset, at: int, revision: int) -> Risk:
    """The risk at `at` (ns UTC). Costs about 20 µs."""
    where, age = gap(incident, asset), at - incident.time
    factors = factors_of(incident, asset, where, age, incident.probability)
    bounds = [probability_of(factors_of(incident, asset, where, age, b)) for b in (incident.low, incident.high)]
    probability = probability_of(factors)
    people = people_exposed(asset, incident.kind, where.middle_m if where else None)
    harm = consequence(asset, incident.severity, people)
    return Risk(
        id=risk_id(incident.id, asset.id), revision=revision, time=at, site=asset.site, incident=incident.id,
        asset=asset.id, probability=probability, low=min(*bounds, probability), high=max(*bounds, probability),
        consequence=harm, score=probability * harm, people=people, distance_m=where.middle_m if where else None,
        half_life_s=reach_of(incident.kind).half_life_s, factors=factors, text=_text(asset, probability, people, where),
    )  # fmt: skip


def nothing(last: Risk, at: int) -> Risk:
    """The last revision of a risk whose incident is closed: none is left."""
    return Risk(
        id=last.id, revision=last.revision + 1, time=at, site=last.site, incident=last.incident, asset=last.asset,
        probability=0.0, low=0.0, high=0.0, consequence=last.consequence, score=0.0, people=0.0,
        distance_m=last.distance_m, half_life_s=last.half_life_s, text="The incident is closed",
    )  # fmt: skip


def risk_id(incident: str, asset: str) -> str:
    """One risk for each pair of incident and asset."""
    return derive_id("risk", "risk", incident, asset)


def _text(asset: Asset, probability: float, people: float, where: Gap | None) -> str:
    exposed = f", about {people:.0f} people exposed" if people >= 1 else ""
    away = f", {where.edge_m:.0f} m away" if where is not None and where.edge_m >= 1 else ""
    return f"{asset.name}: harm {probability:.0%} likely{exposed}{away}"
