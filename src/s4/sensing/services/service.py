"""What every device service does besides speaking its protocol: come back after a loss, keep a rate, hand over."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Final, TypeVar

from s4.core.city import Source
from s4.core.clock import NS_PER_S
from s4.core.errors import ServiceError
from s4.core.model import Observation, ObservationBatch
from s4.core.ports import Card, Context, Door, Produced, Record, Reject
from s4.sensing.limits import TokenBucket
from s4.sensing.options import read_options
from s4.sensing.replay import RejectBox, deliver
from s4.sensing.services.gather import MOST_WAITING, GatewayOptions, Gather
from s4.sensing.services.parsed import SELF, Parsed

O = TypeVar("O", bound=GatewayOptions)  # noqa: E741 - the options of one service

FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
STEADY_S: Final = 10.0
"""A connection that held for so long starts again at the first back-off when it is lost."""
BEAT_S: Final = 10.0
DEFAULT_RATE: Final = 20_000.0
LARGEST_BATCH: Final = 1_024
"""Messages that are handed over together at most; fewer when a tenth of a second brings fewer."""
LINK: Final = "link"
RATE: Final = "message_rate"


def end_if_cancelled() -> None:
    """Raise `CancelledError` in a task that was told to stop, if a library has swallowed that in between."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _not_running(facts: Sequence[Produced]) -> None:
    raise RuntimeError(f"{len(facts)} facts were handed over before the door ran")


class Service(Door):
    """A door that keeps one connection, or one listening port, open.

    While the link is up it says `message_rate` (Hz) of itself every 10 s, so that a link that is gone shows as a silent
    source though its devices speak under their own ids; each change of the link is an event `link` with `state` `up`
    or `down` and the `reason`.
    """

    produces: ClassVar = (ObservationBatch, Observation)
    card: ClassVar[Card]
    first_backoff_s: ClassVar[float] = FIRST_BACKOFF_S

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        self.owner = f"source[{source.id}]"
        self._refused = RejectBox(source.id, source.door, context.clock)
        self._record: Record = _not_running
        self._handing_over = asyncio.Lock()
        self._up: bool | None = None
        self._count, self._up_at = 0, 0.0
        self.batch = LARGEST_BATCH

    def configure(self, kind: type[O]) -> O:
        """The checked options of this source; call it first in `__init__`. Raises `ConfigError`."""
        options = read_options(kind, self.source.options, self.owner)
        options.check(self.owner)
        self.gather = Gather(self.context, self.source, options, self._refused)
        rate = options.rate_per_s or DEFAULT_RATE
        self._bucket = TokenBucket(rate, rate)
        self.batch = max(1, min(LARGEST_BATCH, int(rate / 10)))
        return options

    @abstractmethod
    async def session(self) -> None:
        """Connect, call `up`, and take in until the connection is lost.

        Raises `ServiceError` with the reason when it is; what else it raises ends the door.
        """

    def rejects(self) -> Sequence[Reject]:
        """What was refused since the last call, at most the last 1000."""
        return self._refused.drain()

    async def run(self, record: Record) -> None:
        """Take in until cancelled, connecting again after every loss."""
        self._record = record
        beat = asyncio.create_task(self._beat(self.context.clock.now(), self._count), name=f"{self.source.id} beat")
        try:
            await self._sessions()
        finally:
            beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beat

    async def _sessions(self) -> None:
        pause = self.first_backoff_s
        while True:
            self._up_at = 0.0
            try:
                await self.session()
                reason = "the other side ended it"
            except ServiceError as error:
                reason = str(error)
            end_if_cancelled()
            await self.flush()
            await self.link(False, reason)
            if self._up_at and time.monotonic() - self._up_at > STEADY_S:
                pause = self.first_backoff_s
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads reconnections, keeps no secret
            pause = min(2 * pause, LONGEST_BACKOFF_S)

    async def up(self) -> None:
        """The connection stands."""
        self._up_at = time.monotonic()
        await self.link(True, "")

    async def link(self, up: bool, reason: str) -> None:
        """The connection stands, or is lost for `reason`; said when that is a change."""
        if up == self._up:
            return
        self._up = up
        body: dict[str, Any] = {"state": "up"} if up else {"state": "down", "reason": reason[:500]}
        parsed = Parsed()
        parsed.event(SELF, LINK, body)
        self.gather.take(parsed, b"", LINK)
        await self.flush()

    # Handing over

    def take(self, parsed: Parsed, text: bytes, where: str) -> None:
        """Gather what one message said; `flush` hands it over."""
        self._spend()
        self.gather.take(parsed, text, where)

    def _spend(self) -> None:
        self._count += 1
        self._bucket.spend(1.0)

    @property
    def wait_s(self) -> float:
        """Seconds until another message may come in; 0 while the source keeps to its rate."""
        return self._bucket.wait_s()

    @property
    def full(self) -> bool:
        """Whether so much was gathered that it should be handed over at once."""
        return len(self.gather) >= MOST_WAITING

    async def flush(self) -> None:
        """Record what was gathered; returns when it is safe. Waits while the source is over its rate."""
        async with self._handing_over:  # who comes second waits here until what the first took along is safe
            if len(self.gather):
                await deliver(self._record, self.gather.drain())
        if (wait := self._bucket.wait_s()) > 0:
            await asyncio.sleep(wait)

    async def every(self, period_s: float, ask: Callable[[], Awaitable[None]]) -> None:
        """Call `ask` and hand over, again every `period_s`; what takes longer is asked again at once, never twice."""
        due = time.monotonic()
        while True:
            await ask()
            end_if_cancelled()
            await self.flush()
            due = max(due + period_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def _beat(self, began: int, before: int) -> None:
        clock = self.context.clock
        while True:
            await asyncio.sleep(BEAT_S)
            now, count = clock.now(), self._count
            if self._up and now > began:
                parsed = Parsed()
                parsed.reading(SELF, RATE, (count - before) * NS_PER_S / (now - began), "Hz")
                self.gather.take(parsed, b"", RATE)
                await self.flush()
            began, before = now, count
