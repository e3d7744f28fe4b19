"""Recordings of a camera, run again with other settings, beside what the present ones raise."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.errors import InputError
from s4.core.replays import Number, ReplayOffer, ReplayState
from s4.picture.cameras import camera_named
from s4.picture.operation import Call, Nothing, operation
from s4.picture.refusal import not_found
from s4.shield.roles import Permission

REPLAY = "camera.replay"


class ReplayOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which recording, and what is to be other than it is."""

    recording: Annotated[str, Meta(min_length=1, max_length=255)]
    settings: Annotated[dict[str, Number], Meta(max_length=40)]


@operation("GET", "/api/cameras/{id}/replays", needs=Permission.MANAGE_RULES)
async def offer_replays(call: Call[Nothing, Nothing]) -> ReplayOffer:
    """What recordings of a camera there are to run again, and which of its settings can be tried.

    Recordings lie in the data folder under `recordings/<camera>/`; one that the camera itself replays counts too.
    """
    name = await asyncio.to_thread(lambda: camera_named(call.services, call.path["id"]).id)
    return await asyncio.to_thread(call.services.replays.offer, name)


@operation("POST", "/api/cameras/{id}/replays", needs=Permission.MANAGE_RULES, status=201)
async def start_replay(call: Call[Nothing, ReplayOrder]) -> ReplayState:
    """Run a recording again, to see which alarms the present settings raise, and which the changed ones.

    Nothing that runs is changed, nobody is shown anything, and it is in the audit log. One runs at a time, for half an
    hour and two hours of the recording at most. Answers 400 for a setting that cannot be, 503 when too many wait.
    """
    services, body = call.services, call.body
    name = await asyncio.to_thread(lambda: camera_named(services, call.path["id"]).id)
    if not body.settings:
        raise InputError("change at least one setting", field="settings")
    state = await services.replays.start(name, body.recording, body.settings)
    said = ", ".join(f"{key} = {value:g}" for key, value in body.settings.items())
    await services.publisher.decide([], call.person.actor, REPLAY, name, f"{body.recording}: {said}"[:2000])
    return state


@operation("GET", "/api/replays/{id}", needs=Permission.MANAGE_RULES)
async def show_replay(call: Call[Nothing, Nothing]) -> ReplayState:
    """How far a run is, and once it is done, its alarms."""
    state = call.services.replays.state(call.path["id"])
    if state is None:
        raise not_found("replay", call.path["id"])
    return state


@operation("DELETE", "/api/replays/{id}", needs=Permission.MANAGE_RULES)
async def cancel_replay(call: Call[Nothing, Nothing]) -> ReplayState:
    """End a run. One that is over stays as it is."""
    state = await call.services.replays.cancel(call.path["id"])
    if state is None:
        raise not_found("replay", call.path["id"])
    return state
