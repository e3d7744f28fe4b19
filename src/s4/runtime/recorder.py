"""The one way out of a stage, a door and a person's decision: into SQL where that comes first, then onto the bus.

Incidents, risks, recommendations, commands, tasks and units are committed before anybody is told; detections are
committed while they are being published (a lost one is made again from the snapshot); observations go to the bus,
from where history takes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from s4.core.archive import Archive
from s4.core.clock import Clock
from s4.core.errors import CapacityError
from s4.core.logs import get_logger
from s4.core.model import Detection, Fact, Observation, ObservationBatch
from s4.core.ports import Produced
from s4.runtime.bus import Bus, Outgoing
from s4.runtime.routes import ROWS_PER_MESSAGE, outgoing_batch, outgoing_fact
from s4.runtime.runner_commit import GroupCommit
from s4.runtime.sources import SourceBook
from s4.runtime.wire import split

_PATIENCE_S: Final = 10.0

log = get_logger(__name__)


class Recorder:
    """Records and publishes. One per process."""

    def __init__(self, city: str, bus: Bus, archive: Archive, clock: Clock, sources: SourceBook) -> None:
        self._city, self._bus, self._archive, self._clock, self._sources = city, bus, archive, clock, sources
        self._commits = GroupCommit(archive, clock)
        self._open = asyncio.Event()
        self._open.set()

    async def out(self, produced: Sequence[Produced]) -> None:
        """What a door, a camera or the runner itself gave. Returns when all of it is recorded and published."""
        if (committing := await self.out_soon(produced)) is not None:
            await committing

    async def out_soon(self, produced: Sequence[Produced]) -> asyncio.Task[None] | None:
        """What a stage gave. Returns when it is published; detections may still be on their way into the store: the
        task that is returned ends, or fails, with that, and no snapshot may be taken before.
        """
        if not produced:
            return None
        messages, sooner, beside = self._sort(produced)
        if sooner:
            await self._commits.record(sooner)
        committing = asyncio.create_task(self._commits.record(beside)) if beside else None
        await self._bus.publish(messages)
        return committing

    def _sort(self, produced: Sequence[Produced]) -> tuple[list[Outgoing], list[Fact], list[Fact]]:
        messages: list[Outgoing] = []
        sooner: list[Fact] = []
        beside: list[Fact] = []
        for item in produced:
            if isinstance(item, ObservationBatch):
                messages.extend(outgoing_batch(self._city, part) for part in split(item, ROWS_PER_MESSAGE))
                continue
            messages.append(outgoing_fact(self._city, item))
            if isinstance(item, Detection):
                beside.append(item)
            elif not isinstance(item, Observation):
                sooner.append(item)
        heard = [item for item in produced if isinstance(item, Observation | ObservationBatch)]
        if heard:
            self._sources.heard(heard)
        return messages, sooner, beside

    async def take(self, produced: Sequence[Produced]) -> None:
        """What a door took in. Waits while history is far behind; `CapacityError` when that lasts over 10 s."""
        try:
            await asyncio.wait_for(self._open.wait(), _PATIENCE_S)
        except TimeoutError:
            raise CapacityError("s4 is behind with recording; nothing was taken, send it again later") from None
        await self.out(produced)

    async def tell_again(self, facts: Sequence[Fact]) -> None:
        """Publish what is committed already: a kill between commit and publication, or a power cut, may have kept it
        from the bus. What the bus has, it drops as a repeat.
        """
        await self._bus.publish([outgoing_fact(self._city, fact) for fact in facts])

    async def pass_on(
        self, facts: Sequence[Fact], heard: Sequence[Observation | ObservationBatch], messages: Sequence[Outgoing]
    ) -> None:
        """What another site has recorded and sent up: `facts` are committed here before anybody is told, `heard` are
        counted for their sources, `messages` carry both. Waits for as long as history is far behind.
        """
        await self._open.wait()
        if facts:
            await self._commits.record(facts)
        if heard:
            self._sources.heard(heard)
        await self._bus.publish(messages)

    def refused(self, source: str, reason: str) -> None:
        """Something that a source sent was refused."""
        self._sources.refused(source, reason)

    def hold(self, behind: bool) -> None:
        """Close or open the doors; called by history, which knows how far behind it is."""
        if behind == self._open.is_set():
            log.warning("doors closed: history is behind" if behind else "doors open again")
        if behind:
            self._open.clear()
        else:
            self._open.set()

    async def decide(self, facts: Sequence[Fact], actor: str, action: str, target: str, reason: str) -> None:
        """A person's decision: committed with its audit entry, then published. Raises `ConflictError`."""
        entry = (actor, action, target, reason, "")
        await asyncio.to_thread(self._archive.decide, facts, entry, self._clock.now())
        await self._bus.publish([outgoing_fact(self._city, fact) for fact in facts])
