"""One incident and everything about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, TypeVar

from s4.core.archive import Archive, AuditEntry, Recorded
from s4.core.model import Command, Detection, Fact, Incident, Recommendation, Risk, Task
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import AtQuery
from s4.picture.refusal import not_found
from s4.picture.views import IncidentRevision, IncidentStory
from s4.shield.roles import Permission

MOST_ENTRIES: Final = 200
F = TypeVar("F", bound=Fact)


@operation("GET", "/api/incidents/{id}", needs=Permission.SEE_PICTURE)
async def show_incident(call: Call[AtQuery, Nothing]) -> IncidentStory:
    """One incident and everything about it, now or as it was known at an instant."""
    return await asyncio.to_thread(tell, call.services.archive, call.path["id"], call.query.at)


def tell(archive: Archive, incident: str, at: int | None) -> IncidentStory:
    """Read an incident's story from memory. Raises `RefusalError` 404 when it was not known. Blocks."""
    revisions = archive.revisions(incident, at=at)
    known = [IncidentRevision(one.recorded, one.fact) for one in revisions if isinstance(one.fact, Incident)]
    if not known:
        raise not_found("incident", incident)
    facts = archive.about(incident, at=at)
    commands, measures = _last(facts, Command), _last(facts, Recommendation)
    decided = [incident, *(one.id for one in measures), *(one.id for one in commands)]
    return IncidentStory(
        incident=known[-1].fact,
        revisions=known,
        detections=_last(facts, Detection),
        risks=_last(facts, Risk),
        recommendations=sorted(measures, key=lambda one: (one.rank, one.id)),
        commands=commands,
        tasks=_last(facts, Task),
        audit=_entries(archive, decided, at),
    )


def _last(facts: Iterable[Recorded], kind: type[F]) -> list[F]:
    """The last revision of each fact of a kind, in the order in which they first became known."""
    last: dict[str, F] = {}
    for one in facts:
        if isinstance(one.fact, kind):
            last[one.fact.id] = one.fact
    return list(last.values())


def _entries(archive: Archive, targets: Iterable[str], at: int | None) -> list[AuditEntry]:
    found = (entry for target in targets for entry in archive.audit(target=target, limit=MOST_ENTRIES))
    return sorted((e for e in found if at is None or e.time <= at), key=lambda entry: entry.number)
