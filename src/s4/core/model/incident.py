"""Incident: detections that belong together, and what is thought of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from s4.core.model.detection import Probability
from s4.core.model.evidence import Evidence
from s4.core.model.kinds import Nature
from s4.core.model.place import Place
from s4.core.model.severity import Certainty, Severity, Urgency

IncidentState = Literal["open", "acknowledged", "closed"]


class StoryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of an incident's story: `time` (ns UTC), what happened, who said so, how sure (0–1), its id."""

    time: int
    text: str
    kind: str
    source: str
    confidence: Probability
    detection: str


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is going on, as far as is known. It grows: each change is a new `revision` of the same `id`.

    `opened`, `time`: ns UTC of its first detection and of this revision; `closed`: ns UTC or none; `probability`
    (with its 90 % band `low`–`high`): that it is a real threat or emergency; `story`: the last 64 lines;
    `detections`: how many it rests on in all; `reason`: why the last revision was made;
    `handled_by`: the operator who acknowledged it.
    """

    id: str
    revision: int
    time: int
    opened: int
    site: str
    kind: str
    title: str
    nature: Nature
    state: IncidentState
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    probability: Probability
    low: Probability
    high: Probability
    place: Place | None = None
    sources: tuple[str, ...] = ()
    story: tuple[StoryLine, ...] = ()
    detections: int = 0
    evidence: tuple[Evidence, ...] = ()
    closed: int | None = None
    handled_by: str = ""
    reason: str = ""
