"""The stage: people who follow their orders, keep clear of each other, carry and put down things.

A person's script is a generator of orders; it may look at the stage between them, and so write down when things
happened. Everything comes from the scene's seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.exercise.shapes import Point
from s4.exercise.training.place import Place

Floats = NDArray[np.float64]
_REACH_M: Final = 0.9
_TURN_S: Final = 0.35


class Walk(NamedTuple):
    """Go to a point, at `speed` m/s, for `seconds` at most."""

    to: Point
    speed: float = 1.3
    seconds: float = 60.0


class Hold(NamedTuple):
    """Take a posture for some seconds. `face`: look that way; `close`: nobody is pushed off; `restless`: m/s by which
    they reel about.
    """

    posture: str
    seconds: float
    face: Point | None = None
    close: bool = False
    restless: float = 0.0


class Away(NamedTuple):
    """Be out of sight for some seconds, and then at `at`, or where one was."""

    seconds: float
    at: Point | None = None


Order = Walk | Hold | Away
Script = Iterator[Order]


@dataclass(eq=False)
class Thing:
    """A box that can be carried. `size_m`: along, across, high; `holder`: who has it in the hand; `here`: in sight."""

    id: int
    at: Point
    size_m: tuple[float, float, float]
    colour: tuple[float, float, float]
    holder: Player | None = None
    here: bool = True


@dataclass(eq=False)
class Player:
    """One person. `heading`: rad anticlockwise from east; `habit`: 0–1, in which people differ."""

    id: int
    at: Floats
    height_m: float
    look: int
    habit: float
    heading: float = 0.0
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    stride: float = 0.0
    script: Script = field(default_factory=lambda: iter(()))
    order: Order | None = None
    since_s: float = 0.0
    here: bool = True


@dataclass
class Deed:
    """What really happens: `kind` of the vocabulary; seconds since the start; who and what takes part. `notes`: further
    times (s), as when something was put down.
    """

    kind: str
    start_s: float
    end_s: float | None = None
    players: list[Player] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    notes: dict[str, float] = field(default_factory=dict)


class Stage:
    """Everybody, step by step. `seconds`: how long the clip is; `calm_s`: so long nothing out of the common happens."""

    def __init__(self, place: Place, seed: int, seconds: float, calm_s: float = 8.0) -> None:
        self.place, self.seconds, self.calm_s = place, seconds, calm_s
        self.rng = np.random.default_rng([seed, 31])
        self.players: list[Player] = []
        self.things: list[Thing] = []
        self.deeds: list[Deed] = []
        self.zones: list[dict[str, object]] = []
        self.now_s = 0.0

    def enter(self, at: Point, *, here: bool = True) -> Player:
        """Somebody new, at a point."""
        rng = self.rng
        height = min(max(float(rng.normal(1.70, 0.08)), 1.5), 1.95)
        number = len(self.players) + 1
        player = Player(number, np.array(at, float), height, int(rng.integers(60)), float(rng.uniform()), here=here)
        player.stride, player.heading = float(rng.uniform(0, 6.28)), float(rng.uniform(0, 6.28))
        self.players.append(player)
        return player

    def thing(self, at: Point, size_m: tuple[float, float, float] | None = None, holder: Player | None = None) -> Thing:
        """Something new, in a hand or on the ground."""
        a, b, high = self.rng.uniform((0.40, 0.22, 0.32), (0.62, 0.34, 0.55))
        dark = self.rng.uniform(18, 95, 3)
        made = Thing(len(self.things) + 1, at, size_m or (a, b, high), (dark[0], dark[1], dark[2]), holder)
        self.things.append(made)
        return made

    def tell(self, kind: str, players: list[Player] | None = None, things: list[Thing] | None = None) -> Deed:
        """Write down that something begins now."""
        deed = Deed(kind, self.now_s, None, players or [], things or [])
        self.deeds.append(deed)
        return deed

    def at_ease(self, player: Player, now: Order) -> None:
        """Break off whatever somebody does, for something else."""
        player.order, player.since_s = now, 0.0

    def step(self, dt_s: float) -> None:
        """One step. Cost: about 30 µs for each person."""
        self.now_s += dt_s
        for player in self.players:
            self._obey(player, dt_s)
        wanted = np.array([self._wanted(player) for player in self.players]).reshape(-1, 2)
        wanted = wanted + self._push(dt_s)
        for player, velocity in zip(self.players, wanted, strict=True):
            _move(player, velocity, dt_s)
        for thing in self.things:
            if thing.holder is not None:
                thing.at, thing.here = (float(thing.holder.at[0]), float(thing.holder.at[1])), thing.holder.here

    def _obey(self, player: Player, dt_s: float) -> None:
        player.since_s += dt_s
        if player.order is not None and not self._done(player, player.order):
            return
        player.order, player.since_s = next(player.script, None), 0.0
        player.here = player.order is not None and not isinstance(player.order, Away)
        if isinstance(player.order, Away) and player.order.at is not None:
            player.at, player.velocity = np.array(player.order.at, float), np.zeros(2)

    def _done(self, player: Player, order: Order) -> bool:
        if isinstance(order, Walk):
            near = max(0.35, 0.2 * order.speed)
            return math.dist(player.at, order.to) < near or player.since_s >= order.seconds
        return player.since_s >= order.seconds

    @staticmethod
    def _wanted(player: Player) -> Floats:
        order = player.order
        if isinstance(order, Walk):
            ahead = np.array(order.to) - player.at
            return np.asarray(ahead / max(float(np.hypot(*ahead)), 1e-6) * order.speed)
        if isinstance(order, Hold) and order.restless:
            t = 3.1 * player.since_s + 9 * player.habit
            return order.restless * np.array([math.sin(t) + 0.5 * math.sin(2.3 * t), math.cos(1.3 * t)])
        return np.zeros(2)

    def _push(self, dt_s: float) -> Floats:
        """Off each other and off walls, m/s."""
        push = np.zeros((len(self.players), 2))
        free = [i for i, p in enumerate(self.players) if p.here and not (isinstance(p.order, Hold) and p.order.close)]
        if not free:
            return push
        at = np.array([self.players[i].at for i in free])
        gap = at[:, None] - at[None, :]
        far = np.hypot(gap[..., 0], gap[..., 1]) + np.eye(len(free)) * 9
        force = np.clip(_REACH_M - far, 0, None) * 2.5 / np.maximum(far, 0.05)
        clear, away = self.place.clearance(at)
        push[free] = (gap * force[..., None]).sum(axis=1) + away * (np.clip(0.7 - clear, 0, 0.7) * 2.0)[:, None]
        return push


def _move(player: Player, wanted: Floats, dt_s: float) -> None:
    gain = min(dt_s / 0.25, 1.0)
    player.velocity = player.velocity + gain * (wanted - player.velocity)
    player.at = player.at + player.velocity * dt_s
    speed = float(np.hypot(*player.velocity))
    player.stride += (4.4 * min(speed, 1.6) + 1.4 * max(speed - 1.6, 0.0) + 0.6) * dt_s
    order = player.order
    toward = None
    if isinstance(order, Hold):
        toward = None if order.face is None else np.array(order.face) - player.at
    elif speed > 0.25:
        toward = player.velocity
    if toward is not None:
        turn = (math.atan2(toward[1], toward[0]) - player.heading + math.pi) % (2 * math.pi) - math.pi
        player.heading += turn * min(dt_s / _TURN_S, 1.0)
