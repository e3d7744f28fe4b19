"""People who cross the place, one who loiters, and one who goes where nobody may."""

from __future__ import annotations

import numpy as np

from s4.exercise.shapes import Point
from s4.exercise.training.stage import Away, Hold, Player, Script, Stage, Walk


def empty(stage: Stage, people: int) -> None:
    """Nobody comes."""


def walkers(stage: Stage, people: int) -> None:
    """So many people come, cross the place, now and then stop, and go; each comes again."""
    for number in range(people):
        start = stage.place.outside(stage.rng)
        player = stage.enter(start, here=False)
        player.script = _to_and_fro(stage, start, wait_s=float(stage.rng.uniform(0, 4 + 2 * number)))


def _to_and_fro(stage: Stage, start: Point, wait_s: float) -> Script:
    rng, at = stage.rng, start
    yield Away(wait_s)
    while True:
        speed = min(max(float(rng.normal(1.3, 0.2)), 0.8), 1.8)
        for _ in range(int(rng.integers(1, 3))):
            at = stage.place.inside(rng)
            yield Walk(at, speed)
        if rng.random() < 0.3:
            yield Hold("gait", float(rng.uniform(2, 8)))
        at = stage.place.outside(rng, at)
        yield Walk(at, speed)
        yield Away(float(rng.uniform(2, 10)))


def newcomer(stage: Stage) -> Player:
    """Somebody who stands ready, just out of view."""
    return stage.enter(stage.place.outside(stage.rng), here=False)


def go_away(stage: Stage, player: Player, speed: float = 1.3) -> Script:
    """Out of view, for good."""
    yield Walk(stage.place.outside(stage.rng, (float(player.at[0]), float(player.at[1]))), speed)


def loitering(stage: Stage, people: int) -> None:
    """Somebody stays about one spot until the end: a few steps, a while of standing, a few steps."""
    walkers(stage, people)
    player, spot = newcomer(stage), stage.place.inside(stage.rng, 2.0)
    player.script = _loiter(stage, player, spot)


def _loiter(stage: Stage, player: Player, spot: Point) -> Script:
    yield Away(stage.calm_s)
    yield Walk(spot)
    stage.tell("loitering", [player])
    while True:
        yield Hold("gait", float(stage.rng.uniform(5, 15)))
        yield Walk(stage.place.beside(stage.rng, spot, 0.5, 1.8), 0.8)


def intrusion(stage: Stage, people: int) -> None:
    """A part of the place is closed; others keep to the rest only by chance, so nobody else walks there: they stay away
    until the intruder has gone through.
    """
    middle = np.median(stage.place.area, axis=0)
    corners = [(middle[0] + dx, middle[1] + dy) for dx, dy in ((-2, -2), (2, -2), (2, 2), (-2, 2))]
    stage.zones.append({"id": "closed", "kind": "zone_intrusion", "ground": corners})
    player = newcomer(stage)
    player.script = _intrude(stage, player, (float(middle[0]), float(middle[1])))


def _intrude(stage: Stage, player: Player, middle: Point) -> Script:
    yield Away(stage.calm_s)
    yield Walk((middle[0] + 1.5, middle[1] - 1.5))
    deed = stage.tell("zone_intrusion", [player])
    yield Walk((middle[0] - 1.0, middle[1] + 1.0), 0.9)
    yield Hold("gait", 4.0)
    deed.end_s = stage.now_s
    yield from go_away(stage, player)
