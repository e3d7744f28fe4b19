"""Takes what an export wants from the bus into its backlog; what the bus was told to forget is never asked for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from s4.core.clock import Clock
from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.core.model import FACTS, Frame, Observation, ObservationBatch, Raw
from s4.core.ports import Exporter, Produced
from s4.runtime.bus import Bus
from s4.runtime.export.backlog import Backlog, Item
from s4.runtime.export.codec import decode_lines
from s4.runtime.export.spill import SpillBox
from s4.runtime.pull import Message, Pull, PullPlan
from s4.runtime.routes import source_of, word_of
from s4.runtime.streams import EXPORT
from s4.runtime.wire import split

_AT_ONCE = 128
_ROWS_AT_ONCE = 2000
_WINDOW = 256
_ROW_BYTES = 200
"""About what a reading comes to, as JSON."""

log = get_logger(__name__)


def filters_of(exporter: Exporter, city: str) -> dict[str, tuple[str, ...]]:
    """Stream → the subjects of it that may hold what an export wants, its dead letters that come again among them."""
    found: dict[str, list[str]] = {EXPORT: [f"s4.{city}.*.export.{exporter.export.id}"]}
    for word in exporter.export.words:
        for kind in (ObservationBatch, Observation) if word == "observation" else (FACTS[word],):
            stream, wanted = source_of(city, kind)
            found.setdefault(stream, []).append(wanted)
    return {stream: tuple(wanted) for stream, wanted in found.items()}


async def begin(exporter: Exporter, city: str, bus: Bus, box: SpillBox) -> int:
    """Note where each stream begins that was never read before. Returns how many places of the others the bus no longer
    holds. Blocks for the disk, shortly.
    """
    missed = 0
    js = bus.client.jetstream()
    for stream in filters_of(exporter, city):
        state = (await js.stream_info(stream)).state
        known = box.position(stream)
        if known is not None:
            missed += max(0, state.first_seq - 1 - known)
        elif stream == EXPORT or exporter.export.start == "all":
            box.put([], {stream: max(0, state.first_seq - 1)})
        else:
            box.put([], {stream: state.last_seq})
    return missed


class Intake:
    """The consumers of one export, one a stream."""

    def __init__(self, exporter: Exporter, city: str, bus: Bus, clock: Clock, arrived: asyncio.Event) -> None:
        self._exporter, self._city, self._bus, self._clock = exporter, city, bus, clock
        self._arrived = arrived
        self._pulls: list[Pull] = []
        self._newest: dict[str, Message] = {}
        self._next_ack: dict[str, Message] = {}
        batch = exporter.export.batch
        single = exporter.export.format == "json"  # so that each row is a parcel and can be refused alone
        self._most_rows = 1 if single else max(1, min(batch.rows, batch.bytes // _ROW_BYTES))

    async def open(self, box: SpillBox) -> None:
        """Continue behind what is dealt with."""
        name = f"s4-export-{self._exporter.export.id}"
        for stream, filters in filters_of(self._exporter, self._city).items():
            plan = PullPlan(stream, name, filters, window=_WINDOW)
            self._pulls.append(await self._bus.pull(plan, self._arrived, start=box.position(stream) or 0))

    async def close(self) -> None:
        """Read no more."""
        for pull in self._pulls:
            await self._bus.drop(pull)
        self._pulls = []

    async def turn(self, backlog: Backlog) -> bool:
        """Take what has come; returns whether there was anything. Raises `ServiceError` when the disk takes nothing."""
        came = False
        for pull in self._pulls:
            try:
                await pull.ask()
            except (NatsError, JetStreamError, TimeoutError, OSError) as error:
                log.debug("an export waits for the bus", reason=str(error) or type(error).__name__)
                await asyncio.sleep(0.2)
            came = await self._take(pull, backlog) or came
            await self._ack(pull, backlog)
        return came

    async def _take(self, pull: Pull, backlog: Backlog) -> bool:
        """Take messages one by one, so that no more is in hand than the backlog has room for."""
        stream, taken, rows, items = pull.plan.stream, 0, 0, list[Item]()
        while taken < _AT_ONCE and not backlog.full and (messages := pull.take(1)):
            taken += 1
            self._newest[stream] = messages[0]
            for item in self._items(messages[0]):
                items.append(item)
                rows += item.rows
            if rows >= _ROWS_AT_ONCE:
                await backlog.put(items, {stream: messages[0].seq})
                rows, items = 0, []
        if taken:
            await backlog.put(items, {stream: self._newest[stream].seq})
            self._next_ack.setdefault(stream, self._newest[stream])
        return bool(taken)

    async def _ack(self, pull: Pull, backlog: Backlog) -> None:
        stream = pull.plan.stream
        marked = self._next_ack.get(stream)
        if marked is None or backlog.settled(stream) < marked.seq:
            return
        await pull.ack([marked])
        if self._newest[stream].seq > marked.seq:
            self._next_ack[stream] = self._newest[stream]
        else:
            del self._next_ack[stream]

    def _items(self, message: Message) -> Iterator[Item]:
        now = self._clock.at(message.stored)
        parts = [part for word in self._words(message) for part in self._parts(word)]
        for number, part in enumerate(parts, start=1):
            rows = len(part) if isinstance(part, ObservationBatch) else 1
            size = rows * _ROW_BYTES if isinstance(part, ObservationBatch) else len(message.data)
            position = message.seq if number == len(parts) else message.seq - 1
            yield Item(part, rows, size, now, message.stream, position)

    def _words(self, message: Message) -> list[Produced]:
        words: list[Produced] = []
        with contextlib.suppress(InputError):  # it is among the dead letters of whoever was to read it
            if message.stream == EXPORT:
                return decode_lines(message.data)
            word = word_of(message, self._clock)
            if not isinstance(word, Raw | Frame):
                words.append(word)
        return words

    def _parts(self, word: Produced) -> list[Produced]:
        wanted = self._exporter.select(word)
        if wanted is None:
            return []
        return list(split(wanted, self._most_rows)) if isinstance(wanted, ObservationBatch) else [wanted]
