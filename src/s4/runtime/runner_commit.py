"""Group commit: whoever asks while a commit is under way shares the next one, so that one sync serves many stages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from s4.core.archive import Archive
from s4.core.clock import Clock
from s4.core.model import Fact

_MOST_TOGETHER: Final = 2000


class GroupCommit:
    """Records facts in the archive. Under load the commits grow larger instead of more."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive, self._clock = archive, clock
        self._waiting: list[tuple[Sequence[Fact], asyncio.Future[None]]] = []
        self._working: asyncio.Task[None] | None = None

    async def record(self, facts: Sequence[Fact]) -> None:
        """Returns once `facts` are committed. Raises what the archive raised for the commit they were part of."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((facts, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="group-commit")
        await done

    async def _work(self) -> None:
        while self._waiting:
            group = self._next_group()
            together = [fact for facts, _ in group for fact in facts]
            error: Exception | None = None
            try:
                await asyncio.to_thread(self._archive.record, together, self._clock.now())
            except Exception as raised:  # it belongs to those who asked
                error = raised
            for _, done in group:
                if done.done():  # whoever asked has been cancelled meanwhile
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    def _next_group(self) -> list[tuple[Sequence[Fact], asyncio.Future[None]]]:
        count = size = 0
        for facts, _ in self._waiting:
            size += len(facts)
            count += 1
            if size >= _MOST_TOGETHER:
                break
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group
