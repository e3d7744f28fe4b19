"""A thread of a target's own for a library that blocks, so that a target that hangs holds up nobody else's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Worker:
    """One call at a time. `hang_up` is called when a call is cancelled: it wakes the thread, which is left alone."""

    def __init__(self, name: str, hang_up: Callable[[], None]) -> None:
        self._name, self._hang_up = name, hang_up
        self._pool: ThreadPoolExecutor | None = None

    async def do(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, self._name)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except asyncio.CancelledError:
            self.leave()
            raise

    def leave(self) -> None:
        """Let go of the connection and the thread; the next call begins with new ones."""
        self._hang_up()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
