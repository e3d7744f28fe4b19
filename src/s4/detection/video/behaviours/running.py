"""Running: somebody goes straight on for a second, faster than people walk.

Speed is measured in the person's own heights across the picture, by where the feet were a second ago, not by a
filter's guess; and only where others walked before, since what all do is no matter. Who runs towards the camera looks
slower and is told only when fast; nobody looks faster than he is. Confidence is how far the track is to be believed a
person, times the share of pictures since then in which it ran.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import dist
from typing import Final

import numpy as np

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.scale import PERSON_M
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from s4.detection.video.trust import rate, trust

KIND: Final = "running"
RUNS: Final = 1.75  # heights a second, 3 m/s: a jog; the quickest walk is 2.2 m/s, and boxes are a little short
FASTEST: Final = 5.0  # heights a second, 8.5 m/s: faster is on wheels, or two people taken for one
MEASURED_S: Final = 1.0
LASTS_S: Final = 0.5  # in a row, besides the second that each picture looks back on
STRAIGHT: Final = 0.85  # way there ÷ way gone: feet that tremble go far and come nowhere
STEADY: Final = (0.3, 2.0)  # times the mean: shorter and longer steps are of somebody else
LEAST_TALL: Final = 0.9  # of what people are here: half a person measures too quick
FLOWS: Final = 0.5  # of the speed, which a quarter of what moves in the person's box must show: feet may be exchanged
SOLID: Final = 0.75  # of the box: legs apart leave more of it empty, half a vehicle taken for a person less
WALKED: Final = 3  # people, before running is out of the ordinary
ORDINARY: Final = 1 / 3  # of the last ones: where more run, it is a road or a track
REMEMBERED: Final = 60
OVER_S: Final = 1.0


@dataclass(slots=True)
class Run:
    """`feet`: (ns, x, y) of the last second; `fast`, `pictures`: counted since the run began;
    `streak`: pictures in a row that show a run; `ran`: whether any did, for what is ordinary here.
    """

    track: Track
    feet: deque[tuple[int, float, float]] = field(default_factory=deque)
    happening: Happening | None = None
    ran: bool = False
    streak: int = 0
    last: int = 0
    fast: int = 0
    pictures: int = 0


class Running:
    """One happening for each run of each person. `Settings.update_every_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Person running",
        purpose="Notice who runs where people walk, as after a theft or away from a danger",
        legal_basis="GDPR Art. 6(1)(e) public task, for places that were assessed; no identification",
        limits="Runs of a second or more, across the picture rather than along the view; who catches a bus runs too",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._every_s = settings.update_every_s
        self._runs: dict[int, Run] = {}
        self._ran: deque[bool] = deque(maxlen=REMEMBERED)

    def see(self, scene: Scene) -> list[Statement]:
        """Runs start after a second and end a second after the last quick step."""
        said: list[Statement] = []
        followed = {track.number for track in scene.tracks}
        for track in scene.tracks:
            if track.unseen_s == 0.0:
                said += self._step(self._runs.setdefault(track.number, Run(track)), scene)
        for number, run in list(self._runs.items()):
            if run.happening and (number not in followed or scene.time - run.last > OVER_S * NS_PER_S):
                said.append(_end(run, run.happening))
            if number not in followed:
                del self._runs[number]
                if run.track.travelled >= 1.0:
                    self._ran.append(run.ran)
        return said

    def close(self, time: int) -> list[Statement]:
        """Everybody is gone from sight."""
        runs, self._runs = list(self._runs.values()), {}
        return [_end(run, run.happening) for run in runs if run.happening]

    def _step(self, run: Run, scene: Scene) -> list[Statement]:
        track = run.track
        run.feet.append((scene.time, track.x.position, track.y.position))
        while len(run.feet) > 2 and scene.time - run.feet[1][0] >= MEASURED_S * NS_PER_S:
            run.feet.popleft()
        speed = _speed(run, _tall(track, scene))
        run.pictures += 1
        run.ran = run.ran or speed >= RUNS
        run.streak = run.streak + 1 if RUNS <= speed <= FASTEST and _flows(track, speed, scene) else 0
        if run.streak * scene.dt_s < LASTS_S:
            return []
        if not self._out_of_the_ordinary():
            return []
        if run.happening is None:
            run.happening = Happening(KIND, str(track.number), run.feet[0][0])
            run.fast, run.pictures = 0, 1
        run.last, run.fast = scene.time, run.fast + 1
        run.happening.note(trust(track) * rate(run.fast, run.pictures), track.box)
        if not run.happening.due(scene.time, self._every_s):
            return []
        return [run.happening.go_on(scene.time, f"Person runs, about {PERSON_M * speed:.0f} m/s", _about(run, speed))]

    def _out_of_the_ordinary(self) -> bool:
        """Whether people walk here, of those who have gone and those who are in view."""
        now = [run.ran for run in self._runs.values() if run.track.travelled >= 1.0]
        ran = sum(self._ran) + sum(now)
        walked = len(self._ran) + len(now) - ran
        return walked >= WALKED and sum(self._ran) <= ORDINARY * max(len(self._ran), WALKED)


def _about(run: Run, speed: float) -> Attributes:
    return {"track": run.track.number, "speed_heights_s": round(speed, 2)}


def _end(run: Run, happening: Happening) -> Statement:
    run.happening = None
    return happening.say("end", run.last, "Person runs no more", {"track": run.track.number})


def _tall(track: Track, scene: Scene) -> float:
    """The person's height; what people are here when only a part of one seems to be seen."""
    if scene.scale is None or not scene.scale.known:
        return track.h
    return max(track.h, LEAST_TALL * float(scene.scale.tall(np.array([track.y.position - track.h / 2]))[0]))


def _flows(track: Track, speed: float, scene: Scene) -> bool:
    """Whether the picture itself moves so in the person's box, and it is no vehicle's. Cost: the flow, once."""
    if scene.flow is None:
        return True
    motion, box = scene.flow.motion, track.box
    left, top, w, h = (max(round(value / motion.step), 0) for value in box)
    part = slice(top, top + h), slice(left, left + w)
    moves = motion.speed[part][motion.changed[part]]
    solid = scene.flow.small(scene.foreground)[part]
    if not len(moves) or float(solid.mean()) > SOLID:
        return False
    return float(np.quantile(np.hypot(moves[:, 0], moves[:, 1]), 0.75)) >= FLOWS * speed * track.h


def _speed(run: Run, tall: float) -> float:
    """Heights a second over the last second, straight from its beginning to its end; 0 when it was not straight on."""
    feet = list(run.feet)
    seconds = (feet[-1][0] - feet[0][0]) / NS_PER_S
    if seconds < 0.9 * MEASURED_S or seconds > 2 * MEASURED_S or len(feet) < 4:
        return 0.0
    gone = dist(feet[0][1:], feet[-1][1:])
    steps = [dist(one[1:], other[1:]) for one, other in pairwise(feet)]
    mean = sum(steps) / len(steps)
    if gone < STRAIGHT * sum(steps) or min(steps) < STEADY[0] * mean or max(steps) > STEADY[1] * mean:
        return 0.0
    return gone / seconds / tall
