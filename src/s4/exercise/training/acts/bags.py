"""Bags: left, kept, fetched again, handed over; and a thing that is taken away."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from s4.exercise.shapes import Point
from s4.exercise.training.acts.walkers import go_away, newcomer, walkers
from s4.exercise.training.stage import Away, Hold, Player, Script, Stage, Thing, Walk

GONE_M = 2.5
"""So far from the bag its owner has walked off."""


def _with_owner(stage: Stage, people: int, play: Callable[[Stage, Player, Thing], Script]) -> None:
    walkers(stage, people)
    owner = newcomer(stage)
    bag = stage.thing((float(owner.at[0]), float(owner.at[1])), holder=owner)
    owner.script = _bring(stage, owner, play(stage, owner, bag))


def _bring(stage: Stage, owner: Player, then: Script) -> Script:
    yield Away(stage.calm_s)
    spot = stage.place.inside(stage.rng, 1.0)
    yield Walk(spot)
    yield from then


def _put_down(stage: Stage, owner: Player, bag: Thing) -> Script:
    """Stoops, and at the lowest point lets go."""
    yield Hold("stoop", 1.0)
    side = owner.heading + 0.9
    bag.holder = None
    bag.at = (float(owner.at[0]) + 0.45 * math.cos(side), float(owner.at[1]) + 0.45 * math.sin(side))


def _pick_up(player: Player, bag: Thing) -> Script:
    yield Hold("stoop", 1.0)
    bag.holder = player


def left(stage: Stage, people: int) -> None:
    """Somebody puts a bag down, stays a moment, and leaves it there for good."""
    _with_owner(stage, people, _left)


def _left(stage: Stage, owner: Player, bag: Thing) -> Script:
    yield from _put_down(stage, owner, bag)
    down_s = stage.now_s
    yield Hold("gait", float(stage.rng.uniform(1.0, 5.0)))
    yield from _walk_off(stage, owner, bag, {"put_down_s": down_s})


def _walk_off(stage: Stage, owner: Player, bag: Thing, notes: dict[str, float] | None = None) -> Script:
    """Out of view, for good; from 2.5 m on the bag is left."""
    exit_at = stage.place.outside(stage.rng, bag.at)
    share = GONE_M / max(math.dist(exit_at, bag.at), GONE_M)
    yield Walk((bag.at[0] + share * (exit_at[0] - bag.at[0]), bag.at[1] + share * (exit_at[1] - bag.at[1])))
    deed = stage.tell("unattended_object", [owner], [bag])
    deed.notes = {**(notes or {}), "walked_off_s": stage.now_s}
    yield Walk(exit_at)


def left_beside(stage: Stage, people: int) -> None:
    """Somebody stands there with a bag of their own; two metres off, another one puts a bag down, and leaves."""
    friend = newcomer(stage)
    own = stage.thing((float(friend.at[0]), float(friend.at[1])), holder=friend)
    spot = stage.place.inside(stage.rng, 1.0)
    friend.script = _stand_by(stage, friend, own, spot)
    walkers(stage, people)
    owner = newcomer(stage)
    bag = stage.thing((float(owner.at[0]), float(owner.at[1])), holder=owner)
    owner.script = _leave_beside(stage, owner, bag, spot)


def _stand_by(stage: Stage, friend: Player, own: Thing, spot: Point) -> Script:
    yield Away(stage.calm_s)
    yield Walk(spot)
    yield from _put_down(stage, friend, own)
    while True:
        yield Hold("gait", float(stage.rng.uniform(4, 9)))
        yield Walk((spot[0] + float(stage.rng.uniform(-0.2, 0.2)), spot[1] + float(stage.rng.uniform(-0.2, 0.2))), 0.6)


def _leave_beside(stage: Stage, owner: Player, bag: Thing, spot: Point) -> Script:
    yield Away(stage.calm_s + 4.0)
    yield Walk(stage.place.beside(stage.rng, spot, 1.8, 2.6))
    yield from _put_down(stage, owner, bag)
    yield Hold("gait", 2.0)
    yield from _walk_off(stage, owner, bag)


def kept(stage: Stage, people: int) -> None:
    """Somebody puts a bag down, stays beside it half a minute, and takes it along."""
    _with_owner(stage, people, _kept)


def _kept(stage: Stage, owner: Player, bag: Thing) -> Script:
    yield from _put_down(stage, owner, bag)
    for _ in range(4):
        yield Hold("gait", float(stage.rng.uniform(5, 8)))
        yield Walk(_near(stage, bag.at), 0.7)
    yield from _pick_up(owner, bag)
    yield from go_away(stage, owner)


def owner_returns(stage: Stage, people: int) -> None:
    """Somebody puts a bag down, walks off, is back after a few seconds, and takes it along."""
    _with_owner(stage, people, _returns)


def _returns(stage: Stage, owner: Player, bag: Thing) -> Script:
    yield from _put_down(stage, owner, bag)
    yield Walk(stage.place.beside(stage.rng, bag.at, 3.0, 5.0))
    yield Hold("gait", 2.0)
    yield Walk(_near(stage, bag.at))
    yield Hold("gait", 6.0)
    yield from _pick_up(owner, bag)
    yield from go_away(stage, owner)


def handed_over(stage: Stage, people: int) -> None:
    """Somebody puts a bag down beside somebody else, who stays with it and takes it along."""
    friend = newcomer(stage)
    meeting = stage.place.inside(stage.rng, 1.0)
    friend.script = _wait(stage, friend, meeting)
    _with_owner(stage, people, lambda stage, owner, bag: _hand_over(stage, owner, bag, friend))


def _wait(stage: Stage, friend: Player, meeting: Point) -> Script:
    yield Away(stage.calm_s)
    yield Walk(meeting)
    yield Hold("gait", 1e6)


def _hand_over(stage: Stage, owner: Player, bag: Thing, friend: Player) -> Script:
    yield Walk((float(friend.at[0]) + 0.8, float(friend.at[1])))
    yield from _put_down(stage, owner, bag)
    yield Hold("gait", 3.0)
    friend.script = _take_along(stage, friend, bag)
    stage.at_ease(friend, Hold("gait", 14.0))
    yield from go_away(stage, owner)


def _take_along(stage: Stage, friend: Player, bag: Thing) -> Script:
    yield Walk(_near(stage, bag.at))
    yield from _pick_up(friend, bag)
    yield from go_away(stage, friend)


def removed(stage: Stage, people: int) -> None:
    """A thing has stood there since before the clip; somebody takes it away."""
    walkers(stage, people)
    thing = stage.thing(stage.place.inside(stage.rng, 1.0))
    thief = newcomer(stage)
    thief.script = _steal(stage, thief, thing)


def _steal(stage: Stage, thief: Player, thing: Thing) -> Script:
    yield Away(stage.calm_s)
    yield Walk(_near(stage, thing.at))
    stood = replace(thing)
    yield from _pick_up(thief, thing)
    deed = stage.tell("removed_object", [thief], [stood])
    deed.notes = {"taken_s": stage.now_s}
    yield from go_away(stage, thief)


def _near(stage: Stage, at: Point) -> Point:
    angle = float(stage.rng.uniform(0, 2 * math.pi))
    return at[0] + 0.55 * math.cos(angle), at[1] + 0.55 * math.sin(angle)
