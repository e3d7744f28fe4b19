"""A fight between two or three people, and an embrace, which is none."""

from __future__ import annotations

import math

from s4.exercise.shapes import Point
from s4.exercise.training.acts.walkers import go_away, newcomer, walkers
from s4.exercise.training.stage import Away, Hold, Player, Script, Stage, Walk

NEAR_M = 1.0
"""So near to the spot somebody has come."""


def fight(stage: Stage, people: int) -> None:
    """Two or three people walk up to each other, brawl for some ten seconds, and part."""
    walkers(stage, people)
    spot = stage.place.inside(stage.rng, 1.5)
    players = [newcomer(stage) for _ in range(int(stage.rng.integers(2, 4)))]
    for number, player in enumerate(players):
        player.script = _brawl(stage, player, players, _round(spot, number, len(players)), spot)


def _round(spot: Point, number: int, count: int) -> Point:
    angle = 2 * math.pi * number / count
    return spot[0] + 0.35 * math.cos(angle), spot[1] + 0.35 * math.sin(angle)


def _brawl(stage: Stage, player: Player, all_: list[Player], at: Point, spot: Point) -> Script:
    """The first of `all_` tells of it. Nobody strikes before everybody is there."""
    yield Away(max(stage.calm_s - 6.0, 0.0))
    yield Walk(at, 1.5)
    while any(math.dist(one.at, spot) > NEAR_M for one in all_):
        yield Hold("gait", 0.2, face=spot, close=True)
    deed = stage.tell("fight", all_) if player is all_[0] else None
    yield Hold("brawl", float(stage.rng.uniform(7, 10)), face=spot, close=True, restless=0.9)
    if deed is not None:
        deed.end_s = stage.now_s
    yield from go_away(stage, player, 2.0)


def embrace(stage: Stage, people: int) -> None:
    """Two people meet, wave, embrace, talk, and part."""
    walkers(stage, people)
    spot = stage.place.inside(stage.rng, 1.5)
    for number in range(2):
        player = newcomer(stage)
        player.script = _embrace(stage, player, _round(spot, number, 2), spot)


def _embrace(stage: Stage, player: Player, at: Point, spot: Point) -> Script:
    yield Away(max(stage.calm_s - 4.0, 0.0))
    yield Walk(stage.place.beside(stage.rng, spot, 1.5, 3.0))
    yield Hold("wave", 2.0, face=spot)
    yield Walk(at, 1.1)
    yield Hold("embrace", 4.0, face=spot, close=True)
    yield Hold("reach", 1.6, face=spot, close=True)
    yield Hold("gait", 5.0, face=spot)
    yield from go_away(stage, player)
