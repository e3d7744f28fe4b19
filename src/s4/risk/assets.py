"""The stage that says what each incident may do to each asset, and lets it fade when nothing new comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import msgspec

from s4.core.city import City
from s4.core.errors import ConfigError
from s4.core.model import Incident, Risk, Word, kind_of
from s4.core.ports import Card, Context, Room, Stage
from s4.core.snapshot import pack, unpack
from s4.risk.assess import assess, concerns, nothing, risk_id

CHANGED: Final = 0.02
"""A revision is made when probability or score has moved by more than this since the last."""
MOST_INCIDENTS: Final = 2048
MOST_ENDED: Final = 8192


class _State(msgspec.Struct):
    """`incidents`: the last revision of those not closed; `risks`: the last revision told, by its id; `ended`: the last
    revision number of incidents and risks that are over, so that a repeat is known and a reopened one counts on.
    """

    incidents: dict[str, Incident] = {}
    risks: dict[str, Risk] = {}
    ended: dict[str, int] = {}

    def end(self, name: str, revision: int) -> None:
        """Remember where an incident or a risk ended."""
        self.ended[name] = revision
        if len(self.ended) > MOST_ENDED:
            del self.ended[next(iter(self.ended))]


class AssetRisk(Stage):
    """Prior × vulnerability × evidence × distance, in log-odds, for every asset that an incident concerns.

    Without facts it lets the evidence age, and makes a revision where that changes anything by more than `CHANGED`.
    """

    card = Card(
        name="assets",
        version="1",
        title="Risk to assets",
        purpose="Tell an operator what an incident may do, to how many people, and why.",
        legal_basis="No personal data: numbers of people only.",
        limits="Reach, half-life and harm by kind are expert estimates; each incident is judged by itself.",
    )
    room: ClassVar[Room] = "risk"
    consumes = (Incident,)
    produces = (Risk,)
    period_s = 5.0

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        if context.options:
            raise ConfigError("takes no options", field="city.stages.assets")
        self.city: City = context.city
        self.state = _State()

    def step(self, facts: Sequence[Word], now: int) -> list[Risk]:
        """Risks that changed, in the order of what changed them."""
        incidents = [fact for fact in facts if isinstance(fact, Incident)]
        for incident in incidents:
            kind_of(incident.kind)  # refuse an unknown kind before anything has changed
        if not facts:
            return [risk for incident in list(self.state.incidents.values()) for risk in self._assess(incident, now)]
        return [risk for incident in incidents for risk in self._take(incident)]

    def _take(self, incident: Incident) -> Iterator[Risk]:
        known = self.state.incidents.get(incident.id)
        if incident.revision <= (known.revision if known else self.state.ended.get(incident.id, -1)):
            return
        if incident.state == "closed":
            yield from self._close(incident)
            return
        self.state.incidents[incident.id] = incident
        if len(self.state.incidents) > MOST_INCIDENTS:
            yield from self._close(next(iter(self.state.incidents.values())))
        yield from self._assess(incident, incident.time)

    def _assess(self, incident: Incident, at: int) -> Iterator[Risk]:
        for asset in self.city.asset:
            name = risk_id(incident.id, asset.id)
            last = self.state.risks.get(name)
            if concerns(incident, asset) or last is not None:
                revision = (last.revision if last else self.state.ended.get(name, -1)) + 1
                risk = assess(incident, asset, max(at, incident.time), revision)
                if last is None or _differs(last, risk):
                    self.state.risks[risk.id] = risk
                    yield risk

    def _close(self, incident: Incident) -> Iterator[Risk]:
        self.state.incidents.pop(incident.id, None)
        self.state.end(incident.id, incident.revision)
        for asset in self.city.asset:
            last = self.state.risks.pop(risk_id(incident.id, asset.id), None)
            if last is not None:
                over = nothing(last, max(incident.time, last.time))
                self.state.end(over.id, over.revision)
                yield over

    def snapshot(self) -> bytes:
        """The incidents that go on and the risks last told."""
        return pack(self.state, "assets", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood."""
        self.state = unpack(state, _State, "assets", 1)


def _differs(last: Risk, risk: Risk) -> bool:
    moved = max(abs(last.probability - risk.probability), abs(last.score - risk.score))
    return moved > CHANGED or abs(last.people - risk.people) > max(5.0, 0.2 * last.people)
