"""Where a person decides: approve or reject a measure, handle an incident, undo.

Each decision is one commit: a `Command`, where a measure is decided on also the next revision of its
`Recommendation`, and the audit entry. The ids follow from what was decided on and its revision, so that of two people
who decide at the same time the second is told so (409), and an answer lost on the way cannot double the decision.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

import msgspec

from s4.core.city import City
from s4.core.clock import NS_PER_S
from s4.core.errors import ConflictError
from s4.core.ids import derive_id
from s4.core.model import WORD_OF, Command, Fact, Incident, Recommendation
from s4.core.model.command import ACKNOWLEDGE, CLOSE, NOTE, REJECT, REOPEN, UNDO
from s4.picture.operation import Call, operation
from s4.picture.operation import Nothing as NoQuery
from s4.picture.query import Approval, Rejection, Remark, needed
from s4.picture.refusal import not_found
from s4.shield.roles import Permission

VALID_NS: Final = 600 * NS_PER_S
"""A command that was not carried out within ten minutes of the decision must not be carried out any more."""

F = TypeVar("F", Command, Incident, Recommendation)


@operation("POST", "/api/recommendations/{id}/approve", needs=Permission.APPROVE_MEASURES, status=201)
async def approve(call: Call[NoQuery, Approval]) -> Command:
    """Approve a measure as it was seen; it becomes a command and is carried out.

    Answers 409 when the measure has changed since (`revision`) or somebody has decided already.
    """
    seen = await _proposed(call, call.body.revision)
    now, reason = call.services.clock.now(), call.body.reason.strip()
    command = Command(
        id=derive_id("com", "picture", seen.id, seen.revision, "approve"),
        revision=0,
        time=now,
        site=seen.site,
        action=seen.action,
        target=seen.target,
        state="approved",
        approved_by=call.person.actor,
        reason=reason,
        incident=seen.incident,
        recommendation=seen.id,
        parameters=seen.parameters,
        expires=now + VALID_NS,
    )
    return await _decide(call, command, [_next(seen, "approved", now)], "recommendation.approve", seen.id)


@operation("POST", "/api/recommendations/{id}/reject", needs=Permission.APPROVE_MEASURES, status=201)
async def reject(call: Call[NoQuery, Rejection]) -> Command:
    """Reject a measure as it was seen, and say why.

    Answers 409 when the measure has changed since (`revision`) or somebody has decided already.
    """
    reason = needed(call.body.reason)
    seen = await _proposed(call, call.body.revision)
    now = call.services.clock.now()
    command = Command(
        id=derive_id("com", "picture", seen.id, seen.revision, "reject"),
        revision=0,
        time=now,
        site=seen.site,
        action=REJECT,
        target=seen.id,
        state="approved",
        approved_by=call.person.actor,
        reason=reason,
        incident=seen.incident,
        recommendation=seen.id,
    )
    return await _decide(call, command, [_next(seen, "rejected", now)], REJECT, seen.id)


@operation("POST", "/api/incidents/{id}/acknowledge", needs=Permission.HANDLE_INCIDENTS, status=201)
async def acknowledge(call: Call[NoQuery, Remark]) -> Command:
    """Take an incident on. Answers 409 when somebody has, or when it is closed."""
    return await _handle(call, ACKNOWLEDGE, {"open"}, call.body.reason.strip())


@operation("POST", "/api/incidents/{id}/close", needs=Permission.CLOSE_INCIDENTS, status=201)
async def close(call: Call[NoQuery, Remark]) -> Command:
    """Close an incident, and say why. Answers 409 when it is closed."""
    return await _handle(call, CLOSE, {"open", "acknowledged"}, needed(call.body.reason))


@operation("POST", "/api/incidents/{id}/reopen", needs=Permission.CLOSE_INCIDENTS, status=201)
async def reopen(call: Call[NoQuery, Remark]) -> Command:
    """Open a closed incident again. Answers 409 when it is not closed."""
    return await _handle(call, REOPEN, {"closed"}, call.body.reason.strip())


@operation("POST", "/api/incidents/{id}/note", needs=Permission.HANDLE_INCIDENTS, status=201)
async def note(call: Call[NoQuery, Remark]) -> Command:
    """Add a note to an incident's story."""
    return await _handle(call, NOTE, {"open", "acknowledged", "closed"}, needed(call.body.reason))


