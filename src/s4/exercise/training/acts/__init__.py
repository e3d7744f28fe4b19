"""What can happen on the stage, and what ought to be said of it. A new act is a function and a row in `ACTS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from s4.exercise.training.acts import bags, falls, fights, masses, walkers
from s4.exercise.training.stage import Stage

Play = Callable[[Stage, int], None]


class Act(NamedTuple):
    """`kind`: of the detection that ought to come; "" when none ought to; `seconds`: how long the clip is when the
    scene leaves it open; `calm_s`: so long nothing happens, for a detector to learn the place; `play`: puts people on
    the stage, given how many others are to walk about.
    """

    kind: str
    seconds: float
    calm_s: float
    play: Play


ACTS: Final[dict[str, Act]] = {
    "walkers": Act("", 40.0, 0.0, walkers.walkers),
    "empty": Act("", 40.0, 0.0, walkers.empty),
    "bag_left": Act("unattended_object", 60.0, 8.0, bags.left),
    "bag_left_beside": Act("unattended_object", 60.0, 8.0, bags.left_beside),
    "bag_kept": Act("", 60.0, 8.0, bags.kept),
    "bag_owner_returns": Act("", 60.0, 8.0, bags.owner_returns),
    "bag_handed_over": Act("", 60.0, 8.0, bags.handed_over),
    "object_removed": Act("removed_object", 60.0, 20.0, bags.removed),
    "fall": Act("fall", 34.0, 6.0, falls.fall),
    "daily": Act("", 60.0, 6.0, falls.daily),
    "fight": Act("fight", 38.0, 9.0, fights.fight),
    "embrace": Act("", 30.0, 6.0, fights.embrace),
    "panic": Act("panic_dispersal", 36.0, 18.0, masses.panic),
    "running": Act("running", 30.0, 8.0, masses.running),
    "counter_flow": Act("counter_flow", 50.0, 15.0, masses.counter_flow),
    "gathering": Act("gathering", 75.0, 10.0, masses.gathering),
    "loitering": Act("loitering", 240.0, 8.0, walkers.loitering),
    "wrong_way": Act("wrong_way", 50.0, 8.0, masses.wrong_way),
    "intrusion": Act("zone_intrusion", 40.0, 8.0, walkers.intrusion),
}
