"""The stage that proposes measures for each incident, and why. A person decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from s4.core.errors import ConfigError
from s4.core.model import Command, Incident, Recommendation, Risk, Unit, Word, kind_of
from s4.core.ports import Card, Context, Room, Stage
from s4.core.snapshot import pack, unpack
from s4.response.case import Case
from s4.response.measure import load_catalogue

MOST_CASES: Final = 2048


class _State(msgspec.Struct):
    cases: dict[str, Case] = {}
    units: dict[str, Unit] = {}


class RankMeasures(Stage):
    """Measures of the catalogue that suit the incident and can be done here, ranked by benefit × risk − cost.

    At most five at a time. The first risk is answered at once; after that the list is gone over once a
    period, so that several changes make one. Option: `catalogue`: a file of the city's own measures.
    """

    card = Card(
        name="measures",
        version="1",
        title="Ranked measures",
        purpose="Propose to an operator what can be done about an incident, with reasons; never do it.",
        legal_basis="No personal data.",
        limits="Effects are expert estimates; measures are judged one by one, not as a plan.",
    )
    room: ClassVar[Room] = "response"
    consumes = (Risk, Incident, Unit, Command)
    produces = (Recommendation,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = dict(context.options)
        path = options.pop("catalogue", "")
        if options or not isinstance(path, str):
            raise ConfigError("takes only the option catalogue, a path", field="city.stages.measures")
        self.catalogue = load_catalogue(Path(context.folder) / path if path else None)
        self.city = context.city
        self.state = _State(units={unit.id: unit for unit in context.city.unit})

    def step(self, facts: Sequence[Word], now: int) -> list[Recommendation]:
        """Recommendations that changed in substance."""
        for fact in facts:
            if isinstance(fact, Incident):
                kind_of(fact.kind)  # refuse an unknown kind before anything has changed
        if not facts:
            return [r for name in list(self.state.cases) for r in self._go_over(name, now)]
        return [r for fact in facts for r in self._take(fact, now)]

    def _take(self, fact: Word, now: int) -> list[Recommendation]:
        if isinstance(fact, Incident):
            return self._incident(fact, now)
        if isinstance(fact, Risk):
            return self._risk(fact, now)
        if isinstance(fact, Unit):
            known = self.state.units.get(fact.id)
            if known is None or fact.revision >= known.revision:
                self.state.units[fact.id] = fact
                for case in self.state.cases.values():
                    case.stale = True
        elif isinstance(fact, Command) and fact.revision == 0 and fact.incident in self.state.cases:
            self.state.cases[fact.incident].decide(fact)
        return []

    def _incident(self, incident: Incident, now: int) -> list[Recommendation]:
        case = self._case(incident.id)
        if case.incident is not None and case.incident.revision >= incident.revision:
            return []
        case.incident, case.stale = incident, True
        return self._go_over(incident.id, now) if incident.state == "closed" or case.is_new() else []

    def _risk(self, risk: Risk, now: int) -> list[Recommendation]:
        case = self._case(risk.incident)
        known = case.risks.get(risk.asset)
        if known is not None and known.revision >= risk.revision:
            return []
        case.risks[risk.asset], case.stale = risk, True
        return self._go_over(risk.incident, now) if case.is_new() else []

    def _case(self, incident: str) -> Case:
        case = self.state.cases.setdefault(incident, Case())
        if len(self.state.cases) > MOST_CASES:
            closed = (n for n, c in self.state.cases.items() if c.incident is None or c.incident.state == "closed")
            del self.state.cases[next((n for n in closed if n != incident), next(iter(self.state.cases)))]
        return case

    def _go_over(self, name: str, now: int) -> list[Recommendation]:
        case = self.state.cases[name]
        return case.propose(self.catalogue, self.city, self.state.units, now) if case.stale else []

    def snapshot(self) -> bytes:
        """Every case and unit."""
        return pack(self.state, "measures", 1)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood."""
        self.state = unpack(state, _State, "measures", 1)
