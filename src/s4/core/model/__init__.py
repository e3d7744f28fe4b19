"""The words of s4: frozen facts, one file per word. See `docs/reference/words.md` for the table.

`FACTS` lists the words that travel the bus as single facts; `ObservationBatch` travels as Arrow; `Raw` and
`Frame` never travel past the room that takes them in.
"""

from __future__ import annotations

from typing import Final

from s4.core.model.asset import Asset
from s4.core.model.batch import ObservationBatch, Reading, Series
from s4.core.model.command import Command
from s4.core.model.detection import Detection
from s4.core.model.evidence import Evidence
from s4.core.model.frame import Frame, LateFrame
from s4.core.model.incident import Incident, StoryLine
from s4.core.model.kinds import KINDS, Kind, kind_of
from s4.core.model.observation import Observation
from s4.core.model.place import Place
from s4.core.model.raw import Raw
from s4.core.model.recommendation import Recommendation
from s4.core.model.risk import Factor, Risk
from s4.core.model.severity import Certainty, Severity, Urgency
from s4.core.model.task import Task
from s4.core.model.unit import Unit

Fact = Observation | Detection | Incident | Risk | Recommendation | Command | Task | Unit
"""A single fact: has `id`, `time` and `site`; those that change carry a `revision`."""

Word = Fact | ObservationBatch | Raw | Frame
"""Everything that a stage may take in."""

FACTS: Final[dict[str, type[Fact]]] = {
    "observation": Observation,
    "detection": Detection,
    "incident": Incident,
    "risk": Risk,
    "recommendation": Recommendation,
    "command": Command,
    "task": Task,
    "unit": Unit,
}

WORD_OF: Final[dict[type, str]] = {cls: word for word, cls in FACTS.items()}


def revision_of(fact: Fact) -> int:
    """Which revision of its id a fact is; words that never change are revision 0."""
    return getattr(fact, "revision", 0)


def kind_token(fact: Fact) -> str:
    """What the last part of the fact's subject says: its kind, action, property or role.

    >>> from s4.core.model import Unit
    >>> kind_token(Unit("u1", 0, 0, "square", "Patrol B2", "patrol", "free"))
    'patrol'
    """
    for name in ("kind", "property", "action", "measure", "role", "asset"):
        value = getattr(fact, name, None)
        if value:
            return str(value)
    return "any"


__all__ = [
    "FACTS", "KINDS", "WORD_OF", "Asset", "Certainty", "Command", "Detection", "Evidence", "Fact", "Factor",
    "Frame", "Incident", "Kind", "LateFrame", "Observation", "ObservationBatch", "Place", "Raw", "Reading",
    "Recommendation", "Risk", "Series", "Severity", "StoryLine", "Task", "Unit", "Urgency", "Word", "kind_of",
    "kind_token", "revision_of",
]  # fmt: skip
