"""Which kinds of detection may belong to one incident, how far apart, and for how long.

Two kinds are compatible when they are equal, when a family holds both, or when one of them is a witness's report
and the other is no cyber matter. The weight says how readily: it enters the choice between candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from s4.core.model import kind_of

FAMILIES: Final[Mapping[str, frozenset[str]]] = {
    "left object": frozenset({"unattended_object", "removed_object", "loitering", "explosive_trace", "explosion"}),
    "intrusion": frozenset(
        {"zone_intrusion", "line_crossing", "loitering", "door_forced", "door_held", "tailgating", "glass_break",
         "camera_tampered", "removed_object"}
    ),
    "violence": frozenset(
        {"fight", "weapon", "gunshot", "scream", "running", "panic_dispersal", "fall", "glass_break", "explosion"}
    ),
    "crowd": frozenset(
        {"crowd_density", "counter_flow", "gathering", "panic_dispersal", "wrong_way", "running", "fall", "scream"}
    ),
    "blast and fire": frozenset(
        {"explosion", "fire", "gas", "structural_strain", "panic_dispersal", "glass_break", "explosive_trace"}
    ),
    "vehicle": frozenset({"vehicle_in_pedestrian_area", "wrong_way", "panic_dispersal", "scream", "running", "fall"}),
    "air and ground": frozenset(
        {"gas", "fire", "threshold_exceeded", "series_anomaly", "series_level_change", "structural_strain"}
    ),
    "network": frozenset(
        {"ids_alert", "network_scan", "malware_traffic", "brute_force", "protocol_violation", "replayed_readings"}
    ),
}  # fmt: skip
WITNESSES: Final = frozenset({"citizen_report", "emergency_call"})
BYSTANDERS: Final = frozenset({"person", "person_count", "vehicle"})
"""Kinds that open no incident and carry no weight; their first mention by a source is told in one that stands near."""

SAME, RELATED, WITNESSED = 1.0, 0.6, 0.4


@lru_cache(maxsize=4096)
def compatibility(one: str, other: str) -> float:
    """How readily two kinds belong together, 0 (never) to 1 (equal kinds).

    >>> compatibility("gunshot", "panic_dispersal"), compatibility("network_scan", "door_forced")
    (0.6, 0.0)
    """
    if one == other:
        return SAME
    if any(one in family and other in family for family in FAMILIES.values()):
        return RELATED
    natures = {kind_of(one).nature, kind_of(other).nature}
    if {one, other} & (WITNESSES | BYSTANDERS) and natures <= {"physical", "environment"}:
        return WITNESSED
    vendor = one.startswith("x-") or other.startswith("x-")
    return WITNESSED if vendor and len(natures) == 1 else 0.0


class Manner(NamedTuple):
    """How a kind behaves. `spread_m`: how far its traces lie from its middle (one standard deviation);
    `together_s`: within how long further evidence belongs to it; `quiet_s`: unheard for so long, an incident that
    nobody has taken on closes; `reopen_s`: new evidence within so long after that opens it again.
    """

    spread_m: float = 15.0
    together_s: float = 300.0
    quiet_s: float = 900.0
    reopen_s: float = 900.0


_CROWD: Final = Manner(spread_m=40.0, together_s=300.0)
_LOUD: Final = Manner(spread_m=60.0, together_s=180.0, quiet_s=1800.0)
_CYBER: Final = Manner(spread_m=1000.0, together_s=1800.0, quiet_s=1800.0, reopen_s=3600.0)
_MANNERS: Final[Mapping[str, Manner]] = {
    "unattended_object": Manner(spread_m=8.0, together_s=1800.0, quiet_s=3600.0),
    "explosive_trace": Manner(spread_m=15.0, together_s=1800.0, quiet_s=3600.0),
    "gunshot": _LOUD, "explosion": _LOUD, "scream": _LOUD, "panic_dispersal": _CROWD, "crowd_density": _CROWD,
    "counter_flow": _CROWD, "running": _CROWD, "gas": _LOUD, "fire": _LOUD,
    "citizen_report": Manner(spread_m=60.0, together_s=900.0),
    "emergency_call": Manner(spread_m=100.0, together_s=900.0),
}  # fmt: skip


@lru_cache(maxsize=1024)
def manner_of(kind: str) -> Manner:
    """How a kind behaves; a kind without a row of its own behaves as its nature does."""
    if kind in _MANNERS:
        return _MANNERS[kind]
    return _CYBER if kind_of(kind).nature == "cyber" else Manner()
