"""Handing over what a file holds, by its own times, without ever losing a batch to a runner that is behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, TypeVar

from s4.core.clock import Clock
from s4.core.errors import CapacityError, InputError, ServiceError
from s4.core.model import Raw
from s4.core.ports import Produced, Record, Reject
from s4.sensing.pace import Pace

T = TypeVar("T")

MOST_REJECTS: Final = 1_000
LARGEST_KEPT: Final = 65_536
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0


async def by_own_times(
    read: Callable[[], Sequence[tuple[int, T]] | None], clock: Clock, most: int
) -> AsyncIterator[list[T]]:
    """Yield batches of at most `most` things once the clock has come to their times (ns).

    `read` gives the next (time, thing) pairs and None at the end; it runs in a thread. What stands in the file after
    something later waits for that, so the order is the file's.
    """
    pace: Pace | None = None
    batch: list[T] = []
    while (chunk := await asyncio.to_thread(read)) is not None:
        for time, thing in chunk:
            pace = pace or Pace(clock, time)
            if batch and (len(batch) >= most or pace.nap_s(time) > 0):
                yield batch
                batch = []
            await pace.wait(time)
            batch.append(thing)
    if batch:
        yield batch


async def deliver(record: Record, facts: Sequence[Produced]) -> None:
    """Record `facts`, trying again for as long as the runner cannot take them: the file can wait."""
    pause = FIRST_PAUSE_S
    while facts:
        try:
            await record(facts)
        except (CapacityError, ServiceError):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        else:
            return


class RejectBox:
    """The last `MOST_REJECTS` inputs that a door refused, until somebody asks for them."""

    def __init__(self, source: str, topic: str, clock: Clock) -> None:
        self._source, self._topic, self._clock = source, topic, clock
        self._rejects: deque[Reject] = deque(maxlen=MOST_REJECTS)

    def add(self, text: bytes, error: InputError) -> None:
        """Keep what was refused (its first 64 KiB) and why."""
        raw = Raw(self._source, self._topic, text[:LARGEST_KEPT], self._clock.now())
        self._rejects.append((raw, error))

    def drain(self) -> list[Reject]:
        """All that were kept; none are kept any longer."""
        out = list(self._rejects)
        self._rejects.clear()
        return out
