"""What is known of one incident: everything from which its next revision is made."""

from __future__ import annotations

from typing import Final

import msgspec

from s4.core.model import Certainty, Evidence, Incident, Severity, StoryLine, Urgency, kind_of
from s4.core.model.incident import IncidentState
from s4.core.model.kinds import Nature
from s4.fusion.belief import Belief, believe, by_source
from s4.fusion.families import manner_of
from s4.fusion.spot import Spot
from s4.fusion.wording import title

LONGEST_STORY: Final = 64
MOST_STATEMENTS: Final = 128
MOST_EVIDENCE: Final = 16
MOST_SOURCES: Final = 32
SEVERITIES: Final = (Severity.UNKNOWN, Severity.MINOR, Severity.MODERATE, Severity.SEVERE, Severity.EXTREME)
"""From least to worst."""


class Statement(msgspec.Struct, frozen=True):
    """A happening that somebody states: of which kind, who says so, its log-odds and severity, whether it is over."""

    source: str
    kind: str
    weight: float
    severity: Severity
    over: bool = False


class Dossier(msgspec.Struct):
    """One incident as fusion remembers it.

    `time`: ns of the last thing known; `heard`: clock ns when evidence last came; `told`: clock ns of the last
    revision; `untold`: happenings since; `said`: the probability in the last revision; `statements` by happening;
    `spot`: best estimate of where, `placed` when somebody stated it; `closed_by`: the operator who closed it,
    empty when it fell quiet; `kind`: its worst kind, after which it is called, of all its `kinds`; `correlated`: cyber
    incidents told of.
    """

    id: str
    site: str
    opened: int
    time: int
    heard: int
    where: str
    kind: str = ""
    kinds: tuple[str, ...] = ()
    nature: Nature = "physical"
    title: str = ""
    revision: int = -1
    state: IncidentState = "open"
    told: int = 0
    untold: int = 0
    said: float = 0.0
    statements: dict[str, Statement] = {}
    story: list[StoryLine] = []
    sources: list[str] = []
    evidence: list[Evidence] = []
    detections: int = 0
    spot: Spot | None = None
    placed: bool = False
    closed: int | None = None
    closed_at: int = 0
    closed_by: str = ""
    handled_by: str = ""
    correlated: list[str] = []

    def name(self) -> None:
        """Call it after its worst kind (of equally bad ones the first stated) and where it is."""
        self.kind = max(self.statements.values(), key=lambda s: SEVERITIES.index(s.severity)).kind
        self.kinds = tuple(dict.fromkeys(s.kind for s in self.statements.values()))
        self.nature = kind_of(self.kind).nature
        self.title = title(self.kind, self.where)

    def severity(self) -> Severity:
        """The worst severity stated."""
        return max((s.severity for s in self.statements.values()), key=SEVERITIES.index)

    def belief(self) -> Belief:
        """How probable it is that it is real."""
        prior = max(kind_of(s.kind).prior for s in self.statements.values())
        return believe(prior, by_source((s.source, s.weight) for s in self.statements.values()))

    def state_more(self, key: str, statement: Statement) -> None:
        """Add or renew what is stated of a happening; the oldest that is over goes when there are too many."""
        self.statements[key] = statement
        while len(self.statements) > MOST_STATEMENTS:
            first = next(iter(self.statements))
            gone = next((k for k, s in self.statements.items() if s.over and k != first), None)
            del self.statements[gone or list(self.statements)[1]]

    def tell(self, line: StoryLine) -> None:
        """Add a line to the story, which keeps its first and its last lines."""
        self.story.append(line)
        if len(self.story) > LONGEST_STORY:
            del self.story[1]

    def urgency(self, probability: float) -> Urgency:
        """How soon somebody has to act (the table is in docs/rooms/fusion.md)."""
        if self.state == "closed":
            return Urgency.PAST
        if self.nature == "system":
            return Urgency.FUTURE
        if probability >= 0.3 and self.severity() in (Severity.SEVERE, Severity.EXTREME):
            return Urgency.IMMEDIATE
        return Urgency.EXPECTED if probability >= 0.1 else Urgency.FUTURE

    def revise(self, now: int, reason: str) -> Incident:
        """The next revision, as of what is known."""
        self.revision += 1
        self.told, self.untold = now, 0
        belief = self.belief()
        self.said = belief.probability
        return Incident(
            id=self.id, revision=self.revision, time=self.time, opened=self.opened, site=self.site, kind=self.kind,
            title=self.title, nature=self.nature, state=self.state, severity=self.severity(),
            urgency=self.urgency(belief.probability), certainty=Certainty.of_probability(belief.probability),
            probability=belief.probability, low=belief.low, high=belief.high,
            place=self.spot.place(self.where) if self.spot else None, sources=tuple(self.sources),
            story=tuple(self.story), detections=self.detections, evidence=tuple(self.evidence), closed=self.closed,
            handled_by=self.handled_by, reason=reason,
        )  # fmt: skip

    def close(self, now: int, reason: str) -> Incident:
        """Close it by itself."""
        self.state, self.closed, self.closed_at, self.time = "closed", now, now, max(now, self.time)
        return self.revise(now, reason)

    def is_over(self, now: int) -> bool:
        """Whether it fell quiet so long ago that nothing opens it again."""
        return self.state == "closed" and not self.closed_by and now - self.closed_at > self.reopen_ns()

    def quiet_ns(self) -> int:
        """How long it may go unheard before it closes: the longest of its kinds."""
        return int(max(manner_of(kind).quiet_s for kind in self.kinds) * 1e9)

    def reopen_ns(self) -> int:
        """For how long after closing new evidence opens it again."""
        return int(max(manner_of(kind).reopen_s for kind in self.kinds) * 1e9)