@operation("POST", "/api/commands/{id}/undo", needs=Permission.APPROVE_MEASURES, status=201)
async def undo(call: Call[NoQuery, Remark]) -> Command:
    """Undo a decision on a measure that can be undone; the measure may then be decided on again.

    The new command has the device's own word for it (`gate.close.undo`) or else the action `undo`, the old one's
    target and parameters, and the parameter `command`, the id of what is to be taken back. Answers 409 when it cannot
    be undone, or was.
    """
    old = await _one(call, Command)
    measure = await _reversible(call, old)
    action = UNDO if old.action == REJECT else undo_action(call.services.city, old.action, old.target)
    now = call.services.clock.now()
    command = Command(
        id=derive_id("com", "picture", old.id, UNDO),
        revision=0,
        time=now,
        site=old.site,
        action=action or UNDO,
        target=old.target,
        state="approved",
        approved_by=call.person.actor,
        reason=call.body.reason.strip(),
        incident=old.incident,
        recommendation=old.recommendation,
        parameters={**old.parameters, "command": old.id},
        expires=now + VALID_NS,
    )
    again = [_next(measure, "proposed", now)] if measure.state in {"approved", "rejected"} else []
    return await _decide(call, command, again, "command.undo", old.id)


async def _handle(call: Call[NoQuery, Remark], action: str, states: set[str], reason: str) -> Command:
    incident = await _one(call, Incident)
    if incident.state not in states:
        raise ConflictError(f"the incident is {incident.state} already")
    # Two different notes on one revision are two notes; two people who close it have closed it once.
    said = (call.person.actor, reason) if action == NOTE else ()
    command = Command(
        id=derive_id("com", "picture", incident.id, incident.revision, action, *said),
        revision=0,
        time=call.services.clock.now(),
        site=incident.site,
        action=action,
        target=incident.id,
        state="approved",
        approved_by=call.person.actor,
        reason=reason,
        incident=incident.id,
    )
    return await _decide(call, command, [], action, incident.id)


async def _decide(call: Call[Any, Any], command: Command, more: Sequence[Fact], action: str, target: str) -> Command:
    await call.services.publisher.decide([command, *more], call.person.actor, action, target, command.reason)
    return command


async def _proposed(call: Call[Any, Any], revision: int) -> Recommendation:
    measure = await _one(call, Recommendation)
    if measure.state != "proposed":
        raise ConflictError(f"the measure is {measure.state} already")
    if measure.revision != revision:
        raise ConflictError(f"the measure has changed: it is at revision {measure.revision} now, not {revision}")
    return measure


async def _reversible(call: Call[Any, Any], command: Command) -> Recommendation:
    if command.action.rpartition(".")[2] == UNDO or not command.recommendation:
        raise ConflictError("only decisions on measures can be undone")
    if command.action != REJECT and not undo_action(call.services.city, command.action, command.target):
        raise ConflictError(f"nothing in this city can undo {command.action!r} for {command.target!r}")
    if command.state in {"failed", "expired"}:
        raise ConflictError(f"the command is {command.state}: there is nothing to undo")
    archive = call.services.archive
    measure = await asyncio.to_thread(archive.one, Recommendation, command.recommendation)
    if measure is None or not measure.reversible:
        raise ConflictError("this measure cannot be undone")
    return measure


def undo_action(city: City, action: str, target: str) -> str:
    """The action that takes `action` back: what an outlet of the target offers, or `undo` for a unit, which is called
    back; "" when nobody can.
    """
    offered = {one for row in city.outlet if target in ("", row.id, row.site) for one in row.actions}
    for word in (f"{action}.{UNDO}", UNDO):
        if word in offered:
            return word
    return UNDO if any(unit.id == target for unit in city.unit) else ""


async def _one(call: Call[Any, Any], kind: type[F]) -> F:
    found = await asyncio.to_thread(call.services.archive.one, kind, call.path["id"])
    if found is None:
        raise not_found(WORD_OF[kind], call.path["id"])
    return found


def _next(measure: Recommendation, state: Literal["proposed", "approved", "rejected"], now: int) -> Recommendation:
    changes: Mapping[str, Any] = {"revision": measure.revision + 1, "state": state, "time": now}
    return msgspec.structs.replace(measure, **changes)
