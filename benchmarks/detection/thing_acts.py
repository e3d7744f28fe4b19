"""Further scenes with bags, for the benchmark of things left and taken: ways to leave one, and who only stays.

They are filmed as the acts of the training ground are, once they stand in its table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from s4.exercise.shapes import Point
from s4.exercise.training.acts import Act
from s4.exercise.training.acts.bags import GONE_M
from s4.exercise.training.acts.walkers import go_away, newcomer, walkers
from s4.exercise.training.stage import Away, Hold, Player, Script, Stage, Thing, Walk

Size = tuple[float, float, float]
Play = Callable[[Stage, int], None]
FAR_M: Final = 14.0


def _turned(stage: Stage, at: Point, turn: float) -> tuple[float, float]:
    """Which way on the ground lies `turn` rad from straight away from the camera."""
    east, north = np.array(at) - stage.place.optics.at[:2]
    angle = math.atan2(north, east) + turn
    return math.cos(angle), math.sin(angle)


def _go(stage: Stage, owner: Player, bag: Thing, way: tuple[float, float]) -> Script:
    """Off, and from 2.5 m on it is left."""
    yield Walk((bag.at[0] + GONE_M * way[0], bag.at[1] + GONE_M * way[1]))
    stage.tell("unattended_object", [owner], [bag])
    yield Walk((bag.at[0] + FAR_M * way[0], bag.at[1] + FAR_M * way[1]), 1.3, 12.0)
    yield from go_away(stage, owner)


def _put(owner: Player, bag: Thing) -> Script:
    yield Hold("stoop", 1.0)
    side = owner.heading + 0.9
    bag.holder, bag.at = None, (owner.at[0] + 0.45 * math.cos(side), owner.at[1] + 0.45 * math.sin(side))


def _leaves(turn: float, size_m: Size | None = None) -> Play:
    """One comes, puts a bag down, stays for 1 to 5 s and leaves; to either side where `turn` is a right angle."""

    def script(stage: Stage, owner: Player, bag: Thing) -> Script:
        yield Away(stage.calm_s)
        yield Walk(stage.place.inside(stage.rng, 1.0))
        yield from _put(owner, bag)
        yield Hold("gait", float(stage.rng.uniform(1.0, 5.0)))
        either = turn * (1 if stage.rng.random() < 0.5 else -1)
        yield from _go(stage, owner, bag, _turned(stage, bag.at, either))

    def play(stage: Stage, people: int) -> None:
        walkers(stage, people)
        owner = newcomer(stage)
        bag = stage.thing((float(owner.at[0]), float(owner.at[1])), size_m, owner)
        owner.script = script(stage, owner, bag)

    return play


def _stays(posture: str, size_m: Size | None = None) -> Play:
    """One comes, with something in the hand or not, holds that posture for 32 s, hardly moving, and goes."""

    def script(stage: Stage, one: Player) -> Script:
        yield Away(stage.calm_s)
        yield Walk(stage.place.inside(stage.rng, 1.0))
        yield Hold(posture, 32.0)
        yield from go_away(stage, one)

    def play(stage: Stage, people: int) -> None:
        walkers(stage, people)
        one = newcomer(stage)
        if size_m is not None:
            stage.thing((float(one.at[0]), float(one.at[1])), size_m, one)
        one.script = script(stage, one)

    return play


LEFT: Final = "unattended_object"
MORE: Final = {
    "left_side": Act(LEFT, 60.0, 8.0, _leaves(math.pi / 2)),
    "left_away": Act(LEFT, 60.0, 8.0, _leaves(0.05)),
    "left_toward": Act(LEFT, 60.0, 8.0, _leaves(math.pi - 0.05)),
    "left_early": Act(LEFT, 50.0, 1.0, _leaves(math.pi / 2)),
    "left_large": Act(LEFT, 60.0, 8.0, _leaves(math.pi / 2, (0.8, 0.5, 0.95))),
    "left_small": Act(LEFT, 60.0, 8.0, _leaves(math.pi / 2, (0.32, 0.2, 0.30))),
    "sitter": Act("", 60.0, 8.0, _stays("sit")),
    "croucher": Act("", 60.0, 8.0, _stays("crouch")),
    "stander": Act("", 60.0, 8.0, _stays("gait")),
    "trolley": Act("", 60.0, 8.0, _stays("gait", (0.7, 0.45, 0.75))),
}
"""What the training ground's own acts do not vary: which way the owner goes, how large the bag is, who only stays."""
