"""Falls, and what only looks like one: sitting down, crouching, picking something up, lying down."""

from __future__ import annotations

from s4.exercise.training.acts.walkers import go_away, newcomer, walkers
from s4.exercise.training.stage import Away, Hold, Player, Script, Stage, Walk

WAYS = ("fall_forward", "fall_backward", "fall_sideways", "collapse")
DAILY = ("sit", "crouch", "stoop", "lie_down", "reach")


def fall(stage: Stage, people: int) -> None:
    """Somebody comes in, falls, and lies until the end."""
    walkers(stage, people)
    player = newcomer(stage)
    player.script = _fall(stage, player)


def _fall(stage: Stage, player: Player) -> Script:
    yield Away(max(stage.calm_s - 3.0, 0.0))
    yield Walk(stage.place.inside(stage.rng, 1.5))
    yield Hold("gait", float(stage.rng.uniform(0, 3)))
    stage.tell("fall", [player])
    yield Hold(WAYS[int(stage.rng.integers(len(WAYS)))], 1e6, close=True)


def daily(stage: Stage, people: int) -> None:
    """Somebody sits, crouches, bends down, lies down, each in turn and slowly, as one does at home."""
    walkers(stage, people)
    player = newcomer(stage)
    player.script = _daily(stage, player)


def _daily(stage: Stage, player: Player) -> Script:
    yield Away(max(stage.calm_s - 3.0, 0.0))
    for number in stage.rng.permutation(len(DAILY)):
        yield Walk(stage.place.inside(stage.rng, 1.5))
        yield Hold("gait", 1.0)
        posture = DAILY[number]
        yield Hold(posture, 2.0 if posture in ("stoop", "reach") else float(stage.rng.uniform(5, 9)))
        yield Hold("gait", 1.5)
    yield from go_away(stage, player)
