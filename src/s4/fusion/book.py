"""All incidents that fusion remembers: what comes in, who orders what, what falls quiet. Bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from s4.core.city import City
from s4.core.ids import derive_id
from s4.core.model import Command, Detection, Incident
from s4.core.model.command import DEVICE_MAINTAIN
from s4.fusion.choose import best_of
from s4.fusion.dossier import Dossier
from s4.fusion.families import BYSTANDERS
from s4.fusion.grow import CALM_NS, begin, grow, mention, note_beside
from s4.fusion.orders import obey
from s4.fusion.sighting import Sighting

MOST_IDS: Final = 8192
MOST_CLOSED: Final = 512
MOST_OPEN: Final = 1024
CORRELATED_NS: Final = 900_000_000_000

T = TypeVar("T")


class Book(msgspec.Struct):
    """The whole memory of fusion. `happenings`: key of a happening → its incident; `seen`: ids of the detections and
    commands taken, oldest first; `works`: device → when somebody began (true) or ended (false) to work on it.
    """

    dossiers: dict[str, Dossier] = {}
    happenings: dict[str, str] = {}
    seen: dict[str, None] = {}
    works: dict[str, tuple[int, bool]] = {}

    def work(self, command: Command) -> None:
        """Learn that somebody works on a device, or does no longer; the later decision holds."""
        began = command.action == DEVICE_MAINTAIN
        if command.time >= self.works.get(command.target, (command.time, began))[0]:
            _keep(self.works, command.target, (command.time, began))

    def order(self, command: Command, now: int) -> list[Incident]:
        """What follows from an operator's command on an incident."""
        dossier = self.dossiers.get(command.target)
        if dossier is None or command.state != "approved" or self._repeated(command.id):
            return []
        reason = obey(dossier, command, now)
        return [dossier.revise(now, reason)] if reason else []

    def take(self, detection: Detection, city: City, open_at: float, now: int) -> list[Incident]:
        """What follows from one detection."""
        if self._repeated(detection.id):
            return []
        sighting = Sighting.of(detection, city)
        if self.works.get(detection.source, (0, False))[1] and sighting.key not in self.happenings:
            return []  # somebody works on that device: what it seems to see is that
        dossier = self._known(sighting.key, now) or best_of(self.dossiers.values(), detection, sighting.spot, now)
        if dossier is None:
            return self._open(sighting, open_at, now)
        if dossier.state == "closed" and dossier.closed_by:
            return []
        if detection.kind in BYSTANDERS:
            return mention(dossier, detection, now)
        _keep(self.happenings, sighting.key, dossier.id)
        return [*grow(dossier, sighting, now), *self._correlate(dossier, now)]

    def pass_time(self, now: int) -> list[Incident]:
        """What the clock makes known: further detections told of, incidents that have fallen quiet."""
        revised = []
        for dossier in self.dossiers.values():
            if dossier.state == "open" and now - dossier.heard >= dossier.quiet_ns():
                revised.append(dossier.close(now, f"Quiet for {dossier.quiet_ns() / 6e10:.0f} min"))
            elif dossier.untold and dossier.state != "closed" and now - dossier.told >= CALM_NS:
                revised.append(dossier.revise(now, f"{dossier.untold} more detections"))
        return [*revised, *self._tidy(now)]

    def _repeated(self, name: str) -> bool:
        if name in self.seen:
            return True
        _keep(self.seen, name, None)
        return False

    def _known(self, key: str, now: int) -> Dossier | None:
        dossier = self.dossiers.get(self.happenings.get(key, ""))
        return None if dossier is None or dossier.is_over(now) else dossier

    def _open(self, sighting: Sighting, open_at: float, now: int) -> list[Incident]:
        detection = sighting.detection
        if detection.kind in BYSTANDERS or detection.phase == "end":
            return []
        name = derive_id("inc", "fusion", detection.id)
        dossier = Dossier(
            name, detection.site, detection.time, detection.time, now, sighting.where,
            spot=sighting.spot, placed=sighting.placed,
        )  # fmt: skip
        begin(dossier, sighting)
        if dossier.belief().probability < open_at:
            return []
        self.dossiers[name] = dossier
        _keep(self.happenings, sighting.key, name)
        return [dossier.revise(now, "Opened"), *self._correlate(dossier, now)]

    def _correlate(self, dossier: Dossier, now: int) -> list[Incident]:
        """A line in each open physical incident of a site beside an open cyber one (docs/rooms/fusion.md)."""
        return [p.revise(now, f"Correlated: {c.title}") for p, c in self._beside(dossier) if note_beside(p, c)]

    def _beside(self, dossier: Dossier) -> Iterator[tuple[Dossier, Dossier]]:
        wanted = {"physical": "cyber", "cyber": "physical"}.get(dossier.nature)
        for other in self.dossiers.values():
            beside = other.nature == wanted and other.site == dossier.site
            if (
                beside
                and abs(other.time - dossier.time) <= CORRELATED_NS
                and "closed" not in (dossier.state, other.state)
            ):
                yield (other, dossier) if wanted == "physical" else (dossier, other)

    def _tidy(self, now: int) -> list[Incident]:
        """Keep within bounds: of too many open ones the longest unheard close, of too many closed the oldest go."""
        unheard = sorted((d.heard, d.id) for d in self.dossiers.values() if d.state == "open")
        surplus = [self.dossiers[name] for _, name in unheard[: max(0, len(unheard) - MOST_OPEN)]]
        revised = [dossier.close(now, f"More than {MOST_OPEN} incidents are open") for dossier in surplus]
        closed = sorted((d.closed_at, d.id) for d in self.dossiers.values() if d.state == "closed")
        for _, name in closed[: max(0, len(closed) - MOST_CLOSED)]:
            del self.dossiers[name]
        return revised


def _keep(memory: dict[str, T], key: str, value: T) -> None:
    memory[key] = value
    if len(memory) > MOST_IDS:
        del memory[next(iter(memory))]
