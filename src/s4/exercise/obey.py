"""Devices obey: a command comes in, its effect happens in the town, and the answer goes back after a while.

A command is a JSON object `{"command": id, "action": …, "parameters": {…}, "expires": …}`. The verbs that a kind
of device knows are in `VERBS`; a command that it does not know is answered with `failed` and the reason.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from s4.core.errors import InputError
from s4.core.subjects import ACK
from s4.exercise.crowd import Keep
from s4.exercise.fixtures import CAMERAS, Device
from s4.exercise.plan import FRAME
from s4.exercise.shapes import Point
from s4.exercise.town import NAMES, Town

Parameters = Mapping[str, Any]
MOST_BYTES: Final = 65_536
DEFAULT_CORDON_M: Final = 30.0


def hear(town: Town, device: str, topic: str, payload: bytes) -> None:
    """Take a command from `s4/out/<device>/<action>`; effect and answer follow on the town's agenda."""
    try:
        order = _read(topic, payload)
    except InputError as error:
        town.say(device, ACK, {"command": "", "state": "failed", "detail": str(error)})
        return
    delay = 0.4 + (zlib.crc32(f"{device}{order.number}".encode()) % 1000) / 1000 * 1.6
    town.at(town.now_s + delay, partial(_carry_out, town, device, order))


class Order(NamedTuple):
    """A command as read. `expires`: ns UTC after which it must not be carried out, 0 = never."""

    number: str
    action: str
    parameters: Parameters
    expires: int


def _read(topic: str, payload: bytes) -> Order:
    if len(payload) > MOST_BYTES:
        raise InputError(f"a command has at most {MOST_BYTES} bytes")
    try:
        command = msgspec.json.decode(payload, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InputError(f"is not a JSON object: {error}") from error
    parameters = command.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise InputError("is not an object", field="parameters")
    action = command.get("action") or topic.rpartition("/")[2]
    expires = command.get("expires") or 0
    if not isinstance(expires, int):
        raise InputError("is no instant in ns", field="expires")
    return Order(str(command.get("command", "")), str(action), parameters, expires)


def _carry_out(town: Town, device: str, order: Order) -> None:
    it, verbs = NAMES[device], VERBS[NAMES[device].kind]
    verb = verbs.get(order.action.replace("_", "."))
    try:
        if verb is None:
            raise InputError(f"{device} cannot {order.action} (it can: {', '.join(verbs)})")
        if 0 < order.expires < town.now:
            raise InputError("the command came too late")
        detail = verb(town, it, order.parameters)
    except InputError as error:
        town.say(device, ACK, {"command": order.number, "state": "failed", "detail": str(error)})
        return
    town.say(device, ACK, {"command": order.number, "state": "done", "detail": detail})
    more = {"action": order.action, "command": order.number, "threat": False}
    town.tell_truth("effect", it.site, it.at, (device,), **more)


def target(parameters: Parameters) -> Point:
    """The point (metres) that a command is about. Raises `InputError` without `lat` and `lon`."""
    try:
        return FRAME.to_metres(float(parameters["lat"]), float(parameters["lon"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("needs lat and lon", field="parameters") from error


def _gate(town: Town, device: Device, parameters: Parameters, *, closed: bool) -> str:
    (town.crowd.closed.add if closed else town.crowd.closed.discard)(device.id)
    return "closed" if closed else "open"


def _show(town: Town, device: Device, parameters: Parameters) -> str:
    town.sites[device.site].message = str(parameters.get("text", ""))[:200]
    return f"shows: {town.sites[device.site].message}"


def _announce(town: Town, device: Device, parameters: Parameters) -> str:
    if parameters.get("leave"):
        town.crowd.clear(device.site)
        return "asked people to leave"
    return "announced"


def _look(town: Town, device: Device, parameters: Parameters) -> str:
    optics = town.optics[device.id].turned_to(target(parameters))
    town.optics[device.id] = optics
    return f"pan {optics.pan_deg:.1f}°, tilt {optics.tilt_deg:.1f}°"


def _home(town: Town, device: Device, parameters: Parameters) -> str:
    town.optics[device.id] = next(c.optics for c in CAMERAS if c.id == device.id)
    return "back to its usual view"


def _go(town: Town, device: Device, parameters: Parameters) -> str:
    town.rovers[device.id].goal = target(parameters)
    return "on its way"


def _halt(town: Town, device: Device, parameters: Parameters) -> str:
    town.rovers[device.id].goal = None
    return "stopped"


def _cordon(town: Town, device: Device, parameters: Parameters) -> str:
    at = target(parameters)
    radius = float(parameters.get("radius_m", DEFAULT_CORDON_M))
    if not 1.0 <= radius <= 500.0:
        raise InputError("must be 1 to 500", field="parameters.radius_m")
    if device.kind == "unit":
        town.rovers[device.id].goal = at
    town.crowd.keeps = (*town.crowd.keeps, Keep(at, radius))
    return f"cordon of {radius:.0f} m"


def _uncordon(town: Town, device: Device, parameters: Parameters) -> str:
    town.crowd.keeps = ()
    return "cordon lifted"


def _welcome(town: Town, device: Device, parameters: Parameters) -> str:
    town.crowd.welcome()
    return "all clear announced"


Verb = Callable[[Town, Device, Parameters], str]
VERBS: Final[dict[str, dict[str, Verb]]] = {
    "gate": {"gate.close": partial(_gate, closed=True), "gate.open": partial(_gate, closed=False)},
    "sign": {"sign.show": _show, "sign.clear": _show},
    "address": {"address.say": _announce, "address.clear": _welcome},
    "camera": {"camera.look": _look, "camera.home": _home},
    "unit": {"unit.go": _go, "unit.stop": _halt, "cordon.set": _cordon, "cordon.lift": _uncordon},
}
