"""What response remembers of one incident: the incident, its risks, and what was proposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from s4.core.city import City
from s4.core.ids import derive_id
from s4.core.model import Command, Incident, Recommendation, Risk, Unit
from s4.core.model.command import REJECT
from s4.core.model.recommendation import RecommendationState
from s4.response.answer import is_undo
from s4.response.measure import Measure
from s4.response.rank import Option, options, order

MOST_PROPOSED: Final = 5


class Case(msgspec.Struct):
    """`proposed`: the last revision of each recommendation, by measure; `substance`: what it said in coarse steps;
    `ranked`: measures in the order last shown; `stale`: something has changed since.
    """

    incident: Incident | None = None
    risks: dict[str, Risk] = {}
    proposed: dict[str, Recommendation] = {}
    substance: dict[str, tuple[str, ...]] = {}
    ranked: list[str] = []
    stale: bool = False

    def propose(
        self, catalogue: Sequence[Measure], city: City, units: Mapping[str, Unit], at: int
    ) -> list[Recommendation]:
        """Revisions of what changed in substance, best first; what is no longer worth it expires."""
        self.stale = False
        if self.incident is None or self.incident.state == "closed":
            return list(self._expire(set(self.proposed), at))
        found = options(catalogue, self.incident, list(self.risks.values()), city, units)
        decided = {code for code, last in self.proposed.items() if last.state in ("approved", "rejected")}
        net = {code: option.net for code, option in found.items() if code not in decided}
        self.ranked = order(self.ranked, net)[:MOST_PROPOSED]
        told = [
            revised
            for rank, code in enumerate(self.ranked, start=1)
            if (revised := self._revise(found[code], self.incident, rank, at)) is not None
        ]
        return [*told, *self._expire(set(self.proposed) - set(self.ranked), at)]

    def is_new(self) -> bool:
        """Whether incident and risk are known and nothing was proposed yet; they may come in either order."""
        return self.incident is not None and bool(self.risks) and not self.proposed

    def decide(self, command: Command) -> None:
        """A person decided on a recommendation: its next revision, written with the decision, says so."""
        for code, last in self.proposed.items():
            if command.recommendation == last.id:
                state: RecommendationState = "rejected" if command.action == REJECT else "approved"
                state = "proposed" if is_undo(command) else state
                self._put(code, msgspec.structs.replace(last, revision=last.revision + 1, state=state))
                self.stale = True

    def _revise(self, option: Option, incident: Incident, rank: int, at: int) -> Recommendation | None:
        measure, means, code = option.measure, option.means, option.measure.code
        last = self.proposed.get(code)
        same = last is not None and last.state == "proposed" and last.rank == rank
        if same and self.substance.get(code) == option.substance:
            return None
        self.substance[code] = option.substance
        where = {} if incident.place is None else {"lat": incident.place.lat, "lon": incident.place.lon}
        titled = bool(means.name and measure.title_with)
        title = measure.title_with.format(target=means.name) if titled else measure.title
        task = {"task": title} if measure.by == "unit" else {}
        return self._put(code, Recommendation(
            id=derive_id("rec", "response", incident.id, code), revision=last.revision + 1 if last else 0, time=at,
            site=incident.site, incident=incident.id, measure=code, title=title, rank=rank, benefit=option.benefit,
            cost=measure.cost, reasons=option.reasons, action=means.action, target=means.target,
            parameters={**measure.parameters, **where, "measure": code, **task}, reversible=measure.reversible,
        ))  # fmt: skip

    def _expire(self, codes: set[str], at: int) -> Iterator[Recommendation]:
        for code in sorted(codes):
            last = self.proposed[code]
            if last.state == "proposed":
                expired = msgspec.structs.replace(last, revision=last.revision + 1, time=at, state="expired")
                yield self._put(code, expired)

    def _put(self, code: str, recommendation: Recommendation) -> Recommendation:
        self.proposed[code] = recommendation
        return recommendation
