"""How full a place is: people a square metre, Fruin's levels of service, and the pressure of a crowd.

Levels: Fruin, Pedestrian Planning and Design (1971), walkways. Pressure: local density times the variance of the
velocities (Helbing, Johansson, Al-Abideen 2007); from 0.02 per s² on a crowd may surge by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final, NamedTuple

import numpy as np

from s4.detection.video.walkers import Walker

LEVELS: Final = (("A", 1 / 3.25), ("B", 1 / 2.32), ("C", 1 / 1.39), ("D", 1 / 0.93), ("E", 1 / 0.46))
DISC_M: Final = 2.0
"""People within this of somebody are around them."""


def level(density: float) -> str:
    """Fruin's level of service of a walkway, A (free) to F (shuffling), at so many people a square metre.

    >>> level(0.1), level(1.0), level(3.0)
    ('A', 'D', 'F')
    """
    return next((name for name, most in LEVELS if density <= most), "F")


class Crush(NamedTuple):
    """Around one person: `density` people/m², `speed` m/s (mean), `pressure` 1/s², and who is there."""

    density: float
    speed: float
    pressure: float
    people: tuple[Walker, ...]


def around_each(people: Sequence[Walker]) -> list[Crush]:
    """What it is like around everybody. Cost: n² µs / 10 for n people.

    Fewer than four around somebody tell nothing of a crowd, and their pressure is 0.
    """
    if not people:
        return []
    places = np.array([(one.x, one.y) for one in people])
    speeds = np.array([(one.vx, one.vy) for one in people])
    near = np.linalg.norm(places[:, None] - places[None], axis=2) <= DISC_M
    found = []
    for row in near:
        here = np.flatnonzero(row).tolist()
        density = len(here) / (pi * DISC_M**2)
        pressure = density * float(speeds[here].var(axis=0).sum()) if len(here) >= 4 else 0.0
        mean = float(np.linalg.norm(speeds[here], axis=1).mean())
        found.append(Crush(density, mean, pressure, tuple(people[index] for index in here)))
    return found
