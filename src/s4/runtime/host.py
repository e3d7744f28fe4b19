"""A host: one thing that the runner keeps going until it is asked to stop, and starts again when it fails."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod


class Host(ABC):
    """`open` prepares, `run` works until `stop` was called (or returns when there is nothing left to do)."""

    name: str

    def __init__(self) -> None:
        self.stopping = False
        self.arrived = asyncio.Event()
        """Set when something has come in, and when it is time to stop."""

    async def open(self) -> None:  # noqa: B027 - most hosts have nothing to prepare
        """Prepare. Called once, before any door opens."""

    @abstractmethod
    async def run(self) -> None:
        """Work. May be called again after it has failed."""

    def stop(self) -> None:
        """Ask `run` to finish what is under way, make it durable, and return."""
        self.stopping = True
        self.arrived.set()

    async def wait(self, patience_s: float) -> None:
        """Wait until something arrives, at most `patience_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):  # `wait_for` may swallow a cancellation (fixed in Python 3.12)
                await self.arrived.wait()
