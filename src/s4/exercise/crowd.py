"""People walking: each has somewhere to be, keeps clear of others and of walls, and stays a while on arrival.

The repulsion is a plain form of the social force model (D. Helbing, P. Molnár, Phys. Rev. E 51, 4282, 1995). Enough
for cameras and counters to see something alive; it is no model of evacuation. Everybody is a number in an array.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.exercise.optics import Floats
from s4.exercise.shapes import Point
from s4.exercise.walkways import Walkways

STEP_S: Final = 0.2
_REACH_M: Final = 1.1
_PATIENCE_S: Final = 25.0
_GLANCES: Final = 5
_FIDGET: Final = 1.1  # rad/s: nobody stands quite still


class Haunt(NamedTuple):
    """Somewhere people go: within `spread_m` of `at`, for `stay_s` on average; `share` of all. `gate`: its id when
    people pass through it out of sight.
    """

    name: str
    site: str
    at: Point
    spread_m: float
    stay_s: float
    share: float
    gate: str = ""


class Keep(NamedTuple):
    """A circle that people keep out of."""

    at: Point
    radius_m: float


class Crowd:
    """`at`, `velocity`: float[n, 2] in metres and m/s; `hidden`: inside the stadium; `stride`: phase of the gait (rad).

    The same seed and the same calls give the same crowd, step by step.
    """

    def __init__(self, walkways: Walkways, haunts: tuple[Haunt, ...], count: int, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 3])
        self.walkways, self.haunts = walkways, haunts
        self._share = np.array([h.share for h in haunts])
        self.haunt = self._choose(count)
        self.at = self._spots(self.haunt)
        self.goal = self._spots(self.haunt)
        self.velocity = np.zeros((count, 2))
        self.pace = self._rng.normal(1.25, 0.18, count).clip(0.7, 1.8)
        self.height_m = self._rng.normal(1.70, 0.09, count).clip(1.2, 1.95)
        self.stride = self._rng.uniform(0, 6.28, count)
        self.hidden = np.zeros(count, bool)
        self._wait = self._rng.exponential(30.0, count)
        self._stuck = np.zeros(count)
        self._way, self._around, self._glance = np.zeros((count, 2)), np.zeros(count, bool), 0
        self.passed: dict[str, int] = {h.gate: 0 for h in haunts if h.gate}
        self.closed: set[str] = set()
        self.keeps: dict[str, Keep] = {}

    def step(self, others: Floats) -> None:
        """One step of `STEP_S`. `others`: float[m, 2], people and things to walk around. About 2 ms for 250 people."""
        self._decide()
        wanted = self._wanted()
        push = self._apart(others) + self._off_walls()
        self.velocity += (wanted - self.velocity) * 0.45 + push * STEP_S
        speed = np.hypot(*self.velocity.T)
        self.velocity *= (np.minimum(speed, 1.4 * self.pace) / np.maximum(speed, 1e-6))[:, None]
        self.velocity[self.hidden] = 0.0
        self._move(self.velocity * STEP_S)
        self.stride += (np.hypot(*self.velocity.T) * 4.2 + _FIDGET) * STEP_S

    def clear(self, site: str) -> None:
        """Everybody at a site goes elsewhere, at once."""
        here = np.array([h.site == site for h in self.haunts])
        self._share = np.where(here, 0.0, [h.share for h in self.haunts])
        self._send(here[self.haunt] & ~self.hidden)

    def welcome(self) -> None:
        """Every place may be visited again."""
        self._share = np.array([h.share for h in self.haunts])

    def near(self, at: Point, radius_m: float) -> int:
        """How many people are in sight within `radius_m` of a point."""
        return int(np.count_nonzero((np.hypot(*(self.at - at).T) < radius_m) & ~self.hidden))

    def _choose(self, count: int) -> NDArray[np.intp]:
        total = self._share.sum()
        share = self._share / total if total > 0 else np.full(len(self._share), 1 / len(self._share))
        return self._rng.choice(len(self.haunts), count, p=share)

    def _spots(self, haunt: NDArray[np.intp]) -> Floats:
        centre = np.array([h.at for h in self.haunts])[haunt]
        spread = np.array([h.spread_m for h in self.haunts])[haunt]
        best, room = np.array(centre), np.full(len(haunt), -1.0)
        for _ in range(6):
            angle, r = self._rng.uniform(0, 6.2832, len(haunt)), spread * np.sqrt(self._rng.uniform(0, 1, len(haunt)))
            spot = centre + np.column_stack((r * np.cos(angle), r * np.sin(angle)))
            clear = self.walkways.clearance(spot)[0]
            better = (clear > 1.2) & (room < 1.2)
            best[better], room[better] = spot[better], clear[better]
        return best

    def _send(self, who: NDArray[np.bool_]) -> None:
        chosen = np.flatnonzero(who)
        self.haunt[chosen] = self._choose(len(chosen))
        self.goal[chosen] = self._spots(self.haunt[chosen])
        self._wait[chosen] = self._stuck[chosen] = 0.0

    def _decide(self) -> None:
        self._wait -= STEP_S
        there = np.hypot(*(self.goal - self.at).T) < 1.0
        for i in np.flatnonzero(there & (self._wait <= 0)):
            self._arrive(int(i))
        for keep in self.keeps.values():
            self._send((np.hypot(*(self.goal - keep.at).T) < keep.radius_m + 1) & ~self.hidden)
        self._send((self._stuck > _PATIENCE_S) & ~self.hidden)

    def _arrive(self, i: int) -> None:
        """Stay, pass the gate, or go on to the next place."""
        here = self.haunts[self.haunt[i]]
        if here.gate and not self.hidden[i] and here.gate not in self.closed and self._rng.random() < 0.6:
            self.hidden[i], self._wait[i] = True, self._rng.exponential(here.stay_s)
            self.passed[here.gate] += 1
            return
        if self.hidden[i] and here.gate in self.closed:
            self._wait[i] = 5.0
            return
        self.hidden[i] = False
        one = np.array([i])
        if self._rng.random() < 0.25:
            self.haunt[one] = self._choose(1)
        self.goal[one] = self._spots(self.haunt[one])
        self._wait[i] = self._rng.exponential(self.haunts[self.haunt[i]].stay_s)

    def _wanted(self) -> Floats:
        straight = self.goal - self.at
        far = np.hypot(*straight.T)
        self._look_around(far)
        way = np.where(self._around[:, None], self._way, straight / np.maximum(far, 1e-6)[:, None])
        arrived = far < 0.8
        self._stuck += np.where(~arrived & (np.hypot(*self.velocity.T) < 0.2), STEP_S, -self._stuck)
        return np.asarray(way * np.where(arrived, 0.0, self.pace * np.minimum(1.0, far / 1.5))[:, None])

    def _look_around(self, far: Floats) -> None:
        """Once a second everybody looks whether the straight way is free, or which way leads round the houses."""
        self._glance = (self._glance + 1) % _GLANCES
        due = np.arange(len(far)) % _GLANCES == self._glance
        self._around[due] = False
        for k in np.unique(self.haunt[due & (far > 12.0)]):
            some = np.flatnonzero(due & (self.haunt == k) & (far > 12.0))
            haunt = self.haunts[k]
            self._way[some], metres = self.walkways.way_to(haunt.at, self.at[some])
            centre = np.hypot(*(self.at[some] - haunt.at).T)
            self._around[some] = (metres > 1.15 * centre + 6.0) | (centre > haunt.spread_m + 25.0)

    def _apart(self, others: Floats) -> Floats:
        everyone = np.vstack((self.at, others)) if len(others) else self.at
        east = self.at[:, 0, None] - everyone[:, 0]
        north = self.at[:, 1, None] - everyone[:, 1]
        square = east * east + north * north
        me, other = np.nonzero(square < _REACH_M**2)
        real = (me != other) & ~np.append(self.hidden, np.zeros(len(others), bool))[other]
        me, other = me[real], other[real]
        distance = np.maximum(np.sqrt(square[me, other]), 0.05)
        force = (_REACH_M - distance) * 4.5 / distance
        count = len(self.at)
        push = np.column_stack([np.bincount(me, force * gap[me, other], count) for gap in (east, north)])
        for keep in self.keeps.values():
            away = self.at - keep.at
            metres = np.hypot(*away.T)
            strength = 3.0 * np.clip(keep.radius_m + 1.5 - metres, 0, 4) / np.maximum(metres, 0.1)
            push = push + away * strength[:, None]
        return np.asarray(push, float)

    def _off_walls(self) -> Floats:
        clear, away = self.walkways.clearance(self.at)
        return np.asarray(away * (np.clip(1.4 - clear, 0, 1.4) * 3.5)[:, None], float)

    def _move(self, by: Floats) -> None:
        inside = self.walkways.clearance(self.at)[0] <= 0
        for axis in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0)):
            to = self.at + by * axis
            free = (self.walkways.clearance(to)[0] > 0) | inside
            self.at = np.where(free[:, None], to, self.at)
            by = np.where(free[:, None], 0.0, by)
