"""What s4 itself says of devices: notices (sensing: what was refused or held), states (edge: how each is doing).

Both travel down the street as observations of the source `s4`, under names that no device may use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeVar

import msgspec

from s4.core.model.observation import Observation
from s4.core.own_words import hear, say
from s4.core.subjects import DEVICE_NOTICE, DEVICE_STATE

Health = Literal["ok", "late", "silent", "faulty", "maintenance", "held", "rejected"]
MOST_SAID: Final = 16


class DeviceNotice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What sensing noticed of one device since it last said so; all numbers count messages or readings.

    `refused` with the last `reason`; `repeated`: dropped because they had come already; `moved`: taken as true when
    they arrived, because their own time cannot be; `ahead_ms`: by how much the last of those was ahead of our clock
    (negative: behind); `flood_per_s`: messages a second when that was more than it may send, of which `left_out` were
    not looked at; `held`: not taken in because nobody has let the device in, which `via` brought; `said`: what it said
    last, by property.
    """

    device: str
    via: str = ""
    refused: int = 0
    reason: str = ""
    repeated: int = 0
    moved: int = 0
    ahead_ms: float = 0.0
    flood_per_s: float = 0.0
    left_out: int = 0
    held: int = 0
    said: Mapping[str, str] = {}


class DeviceState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one device is doing.

    `since`: ns UTC since which its `health` is that; `detail`: why, in words; `last_seen`: ns UTC when s4 last heard it
    (0 = never); `accepted`, `refused` (with the last `reason`), `repeated`, `moved`, `left_out`, `held`: counts since
    it is watched; `battery` in the unit of its profile; `ahead_ms`: by how much its clock is ahead of ours (median of
    its last readings, negative: behind, or that much under way); `per_s`: messages or readings a second over the last
    minute; `said`: what a held device said last, by property; `by`: who let it in, keeps it out, or works on it.
    """

    device: str
    site: str
    health: Health
    since: int
    detail: str = ""
    via: str = ""
    last_seen: int = 0
    accepted: int = 0
    refused: int = 0
    reason: str = ""
    repeated: int = 0
    moved: int = 0
    left_out: int = 0
    held: int = 0
    battery: float | None = None
    ahead_ms: float | None = None
    per_s: float = 0.0
    said: Mapping[str, str] = {}
    by: str = ""


_PROPERTY: Final[dict[type, str]] = {DeviceNotice: DEVICE_NOTICE, DeviceState: DEVICE_STATE}
T = TypeVar("T", DeviceNotice, DeviceState)


def told(what: DeviceNotice | DeviceState, site: str, now: int) -> Observation:
    """The observation that carries a notice or a state.

    >>> read(told(DeviceNotice("co2-1", refused=2), "square", 5), DeviceNotice).refused
    2
    """
    return say(_PROPERTY[type(what)], what.device, what, site, now)


def read(seen: Observation, kind: type[T]) -> T | None:
    """The notice or state in an observation; None when it carries something else. Raises `InputError`."""
    return hear(seen, _PROPERTY[kind], kind)
