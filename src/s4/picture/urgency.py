"""What needs a person first: the order of incidents, and how tense the city is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from s4.core.model import Incident, Risk, Severity, Urgency

Threat = Literal["normal", "heightened", "severe"]

URGENCY_RANK: Final[Mapping[Urgency, int]] = {
    Urgency.IMMEDIATE: 0, Urgency.EXPECTED: 1, Urgency.UNKNOWN: 2, Urgency.FUTURE: 3, Urgency.PAST: 4,
}  # fmt: skip
SEVERITY_RANK: Final[Mapping[Severity, int]] = {
    Severity.EXTREME: 0, Severity.SEVERE: 1, Severity.UNKNOWN: 2, Severity.MODERATE: 3, Severity.MINOR: 4,
}  # fmt: skip
"""Unknown stands in the middle: it may be bad, so it goes before what is known to be harmless."""


def urgency_key(incident: Incident) -> tuple[bool, int, int, float, int, str]:
    """Sort by this and what needs a person first comes first.

    Open before closed; then urgency; then severity; then probability, in steps of 0.1 so that the list does not
    shuffle with every small change; then age, the longest waiting first (closed ones: the latest closed first).
    """
    closed = incident.state == "closed"
    age = -(incident.closed or incident.time) if closed else incident.opened
    return (
        closed,
        0 if closed else URGENCY_RANK[incident.urgency],
        0 if closed else SEVERITY_RANK[incident.severity],
        0.0 if closed else -round(incident.probability, 1),
        age,
        incident.id,
    )


def by_urgency(incidents: Iterable[Incident]) -> list[Incident]:
    """The incidents, most urgent first (`urgency_key`)."""
    return sorted(incidents, key=urgency_key)


SEVERE_PROBABILITY: Final = 0.5
SEVERE_SCORE: Final = 0.5
HEIGHTENED_PROBABILITY: Final = 0.2
HEIGHTENED_SCORE: Final = 0.1


def threat_level(incidents: Sequence[Incident], risks: Sequence[Risk]) -> Threat:
    """How tense the city is, from what is open. A source that fell silent is no threat by itself.

    `severe`: an incident that is Severe or Extreme is more likely than not (≥ 0.5), or a risk scores ≥ 0.5.
    `heightened`: an incident that is Moderate or worse has a probability ≥ 0.2, or a risk scores ≥ 0.1.
    `normal`: neither. Only the open incidents that are no matter of the system's own health, and their risks, count.

    >>> threat_level([], [])
    'normal'
    """
    counted = [one for one in incidents if one.state != "closed" and one.nature != "system"]
    ids = {one.id for one in counted}
    score = max((risk.score for risk in risks if risk.incident in ids), default=0.0)
    if score >= SEVERE_SCORE or any(_at_least(one, Severity.SEVERE, SEVERE_PROBABILITY) for one in counted):
        return "severe"
    if score >= HEIGHTENED_SCORE or any(_at_least(one, Severity.MODERATE, HEIGHTENED_PROBABILITY) for one in counted):
        return "heightened"
    return "normal"


def _at_least(incident: Incident, severity: Severity, probability: float) -> bool:
    return SEVERITY_RANK[incident.severity] <= SEVERITY_RANK[severity] and incident.probability >= probability
