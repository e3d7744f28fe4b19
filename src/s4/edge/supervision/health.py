"""From what is remembered of a device to how it is doing, and which happenings go on."""

from __future__ import annotations

from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.core.devices import Health
from s4.core.register import Device, Register, Standing
from s4.edge.supervision.line import NEVER, Line

SILENT_FACTOR: Final = 3.0
"""A device is silent when nothing was heard for this many times its `fresh_s`."""
LATE_FACTOR: Final = 1.5
FAULTY_AT, SOUND_AT = 0.6, 0.3
"""Share of what it sent lately that was refused: from here on it is faulty, down to there again sound."""
FLOOD_NS: Final = 10 * NS_PER_S
"""For so long after it sent without measure it still counts as flooding."""
BATTERY_BACK: Final = 1.1
"""How far above the limit the battery must come before it counts as full enough again."""

SILENT, FAULTY, FLOOD = "source_silent", "device_faulty", "device_flood"
BATTERY, UNKNOWN = "battery_low", "unknown_device"


class Opinion(NamedTuple):
    """`health` and why; `happening`: what goes on, by kind of detection, each with its sentence."""

    health: Health
    detail: str
    happening: dict[str, str]


def judge(name: str, line: Line, register: Register, begun: int, now: int) -> Opinion:
    """How a device is doing at `now` (ns)."""
    device, standing = register.of(name), register.standing(name)
    if device is None:
        return _stranger(name, line, standing)
    if (work := register.maintained(name)) is not None:
        why = f": {work.reason}" if work.reason else ""
        return Opinion("maintenance", f"{work.approved_by} works on it{why}", {})
    happening = _happening(device, line, begun, now)
    return Opinion(*_health(device, line, happening, begun, now), happening)


def _stranger(name: str, line: Line, standing: Standing) -> Opinion:
    if standing == "rejected":
        return Opinion("rejected", "a person keeps it out", {})
    way = f" through {line.via}" if line.via else ""
    return Opinion("held", "waits for a person to let it in", {UNKNOWN: f"Unknown device {name}{way}: let it in?"})


def quiet_s(device: Device, line: Line, begun: int, now: int) -> float:
    """For how long nothing was heard, s; 0 for what only speaks when something happens."""
    return (now - (begun if line.heard == NEVER else line.heard)) / NS_PER_S if device.fresh_s > 0 else 0.0


def _happening(device: Device, line: Line, begun: int, now: int) -> dict[str, str]:
    found = {}
    quiet = quiet_s(device, line, begun, now)
    if quiet > SILENT_FACTOR * device.fresh_s:
        found[SILENT] = f"{device.name} silent for {quiet:.0f} s"
    if line.bad > FAULTY_AT or (FAULTY in line.open and line.bad > SOUND_AT):
        found[FAULTY] = f"{device.name} says what cannot be: {line.reason}"
    if line.flood_at != NEVER and now - line.flood_at < FLOOD_NS:
        found[FLOOD] = f"{device.name} sends {line.flood_per_s:,.0f} messages a second"
    battery = device.profile.battery if device.profile else None
    if battery is not None and line.battery is not None:
        limit = battery.low * (BATTERY_BACK if BATTERY in line.open else 1.0)
        if line.battery <= limit:
            found[BATTERY] = f"Battery of {device.name} is low: {line.battery:g}"
    return found


def _health(device: Device, line: Line, happening: dict[str, str], begun: int, now: int) -> tuple[Health, str]:
    if SILENT in happening:
        return "silent", "never heard" if line.heard == NEVER else "not heard any more"
    for kind in (FLOOD, FAULTY):
        if kind in happening:
            return "faulty", happening[kind]
    quiet = quiet_s(device, line, begun, now)
    if quiet > LATE_FACTOR * device.fresh_s:
        return "late", f"more than {LATE_FACTOR * device.fresh_s:g} s since it was heard"
    return "ok", happening.get(BATTERY, "not heard yet" if line.heard == NEVER else "")
