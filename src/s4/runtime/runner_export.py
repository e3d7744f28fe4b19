"""Runs one export: takes in, batches, sends, tries again, buries. Whatever the target does, nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import ServiceError
from s4.core.logs import get_logger
from s4.core.ports import Exporter, Parcel, RefusedError
from s4.core.subjects import subject
from s4.runtime import deadletters
from s4.runtime.bus import Bus
from s4.runtime.export.backlog import Backlog, Item
from s4.runtime.export.codec import encode_line, groups
from s4.runtime.export.intake import Intake, begin
from s4.runtime.export.record import record_start
from s4.runtime.export.spill import SpillBox
from s4.runtime.export.state import ExportState
from s4.runtime.host import Host
from s4.runtime.recorder import Recorder

_PACE_S: Final = 0.02
"""Nobody waits for an export: what comes within 20 ms is taken together."""
_LOOK_S: Final = 1.0
_LAST_S: Final = 3.0
_LETTER_BYTES: Final = 128 << 10
T = TypeVar("T")

log = get_logger(__name__)


class ExportHost(Host):
    """One export at work. `folder`: where its queue lies. Its disk and its packing have a thread of their own."""

    def __init__(self, exporter: Exporter, folder: Path, city: str, bus: Bus, recorder: Recorder, clock: Clock) -> None:
        super().__init__()
        self.name = f"export-{exporter.export.id}"
        self.state = ExportState(exporter.export.id, exporter.export.target)
        self._exporter, self._export, self._city = exporter, exporter.export, city
        self._bus, self._recorder, self._clock = bus, recorder, clock
        self._path = folder / f"{exporter.export.id}.sqlite"
        self._pool = ThreadPoolExecutor(1, self.name)
        self._box: SpillBox | None = None
        self._fed, self._halt = asyncio.Event(), asyncio.Event()
        self._looked = 0.0
        self._full = False

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def stop(self) -> None:
        """Ask `run` to finish what is under way and return."""
        super().stop()
        self._fed.set()
        self._halt.set()

    async def open(self) -> None:
        """Note from where on it exports, and say so in the audit log, before any door opens."""
        size = self._export.queue.spill_mib << 20
        self._box = box = await self._thread(lambda: SpillBox(self._path, size))
        self.state.begin(await self._thread(box.counts))
        self.state.missed = await begin(self._exporter, self._city, self._bus, box)
        if self.state.missed:
            log.warning("the bus no longer holds what was to be exported", export=self._export.id,
                        places=self.state.missed)  # fmt: skip
        await record_start(self._export, box, self._recorder)

    async def run(self) -> None:
        """Export until told to stop; then what is left goes to disk."""
        box = self._box
        if box is None:
            return
        backlog = await self._thread(lambda: Backlog(box, self._export.queue, self._pool))
        intake = Intake(self._exporter, self._city, self._bus, self._clock, self.arrived)
        await intake.open(box)
        sender = asyncio.create_task(self._send_all(backlog), name=f"{self.name}-sender")
        sender.add_done_callback(lambda _: self.arrived.set())
        try:
            while not self.stopping and not sender.done():
                await self._turn(intake, backlog)
            await asyncio.wait([sender], timeout=_LAST_S)
            if sender.done():
                sender.result()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            await intake.close()
            await self._exporter.target.close()
            with contextlib.suppress(ServiceError):
                await backlog.spill()  # what cannot go to disk is read from the bus again
            self._look(backlog)
            if self.stopping:
                await self._thread(box.close)
                self._box = None
                self._pool.shutdown(wait=False)

    # Taking in

    async def _turn(self, intake: Intake, backlog: Backlog) -> None:
        self.arrived.clear()
        if time.monotonic() - self._looked >= _LOOK_S:
            self._looked = time.monotonic()
            self._look(backlog)
            await backlog.idle()
        if backlog.full:
            await self._blocked()
            return
        self._full = False
        dropped = backlog.dropped
        try:
            came = await intake.turn(backlog)
        except ServiceError as error:  # the disk takes nothing: what came stays in memory, no more is taken
            log.error("an export cannot spill", export=self._export.id, reason=str(error))
            self.state.last_error = str(error)
            await self._blocked()
            return
        if backlog.dropped > dropped:
            self._gave_up(backlog.dropped - dropped)
        self._fed.set()
        await (asyncio.sleep(_PACE_S) if came else self.wait(_LOOK_S / 2))

    async def _blocked(self) -> None:
        if not self._full:
            log.warning("an export takes no more: its queue is full", export=self._export.id)
        self._full, self.state.state = True, "full"
        await asyncio.sleep(_LOOK_S / 2)

    def _gave_up(self, rows: int) -> None:
        self.state.count("dropped", rows)
        self.state.last_error = self.state.last_error or "the queue was full"
        log.warning("an export gave up its oldest rows", export=self._export.id, rows=rows, waiting_mib=(
            self._export.queue.spill_mib))  # fmt: skip

    def _look(self, backlog: Backlog) -> None:
        self.state.look(backlog, self._clock)

    # Sending

    async def _send_all(self, backlog: Backlog) -> None:
        while not self.stopping:
            self._fed.clear()
            patience = self._patience(backlog)
            if patience > 0:
                await _happens(self._fed, patience)
                continue
            batch = self._export.batch
            items = await backlog.take(batch.rows, batch.bytes)
            while items and not self.stopping:  # all of it, before anything else is taken
                items = items[await self._deliver(items, backlog) :]

    def _patience(self, backlog: Backlog) -> float:
        """For how long (s) the next batch may still fill."""
        batch = self._export.batch
        if backlog.backed_up or backlog.memory_rows >= batch.rows or backlog.memory_bytes >= batch.bytes:
            return 0.0
        if not backlog.memory_rows:
            return _LOOK_S
        waited = (self._clock.now() - backlog.oldest()) / NS_PER_S / self._clock.speed
        return min(max(0.0, batch.seconds - waited), _LOOK_S)

    async def _deliver(self, items: Sequence[Item], backlog: Backlog) -> int:
        """Try until some of the items, from the first on, are sent or buried; returns how many that are."""
        items, parcels = await self._packed(items)
        attempts, most = 0, self._export.retry.attempts
        while not self.stopping:
            sent, error = await self._try(parcels)
            if error is None or sent:
                done = items if error is None else items[:sent]  # with one parcel an item
                await self._sent(done, backlog)
                return len(done)
            if isinstance(error, RefusedError):
                if len(items) > 1 and not error.whole:  # look for those that are to blame
                    return await self._deliver(items[: len(items) // 2], backlog)
                return await self._bury(items, backlog, str(error))
            attempts += 1
            self._failed(error, attempts)
            if most and attempts >= most:
                return await self._bury(items, backlog, f"after {attempts} attempts: {self.state.last_error}")
            await self._pause(attempts)
        return 0

    async def _try(self, parcels: Sequence[Parcel]) -> tuple[int, Exception | None]:
        """Send parcels, as many at a time as the target takes: how many it has, and why not all."""
        target, sent = self._exporter.target, 0
        while sent < len(parcels):
            part = parcels[sent : sent + target.together]
            try:
                async with asyncio.timeout(self._export.retry.timeout_s):
                    await target.send(part)
            except Exception as error:  # a target may be a stranger's: whatever it throws, it is tried again
                return sent, error
            sent += len(part)
        return sent, None

    async def _sent(self, items: Sequence[Item], backlog: Backlog) -> None:
        rows = sum(item.rows for item in items)
        await backlog.settle(items, {"sent": rows})
        self.state.count("sent", rows)
        if self.state.state == "retrying":
            log.info("target takes it again", export=self._export.id)
        self.state.state, self.state.last_error, self.state.last_sent = "up", "", self._clock.now()

    async def _packed(self, items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Parcel]]:
        """The first items that come to no more bytes than a batch may have, and their parcels."""
        while True:
            parcels = await self._thread(lambda: self._exporter.pack([item.word for item in items]))  # noqa: B023
            largest = max((len(one.body) for one in parcels), default=0)
            if largest <= self._export.batch.bytes or len(items) == 1:
                return items, parcels
            items = items[: len(items) // 2]

    async def _pause(self, attempts: int) -> None:
        retry = self._export.retry
        await _happens(self._halt, min(retry.first_s * 2.0 ** min(attempts - 1, 20), retry.most_s))

    def _failed(self, error: Exception, attempts: int) -> None:
        reason = str(error) if isinstance(error, ServiceError) else f"{type(error).__name__}: {error}".rstrip(": ")
        if isinstance(error, TimeoutError):
            reason = f"no answer within {self._export.retry.timeout_s:g} s"
        elif not isinstance(error, ServiceError):
            log.exception("target failed", export=self._export.id)
        if attempts == 1:
            log.warning("target does not take it; trying again", export=self._export.id, reason=reason)
        self.state.last_error = reason[:500]
        self.state.state = "full" if self._full else "retrying"

    async def _bury(self, items: Sequence[Item], backlog: Backlog, reason: str) -> int:
        """Keep what was refused, with the reason, where it can be looked at and sent again (`s4 dead`)."""
        lines = await self._thread(lambda: [encode_line(item.word) for item in items])
        where = subject(self._city, items[0].word.site, "export", self._export.id)
        letters = []
        for part in groups(lines, _LETTER_BYTES):
            body = b"".join(lines[i] for i in part)
            letter = deadletters.letter(self.name, reason, where, self._clock.now(), body)
            letters.append(deadletters.outgoing(self._city, letter))
        await self._bus.publish(letters)
        rows = sum(item.rows for item in items)
        await backlog.settle(items, {"dead": rows})
        self.state.count("dead", rows)
        self.state.state, self.state.last_error = "up", reason[:500]
        return len(items)


async def _happens(event: asyncio.Event, patience_s: float) -> None:
    """Wait for an event, at most so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            await event.wait()
