"""How many live streams are open, and how to end them all when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from s4.core.errors import CapacityError


class Streams:
    """Counts the open streams, up to `most`.

    `slow_s`: a client that takes nothing for so long is let go; `queue`: events that wait for one client at most;
    `sources_s`, `clock_s`: how often the state of the sources is compared and the time is told.
    """

    def __init__(
        self, *, most: int = 64, queue: int = 256, slow_s: float = 10.0, sources_s: float = 2.0, clock_s: float = 5.0
    ) -> None:
        self.most = most
        self.queue = queue
        self.slow_s = slow_s
        self.sources_s = sources_s
        self.clock_s = clock_s
        self.stopping = asyncio.Event()
        self._open = 0

    def __len__(self) -> int:
        return self._open

    def stop(self) -> None:
        """End every stream soon, with a reason; call it before the server waits for its connections to close."""
        self.stopping.set()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Hold a place. Raises `CapacityError` when all are taken."""
        if self._open >= self.most:
            raise CapacityError(f"{self.most} live streams are open already")
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
