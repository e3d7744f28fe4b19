"""Time: UTC, integer nanoseconds since 1970-01-01, always from one clock that is handed in.

This is the only file that asks the machine what time it is. A replay or an exercise hands in a clock
of its own, and everything downstream, ids included, comes out the same again.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from s4.core.errors import InputError

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """What can be asked for the time, and how fast it runs."""

    @property
    def speed(self) -> float:
        """Clock seconds per real second (1.0 = real time)."""

    def now(self) -> int:
        """The time, ns UTC. Never runs backwards."""

    def at(self, real: int) -> int:
        """The clock's time at the real instant `real` (ns UTC), such as the bus' own stamp on a message."""


class RealClock:
    """The machine's clock, held back from ever running backwards when the machine's time is set back.

    >>> clock = RealClock()
    >>> clock.now() <= clock.now()
    True
    """

    speed = 1.0

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        """The machine's UTC time in ns; stands still while a clock that was set back catches up."""
        self._last = max(self._last, time.time_ns())
        return self._last

    def at(self, real: int) -> int:
        """The same instant."""
        return real


class ScaledClock:
    """A simulated clock: starts at `start` and runs `speed` times as fast as the real one.

    `anchor` is the real instant (ns UTC) at which the simulated clock stood at `start`, so that several
    processes given the same three numbers agree on the time.

    >>> clock = ScaledClock(start=0, speed=10.0)
    >>> clock.speed
    10.0
    """

    def __init__(self, *, start: int, speed: float = 1.0, anchor: int | None = None) -> None:
        if not 0.0 < speed <= 10_000.0:
            raise InputError(f"speed must be over 0 and at most 10000, not {speed}", field="speed")
        self._start = start
        self._speed = speed
        self._real = RealClock()
        self.anchor = self._real.now() if anchor is None else anchor

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self._speed

    def now(self) -> int:
        """The simulated time, ns UTC."""
        return self.at(self._real.now())

    def at(self, real: int) -> int:
        """The simulated time at the real instant `real`."""
        return self._start + int((real - self.anchor) * self._speed)


class ManualClock:
    """A clock that a test or a file replay moves by hand.

    >>> clock = ManualClock(5)
    >>> clock.advance_to(9)
    >>> clock.now()
    9
    """

    speed = 1.0

    def __init__(self, start: int = 0) -> None:
        self._now = start

    def now(self) -> int:
        """The time it was last moved to, ns UTC."""
        return self._now

    def advance_to(self, when: int) -> None:
        """Move forward to `when` (ns); an earlier instant is ignored, since time never runs back."""
        self._now = max(self._now, when)

    def at(self, real: int) -> int:
        """The same instant: a clock moved by hand knows no other."""
        return real


def parse_time(text: str, *, field: str | None = None) -> int:
    """ISO 8601 / RFC 3339 text → ns UTC. A text without an offset is refused, not guessed.

    >>> parse_time("2026-05-01T20:00:00.5+02:00")
    1777658400500000000
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text[:40]!r} is not an ISO 8601 time", field=field) from error
    if when.tzinfo is None:
        raise InputError(f"{text[:40]!r} names no time zone (end it with Z)", field=field)
    whole = int(when.replace(microsecond=0).timestamp())
    return whole * NS_PER_S + when.microsecond * 1000


def format_time(when: int) -> str:
    """Ns UTC → RFC 3339 with milliseconds.

    >>> format_time(1777658400500000000)
    '2026-05-01T18:00:00.500Z'
    """
    moment = datetime.fromtimestamp(when // NS_PER_S, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{when % NS_PER_S // NS_PER_MS:03d}Z"
