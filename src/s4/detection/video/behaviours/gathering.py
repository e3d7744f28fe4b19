"""Gathering: many people stand together on one spot, and stay.

People belong together who stand within two metres of each other, one next to another (single linkage). Who walks by
does not count, and a queue that moves on does not stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from s4.core.city import Zone
from s4.core.ports import Card
from s4.detection.video.episode import Episode
from s4.detection.video.picture import Box, around
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.walkers import Walker, walkers

KIND: Final = "gathering"
NEAR_M: Final = 2.0
STANDS_M_S: Final = 0.7  # slower than this, people stand, or step from foot to foot
SAME_M: Final = 3.0  # a group whose middle has moved less is the same
FOLLOWS: Final = 0.1  # weight of the newest picture in where the middle is
OVER_S: Final = 5.0
OVER: Final = "The people who stood together have left"


@dataclass(slots=True)
class Group:
    """`x`, `y`: its middle, metres."""

    episode: Episode
    x: float
    y: float


class Gathering:
    """One happening for each group. `Settings.gathering_people`, `gathering_after_s`, `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="People gather",
        purpose="Notice where many come together, so that somebody looks before it becomes too full or a quarrel",
        legal_basis="GDPR Art. 6(1)(e) public task; numbers only, nobody is followed further",
        limits="Who hides behind others is not counted; a place of assembly needs a higher number",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._fewest, self._after_s = settings.gathering_people, settings.gathering_after_s
        self._every_s = settings.update_every_s
        self._groups: list[Group] = []
        self._number = 0

    def see(self, scene: Scene) -> list[Statement]:
        """Told after long enough, and when they have gone."""
        standing = [one for one in walkers(scene) if one.speed < STANDS_M_S]
        said: list[Statement] = []
        free = list(self._groups)
        for people in together(standing, NEAR_M):
            if len(people) >= self._fewest:
                group = self._group(people, free)
                text = f"{len(people)} people stand together"
                said += group.episode.holds(scene.time, _box(people), text, {"people": len(people)})
        for group in free:
            said += group.episode.fails(scene.time, OVER)
        self._groups = [group for group in self._groups if group.episode.going_on]
        return said

    def close(self, time: int) -> list[Statement]:
        """Nobody is seen any more."""
        groups, self._groups = self._groups, []
        return [one for group in groups for one in group.episode.end(OVER)]

    def _group(self, people: list[Walker], free: list[Group]) -> Group:
        """The group that stood there before, or a new one."""
        x, y = (sum(values) / len(people) for values in zip(*((one.x, one.y) for one in people), strict=True))
        for group in free:
            if hypot(group.x - x, group.y - y) <= SAME_M:
                free.remove(group)
                group.x, group.y = group.x + FOLLOWS * (x - group.x), group.y + FOLLOWS * (y - group.y)
                return group
        self._number += 1
        episode = Episode(KIND, str(self._number), after_s=self._after_s, over_s=OVER_S, every_s=self._every_s)
        self._groups.append(Group(episode, x, y))
        return self._groups[-1]


def together(people: list[Walker], near_m: float) -> list[list[Walker]]:
    """Those within `near_m` of one another, from neighbour to neighbour; loners as groups of one."""
    left, groups = list(people), []
    while left:
        group = [left.pop()]
        for one in group:
            joined = [other for other in left if one.apart(other) <= near_m]
            left = [other for other in left if other not in joined]
            group += joined
        groups.append(group)
    return groups


def _box(people: list[Walker]) -> Box:
    return around([one.track.box for one in people])
