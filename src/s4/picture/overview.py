"""The whole picture, now or as it was known at an instant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final, TypeVar

from s4.core.archive import Archive
from s4.core.city import City
from s4.core.clock import NS_PER_S
from s4.core.model import Command, Detection, Incident, Recommendation, Risk, Task, Unit
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import AtQuery
from s4.picture.services import PictureServices
from s4.picture.sources import SILENT, sources_now, sources_then
from s4.picture.urgency import Threat, by_urgency, threat_level
from s4.picture.views import CityView, Picture, SourceView
from s4.shield.roles import Permission

CLOSED_SHOWN_NS: Final = 86_400 * NS_PER_S
MOST: Final = 2_000
"""Facts of one word that are looked at, the newest; a city with more open incidents has other worries."""

About = TypeVar("About", Risk, Recommendation, Command, Task)


@operation("GET", "/api/picture", needs=Permission.SEE_PICTURE)
async def show_picture(call: Call[AtQuery, Nothing]) -> Picture:
    """The whole picture, now or as it was known at an instant.

    With `at` it is the same page as it was known then: facts that were recorded later are left out, also when they are
    about an earlier time.
    """
    return await asyncio.to_thread(collect, call.services, call.query.at)


def collect(services: PictureServices, at: int | None) -> Picture:
    """Read the picture from memory (`at`: ns UTC, None = now). Blocks; about ten queries."""
    archive, city = services.archive, services.city
    cursor = archive.newest()  # first, so that the stream repeats what comes meanwhile and misses nothing
    now = services.clock.now()
    then = now if at is None else at
    incidents = shown(archive.known(Incident, at=at, limit=MOST), then)
    ids = {incident.id for incident in incidents}
    risks = _of(archive.known(Risk, at=at, limit=MOST), ids, then)
    return Picture(
        now=now,
        at=at,
        speed=services.clock.speed,
        cursor=cursor,
        threat=threat_level(incidents, risks),
        city=CityView(city.city.id, city.city.name, city.city.place, city.city.language),
        sites=city.site,
        assets=city.asset,
        zones=services.zones.zones(),
        sources=_sources(services, at),
        units=merged_units(city, archive, at),
        incidents=by_urgency(incidents),
        risks=sorted(risks, key=lambda risk: (-risk.score, risk.id)),
        recommendations=_ranked(_of(archive.known(Recommendation, at=at, limit=MOST), ids, then)),
        commands=_of(archive.known(Command, at=at, limit=MOST), ids, then),
        tasks=_of(archive.known(Task, at=at, limit=MOST), ids, then),
    )


def threat_now(services: PictureServices) -> Threat:
    """How tense the city is now (`threat_level`). Blocks; two queries."""
    archive = services.archive
    return threat_level(archive.known(Incident, limit=MOST), archive.known(Risk, limit=MOST))


def shown(incidents: Iterable[Incident], then: int) -> list[Incident]:
    """Those that are not closed, and those closed within the 24 h before `then` (ns UTC)."""
    return [one for one in incidents if one.state != "closed" or (one.closed or one.time) > then - CLOSED_SHOWN_NS]


def merged_units(city: City, archive: Archive, at: int | None) -> list[Unit]:
    """The city's units, each as it was last heard of; one never heard of as the city's file says."""
    units = {unit.id: unit for unit in city.unit}
    units.update((unit.id, unit) for unit in archive.known(Unit, at=at, limit=MOST))
    return [units[name] for name in sorted(units)]


def _of(facts: Iterable[About], incidents: set[str], then: int) -> list[About]:
    """Those that belong to one of the incidents, and recent ones that belong to none."""
    return [f for f in facts if f.incident in incidents or (not f.incident and f.time > then - CLOSED_SHOWN_NS)]


def _ranked(recommendations: Iterable[Recommendation]) -> list[Recommendation]:
    return sorted(recommendations, key=lambda one: (one.incident, one.rank, one.id))


def _sources(services: PictureServices, at: int | None) -> list[SourceView]:
    if at is None:
        return sources_now(services.city, services.feed.sources())
    archive = services.archive
    silences = archive.known(Detection, at=at, kind=SILENT, limit=MOST)
    awake = bool(silences) or any(archive.known(word, at=at, limit=1) for word in (Unit, Incident, Detection))
    return sources_then(services.city, silences, awake)
