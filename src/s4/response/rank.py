"""Which measures are worth proposing, in which order, and why.

    R       = 1 − Π over assets (1 − score)     the risk, all assets together
    benefit = effect / (1 + minutes / 10)       what comes late removes less; by radio only: × 0.7
    net     = benefit · R − COST_WEIGHT · cost

Only what has a net above zero is proposed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from s4.core.city import City
from s4.core.model import Incident, Risk, Severity, Unit
from s4.response.means import Means, means_for
from s4.response.measure import Measure

COST_WEIGHT: Final = 0.1
"""The whole cost of the costliest measure weighs as much as a risk of 0.1."""
MARGIN: Final = 0.02
"""A measure overtakes another only when its net is better by this much, so that the list does not flicker."""
LATE_MIN: Final = 10.0
BY_WORD: Final = 0.7
"""What is only passed on by radio is done later, or not as meant."""
NO_ASSET: Final[Mapping[Severity, float]] = {
    Severity.EXTREME: 0.3, Severity.SEVERE: 0.2, Severity.MODERATE: 0.1, Severity.MINOR: 0.05, Severity.UNKNOWN: 0.1,
}  # fmt: skip
"""The consequence of an incident that concerns no asset of the city: people may still be there."""


class Option(NamedTuple):
    """A measure as it stands for one incident. `substance` changes only when an operator should look again."""

    measure: Measure
    means: Means
    benefit: float
    net: float
    reasons: tuple[str, ...]
    substance: tuple[str, ...]


def total_risk(incident: Incident, risks: Iterable[Risk]) -> float:
    """R, 0–1; never less than if the incident concerned nothing but whoever happens to be there."""
    together = 1 - math.prod(1 - risk.score for risk in risks)
    return max(together, incident.probability * NO_ASSET[incident.severity])


def options(
    catalogue: Sequence[Measure], incident: Incident, risks: Sequence[Risk], city: City, units: Mapping[str, Unit]
) -> dict[str, Option]:
    """The measures worth their cost, by code."""
    risk, people = total_risk(incident, risks), max((r.people for r in risks), default=0.0)
    found = {}
    for measure in catalogue:
        if measure.effect_on(incident) > 0 and measure.allowed(incident, people):
            means = means_for(measure, incident, city, units)
            benefit = measure.effect_on(incident) / (1 + means.minutes / LATE_MIN)
            benefit *= 1.0 if means.target else BY_WORD
            net = benefit * risk - COST_WEIGHT * measure.cost
            if net > 0:
                found[measure.code] = _option(measure, means, benefit, net, people, incident)
    return found


def order(previous: Sequence[str], net: Mapping[str, float]) -> list[str]:
    """Codes, best first, changing `previous` no more than a `MARGIN` demands.

    >>> order(["a", "b"], {"a": 0.10, "b": 0.11, "c": 0.50})
    ['c', 'a', 'b']
    """
    ranked = [code for code in previous if code in net]
    for code in sorted(net.keys() - set(ranked), key=lambda c: (-net[c], c)):
        place = next((i for i, other in enumerate(ranked) if net[code] > net[other]), len(ranked))
        ranked.insert(place, code)
    for end in range(len(ranked) - 1, 0, -1):
        for i in range(end):
            if net[ranked[i + 1]] > net[ranked[i]] + MARGIN:
                ranked[i], ranked[i + 1] = ranked[i + 1], ranked[i]
    return ranked


def _option(
    measure: Measure, means: Means, benefit: float, net: float, people: float, incident: Incident
) -> Option:  # fmt: skip
    effect = measure.effect_on(incident)
    reasons = [means.reason, f"removes about {effect:.0%} of the risk ({measure.source})"]
    if people >= 1:
        reach = measure.parameters.get("radius_m")
        where = f"within {reach:.0f} m" if isinstance(reach, float) else "exposed"
        reasons.insert(0, f"about {_rounded(people)} people {where}")
    if not measure.reversible:
        reasons.append("cannot be undone")
    substance = (means.action, means.target, means.coarse, f"{effect:.2f}", str(_magnitude(people)))
    return Option(measure, means, benefit, net, tuple(reasons), substance)


def _rounded(people: float) -> int:
    """Two leading digits: the number is an expectation, not a count.

    >>> _rounded(323.4), _rounded(7.2)
    (320, 7)
    """
    step = 10 ** max(0, len(str(int(people))) - 2)
    return int(round(people / step) * step)


def _magnitude(people: float) -> int:
    """Steps of a factor of two."""
    return round(math.log2(people)) if people >= 1 else -1
