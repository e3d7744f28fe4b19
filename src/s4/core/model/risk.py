"""Risk: what an incident may do to an asset."""

from __future__ import annotations

import msgspec

from s4.core.model.detection import Probability


class Factor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason: `log_odds` > 0 raises the risk, < 0 lowers it; `text` says it in words."""

    text: str
    log_odds: float


class Risk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The risk to one asset from one incident, at one instant.

    `probability` (90 % band `low`–`high`) that the asset is harmed; `consequence`: 0 (none) to 1 (worst for that
    asset); `score` = probability × consequence, 0–1; `people`: expected people exposed; `distance_m` from the
    incident; `half_life_s`: evidence loses half its log-odds in that many seconds; `text` one sentence.
    """

    id: str
    revision: int
    time: int
    site: str
    incident: str
    asset: str
    probability: Probability
    low: Probability
    high: Probability
    consequence: Probability
    score: Probability
    people: float
    distance_m: float | None
    half_life_s: float
    factors: tuple[Factor, ...] = ()
    text: str = ""
