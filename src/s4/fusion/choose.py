"""To which incident a detection belongs, if to any.

Every gate must be passed: compatible kinds, near enough in time, the same site or near enough in place. Among
those that pass, the highest score wins:

    score = ln(compatibility) − ½ (Δt / together)² − ½ (d² + ln det S)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from s4.core.model import Detection, kind_of
from s4.fusion.dossier import Dossier
from s4.fusion.families import compatibility, manner_of
from s4.fusion.spot import GATE, SITE_M, Spot, separation

_NOWHERE: Final = (2.0, 4 * math.log(SITE_M))
"""(d², ln det S) when one of the two has no place: as if somewhere on the site."""


def best_of(dossiers: Iterable[Dossier], detection: Detection, spot: Spot | None, now: int) -> Dossier | None:
    """The incident that fits best, or None; the older one if two fit equally."""
    scored = [(s, -d.opened, d.id, d) for d in dossiers if (s := score(d, detection, spot, now)) is not None]
    return max(scored)[3] if scored else None


def score(dossier: Dossier, detection: Detection, spot: Spot | None, now: int) -> float | None:
    """How well a detection fits into an incident; None when a gate is not passed."""
    if dossier.closed_by or dossier.is_over(now):
        return None
    kinds = dossier.kinds
    fit = max(compatibility(detection.kind, kind) for kind in kinds)
    if not fit:
        return None
    together = max(manner_of(kind).together_s for kind in (*kinds, detection.kind))
    apart = abs(detection.time - dossier.time) / 1e9 / together
    if apart > (4.0 if dossier.state == "closed" else 1.0):
        return None
    where = _apart(dossier, detection, spot, kinds)
    return None if where is None else math.log(fit) - (apart**2 + where[0] + where[1]) / 2


def _apart(
    dossier: Dossier, detection: Detection, spot: Spot | None, kinds: tuple[str, ...]
) -> tuple[float, float] | None:
    same_site = dossier.site == detection.site
    if kind_of(detection.kind).nature in ("cyber", "system"):
        same_source = detection.source in dossier.sources
        return (0.0 if same_source else 2.0, 0.0) if same_site else None
    if spot is None or dossier.spot is None:
        return _NOWHERE if same_site else None
    spread = max(manner_of(kind).spread_m for kind in (*kinds, detection.kind))
    where = separation(dossier.spot, spot, spread)
    return where if where[0] <= GATE else None
