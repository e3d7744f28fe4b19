"""The register: which devices the city knows, by its description and by what people have decided since.

It is a function of the city's description and the decisions alone, in whatever order those are learned; so every room
keeps one of its own, and all agree.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from s4.core.city import City, Outlet, Source, outlet_by_profile
from s4.core.model.command import (
    DEVICE_APPROVE,
    DEVICE_DECISIONS,
    DEVICE_MAINTAIN,
    DEVICE_REJECT,
    Command,
)
from s4.core.model.place import Place
from s4.core.profile import DeviceProfile

Standing = Literal["known", "approved", "held", "rejected"]
_ADMISSION: Final = (DEVICE_APPROVE, DEVICE_REJECT)
_KEPT: Final = ("approved", "done", "acknowledged", "sent")


class Device(NamedTuple):
    """One device: what the description, or the person who approved it, says of it. `fresh_s` as in `Source`."""

    id: str
    site: str
    name: str
    place: Place | None
    profile: DeviceProfile | None
    door: str
    via: str
    fresh_s: float
    standing: Standing


class Register:
    """Devices by id. Safe to read from any thread; `generation` grows when a decision changes something."""

    def __init__(self, city: City, decisions: Iterable[Command] = ()) -> None:
        self._city = city
        self._profiles = {one.name: one for one in city.profile}
        self._stated = {row.id: self._as_stated(row) for row in city.source}
        self._speakers = _speakers(city)
        self._approved: dict[str, Device] = {}
        self._admissions: dict[str, Command] = {}
        self._works: dict[str, Command] = {}
        self._lock = threading.Lock()
        self.generation = 0
        self.take(decisions)

    def take(self, commands: Iterable[Command]) -> list[str]:
        """Learn decisions, in any order, again or for the first time; returns the devices for which that changes
        something. Commands about anything else, and those that were not carried out, are passed over.
        """
        changed = []
        with self._lock:
            for command in commands:
                if command.action not in DEVICE_DECISIONS or command.state not in _KEPT:
                    continue
                kept = self._admissions if command.action in _ADMISSION else self._works
                if _newer(command, kept.get(command.target)):
                    kept[command.target] = command
                    self._approve(command)
                    changed.append(command.target)
            self.generation += bool(changed)
        return changed

    def _approve(self, command: Command) -> None:
        if command.action == DEVICE_APPROVE:
            self._approved[command.target] = self._as_approved(command)
        elif command.action == DEVICE_REJECT:
            self._approved.pop(command.target, None)

    def of(self, device: str) -> Device | None:
        """What is known of a device; None when its readings may not come in."""
        return self._stated.get(device) or self._approved.get(device)

    def may_speak(self, device: str) -> bool:
        """Whether what `device` says is taken in; outlets and units answer commands, so they may too."""
        return device in self._speakers or device in self._approved

    def standing(self, device: str) -> Standing:
        """How the city stands to a device."""
        if device in self._speakers:
            return "known"
        decided = self._admissions.get(device)
        if decided is None:
            return "held"
        return "approved" if decided.action == DEVICE_APPROVE else "rejected"

    def maintained(self, device: str) -> Command | None:
        """The decision by which somebody works on the device now, or None."""
        decided = self._works.get(device)
        return decided if decided is not None and decided.action == DEVICE_MAINTAIN else None

    def outlet(self, device: str) -> Outlet | None:
        """What carries out the commands of a device: its outlet in the description, or what its profile says it obeys
        if it was approved since and connects by itself.
        """
        stated = next((row for row in self._city.outlet if row.id == device), None)
        approved = self._approved.get(device)
        if stated is not None or approved is None or approved.via:
            return stated
        return outlet_by_profile(device, approved.site, approved.profile, approved.name, approved.place)

    def devices(self) -> list[Device]:
        """Every source of the description, then those approved since, by id."""
        with self._lock:
            return [*self._stated.values(), *(self._approved[name] for name in sorted(self._approved))]

    def decisions(self) -> list[Command]:
        """What a register has to be told to become equal to this one."""
        with self._lock:
            return [*self._admissions.values(), *self._works.values()]

    def last_decision(self, device: str) -> Mapping[str, Command]:
        """The decisions that hold about a device: `admission` and `work`, where there is one."""
        found = {"admission": self._admissions.get(device), "work": self._works.get(device)}
        return {name: one for name, one in found.items() if one is not None}

    def _as_stated(self, row: Source) -> Device:
        profile = self._profiles.get(row.profile)
        place = row.place or next((site.place for site in self._city.site if site.id == row.site), None)
        return Device(row.id, row.site, row.name or row.id, place, profile, row.door, row.via, row.fresh_s, "known")

    def _as_approved(self, command: Command) -> Device:
        said = command.parameters
        profile = self._profiles.get(str(said.get("profile", "")))
        place = next((site.place for site in self._city.site if site.id == command.site), None)
        return Device(
            command.target, command.site, str(said.get("name", "")) or command.target, place, profile, "device",
            str(said.get("via", "")), profile.fresh_s if profile else 0.0, "approved",
        )  # fmt: skip


def _newer(command: Command, kept: Command | None) -> bool:
    """Whether it was decided later; of two at one instant the one with the greater id holds, wherever it is asked."""
    return kept is None or (command.time, command.id) > (kept.time, kept.id)


def _speakers(city: City) -> frozenset[str]:
    answering = [str(name) for row in city.outlet for name in (row.id, row.options.get("device")) if name]
    return frozenset([*(row.id for row in city.source), *answering])
