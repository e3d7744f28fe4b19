"""What was: detections and incidents along time, series of readings, the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from s4.core.archive import AuditEntry
from s4.core.model import Detection, Incident
from s4.picture.operation import Call, Nothing, operation
from s4.picture.overview import MOST
from s4.picture.query import AuditQuery, SeriesQuery, WindowQuery
from s4.picture.refusal import not_found
from s4.picture.services import PictureServices
from s4.picture.views import SeriesName, SeriesWindow, Timeline, TimelineIncident
from s4.shield.roles import Permission


@operation("GET", "/api/timeline", needs=Permission.SEE_PICTURE)
async def show_timeline(call: Call[WindowQuery, Nothing]) -> Timeline:
    """How many detections there were along a stretch of time, and the incidents of that time."""
    return await asyncio.to_thread(_timeline, call.services, call.query)


def _timeline(services: PictureServices, query: WindowQuery) -> Timeline:
    archive = services.archive
    counts = archive.count(Detection, start=query.start, end=query.end, bins=query.bins)
    incidents = (
        TimelineIncident(one.id, one.title, one.opened, one.closed, one.severity)
        for one in archive.known(Incident, limit=MOST)
        if one.opened < query.end and (one.closed is None or one.closed >= query.start)
    )
    return Timeline(query.start, query.end, counts, sorted(incidents, key=lambda one: (one.opened, one.id)))


@operation("GET", "/api/series", needs=Permission.SEE_PICTURE)
async def list_series(call: Call[Nothing, Nothing]) -> list[SeriesName]:
    """Every series of readings there is."""
    return [SeriesName(*row) for row in sorted(await asyncio.to_thread(call.services.readings.series))]


@operation("GET", "/api/series/{source}/{property:path}", needs=Permission.SEE_PICTURE)
async def show_series(call: Call[SeriesQuery, Nothing]) -> SeriesWindow:
    """One series of readings, in equal parts of time: mean, least and greatest of each.

    Parts without readings are left out, never filled in.
    """
    window = call.query.window(call.services.clock.now())
    return await asyncio.to_thread(_series, call.services, call.path, window, call.query.points)


def _series(services: PictureServices, path: Mapping[str, str], window: tuple[int, int], points: int) -> SeriesWindow:
    source, name = path["source"], path["property"]
    unit = next((row[2] for row in services.readings.series() if row[:2] == (source, name)), None)
    if unit is None:
        raise not_found("series", f"{source}/{name}")
    return SeriesWindow(unit, services.readings.window(source, name, *window, points))


@operation("GET", "/api/audit", needs=Permission.READ_AUDIT)
async def show_audit(call: Call[AuditQuery, Nothing]) -> list[AuditEntry]:
    """Who did what: the audit log, oldest first, also who looked at which evidence."""
    archive, query = call.services.archive, call.query
    return await asyncio.to_thread(lambda: archive.audit(target=query.target, limit=query.limit))
