"""Replay by a recording's own times: how long to wait, on a clock that may run faster than real time."""

from __future__ import annotations

import asyncio
from typing import Final

from s4.core.clock import NS_PER_S, Clock, parse_time

LONGEST_NAP_S: Final = 0.25
"""Longest single wait, so that a clock that is moved by hand, or a stop, is noticed soon."""
SHORTEST_NAP_S: Final = 0.01
"""Shortest single wait of `wait`, so that a fast replay hands over what comes close together at once."""


class Pace:
    """When each moment of a recording is due.

    The recording's first moment `first` (ns UTC, as stamped on what is delivered) is due when the clock reaches it,
    or now if that is past already; everything after keeps its distance from it.

    >>> from s4.core.clock import ManualClock
    >>> pace = Pace(ManualClock(100), first=40)
    >>> pace.due(45)
    105
    """

    def __init__(self, clock: Clock, first: int) -> None:
        self._clock = clock
        self._shift = max(clock.now(), first) - first

    def due(self, time: int) -> int:
        """When the moment `time` is due, ns on the clock."""
        return time + self._shift

    def lag_s(self, time: int) -> float:
        """By how many clock seconds `time` is overdue; negative while it is still to come."""
        return (self._clock.now() - self.due(time)) / NS_PER_S

    def nap_s(self, time: int) -> float:
        """How many real seconds to sleep before looking again; 0 when `time` is due."""
        return min(LONGEST_NAP_S, max(0.0, -self.lag_s(time) / self._clock.speed))

    async def wait(self, time: int) -> None:
        """Return when `time` is due."""
        while (nap := self.nap_s(time)) > 0:  # noqa: ASYNC110 - a clock has no event to wait for
            await asyncio.sleep(max(nap, SHORTEST_NAP_S))


def start_of(start: str, clock: Clock, *, field: str) -> int | None:
    """The setting `start` → ns UTC that a recording's first moment stands for; None (empty text) keeps its own times.

    `start` is "now", RFC 3339 text, or empty. Raises `InputError` naming `field`.
    """
    if not start:
        return None
    return clock.now() if start == "now" else parse_time(start, field=field)
