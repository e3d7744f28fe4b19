"""Lines in the picture, and whose feet cross them which way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import dist
from typing import Final, NamedTuple

from s4.core.city import Zone
from s4.core.errors import ConfigError
from s4.detection.video.scene import Scene
from s4.detection.video.track import Track
from s4.detection.video.zone import Hours

STRIDE: Final = 0.25  # of the person's height: feet that tremble on a line do not cross it
BRISK: Final = 0.5  # heights a second: who goes so fast does not stand there and tremble
SHORT: Final = 0.08  # of the height: a step of theirs, told of in the very picture that shows it
Point = tuple[float, float]


def crossing(a: Point, b: Point, start: Point, end: Point) -> int:
    """How a step from `start` to `end` crosses the line from `a` to `b`, y growing downwards: 1 from its left to its
    right as seen on the way from `a` to `b`, -1 from right to left, 0 not at all.

    >>> crossing((0, 1), (2, 1), (1, 0), (1, 2)), crossing((0, 1), (2, 1), (1, 2), (1, 0))
    (1, -1)
    >>> crossing((0, 1), (2, 1), (3, 0), (3, 2))
    0
    """
    before, after = _side(a, b, start), _side(a, b, end)
    if (before >= 0) == (after >= 0):
        return 0
    right, left = (end, start) if after >= 0 else (start, end)  # the same both ways, whatever is touched
    if (_side(left, right, a) >= 0) == (_side(left, right, b) >= 0):
        return 0
    return 1 if after >= 0 else -1


def _side(a: Point, b: Point, point: Point) -> float:
    """Positive to the right of the line from `a` to `b`."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


class Crossing(NamedTuple):
    """`way`: "in" from the line's left to its right, "out" back; `place`: where the feet are now, working pixels."""

    track: Track
    way: str
    place: Point


class LineInPicture:
    """A zone of the city that is a line of two or more points, and the steps of those near it."""

    def __init__(self, zone: Zone) -> None:
        if len(zone.outline) < 2:
            raise ConfigError("a line needs at least 2 points", field=f"zone {zone.id}.outline")
        self.id, self.name = zone.id, zone.name
        self._points = zone.outline
        self._hours = Hours(zone.hours, field=f"zone {zone.id}.hours")
        self._steps: dict[int, Point] = {}

    def see(self, scene: Scene) -> list[Crossing]:
        """Who has crossed since the picture before, while the line applies."""
        width, height = scene.view.width, scene.view.height
        points = [(x * width, y * height) for x, y in self._points]
        followed = {track.number for track in scene.tracks}
        self._steps = {number: point for number, point in self._steps.items() if number in followed}
        found = [one for track in scene.tracks if track.unseen_s == 0.0 for one in self._step(track, points)]
        return found if self._hours.on(scene.time) else []

    def _step(self, track: Track, points: list[Point]) -> list[Crossing]:
        here = track.x.position, track.y.position
        before = self._steps.setdefault(track.number, here)
        least = SHORT if track.speed >= BRISK else STRIDE
        if dist(before, here) < least * track.h:
            return []
        self._steps[track.number] = here
        way = sum(crossing(a, b, before, here) for a, b in pairwise(points))
        return [Crossing(track, "in" if way > 0 else "out", here)] if way else []


def lines_of(kind: str, zones: Sequence[Zone]) -> list[LineInPicture]:
    """The lines among the zones of a camera that are for `kind`."""
    return [LineInPicture(zone) for zone in zones if zone.kind == kind]
