"""At which level an edge site sends: everything, thinned, or only what is urgent. Hysteresis keeps it from flapping."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from s4.runtime.uplink.ranks import Rank


class Level(IntEnum):
    """`ALL`: everything; `THINNED`: aggregates first, raw series thinned by priority, the rest waits;
    `URGENT`: nothing but `Rank.URGENT`.
    """

    ALL = 0
    THINNED = 1
    URGENT = 2


SENT: Final = {
    Level.ALL: tuple(Rank),
    Level.THINNED: tuple(rank for rank in Rank if rank != Rank.REST),
    Level.URGENT: (Rank.URGENT,),
}
"""Which ranks are sent at each level, in the order in which they are sent."""


class Measure(msgspec.Struct, frozen=True):
    """The line as it is. `alive`: an echo came back lately; `round_trip_s`: smoothed; `loss`: part of the latest
    heartbeats without an echo, 0-1; `queue_age_s`: how long the oldest chunk has waited that may go at `THINNED`.
    """

    alive: bool
    round_trip_s: float
    loss: float
    queue_age_s: float


class Bound(msgspec.Struct, frozen=True):
    """Worse than this is worse than the level. All in the units of `Measure`."""

    round_trip_s: float
    loss: float
    queue_age_s: float

    def complaint(self, measure: Measure, part: float = 1.0) -> str:
        """What is worse than `part` of the bounds, in words; "" when nothing is.

        >>> Bound(0.5, 0.1, 30).complaint(Measure(True, 0.7, 0.0, 0.0))
        'round trip 0.70 s'
        """
        if measure.round_trip_s > self.round_trip_s * part:
            return f"round trip {measure.round_trip_s:.2f} s"
        if measure.loss > self.loss * part:
            return f"{measure.loss:.0%} of the heartbeats are lost"
        if measure.queue_age_s > self.queue_age_s * part:
            return f"the queue is {measure.queue_age_s:.0f} s old"
        return ""


BOUNDS: Final = {Level.ALL: Bound(0.75, 0.10, 30.0), Level.THINNED: Bound(3.0, 0.40, float("inf"))}
"""Beyond its bound a level is left for a lower one. However old the queue is, sending goes on at `THINNED`."""
_BACK: Final = 0.5
"""Only below half of a level's bounds, for `HOLD_S`, is it taken up again."""
HOLD_S: Final = 10.0


class LevelKeeper:
    """Decides the level from one measure after another. It begins at `URGENT`: the line has to show that it carries."""

    def __init__(self) -> None:
        self.level = Level.URGENT
        self._starting = True
        self._hold_s = 0.0
        self._better_since: float | None = None

    def update(self, measure: Measure, now_s: float) -> str:
        """Take one measure in, at `now_s` (any steady clock); returns why the level has changed, "" when it has not."""
        worse, reason = _worse(self.level, measure)
        if worse > self.level:
            self.level, self._better_since, self._starting = worse, None, False
            self._hold_s = HOLD_S if measure.alive else 0.0  # after a cut nobody waits for the first step back
            return reason
        if self.level == Level.ALL or not _bears(Level(self.level - 1), measure):
            self._better_since = None
            return ""
        self._better_since = now_s if self._better_since is None else self._better_since
        if now_s - self._better_since < self._hold_s:
            return ""
        self.level, self._better_since = Level(self.level - 1), None
        self._hold_s = 0.0 if self._starting else HOLD_S
        self._starting &= self.level != Level.ALL
        return "the line carries"


def _worse(level: Level, measure: Measure) -> tuple[Level, str]:
    """The lowest level that the measure asks for, when lower than `level`, and why."""
    if not measure.alive:
        return Level.URGENT, "no echo from the hub"
    for bad in (Level.THINNED, Level.ALL):
        if reason := BOUNDS[bad].complaint(measure):
            return Level(bad + 1), reason
    return level, ""


def _bears(level: Level, measure: Measure) -> bool:
    return measure.alive and not any(
        bound.complaint(measure, _BACK) for better, bound in BOUNDS.items() if better >= level
    )
