"""Track: one person followed from picture to picture, under a number that means nothing outside this camera."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import dist
from typing import Final

from s4.detection.video.appearance import Memory
from s4.detection.video.blobs import Blob
from s4.detection.video.motion import Axis, Motion
from s4.detection.video.picture import Box

CONFIRMED_AFTER: Final = 3
FOOT_SPREAD: Final = 0.08  # of the person's height: how far a foot point jumps from picture to picture
SPEED_SPREAD: Final = 1.0  # heights a second
ACCELERATION: Final = 0.8  # heights a second squared
FOLLOW_SIZE: Final = 0.25
STAND: Final = 0.5  # heights: who stays within this of a spot stands there


@dataclass(slots=True)
class Track:
    """`motion`: of the foot point; `w`, `h`: size, px; `born`, `seen`: ns UTC first and last seen;
    `spot`, `standing_s`: where it stands, and for how long;
    `hits`, `misses`: pictures in which it was seen and was not; `upright`: hits that had a person's shape;
    `travelled`: greatest distance from where it was born, in its own heights; `memory`: what it looks like; `met`: the
    numbers of those it was near to and may have been taken for, `since`: what it looks like since then; `last_foot`,
    `last_velocity`: px and px/s when it was last seen.
    """

    number: int
    motion: Motion
    w: float
    h: float
    born: int
    seen: int
    birthplace: tuple[float, float]
    hits: int = 1
    misses: int = 0
    upright: int = 0
    travelled: float = 0.0
    spot: tuple[float, float] = (0.0, 0.0)
    standing_s: float = 0.0
    unseen_s: float = 0.0
    hidden: bool = False
    memory: Memory | None = None
    met: set[int] = field(default_factory=set)
    since: Memory | None = None
    last_foot: tuple[float, float] = (0.0, 0.0)
    last_velocity: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, number: int, blob: Blob, time: int) -> Track:
        """A new track where a blob stands."""
        x, y = blob.box.foot
        h = blob.box.h
        return cls(
            number,
            Motion.at((x, y), spread=FOOT_SPREAD * h, speed_spread=SPEED_SPREAD * h),
            blob.box.w,
            h,
            time,
            time,
            (x, y),
            upright=int(blob.person),
            spot=(x, y),
            last_foot=(x, y),
        )

    @property
    def x(self) -> Axis:
        """Of the foot point, across the picture."""
        return self.motion.x

    @property
    def y(self) -> Axis:
        """Of the foot point, down the picture."""
        return self.motion.y

    @property
    def box(self) -> Box:
        """Where it is thought to be, working pixels."""
        w, h, motion = self.w, self.h, self.motion
        return Box(motion.x.position - w / 2, motion.y.position - h, w, h)

    @property
    def confirmed(self) -> bool:
        """Seen often enough, and mostly with a person's shape, not to be a flicker."""
        return self.hits >= CONFIRMED_AFTER and 2 * self.upright > self.hits

    @property
    def speed(self) -> float:
        """In its own heights a second, which needs no calibration."""
        return float((self.x.velocity**2 + self.y.velocity**2) ** 0.5 / self.h)

    def predict(self, dt_s: float) -> None:
        """Where it should be `dt_s` later."""
        self.standing_s += dt_s
        self.motion.predict(dt_s, acceleration=ACCELERATION * self.h)

    def take(self, blob: Blob, time: int) -> None:
        """It was seen as this blob."""
        box, motion = blob.box, self.motion
        foot = box.foot
        motion.correct(foot, spread=FOOT_SPREAD * self.h)
        self.w += FOLLOW_SIZE * (box.w - self.w)
        self.h = h = self.h + FOLLOW_SIZE * (box.h - self.h)
        self.last_foot, self.last_velocity = foot, (motion.x.velocity, motion.y.velocity)
        self.hits += 1
        self.upright += blob.person
        self.seen, self.unseen_s, self.hidden = time, 0.0, False
        self.travelled = max(self.travelled, dist(foot, self.birthplace) / h)
        if dist(foot, self.spot) > STAND * h:
            self.spot, self.standing_s = foot, 0.0

    def miss(self, dt_s: float, *, hidden: bool) -> None:
        """It was not seen; `hidden` when another one's blob stands where it should be."""
        self.misses += 1
        self.unseen_s += dt_s
        self.hidden = hidden

    def go_on_as(self, young: Track) -> None:
        """It is back, and was taken for a new one since; the time between counts neither as seen nor as missed."""
        self.hits += young.hits
        self.misses += young.misses
        self.upright += young.upright
        self.travelled = max(self.travelled, dist(young.last_foot, self.birthplace) / young.h)
        for name in _STATE:
            setattr(self, name, getattr(young, name))
        self.met, self.since = set(), None
        if self.memory is not None and young.memory is not None:
            self.memory.take(young.memory.look, young.memory.count)

    def exchange(self, other: Track) -> None:
        """The two went on with each other's person: each takes the other's place, and keeps its number and past."""
        for name in (*_STATE, "since"):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, theirs)
            setattr(other, name, mine)


_STATE: Final = (
    "motion", "w", "h", "seen", "spot", "standing_s", "unseen_s", "hidden", "last_foot", "last_velocity",
)  # fmt: skip
