"""How many people are in view: those who are followed, told once a second."""

from __future__ import annotations

from statistics import median_low
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.detection.video.scene import Scene
from s4.detection.video.trust import rate

HIDDEN_S: Final = 0.5
"""Unseen for longer than this, somebody is not counted: about as many are lost so as walk on hidden."""


def present(scene: Scene) -> int:
    """How many people there are in this picture; who was hidden half a second ago counts."""
    return sum(track.unseen_s <= HIDDEN_S for track in scene.tracks)


class Count(NamedTuple):
    """`people` in view in the second that ended at `time` (ns UTC); `confidence`: share of the second's pictures that
    show just as many, (n + 1) / (m + 2).
    """

    time: int
    people: int
    confidence: float


class PeopleCount:
    """The middle of what the pictures of a second show, so that one bad picture does not count."""

    def __init__(self) -> None:
        self._second: int | None = None
        self._seen: list[int] = []

    def see(self, scene: Scene) -> Count | None:
        """The count of the second before, when this picture begins a new one; pictures while the light changes tell
        nothing, and neither does a second without any other.
        """
        second = scene.time // NS_PER_S
        told = None
        if second != self._second:
            told = self._count(scene.time) if self._seen else None
            self._second, self._seen = second, []
        if scene.settled:
            self._seen.append(present(scene))
        return told

    def _count(self, time: int) -> Count:
        people = median_low(self._seen)
        return Count(time, people, rate(self._seen.count(people), len(self._seen)))
