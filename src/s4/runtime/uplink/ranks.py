"""What goes first and what is given up first: the one place where that is written.

An edge site sends the lowest rank first, each rank in the order in which it was stated. When the outbox has reached
its bound on disk, the highest rank is given up first, its oldest part before its newer ones.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from s4.core.errors import InputError
from s4.core.model import Detection, Fact, Incident, Observation, Severity, kind_of
from s4.core.uplink import UplinkPolicy


class Rank(IntEnum):
    """A class of what is sent.

    | rank | what |
    |---|---|
    | `URGENT` | detections and incidents of severity Severe and Extreme; what the uplink says of itself |
    | `FACT` | every other fact |
    | `AGGREGATE` | count, mean, least and greatest of each series, made while the line is congested |
    | `HIGH` | events, and readings of series declared high |
    | `NORMAL` | readings of all other series; while the line is congested one in `one_in_normal` |
    | `LOW` | readings of series declared low; while the line is congested one in `one_in_low` |
    | `REST` | the readings that were left out of `NORMAL` and `LOW`: they follow when the line is free |
    """

    URGENT = 0
    FACT = 1
    AGGREGATE = 2
    HIGH = 3
    NORMAL = 4
    LOW = 5
    REST = 6


FIRST_TO_GO: Final = tuple(sorted(Rank, reverse=True))
"""In this order ranks are given up when the disk is full: `URGENT` only when nothing else is left."""

SOURCE: Final = "uplink-"
"""How the source begins under which an uplink speaks of itself."""

_URGENT: Final = (Severity.SEVERE, Severity.EXTREME)
_RAW: Final = {"high": Rank.HIGH, "normal": Rank.NORMAL, "low": Rank.LOW}


def rank_of_fact(fact: Fact, policy: UplinkPolicy) -> Rank:
    """The rank of a single fact.

    >>> from s4.core.model import Detection
    >>> rank_of_fact(Detection("det-1", "gunshot", 0, "square", "mic-1", "d/1", "h", 0.9), UplinkPolicy()).name
    'URGENT'
    """
    if isinstance(fact, Observation):
        if fact.source.startswith(SOURCE):
            return Rank.URGENT
        return Rank.LOW if policy.priority(fact.source, fact.property) == "low" else Rank.HIGH
    if isinstance(fact, Incident):
        return Rank.URGENT if fact.severity in _URGENT else Rank.FACT
    if isinstance(fact, Detection):
        return Rank.URGENT if _severity(fact) in _URGENT else Rank.FACT
    return Rank.FACT


def _severity(detection: Detection) -> Severity:
    """What the detection states of itself, as a rule may, else what its kind says."""
    stated = str(detection.attributes.get("severity", ""))
    if stated in set(Severity):
        return Severity(stated)
    try:
        return kind_of(detection.kind).severity
    except InputError:
        return Severity.UNKNOWN


def rank_of_series(source: str, property: str, policy: UplinkPolicy) -> Rank:
    """The rank of a series' readings while they are sent whole.

    >>> rank_of_series("uplink-square", "round_trip", UplinkPolicy()).name
    'HIGH'
    """
    return Rank.HIGH if source.startswith(SOURCE) else _RAW[policy.priority(source, property)]
