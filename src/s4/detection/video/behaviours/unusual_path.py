"""Unusual path or speed: somebody goes where, or as, hardly anybody does in this place at this hour of the day.

What is usual is learnt from everybody who passes: cell by cell, in which direction and how fast. Nothing is told before
300 people were seen at an hour. Then somebody is unusual who, along a way of at least ten steps, keeps doing what
fewer than one in a hundred did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from s4.core.city import Zone
from s4.core.ports import Card
from s4.detection.video.habits import Habits, Step, step_of
from s4.detection.video.happening import Happening
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from s4.detection.video.trust import rate, trust
from s4.detection.video.walkers import Walker, walkers

KIND: Final = "unusual_path"
FEWEST: Final = 300  # people, before anything is unusual
LONGEST: Final = 64  # steps kept of a way
LEAST: Final = 10  # steps, before a way is judged
RARE: Final = 0.99
SHARE: Final = 0.9  # of the last steps that were rare
SHORTEST: Final = 2.0  # heights gone: less is no way


@dataclass(slots=True)
class Way:
    """`steps`: all of them, once each; `rare`: for the last ones, in order, whether hardly anybody goes so."""

    track: Track
    began: int
    steps: set[Step] = field(default_factory=set)
    rare: list[bool] = field(default_factory=list)
    last: Step | None = None
    happening: Happening | None = None
    time: int = 0


class UnusualPath:
    """One happening for each person. `Settings.update_every_s` applies. Nobody is judged by what he himself did."""

    card = Card(
        name=KIND,
        version="1",
        title="Unusual path or speed",
        purpose="Notice who goes where or as nobody does here at this time, so that an operator can look",
        legal_basis="GDPR Art. 6(1)(e) public task, for assessed places; the paths of all are counted and none is kept",
        limits="Unusual is not dangerous; learns for hours, anew after the camera was away or zones were drawn",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._every_s = settings.update_every_s
        self._habits = Habits()
        self._ways: dict[int, Way] = {}

    def see(self, scene: Scene) -> list[Statement]:
        """Judge everybody, then learn from those who have gone."""
        said: list[Statement] = []
        for walker in walkers(scene):
            way = self._ways.setdefault(walker.track.number, Way(walker.track, scene.time))
            said += self._step(way, walker, scene)
        followed = {track.number for track in scene.tracks}
        for number in [number for number in self._ways if number not in followed]:
            said += self._gone(self._ways.pop(number))
        return said

    def close(self, time: int) -> list[Statement]:
        """Everybody is gone from sight."""
        ways, self._ways = list(self._ways.values()), {}
        return [one for way in ways for one in self._gone(way)]

    def _step(self, way: Way, walker: Walker, scene: Scene) -> list[Statement]:
        track = way.track
        x, y = scene.view.fraction(track.x.position, track.y.position)
        step = step_of(x, y, track.x.velocity, track.y.velocity, walker.speed)
        way.time = scene.time
        if step != way.last:
            way.last = step
            way.steps.add(step)
            way.rare = [*way.rare[1 - LONGEST :], self._habits.rarity(scene.time, step) >= RARE]
        lately = way.rare[-LEAST:]
        known = self._habits.people(scene.time) >= FEWEST
        if not known or len(lately) < LEAST or track.travelled < SHORTEST or sum(lately) < SHARE * len(lately):
            return []
        way.happening = way.happening or Happening(KIND, str(track.number), way.began)
        way.happening.note(trust(track) * rate(sum(lately), len(lately)), track.box)
        if not way.happening.due(scene.time, self._every_s):
            return []
        rare = round(sum(lately) / len(lately), 2)
        about = {"track": track.number, "share_rare": rare, "speed_m_s": round(walker.speed, 2)}
        return [way.happening.go_on(scene.time, "Person goes as hardly anybody does here at this hour", about)]

    def _gone(self, way: Way) -> list[Statement]:
        if way.track.travelled >= SHORTEST:
            self._habits.learn(way.began, way.steps)
        if way.happening is None:
            return []
        return [way.happening.say("end", way.time, "The person has gone", {"track": way.track.number})]
