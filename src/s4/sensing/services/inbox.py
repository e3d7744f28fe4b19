"""A bounded box between a library's own thread and our event loop: a full one makes the thread wait."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

from s4.core.errors import ServiceError

T = TypeVar("T")


class Inbox(Generic[T]):
    """Filled by one thread with `put`, emptied by the loop with `take`. `most` things fit.

    A thread that has to wait no longer reads its socket, so the sender notices: back-pressure by TCP.
    """

    def __init__(self, most: int, loop: asyncio.AbstractEventLoop) -> None:
        self._most, self._loop = most, loop
        self._things: deque[T] = deque()
        self._room = threading.Condition()
        self._filled = asyncio.Event()
        self._closed: str | None = None

    def put(self, thing: T) -> None:
        """Add, waiting for room; from a thread that is not the loop's. What comes after `close` is dropped."""
        with self._room:
            self._room.wait_for(lambda: len(self._things) < self._most or self._closed is not None)
            if self._closed is not None:
                return
            self._things.append(thing)
            first = len(self._things) == 1
        if first:
            self._loop.call_soon_threadsafe(self._filled.set)

    def close(self, reason: str) -> None:
        """No more will come; `take` gives what is there and then raises with `reason`. From any thread."""
        with self._room:
            if self._closed is None:
                self._closed = reason
            self._room.notify_all()
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._filled.set)

    @property
    def closed(self) -> bool:
        """Whether no more can come."""
        return self._closed is not None

    async def take(self, most: int) -> list[T]:
        """The next things, at least one. Raises `ServiceError` once it is closed and empty."""
        while True:
            await self._filled.wait()
            with self._room:
                things = [self._things.popleft() for _ in range(min(most, len(self._things)))]
                if not self._things and self._closed is None:
                    self._filled.clear()
                self._room.notify_all()
            if things:
                return things
            if self._closed is not None:
                raise ServiceError(self._closed)
