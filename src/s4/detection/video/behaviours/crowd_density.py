"""Crowd density: too many people a square metre.

Two measures, of which the greater counts: those who are followed, counted within two metres of each of them; and, where
they hide one another, how much of the picture people cover. People who stand at random with density ρ cover a share
1 − exp(−ρ·a) of it (Boolean model; a: what one covers over what a square metre of ground does), which turns coverage
into density up to about two people a square metre.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.episode import Episode
from s4.detection.video.fruin import around_each, level
from s4.detection.video.picture import Box, around
from s4.detection.video.scale import PERSON_M
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.walkers import FORESHORTENED, walkers

KIND: Final = "crowd_density"
BODY: Final = 0.22  # of the square of a person's height: what one covers of the picture
WINDOW: Final = (4.0, 2.0)  # heights wide and high: about 50 m² of ground
FULL: Final = 0.98  # of a window: more tells no more
CROWD: Final = 6  # followed at once, before what covers the picture is taken for people
REMEMBERED_S: Final = 60.0
SURGE: Final = 0.02  # 1/s²
SURGE_M2: Final = 1.08  # people/m² (Fruin's level E): a pressure below is only people who pass each other
OVER_S: Final = 10.0
OVER: Final = "There is room again"


class _Fullest(NamedTuple):
    """The place where it is fullest: people/m², pressure in 1/s², mean speed in m/s."""

    density: float
    pressure: float
    speed: float
    box: Box


class CrowdDensity:
    """One happening for each time. `Settings.crowded_m2`, `crowded_after_s`, `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="Crowd too dense",
        purpose="Notice that a place fills up before people are crushed",
        legal_basis="GDPR Art. 6(1)(e) public task; numbers only",
        limits="Where people hide one another it says too little above two people/m², and without a calibrated ground "
        "it is right to a half; crowds that stand for minutes before they were seen to come are not seen",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._most = settings.crowded_m2
        after_s, every_s = settings.crowded_after_s, settings.update_every_s
        self._episode = Episode(KIND, "crowd", after_s=after_s, over_s=OVER_S, every_s=every_s)
        self._counts: deque[tuple[int, int]] = deque()

    def see(self, scene: Scene) -> list[Statement]:
        """Told when it has been too full, or has pressed, for long enough."""
        if not scene.settled:
            return []
        here = self._fullest(scene)
        if here.density < self._most and not (here.pressure >= SURGE and here.density >= SURGE_M2):
            return self._episode.fails(scene.time, OVER)
        about: Attributes = {
            "people_m2": round(here.density, 2),
            "level_of_service": level(here.density),
            "pressure_s2": round(here.pressure, 3),
            "speed_m_s": round(here.speed, 2),
        }
        text = f"About {here.density:.1f} people/m² (level {level(here.density)})"
        return self._episode.holds(scene.time, here.box, text, about)

    def close(self, time: int) -> list[Statement]:
        """Nobody looks any more."""
        return self._episode.end(OVER)

    def _fullest(self, scene: Scene) -> _Fullest:
        people = walkers(scene)
        self._counts.append((scene.time, len(people)))
        while scene.time - self._counts[0][0] > REMEMBERED_S * NS_PER_S:
            self._counts.popleft()
        found = _Fullest(0.0, 0.0, 0.0, Box(0.0, 0.0, 0.0, 0.0))
        if people:
            most = max(around_each(people), key=lambda one: one.density)
            found = _Fullest(most.density, most.pressure, most.speed, around([one.track.box for one in most.people]))
        if max(count for _, count in self._counts) < CROWD:
            return found
        density, box = covered(scene)
        return found._replace(density=density, box=box) if density > found.density else found


def covered(scene: Scene) -> tuple[float, Box]:
    """People/m² by what the foreground covers, in the window where that is most; 0 while nobody's height is known.
    Cost: about 0.5 ms.
    """
    import cv2

    if scene.scale is None or not scene.scale.known:
        return 0.0, Box(0.0, 0.0, 0.0, 0.0)
    height, width = scene.foreground.shape
    total = np.asarray(cv2.integral(scene.foreground.view(np.uint8)), np.float64)
    best, where = 0.0, Box(0.0, 0.0, 0.0, 0.0)
    row = 0
    while row < height:
        tall = float(scene.scale.tall(np.array([row + 0.0]))[0])
        w, h = min(round(WINDOW[0] * tall), width), min(round(WINDOW[1] * tall), height)
        if row + h > height:
            break
        strip = total[row + h] - total[row]
        inside = strip[w:] - strip[: len(strip) - w]
        left = int(inside.argmax())
        share = float(inside[left]) / (w * h)
        if share > best:
            best, where = share, Box(float(left), float(row), float(w), float(h))
        row += max(h // 4, 1)
    one = BODY * PERSON_M**2 / FORESHORTENED  # m² of ground that a person hides or stands on, as seen
    return float(-np.log(1.0 - min(best, FULL)) / one), where
