"""Recommendation: a measure that the system proposes, and why. A person decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from s4.core.model.detection import Probability

RecommendationState = Literal["proposed", "approved", "rejected", "expired"]


class Recommendation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One proposed measure for one incident.

    `measure`: its code in the catalogue; `title`: a plain verb ("Cordon 100 m"); `rank`: 1 is best; `benefit`:
    expected fraction of the risk removed, 0–1; `cost`: effort and disturbance, 0–1; `reasons`: in words, best
    first; `action`, `target`, `parameters`: what the approved command will carry (action code, device or unit
    or ""); `reversible`: whether it can be undone.
    """

    id: str
    revision: int
    time: int
    site: str
    incident: str
    measure: str
    title: str
    rank: int
    benefit: Probability
    cost: Probability
    reasons: tuple[str, ...]
    action: str
    target: str
    state: RecommendationState = "proposed"
    parameters: Mapping[str, float | str | bool] = {}
    reversible: bool = True
