"""The living city: one step at a time, people move, sensors speak, devices obey. All that it says lands in `outbox`.

Nothing here knows the network or the machine's clock: the same seed, script and commands give the same words.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, NamedTuple

import numpy as np

from s4.core.clock import NS_PER_S, format_time
from s4.exercise.crowd import STEP_S, Crowd
from s4.exercise.figures import Figures, Thing
from s4.exercise.fixtures import CAMERAS, DEVICES, HAUNTS, SENSORS, UNITS, YARD
from s4.exercise.optics import Floats, Optics
from s4.exercise.plan import FRAME, Plan, make_plan
from s4.exercise.shapes import Point
from s4.exercise.walkways import Walkways

PEOPLE: Final = 220


class Message(NamedTuple):
    """What a device says: `body` is what it puts on the wire."""

    device: str
    property: str
    body: dict[str, Any]


class Step(NamedTuple):
    """A corner of somebody's way: when (s since the start) and where."""

    at_s: float
    at: Point


@dataclass(frozen=True)
class Actor:
    """Somebody with a part to play: walks from corner to corner by the clock, and is in sight from first to last."""

    name: str
    way: tuple[Step, ...]
    height_m: float = 1.75
    look: int = 3

    def place(self, now_s: float) -> Point | None:
        """Where they are, or None when they are not in sight."""
        if not self.way[0].at_s <= now_s <= self.way[-1].at_s:
            return None
        times = [s.at_s for s in self.way]
        return tuple(float(np.interp(now_s, times, [s.at[k] for s in self.way])) for k in (0, 1))  # type: ignore[return-value]


@dataclass
class Site:
    """The moods of a site: `extra_db`: how much louder than usual; `message`: what its signs show."""

    extra_db: float = 0.0
    message: str = ""


@dataclass
class Rover:
    """A unit on the move. `goal`: where it was sent, if anywhere."""

    id: str
    at: Point
    goal: Point | None = None
    heading_deg: float = 0.0
    speed_m_s: float = 0.0


@dataclass
class Town:
    """The state of everything. `start`: ns UTC of step 0; `blocked`: the core switch lets no stranger through."""

    seed: int
    start: int
    plan: Plan
    crowd: Crowd
    steps: int = 0
    outbox: list[Message] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    truth: list[dict[str, Any]] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    things: dict[str, Thing] = field(default_factory=dict)
    sites: dict[str, Site] = field(
        default_factory=lambda: {s: Site() for s in ("square", "stadium", "station", "network")}
    )
    optics: dict[str, Optics] = field(default_factory=lambda: {c.id: c.optics for c in CAMERAS})
    rovers: dict[str, Rover] = field(default_factory=lambda: {u.id: Rover(u.id, u.at) for u in UNITS})
    traffic_mbit_s: float = 0.0
    blocked: bool = False
    agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)

    @classmethod
    def found(cls, seed: int, start: int, people: int = PEOPLE) -> Town:
        """A town at `start`, with as many people about as the hour brings."""
        plan = make_plan(seed)
        about = max(12, round(people * rhythm(start)))
        return cls(seed, start, plan, Crowd(Walkways(plan, closed=(YARD,)), HAUNTS, about, seed))

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return self.steps * STEP_S

    @property
    def now(self) -> int:
        """Ns UTC."""
        return self.start + round(self.now_s * NS_PER_S)

    def at(self, when_s: float, what: Callable[[], None]) -> None:
        """Have something done at `when_s` seconds after the start; what is due together happens in order of entry."""
        heappush(self.agenda, (when_s, next(self.order), what))

    def step(self) -> None:
        """One step of 0.2 s."""
        self.steps += 1
        while self.agenda and self.agenda[0][0] <= self.now_s + 1e-9:
            heappop(self.agenda)[2]()
        self.crowd.step(self._in_the_way())
        for rover in self.rovers.values():
            _drive(rover, self.crowd)

    def say(self, device: str, property: str, body: dict[str, Any]) -> None:
        """A device speaks, now."""
        self.outbox.append(Message(device, property, {**body, "time": format_time(self.now)}))

    def tell_truth(self, kind: str, site: str, at: Point, sources: tuple[str, ...], **more: Any) -> None:
        """Write down what really happened. `end_s` (s since the start) in `more` becomes `end`; without it, now."""
        lat, lon = FRAME.to_degrees(*at)
        end = self.start + round(more.pop("end_s", self.now_s) * NS_PER_S)
        base = {"kind": kind, "start": self.now, "end": end, "site": site, "lat": lat, "lon": lon, "sources": sources}
        self.truth.append(base | more)

    def figures(self) -> Figures:
        """Everybody in sight, the actors after the crowd."""
        crowd, seen = self.crowd, ~self.crowd.hidden
        parts = [crowd.at[seen], crowd.velocity[seen], crowd.height_m[seen], crowd.stride[seen], np.flatnonzero(seen)]
        for actor in self.actors:
            here, before = actor.place(self.now_s), actor.place(self.now_s - STEP_S)
            if here is not None:
                velocity = (np.array(here) - (before or here)) / STEP_S
                stride = self.now_s * (4.2 * float(np.hypot(*velocity)) + 1.1)
                row = ([here], [velocity], [actor.height_m], [stride], [actor.look])
                parts = [np.concatenate((a, np.array(b, a.dtype))) for a, b in zip(parts, row, strict=True)]
        return Figures(*parts)

    def people_near(self, at: Point, radius_m: float) -> int:
        """How many are within `radius_m`, actors included."""
        places = [p for a in self.actors if (p := a.place(self.now_s)) is not None]
        return self.crowd.near(at, radius_m) + sum(math.dist(p, at) < radius_m for p in places)

    def _in_the_way(self) -> Floats:
        places = [p for a in self.actors if (p := a.place(self.now_s)) is not None]
        places += [t.at for t in self.things.values()]
        return np.array(places, float).reshape(-1, 2)


def _drive(rover: Rover, crowd: Crowd) -> None:
    if rover.goal is None:
        rover.speed_m_s = 0.0
        return
    here = np.array([rover.at])
    ahead = np.array(rover.goal) - here[0]
    left = float(np.hypot(*ahead))
    if left < 3.0:
        rover.goal = None
        return
    way = crowd.walkways.way_to(rover.goal, here)[0][0] if left > 9.0 else ahead / left
    rover.speed_m_s = min(4.0, left)
    rover.at = tuple(float(v) for v in here[0] + way * rover.speed_m_s * STEP_S)  # type: ignore[assignment]
    rover.heading_deg = float(np.degrees(np.arctan2(way[0], way[1])) % 360.0)


def rhythm(when: int) -> float:
    """Which part of the people is about at that hour of the day, 0–1: few before dawn, all in the evening.

    >>> from s4.core.clock import parse_time
    >>> rhythm(parse_time("2026-05-01T18:00:00Z")) > 3 * rhythm(parse_time("2026-05-01T03:00:00Z"))
    True
    """
    hours = (0, 3, 6, 8, 12, 15, 18, 22, 24)
    share = (0.55, 0.22, 0.2, 0.5, 0.8, 0.75, 1.0, 0.95, 0.55)
    return float(np.interp(when / NS_PER_S % 86_400 / 3600, hours, share))


NAMES: Final = {d.id: d for d in DEVICES}
SENSOR_NAMES: Final = {s.id: s for s in SENSORS}
