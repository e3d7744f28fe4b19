"""Many people: flight, a runner, a stream and who goes against it, a crowd that gathers."""

from __future__ import annotations

import numpy as np

from s4.exercise.shapes import Point
from s4.exercise.training.acts.walkers import go_away, newcomer, walkers
from s4.exercise.training.stage import Away, Deed, Hold, Player, Script, Stage, Walk

LEAST_CROWD = 8
"""So many take part at least in what only a crowd can do."""


def panic(stage: Stage, people: int) -> None:
    """A crowd mills about; at once everybody runs, away from one point and out of the picture."""
    players = [stage.enter(stage.place.inside(stage.rng)) for _ in range(max(people, LEAST_CROWD))]
    fright = stage.place.inside(stage.rng, 2.0)
    for number, player in enumerate(players):
        player.script = _flee(stage, player, players if number == 0 else [], fright)


def _flee(stage: Stage, player: Player, all_: list[Player], fright: Point) -> Script:
    rng = stage.rng
    until_s = stage.calm_s + (0.0 if all_ else float(rng.uniform(0.0, 0.7)))
    while until_s - stage.now_s > 0.01:
        left_s = until_s - stage.now_s
        if rng.random() < 0.6:
            yield Hold("gait", min(float(rng.uniform(1, 6)), left_s))
        else:
            there = stage.place.beside(rng, (float(player.at[0]), float(player.at[1])), 0.8, 2.5)
            yield Walk(there, 0.9, left_s)
    deed = stage.tell("panic_dispersal", all_) if all_ else None
    at = player.at + (player.at - np.array(fright)) * 0.5
    speed = float(rng.uniform(3.2, 5.0))
    yield Walk(stage.place.outside(rng, (float(at[0]), float(at[1]))), speed)
    if deed is not None:
        deed.end_s = stage.now_s + 2.0


def running(stage: Stage, people: int) -> None:
    """Somebody runs through the place, straight across, while others walk."""
    walkers(stage, people)
    runner = newcomer(stage)
    runner.script = _run(stage, runner)


def _run(stage: Stage, runner: Player) -> Script:
    yield Away(stage.calm_s)
    deed = stage.tell("running", [runner])
    speed = float(stage.rng.uniform(3.5, 5.0))
    for _ in range(2):
        yield Walk(stage.place.inside(stage.rng), speed)
    yield from go_away(stage, runner, speed)
    deed.end_s = stage.now_s


def counter_flow(stage: Stage, people: int) -> None:
    """A stream of people one way; after a while a few push against it."""
    _stream(stage, max(people, LEAST_CROWD), against=3, kind="counter_flow")


def wrong_way(stage: Stage, people: int) -> None:
    """A way that may be gone in one direction only (a zone says so), and one person who goes the other."""
    _stream(stage, people, against=1, kind="wrong_way")
    here, there = _ends(stage)
    ahead = np.array(there) - here
    middle, across = (np.array(here) + there) / 2, np.array([-ahead[1], ahead[0]]) / np.hypot(*ahead) * 4.0
    ends = [tuple((middle + side * across).tolist()) for side in (1.0, -1.0)]
    stage.zones.append({"id": "way", "kind": "wrong_way", "ground": ends, "inwards": tuple(ahead.tolist())})


def _ends(stage: Stage) -> tuple[Point, Point]:
    """The stream's ends: just out of view on the left and right, through the middle of what is in view."""
    middle, right = np.median(stage.place.area, axis=0), stage.place.optics.axes[0][:2]
    reach = (stage.place.area - middle) @ right
    here, there = middle + right * (reach.min() - 1.5), middle + right * (reach.max() + 1.5)
    return (float(here[0]), float(here[1])), (float(there[0]), float(there[1]))


def _stream(stage: Stage, people: int, against: int, kind: str) -> None:
    here, there = _ends(stage)
    for _ in range(people):
        player = stage.enter(here, here=False)
        player.script = _flow(stage, here, there)
    few = [stage.enter(there, here=False) for _ in range(against)]
    for number, player in enumerate(few):
        player.script = _against(stage, player, few if number == 0 else [], (there, here), kind)


def _flow(stage: Stage, here: Point, there: Point) -> Script:
    rng = stage.rng
    while True:
        aside = rng.uniform(-1.8, 1.8, 2)
        yield Away(float(rng.uniform(0, 6)), (here[0] + aside[0], here[1] + aside[1]))
        aside = rng.uniform(-1.8, 1.8, 2)
        yield Walk((there[0] + aside[0], there[1] + aside[1]), float(rng.uniform(1.0, 1.5)))


def _against(stage: Stage, player: Player, all_: list[Player], way: tuple[Point, Point], kind: str) -> Script:
    yield Away(stage.calm_s + 0.4 * (player.id % 3))
    deed: Deed | None = stage.tell(kind, all_) if all_ else None
    yield Walk(way[1], 1.3)
    if deed is not None:
        deed.end_s = stage.now_s


def gathering(stage: Stage, people: int) -> None:
    """People come from all sides to one spot and stand there close together."""
    spot = stage.place.inside(stage.rng, 2.0)
    count = max(people, LEAST_CROWD)
    players = [newcomer(stage) for _ in range(count)]
    for number, player in enumerate(players):
        player.script = _gather(stage, spot, players if number == count // 2 else [])


def _gather(stage: Stage, spot: Point, all_: list[Player]) -> Script:
    yield Away(float(stage.rng.uniform(0, stage.calm_s)))
    near = stage.rng.normal(0, 0.9, 2)
    yield Walk((spot[0] + float(near[0]), spot[1] + float(near[1])))
    if all_:
        stage.tell("gathering", all_)
    while True:
        yield Hold("gait", 10.0, face=spot)
