"""Zones and lines in the cameras' pictures: drawn, changed and taken away by people; they hold within seconds."""

from __future__ import annotations

import asyncio

import msgspec

from s4.core.city import Zone
from s4.core.errors import ConflictError, InputError
from s4.core.ids import derive_id
from s4.core.model import Command
from s4.core.model.command import ZONE_PUT, ZONE_REMOVE
from s4.core.zones import MOST_ZONES, check_zone
from s4.picture.cameras import camera_named
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import Reason, Remark, needed
from s4.picture.refusal import not_found
from s4.shield.roles import Permission


class ZoneOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone or line as it is to be from now on, and why."""

    zone: Zone
    reason: Reason


@operation("GET", "/api/zones", needs=Permission.SEE_PICTURE)
async def list_zones(call: Call[Nothing, Nothing]) -> list[Zone]:
    """Every zone and line that holds now: those of the city's description, and what people have drawn since."""
    return list(call.services.zones.zones())


@operation("PUT", "/api/zones/{id}", needs=Permission.MANAGE_RULES, status=201)
async def put_zone(call: Call[Nothing, ZoneOrder]) -> Command:
    """Draw a zone or line, or change the one of that id. It holds within seconds, and after a restart too.

    What goes on in the camera's picture is ended, and its behaviours begin anew. A zone of the city's description is
    covered by this one. Answers 400 with what is wrong with it, 409 when another camera has a zone of that id.
    """
    services, zone = call.services, call.body.zone
    if zone.id != call.path["id"]:
        raise InputError(f"the zone calls itself {zone.id!r}", field="zone.id")
    reason = needed(call.body.reason)
    try:
        check_zone(zone)
    except InputError as error:
        raise InputError(error.reason, field=f"zone.{error.field}") from error
    await asyncio.to_thread(camera_named, services, zone.source)
    there = services.zones.zones()
    if any(one.id == zone.id and one.source != zone.source for one in there):
        raise ConflictError(f"another camera has a zone {zone.id!r}")
    if sum(one.source == zone.source for one in there) >= MOST_ZONES and all(one.id != zone.id for one in there):
        raise InputError(f"a camera has at most {MOST_ZONES} zones", field="zone.source")
    return await _decide(call, ZONE_PUT, zone, reason, {"definition": msgspec.json.encode(zone).decode()})


@operation("DELETE", "/api/zones/{id}", needs=Permission.MANAGE_RULES, status=201)
async def remove_zone(call: Call[Nothing, Remark]) -> Command:
    """Take a zone or line away, and say why. One of the city's description stays away, also after a restart."""
    zone = next((one for one in call.services.zones.zones() if one.id == call.path["id"]), None)
    if zone is None:
        raise not_found("zone", call.path["id"])
    return await _decide(call, ZONE_REMOVE, zone, needed(call.body.reason), {"camera": zone.source})


async def _decide(
    call: Call[Nothing, ZoneOrder] | Call[Nothing, Remark], action: str, zone: Zone, reason: str, said: dict[str, str]
) -> Command:
    """One decision about a zone. Its id follows from the one before it, so that of two people one is told so."""
    services = call.services
    before = services.zones.last_decision(zone.id)
    now = max(services.clock.now(), before.time + 1 if before else 0)  # of two the later one holds
    site = next(row.site for row in services.city.source if row.id == zone.source)
    command = Command(
        id=derive_id("com", "picture", zone.id, action, before.id if before else ""), revision=0, time=now, site=site,
        action=action, target=zone.id, state="approved", approved_by=call.person.actor, reason=reason, parameters=said,
    )  # fmt: skip
    await services.publisher.decide([command], call.person.actor, action, zone.id, reason)
    services.zones.take([command])
    return command
