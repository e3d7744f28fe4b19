"""The devices of the city: how each is doing, letting one in, working on one, telling one what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.devices import DeviceState
from s4.core.errors import ConflictError, InputError
from s4.core.ids import derive_id
from s4.core.model import Command
from s4.core.model.command import DEVICE_APPROVE, DEVICE_MAINTAIN, DEVICE_REJECT, DEVICE_RESUME, is_about_facts
from s4.core.profile import DeviceProfile, check_parameters
from s4.core.register import Device
from s4.core.subjects import NAME
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import Admission, DeviceOrder, Remark, needed
from s4.picture.refusal import not_found
from s4.picture.services import PictureServices
from s4.picture.views import DevicePage, DeviceView
from s4.shield.roles import Permission

VALID_NS: Final = 60 * NS_PER_S
"""A device that did not get an order within a minute must not carry it out later, when nobody expects it."""
_SHOWN: Final = 50
_MOST: Final = 5_000
Value = float | str | bool


@operation("GET", "/api/devices", needs=Permission.SEE_PICTURE)
async def list_devices(call: Call[Nothing, Nothing]) -> list[DeviceView]:
    """Every device of the city and how it is doing, with those that wait to be let in or are kept out.

    `health`: `ok`, `late` (over its time), `silent`, `faulty` (what it sends is refused, or it floods), `maintenance`,
    `held` (waits for approval), `rejected`. Looking back is not possible here: the states are in history as events
    `s4.device`.
    """
    return views(call.services)


@operation("GET", "/api/devices/{id}", needs=Permission.SEE_PICTURE)
async def show_device(call: Call[Nothing, Nothing]) -> DevicePage:
    """One device, what kind it is, what it was told, and who decided what about it."""
    services, name = call.services, call.path["id"]
    view = _view_named(services, name)
    told, audit = await asyncio.to_thread(
        lambda: (services.archive.known(Command, limit=_MOST), services.archive.audit(target=name, limit=_SHOWN))
    )
    commands = [one for one in told if one.target == name and not is_about_facts(one.action)][:_SHOWN]
    return DevicePage(view, _profile(services, name), commands, audit)


@operation("POST", "/api/devices/{id}/approve", needs=Permission.MANAGE_DEVICES, status=201)
async def approve_device(call: Call[Nothing, Admission]) -> Command:
    """Let in a device that nobody has described, as one of this kind, on this site.

    What it sends is taken in from now on; what was held is with the dead letters and can be sent again from there.
    Answers 409 when the city's description knows it.
    """
    services, name, body = call.services, call.path["id"], call.body
    _check_stranger(services, name)
    if body.profile and services.city.profile_named(body.profile) is None:
        there = ", ".join(one.name for one in services.city.profile) or "none"
        raise InputError(f"there is no profile {body.profile!r} (there are: {there})", field="profile")
    state = _states(services).get(name)
    site = body.site or (state.site if state else services.city.site[0].id)
    if all(row.id != site for row in services.city.site):
        raise InputError(f"there is no site {site!r}", field="site")
    said: dict[str, Value] = {"profile": body.profile, "name": body.name, "via": state.via if state else ""}
    return await _decide(call, DEVICE_APPROVE, site, body.reason.strip(), {k: v for k, v in said.items() if v})


@operation("POST", "/api/devices/{id}/reject", needs=Permission.MANAGE_DEVICES, status=201)
async def reject_device(call: Call[Nothing, Remark]) -> Command:
    """Keep a device out that nobody has described, also when it had been let in, and say why.

    What it sends is counted and left. Answers 409 when the city's description knows it: take it out of there.
    """
    _check_stranger(call.services, call.path["id"])
    return await _decide(call, DEVICE_REJECT, _site(call.services, call.path["id"]), needed(call.body.reason))


@operation("POST", "/api/devices/{id}/maintain", needs=Permission.MANAGE_DEVICES, status=201)
async def maintain_device(call: Call[Nothing, Remark]) -> Command:
    """Begin to work on a device: nothing is stated of it, and what is detected by it makes no incident.

    Answers 409 when somebody works on it already.
    """
    _known(call.services, call.path["id"])
    if call.services.register.maintained(call.path["id"]) is not None:
        raise ConflictError("somebody works on it already")
    return await _decide(call, DEVICE_MAINTAIN, _site(call.services, call.path["id"]), call.body.reason.strip())


@operation("POST", "/api/devices/{id}/resume", needs=Permission.MANAGE_DEVICES, status=201)
async def resume_device(call: Call[Nothing, Remark]) -> Command:
    """Be done with the work on a device. Answers 409 when nobody works on it."""
    if call.services.register.maintained(call.path["id"]) is None:
        raise ConflictError("nobody works on it")
    return await _decide(call, DEVICE_RESUME, _site(call.services, call.path["id"]), call.body.reason.strip())


@operation("POST", "/api/devices/{id}/command", needs=Permission.APPROVE_MEASURES, status=201)
async def tell_device(call: Call[Nothing, DeviceOrder]) -> Command:
    """Tell a device what to do. Its profile says what it can be told; the order is not carried out after a minute.

    Answers 400 for an action or a parameter that the profile does not allow, 409 when the same `key` was sent before.
    """
    services, name, body = call.services, call.path["id"], call.body
    profile = _profile(services, name)
    spec = profile.command(body.action) if profile is not None else None
    outlet = services.register.outlet(name)
    if spec is None or outlet is None or body.action not in outlet.actions:
        there = ", ".join(_actions(services, name)) or "nothing"
        raise InputError(f"it cannot be told {body.action!r} (it can: {there})", field="action")
    check_parameters(spec, body.parameters)
    now = call.services.clock.now()
    command = Command(
        id=derive_id("com", "picture", "device", name, body.action, body.key or now), revision=0, time=now,
        site=outlet.site, action=body.action, target=name, state="approved", approved_by=call.person.actor,
        reason=body.reason.strip(), parameters=body.parameters, expires=now + VALID_NS,
    )  # fmt: skip
    await services.publisher.decide([command], call.person.actor, body.action, name, command.reason)
    return command


async def _decide(
    call: Call[Nothing, Admission] | Call[Nothing, Remark], action: str, site: str, reason: str,
    parameters: Mapping[str, Value] | None = None,
) -> Command:  # fmt: skip
    """One decision about a device. Its id follows from the one before it, so that of two people one is told so."""
    services, name = call.services, call.path["id"]
    before = services.register.last_decision(name)
    last = "/".join(before[which].id for which in sorted(before))
    now = max([services.clock.now(), *(one.time + 1 for one in before.values())])  # of two the later one holds
    command = Command(
        id=derive_id("com", "picture", name, action, last), revision=0, time=now, site=site,
        action=action, target=name, state="approved", approved_by=call.person.actor, reason=reason,
        parameters=parameters or {},
    )  # fmt: skip
    await services.publisher.decide([command], call.person.actor, action, name, reason)
    services.register.take([command])
    return command


def views(services: PictureServices) -> list[DeviceView]:
    """Every device that is supervised or described as one, by id."""
    states, register = _states(services), services.register
    heard = {one.source: one.last_seen for one in services.feed.sources()}
    known = {one.id: one for one in register.devices() if one.id in states or one.door == "device" or one.profile}
    names = sorted({*known, *states})
    return [_view(services, name, known.get(name), states.get(name), heard.get(name, 0)) for name in names]


def _view(
    services: PictureServices, name: str, device: Device | None, state: DeviceState | None, heard: int
) -> DeviceView:  # fmt: skip
    profile = device.profile if device else None
    site = device.site if device else state.site if state else services.city.site[0].id
    state = state or DeviceState(name, site, "ok" if device else "held", 0, "nothing is known yet")
    low = profile.battery.low if profile and profile.battery else None
    return DeviceView(
        id=name, name=device.name if device else name, site=site, place=device.place if device else None,
        door=device.door if device else "", via=(device.via if device else "") or state.via,
        profile=profile.name if profile else "", maker=profile.maker if profile else "",
        model=profile.model if profile else "", health=state.health, since=state.since, detail=state.detail,
        last_seen=max(state.last_seen, heard), accepted=state.accepted, refused=state.refused, reason=state.reason,
        repeated=state.repeated, moved=state.moved, left_out=state.left_out, held=state.held, battery=state.battery,
        battery_low=low is not None and state.battery is not None and state.battery <= low, ahead_ms=state.ahead_ms,
        per_s=state.per_s, said=dict(state.said), by=state.by, commands=_actions(services, name),
    )  # fmt: skip


def _states(services: PictureServices) -> dict[str, DeviceState]:
    return {one.device: one for one in services.feed.devices()}


def _view_named(services: PictureServices, name: str) -> DeviceView:
    found = next((one for one in views(services) if one.id == name), None)
    if found is None:
        raise not_found("device", name)
    return found


def _profile(services: PictureServices, name: str) -> DeviceProfile | None:
    device = services.register.of(name)
    return device.profile if device is not None else None


def _actions(services: PictureServices, name: str) -> list[str]:
    profile, outlet = _profile(services, name), services.register.outlet(name)
    if profile is None or outlet is None:
        return []
    return [one.name for one in profile.commands if one.name in outlet.actions]


def _known(services: PictureServices, name: str) -> None:
    if services.register.of(name) is None:
        raise not_found("device", name)


def _check_stranger(services: PictureServices, name: str) -> None:
    if not NAME.fullmatch(name):
        raise InputError("is not the id of a device", field="id")
    if services.register.standing(name) == "known":
        raise ConflictError("the city's description knows it: change it there")


def _site(services: PictureServices, name: str) -> str:
    device, state = services.register.of(name), _states(services).get(name)
    return device.site if device else state.site if state else services.city.site[0].id
