"""Takes what has to go up from the local streams into the outbox: facts at once, readings gathered."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, cast

from nats.errors import Error as NatsError

from s4.core.clock import Clock
from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.core.model import FACTS, WORD_OF, Detection, Fact, Observation, ObservationBatch
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.pull import Message, Pull, PullPlan
from s4.runtime.routes import source_of, word_of
from s4.runtime.uplink import thin
from s4.runtime.uplink.chunk import LARGEST_BODY, MOST_RAW_BYTES, Draft, Record, pack
from s4.runtime.uplink.edge import Line
from s4.runtime.uplink.levels import Level
from s4.runtime.uplink.ranks import Rank, rank_of_fact
from s4.runtime.wire import encode_fact

_AT_ONCE: Final = 512
_FACTS_S: Final = 0.01
_READINGS_S: Final = 0.25
_THINNED_S: Final = 10.0
"""Over so many seconds readings are gathered: then thinned, and their aggregates made."""
_MOST_ROWS: Final = 65_536

log = get_logger(__name__)


class IntakeHost(Host):
    """One local stream's way into the outbox. Messages are held in memory until the outbox has them on disk; what a
    kill takes from memory is taken from the stream again.
    """

    def __init__(self, name: str, words: Sequence[type], line: Line, city: str, bus: Bus, clock: Clock) -> None:
        super().__init__()
        self.name, self._line, self._city, self._bus, self._clock = f"uplink-{name}", line, city, bus, clock
        sources = [source_of(city, word) for word in words]
        self._stream, self._filters = sources[0][0], tuple(wanted for _, wanted in sources)
        self._key = f"{self._stream}/{name}"
        self._pull: Pull | None = None
        self._last: Message | None = None
        self._since = 0.0
        line.listeners.append(self.arrived.set)

    async def open(self) -> None:
        """Continue behind what the outbox holds."""
        start = await asyncio.to_thread(self._line.outbox.position, self._key)
        if self._pull is not None:
            await self._bus.drop(self._pull)
        plan = PullPlan(self._stream, f"s4-{self.name}", self._filters, window=4096)
        self._pull = await self._bus.pull(plan, self.arrived, start=start)

    async def run(self) -> None:
        """Take in until told to stop; then put the rest away."""
        if self._last is not None:  # the last run broke off with something in hand
            self._forget()
            await self.open()
        while not self.stopping and self._pull is not None:
            await self._turn(self._pull)
        await self._put()

    def _forget(self) -> None:
        self._last = None

    async def _turn(self, pull: Pull) -> None:
        self.arrived.clear()
        try:
            await pull.ask()
        except (NatsError, TimeoutError, OSError) as error:
            log.debug("the outbox waits for the bus", reason=str(error) or type(error).__name__)
            await asyncio.sleep(0.2)
        messages = pull.take(_AT_ONCE)
        for message in messages:
            self._take(message)
        if self._due():
            await self._put()
        if not messages:
            await self.wait(self._patience())

    def _take(self, message: Message) -> None:
        if self._last is None:
            self._since = time.monotonic()
        self._last = message
        try:
            self._hold(word_of(message, self._clock))
        except InputError as error:  # it is among the dead letters of whoever was to read it
            log.debug("not taken up", subject=message.subject, reason=str(error))

    def _patience(self) -> float:
        return 0.5 if self._last is None else max(self._gather_s() - (time.monotonic() - self._since), 0.001)

    def _due(self) -> bool:
        return self._last is not None and (self._full() or time.monotonic() - self._since >= self._gather_s())

    async def _put(self) -> None:
        last, pull = self._last, self._pull
        if last is None or pull is None:
            return
        now = self._clock.now()
        await asyncio.to_thread(self._keep, last.seq, now)
        self._forget()
        self._line.changed()
        await pull.ack([last])

    def _keep(self, seq: int, now: int) -> None:
        drafts = self._drafts()
        fitting = [draft for draft in drafts if len(draft.body) <= LARGEST_BODY]
        self._line.outbox.put(fitting, self._key, seq, now)
        for draft in drafts:
            if len(draft.body) > LARGEST_BODY:
                log.warning("too large to be sent up", bytes=len(draft.body))
                self._line.outbox.refuse(draft.rank, draft.count, len(draft.body), now)

    @abstractmethod
    def _hold(self, word: object) -> None:
        """Keep a word in hand."""

    @abstractmethod
    def _full(self) -> bool:
        """Whether no more should be held."""

    @abstractmethod
    def _gather_s(self) -> float:
        """How long to hold on to what came first."""

    @abstractmethod
    def _drafts(self) -> list[Draft]:
        """What is in hand, as chunks."""


class FactIntake(IntakeHost):
    """Single facts: put away within 10 ms, one chunk a rank."""

    def __init__(self, name: str, words: Sequence[type], line: Line, city: str, bus: Bus, clock: Clock) -> None:
        super().__init__(name, words, line, city, bus, clock)
        self._facts: list[tuple[Rank, Record]] = []

    def _forget(self) -> None:
        super()._forget()
        self._facts = []

    def _hold(self, word: object) -> None:
        fact = cast("Fact", word)
        rank = rank_of_fact(fact, self._line.plan.policy)
        self._facts.append((rank, (WORD_OF[type(fact)], encode_fact(fact))))

    def _full(self) -> bool:
        return len(self._facts) >= _AT_ONCE

    def _gather_s(self) -> float:
        return _FACTS_S

    def _drafts(self) -> list[Draft]:
        drafts = []
        for rank in Rank:
            records = [record for own, record in self._facts if own is rank]
            drafts += [pack(rank, part, len(part)) for part in _parts(records)]
        return drafts


def _parts(records: list[Record]) -> list[list[Record]]:
    """Records in order, in parts of at most `MOST_RAW_BYTES` (a single larger one is a part of its own)."""
    parts: list[list[Record]] = []
    size = MOST_RAW_BYTES
    for record in records:
        if size + len(record[1]) > MOST_RAW_BYTES or not parts:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += len(record[1])
    return parts


class ReadingIntake(IntakeHost):
    """Readings: gathered for a quarter of a second, while the line is congested for ten and thinned."""

    def __init__(self, name: str, words: Sequence[type], line: Line, city: str, bus: Bus, clock: Clock) -> None:
        super().__init__(name, words, line, city, bus, clock)
        self._batches: list[ObservationBatch] = []
        self._rows = 0

    def _forget(self) -> None:
        super()._forget()
        self._batches, self._rows = [], 0

    def _hold(self, word: object) -> None:
        batch = cast("ObservationBatch", word)
        self._batches.append(batch)
        self._rows += len(batch)

    def _full(self) -> bool:
        return self._rows >= _MOST_ROWS

    def _gather_s(self) -> float:
        return _READINGS_S if self._line.levels.level == Level.ALL else _THINNED_S

    def _drafts(self) -> list[Draft]:
        make: Callable[..., list[Draft]] = thin.whole if self._line.levels.level == Level.ALL else thin.thinned
        return [draft for taken in thin.together(self._batches) for draft in make(taken, self._line.plan.policy)]


def intakes(line: Line, city: str, bus: Bus, clock: Clock) -> list[Host]:
    """The hosts that fill the outbox: facts, events and readings each wait for nobody else."""
    stored = [FACTS[word] for word in line.plan.words if FACTS[word] is not Observation] or [Detection]
    return [
        FactIntake("facts", stored, line, city, bus, clock),
        FactIntake("events", [Observation], line, city, bus, clock),
        ReadingIntake("readings", [ObservationBatch], line, city, bus, clock),
    ]
