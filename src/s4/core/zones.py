"""The zones and lines of the city's cameras: those of its description, and what people have drawn since."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Final

import msgspec

from s4.core.city import AREAS, LINES, PRIVACY_MASK, City, Zone
from s4.core.errors import InputError
from s4.core.model import Command
from s4.core.model.command import ZONE_DECISIONS, ZONE_PUT
from s4.core.subjects import check_name

MOST_POINTS: Final = 64
MOST_ZONES: Final = 64
"""Of one camera."""
HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
"""When a zone applies, "HH:MM-HH:MM" UTC."""


class ZoneBook:
    """Which zones hold. Read by detection and the picture, told by the runner what people decide; safe across threads.

    `generation` grows with each change. A zone of the description is covered by what was drawn under its id, and stays
    away when it was taken away.
    """

    def __init__(self, city: City) -> None:
        self._stated = {zone.id: zone for zone in city.zone}
        self._decided: dict[str, tuple[Command, Zone | None]] = {}
        self._lock = threading.Lock()
        self.generation = 0

    def take(self, commands: Iterable[Command]) -> list[str]:
        """Take account of decisions, in any order, also repeatedly: of each zone the latest holds. Returns the ids that
        changed; what cannot be read is passed over.
        """
        changed = []
        with self._lock:
            for command in commands:
                known = self._decided.get(command.target)
                if command.action not in ZONE_DECISIONS or (known and not _later(command, known[0])):
                    continue
                if (found := _said(command)) is not None:
                    self._decided[command.target] = found
                    changed.append(command.target)
            self.generation += bool(changed)
        return changed

    def zones(self) -> tuple[Zone, ...]:
        """Every zone that holds, those of the description first."""
        with self._lock:
            decided = {name: zone for name, (_, zone) in self._decided.items()}
        kept = [decided.get(name, zone) for name, zone in self._stated.items()]
        drawn = [decided[name] for name in sorted(decided) if name not in self._stated]
        return tuple(zone for zone in (*kept, *drawn) if zone is not None)

    def of(self, camera: str) -> tuple[Zone, ...]:
        """Those of one camera."""
        return tuple(zone for zone in self.zones() if zone.source == camera)

    def last_decision(self, zone: str) -> Command | None:
        """The decision that holds about a zone, or None."""
        with self._lock:
            found = self._decided.get(zone)
        return found[0] if found else None


def check_zone(zone: Zone) -> None:
    """Raise `InputError` for a zone that cannot be drawn: its id, its points, an outline that crosses itself.

    >>> check_zone(Zone("gate", "cam-1", "Gate", ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))))
    Traceback (most recent call last):
    s4.core.errors.InputError: outline: crosses itself
    """
    check_name(zone.id, field="id")
    if zone.kind not in AREAS | LINES:
        raise InputError(f"must be one of {', '.join(sorted(AREAS | LINES))}", field="kind")
    if zone.hours and not HOURS.fullmatch(zone.hours):
        raise InputError('must be "HH:MM-HH:MM" (UTC), or empty', field="hours")
    if zone.hours and zone.kind == PRIVACY_MASK:
        raise InputError("a privacy mask holds all day", field="hours")
    least = 2 if zone.kind in LINES else 3
    if not least <= len(zone.outline) <= MOST_POINTS:
        raise InputError(f"needs {least} to {MOST_POINTS} points", field="outline")
    if not all(0.0 <= value <= 1.0 for point in zone.outline for value in point):
        raise InputError("must lie in the picture, from 0 to 1", field="outline")
    if len(set(zone.outline)) != len(zone.outline):
        raise InputError("has the same point twice", field="outline")
    if zone.kind not in LINES and crosses_itself(zone.outline):
        raise InputError("crosses itself", field="outline")
    if not 1 <= len(zone.name.strip()) <= 100:
        raise InputError("needs 1 to 100 letters", field="name")


def crosses_itself(outline: tuple[tuple[float, float], ...]) -> bool:
    """Whether two sides of a closed outline that are no neighbours cross or touch. Cost: the square of its points."""
    count = len(outline)
    sides = [(outline[i], outline[(i + 1) % count]) for i in range(count)]
    return any(
        _meet(*sides[i], *sides[j]) for i in range(count) for j in range(i + 2, count) if (i, j) != (0, count - 1)
    )


Point = tuple[float, float]


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    first, second, third, fourth = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if first * second < 0 and third * fourth < 0:
        return True
    touching = ((first, a, b, c), (second, a, b, d), (third, c, d, a), (fourth, c, d, b))
    return any(turn == 0 and _within(start, end, point) for turn, start, end, point in touching)


def _later(command: Command, known: Command) -> bool:
    return (command.time, command.id) > (known.time, known.id)


def _said(command: Command) -> tuple[Command, Zone | None] | None:
    if command.action != ZONE_PUT:
        return command, None
    try:
        zone = msgspec.json.decode(str(command.parameters.get("definition", "")), type=Zone)
        check_zone(zone)
    except (msgspec.DecodeError, InputError):
        return None
    return (command, zone) if zone.id == command.target else None
