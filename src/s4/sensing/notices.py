"""What sensing has to say of devices besides their readings: what was refused, left out, or held back, and why."""

from __future__ import annotations

import threading
from typing import Final

import msgspec

from s4.core.city import City
from s4.core.clock import NS_PER_MS, NS_PER_S
from s4.core.devices import MOST_SAID, DeviceNotice, told
from s4.core.model import Observation
from s4.core.register import Register

MOST_WAITING: Final = 10_000
"""Devices of which something can wait to be told; of more nothing is told in that second."""
MOST_HELD: Final = 1_000
"""Devices that may wait for approval; whoever makes up ids does not fill the list of a person, or our memory."""
HELD_LETTERS: Final = 100
"""How many messages of a device that is held are kept, so that they can be sent again once it is let in."""
_LONGEST_REASON: Final = 200
_LONGEST_SAID: Final = 60


class _Line(msgspec.Struct):
    """A `DeviceNotice` while it grows."""

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
    said: dict[str, str] = {}


class Notices:
    """Counts by device, told at most once a second. Safe to use from several threads."""

    def __init__(self, city: City, register: Register) -> None:
        self._register = register
        self._site = city.site[0].id
        self._waiting: dict[str, _Line] = {}
        self._held: dict[str, int] = {}
        self._told = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def refused(self, device: str, reason: str, count: int = 1) -> None:
        """So many of a device were refused."""
        with self._lock:
            one = self._of(device)
            one.refused, one.reason = one.refused + count, reason[:_LONGEST_REASON]

    def repeated(self, device: str, count: int) -> None:
        """So many had come already."""
        with self._lock:
            one = self._of(device)
            one.repeated += count

    def moved(self, device: str, count: int, ahead_ns: int) -> None:
        """So many were taken as true when they arrived; the last was so far ahead of our clock."""
        with self._lock:
            one = self._of(device)
            one.moved, one.ahead_ms = one.moved + count, ahead_ns / NS_PER_MS

    def flooded(self, device: str, per_s: float, left_out: int) -> None:
        """It sent so many messages within a second."""
        with self._lock:
            one = self._of(device)
            one.flood_per_s, one.left_out = max(one.flood_per_s, per_s), one.left_out + left_out

    def held(self, device: str, via: str, name: str, said: str, count: int = 1) -> bool:
        """Something of a device that nobody has let in; whether the message itself shall be kept."""
        with self._lock:
            before = self._held.get(device)
            if before is None and len(self._held) >= MOST_HELD:
                one = self._of(via or device)
                one.refused, one.reason = one.refused + count, f"more than {MOST_HELD} devices wait for approval"
                return False
            self._held[device] = (before or 0) + count
            one = self._of(device)
            one.held, one.via = one.held + count, via
            if name in one.said or len(one.said) < MOST_SAID:
                one.said[name] = said[:_LONGEST_SAID]
            return (before or 0) < HELD_LETTERS

    def tell(self, now: int) -> list[Observation]:
        """What there is to say, when a second has passed since the last time."""
        if not self._waiting or 0 <= now - self._told < NS_PER_S:
            return []
        return self.tell_all(now)

    def tell_all(self, now: int) -> list[Observation]:
        """What there is to say, now."""
        with self._lock:
            waiting, self._waiting, self._told = self._waiting, {}, now
        return [told(DeviceNotice(**msgspec.structs.asdict(one)), self._site_of(one), now) for one in waiting.values()]

    def _site_of(self, one: _Line) -> str:
        known = self._register.of(one.device) or self._register.of(one.via)
        return known.site if known is not None else self._site

    def _of(self, device: str) -> _Line:
        found = self._waiting.get(device)
        if found is None:
            found = _Line(device)
            if len(self._waiting) < MOST_WAITING:
                self._waiting[device] = found
        return found
