"""What is new, live: reads the store behind a cursor whenever something was recorded, here or elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from nats.aio.msg import Msg

from s4.core.archive import Recorded, SourceState
from s4.core.devices import DeviceState
from s4.core.rules import RuleState
from s4.runtime.bus import Bus
from s4.runtime.devices import DeviceBook
from s4.runtime.rules import RuleBook
from s4.runtime.sources import SourceBook
from s4.runtime.store.archive import SqlArchive

_PATIENCE_S = 2.0
_PAGE = 500


class LiveFeed:
    """`core.archive.Feed`. The store is the truth; the bus and the recorder only say that it is worth a look."""

    def __init__(
        self, archive: SqlArchive, sources: SourceBook, devices: DeviceBook | None = None, rules: RuleBook | None = None
    ) -> None:
        self._archive, self._sources = archive, sources
        self._devices, self._rules = devices or DeviceBook(), rules or RuleBook()
        self._news = asyncio.Condition()
        self._count = 0
        self._loop = asyncio.get_running_loop()

    def recorded(self, _facts: Sequence[Recorded]) -> None:
        """Called by the archive, from any thread, after a commit."""
        self._loop.call_soon_threadsafe(self._wake)

    async def listen(self, bus: Bus, city: str) -> None:
        """Also look when a room on another machine has published a fact."""
        for word in ("detection", "incident", "risk", "recommendation", "command", "task", "unit"):
            await bus.listen(f"s4.{city}.*.{word}.>", self._on_message)

    async def _on_message(self, _message: Msg) -> None:
        self._wake()

    def _wake(self) -> None:
        self._count += 1
        task = self._loop.create_task(self._notify())
        task.add_done_callback(lambda _: None)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def facts(self, after: int) -> AsyncIterator[Recorded]:
        """See `Feed.facts`."""
        cursor = after
        while True:
            seen = self._count
            page = await asyncio.to_thread(self._archive.after, cursor, _PAGE)
            for item in page:
                cursor = item.cursor
                yield item
            if not page:
                await self._changed(seen)

    async def _changed(self, seen: int) -> None:
        async with self._news:
            if self._count != seen:
                return
            try:
                await asyncio.wait_for(self._news.wait(), _PATIENCE_S)
            except TimeoutError:
                return

    def sources(self) -> list[SourceState]:
        """See `Feed.sources`."""
        return self._sources.states()

    def devices(self) -> list[DeviceState]:
        """See `Feed.devices`."""
        return self._devices.states()

    def rules(self) -> list[tuple[int, RuleState]]:
        """See `Feed.rules`."""
        return [(time, state) for time, state in self._rules.since() if not state.gone]
