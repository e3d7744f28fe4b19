"""A zone in the picture: whose feet are inside, and whether its hours are on."""

from __future__ import annotations

from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError
from s4.core.zones import HOURS

_DAY_S: Final = 86_400


def inside(outline: tuple[tuple[float, float], ...], x: float, y: float) -> bool:
    """Whether a point lies in a polygon (even-odd rule; the ray goes towards greater x).

    >>> square = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    >>> inside(square, 0.5, 0.5), inside(square, 1.5, 0.5)
    (True, False)
    """
    odd = False
    x1, y1 = outline[-1]
    for x2, y2 in outline:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            odd = not odd
        x1, y1 = x2, y2
    return odd


class Hours:
    """The daily hours of a zone, "HH:MM-HH:MM" UTC, over midnight when the second is earlier; always when empty.

    >>> Hours("22:00-06:00").on(23 * 3600 * 10**9), Hours("22:00-06:00").on(12 * 3600 * 10**9)
    (True, False)
    """

    def __init__(self, text: str, *, field: str = "hours") -> None:
        match = HOURS.fullmatch(text) if text else None
        if text and match is None:
            raise ConfigError(f'{text[:20]!r} is not "HH:MM-HH:MM"', field=field)
        first, second, third, fourth = (int(part) for part in match.groups()) if match else (0, 0, 0, 0)
        self._from, self._to = first * 3600 + second * 60, third * 3600 + fourth * 60

    def on(self, time: int) -> bool:
        """Whether the zone applies at `time` (ns UTC). Equal ends mean all day."""
        second = time // NS_PER_S % _DAY_S
        if self._from == self._to:
            return True
        if self._from < self._to:
            return self._from <= second < self._to
        return second >= self._from or second < self._to


class ZoneInPicture:
    """A zone of the city, ready to ask."""

    def __init__(self, zone: Zone) -> None:
        if len(zone.outline) < 3:
            raise ConfigError("an outline needs at least 3 corners", field=f"zone {zone.id}.outline")
        self.id, self.name, self.outline = zone.id, zone.name, zone.outline
        self._hours = Hours(zone.hours, field=f"zone {zone.id}.hours")

    def holds(self, point: tuple[float, float], time: int) -> bool:
        """Whether a point (fractions of the picture) is inside while the zone applies."""
        return self._hours.on(time) and inside(self.outline, *point)
