"""Writes observations from the bus into history, and closes the doors when it is far behind."""

from __future__ import annotations

import asyncio
import time
from typing import Final, Generic, TypeVar, cast

from nats.errors import Error as NatsError

from s4.core.clock import Clock
from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.core.model import Observation, ObservationBatch
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.history.layout import Shelf
from s4.runtime.history.writer import FLUSH_ROWS, ShelfWriter
from s4.runtime.host import Host
from s4.runtime.pull import Message, Pull, PullPlan
from s4.runtime.recorder import Recorder
from s4.runtime.routes import source_of, word_of

_FLUSH_S: Final = 5.0
_LAG_EVERY_S: Final = 1.0
_AT_ONCE: Final = 512
_PACE_S: Final = 0.02
"""Nobody waits for history: what comes within 20 ms is taken together."""
_CLOSE_AT: Final = 100_000
_OPEN_AT: Final = 20_000
"""Messages waiting at which the doors close and open again: far below what the stream keeps (4 GiB)."""

T = TypeVar("T", bound=Observation | ObservationBatch)
log = get_logger(__name__)


class HistoryHost(Host, Generic[T]):
    """One shelf's writer at work. `recorder`: whose doors to close when history is behind (None: nobody's)."""

    def __init__(
        self,
        shelf: Shelf,
        word: type[T],
        writer: ShelfWriter[T],
        city: str,
        bus: Bus,
        clock: Clock,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__()
        self.name = f"history-{shelf}"
        self._shelf, self._word, self._writer, self._recorder = shelf, word, writer, recorder
        self._city, self._bus, self._clock = city, bus, clock
        self._pull: Pull | None = None
        self._last: Message | None = None
        self._since = 0.0
        self._lag_at = 0.0

    async def open(self) -> None:
        """Continue behind what the shelf holds."""
        stream, wanted = source_of(self._city, self._word)
        plan = PullPlan(stream, f"s4-{self.name}", (wanted,), window=4096)
        self._pull = await self._bus.pull(plan, self.arrived, start=self._writer.reached())

    async def run(self) -> None:
        """Write until told to stop; then write the rest."""
        while not self.stopping and self._pull is not None:
            await self._turn(self._pull)
        await self.flush()

    async def _turn(self, pull: Pull) -> None:
        self.arrived.clear()
        try:
            await pull.ask()
            await self._watch_lag(pull)
        except (NatsError, TimeoutError, OSError) as error:
            log.debug("history waits for the bus", reason=str(error) or type(error).__name__)
            await asyncio.sleep(0.2)
        messages = pull.take(_AT_ONCE)
        for message in messages:
            self._add(message)
        if self._due():
            await self.flush()
        await (asyncio.sleep(0.0 if len(messages) == _AT_ONCE else _PACE_S) if messages else self.wait(0.5))

    def _add(self, message: Message) -> None:
        self._last = message
        try:
            item = word_of(message, self._clock)
        except InputError as error:
            log.warning("not an observation", subject=message.subject, reason=str(error))
            return
        if not self._writer.rows:
            self._since = time.monotonic()
        rows = len(item) if isinstance(item, ObservationBatch) else 1
        self._writer.add(message.seq, message.stored, cast("T", item), rows)

    def _due(self) -> bool:
        rows = self._writer.rows
        return rows >= FLUSH_ROWS or (rows > 0 and time.monotonic() - self._since >= _FLUSH_S)

    async def flush(self) -> None:
        """Make what is waiting durable, then tell the bus."""
        rows, last = self._writer.rows, self._last
        if not rows or last is None or self._pull is None:
            return
        await asyncio.to_thread(self._writer.flush)
        metrics.HISTORY_ROWS.labels(self._shelf).inc(rows)
        await self._pull.ack([last])

    async def _watch_lag(self, pull: Pull) -> None:
        if time.monotonic() - self._lag_at < _LAG_EVERY_S:
            return
        self._lag_at = time.monotonic()
        lag = await pull.lag()
        metrics.LAG.labels(self.name).set(lag)
        if self._recorder is not None and not _OPEN_AT < lag < _CLOSE_AT:
            self._recorder.hold(lag >= _CLOSE_AT)
