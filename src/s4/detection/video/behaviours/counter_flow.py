"""Counter-flow: two streams of people walk against each other through one narrow, full place.

Around everybody who walks, those within four metres are parted by the axis along which they walk. When there are many,
close to one another, and at least a quarter of them goes against the others, for some seconds, the streams hinder
each other and may stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.city import Zone
from s4.core.ports import Card
from s4.detection.video.episode import Episode
from s4.detection.video.fruin import level
from s4.detection.video.picture import around
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.walkers import Walker, walkers

KIND: Final = "counter_flow"
DISC_M: Final = 4.0
WALKS_M_S: Final = 0.3
MANY: Final = 10
AGAINST: Final = 0.25  # share of the smaller stream
ALIGNED: Final = 0.6  # mean cosine of twice the angle to the axis: 1 for two streams, 0 for a crowd that mills about
CROWDED_M2: Final = 0.43  # Fruin's level C begins: people have to give way to each other
AFTER_S: Final = 3.0
OVER_S: Final = 5.0
OVER: Final = "The streams no longer meet"
Floats = NDArray[np.float64]


class Streams(NamedTuple):
    """Two streams in one place: how many people, people/m², share of the smaller stream, m/s of all."""

    people: tuple[Walker, ...]
    density: float
    against: float
    speed: float


class CounterFlow:
    """One happening for each time. `Settings.update_every_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Counter-flow in a crowd",
        purpose="Notice where full streams of people meet head on, so that ways can be parted before they jam",
        legal_basis="GDPR Art. 6(1)(e) public task; numbers only",
        limits="Ten people and more who can be followed; one person against a stream is a matter for a line",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._episode = Episode(KIND, "streams", after_s=AFTER_S, over_s=OVER_S, every_s=settings.update_every_s)

    def see(self, scene: Scene) -> list[Statement]:
        """Told when it has lasted for three seconds."""
        found = meeting([one for one in walkers(scene) if one.speed >= WALKS_M_S])
        if found is None:
            return self._episode.fails(scene.time, OVER)
        about: Attributes = {
            "people": len(found.people),
            "people_m2": round(found.density, 2),
            "level_of_service": level(found.density),
            "share_against": round(found.against, 2),
            "speed_m_s": round(found.speed, 2),
        }
        text = f"{len(found.people)} people in two streams, {found.against:.0%} against the others"
        return self._episode.holds(scene.time, around([one.track.box for one in found.people]), text, about)

    def close(self, time: int) -> list[Statement]:
        """Nobody looks any more."""
        return self._episode.end(OVER)


def meeting(people: Sequence[Walker]) -> Streams | None:
    """The fullest place where two streams meet; None where none do."""
    if len(people) < MANY:
        return None
    places = np.array([(one.x, one.y) for one in people])
    speeds = np.array([(one.vx, one.vy) for one in people])
    near = np.linalg.norm(places[:, None] - places[None], axis=2) <= DISC_M
    found = [one for row in near if (one := _streams(np.flatnonzero(row), people, speeds))]
    return max(found, key=lambda one: one.density, default=None)


def _streams(here: NDArray[np.int64], people: Sequence[Walker], speeds: Floats) -> Streams | None:
    density = len(here) / (pi * DISC_M**2)
    if len(here) < MANY or density < CROWDED_M2:
        return None
    angles = np.arctan2(speeds[here, 1], speeds[here, 0])
    axis = float(np.angle(np.exp(2j * angles).mean())) / 2
    if np.cos(2 * (angles - axis)).mean() < ALIGNED:
        return None
    along = np.cos(angles - axis) > 0
    against = min(along.mean(), 1 - along.mean())
    if against < AGAINST:
        return None
    mean = float(np.linalg.norm(speeds[here], axis=1).mean())
    return Streams(tuple(people[index] for index in here), density, float(against), mean)
