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
MOST_CORDONS: Final = 20


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
        detail = verb(town, it, order)
    except InputError as error:
        town.say(device, ACK, {"command": order.number, "state": "failed", "detail": str(error)})
        return
    town.say(device, ACK, {"command": order.number, "state": "done", "detail": detail})
    more = {"action": order.action, "command": order.number, "threat": False}
    town.tell_truth("effect", it.site, it.at, (device,), **more)


def target(order: Order) -> Point:
    """The point (metres) that a command is about. Raises `InputError` without `lat` and `lon`."""
    try:
        return FRAME.to_metres(float(order.parameters["lat"]), float(order.parameters["lon"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("needs lat and lon", field="parameters") from error


def _gate(town: Town, device: Device, order: Order, *, closed: bool) -> str:
    (town.crowd.closed.add if closed else town.crowd.closed.discard)(device.id)
    return "closed" if closed else "open"


def _lock(town: Town, device: Device, order: Order, *, locked: bool) -> str:
    return "locked" if locked else "unlocked"


def _show(town: Town, device: Device, order: Order) -> str:
    town.sites[device.site].message = str(order.parameters.get("text", ""))[:200]
    return f"shows: {town.sites[device.site].message}"


def _blank(town: Town, device: Device, order: Order) -> str:
    town.sites[device.site].message = ""
    return "shows nothing"


def _announce(town: Town, device: Device, order: Order) -> str:
    if order.parameters.get("leave"):
        town.crowd.clear(device.site)
        return "asked people to leave"
    return "announced"


def _welcome(town: Town, device: Device, order: Order) -> str:
    town.crowd.welcome()
    return "all clear announced"


def _look(town: Town, device: Device, order: Order) -> str:
    optics = town.optics[device.id].turned_to(target(order))
    town.optics[device.id] = optics
    return f"pan {optics.pan_deg:.1f}°, tilt {optics.tilt_deg:.1f}°"


def _home(town: Town, device: Device, order: Order) -> str:
    town.optics[device.id] = next(c.optics for c in CAMERAS if c.id == device.id)
    return "back to its usual view"


def _block(town: Town, device: Device, order: Order, *, blocked: bool) -> str:
    town.blocked = blocked
    return "the sender is cut off" if blocked else "the sender is let in again"


def _go(town: Town, device: Device, order: Order) -> str:
    town.rovers[device.id].goal = target(order)
    return "on its way"


def _halt(town: Town, device: Device, order: Order) -> str:
    town.rovers[device.id].goal = None
    return "stopped"


def _cordon(town: Town, device: Device, order: Order) -> str:
    at = target(order)
    try:
        radius = float(order.parameters.get("radius_m", DEFAULT_CORDON_M))
    except (TypeError, ValueError) as error:
        raise InputError("is no number", field="parameters.radius_m") from error
    if not 1.0 <= radius <= 500.0:
        raise InputError("must be 1 to 500", field="parameters.radius_m")
    if len(town.crowd.keeps) >= MOST_CORDONS:
        raise InputError(f"there are {MOST_CORDONS} cordons already")
    town.rovers[device.id].goal = at
    town.crowd.keeps[order.number] = Keep(at, radius)
    return f"cordon of {radius:.0f} m"


def _lift(town: Town, device: Device, order: Order) -> str:
    town.crowd.keeps.pop(str(order.parameters.get("command", "")), None)
    return "cordon lifted"


Verb = Callable[[Town, Device, Order], str]
VERBS: Final[dict[str, dict[str, Verb]]] = {
    "gate": {
        "gate.close": partial(_gate, closed=True), "gate.close.undo": partial(_gate, closed=False),
        "gate.open": partial(_gate, closed=False), "gate.open.undo": partial(_gate, closed=True),
    },
    "door": {"door.lock": partial(_lock, locked=True), "door.lock.undo": partial(_lock, locked=False)},
    "sign": {"sign.show": _show, "sign.show.undo": _blank},
    "address": {"address.say": _announce, "address.say.undo": _welcome},
    "camera": {"camera.look": _look, "camera.look.undo": _home},
    "switch": {
        f"network.{name}{undo}": partial(_block, blocked=not undo)
        for name in ("isolate", "block") for undo in ("", ".undo")
    },
    "unit": {"unit.go": _go, "unit.go.undo": _halt, "cordon.set": _cordon, "cordon.set.undo": _lift},
}  # fmt: skip
"""What each kind of device can do. An action with `.undo` takes back what the parameter `command` names."""
