"""Empties the outbox over the leaf link: the most urgent rank first, each rank in order, kept until the hub has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.uplink.chunk import Parcel, Receipt, decode, down_subject, up_subject
from s4.runtime.uplink.edge import Line
from s4.runtime.uplink.levels import SENT
from s4.runtime.uplink.ranks import Rank

_SLICE: Final = 1 << 20
"""So much is read at a time: in between, something more urgent may have come."""
_PATIENCE_S: Final = 0.25
_OVERDUE_S: Final = 5.0
_OVERDUE_TRIPS: Final = 6.0
_TIDY_EVERY_S: Final = 10.0

log = get_logger(__name__)


class _Flying(msgspec.Struct, frozen=True):
    number: int
    bytes: int
    sent_s: float


class SenderHost(Host):
    """Sends what the level allows while the line is alive."""

    name = "uplink-sender"

    def __init__(self, line: Line, bus: Bus) -> None:
        super().__init__()
        self._line, self._bus = line, bus
        self._outbox = line.outbox
        self._receipts: list[Receipt] = []
        self._flying: dict[Rank, deque[_Flying]] = {rank: deque() for rank in Rank}
        self._sent: dict[Rank, int] = {}
        self._settled: dict[Rank, int] = {}
        self._nothing_until = dict.fromkeys(Rank, 0)
        self._was_alive = False
        self._tidied_s = 0.0
        line.listeners.append(self.arrived.set)

    async def open(self) -> None:
        """Listen for the hub's receipts, and begin behind the last of them."""
        numbers = await asyncio.to_thread(self._outbox.numbers)
        self._settled = {rank: settled for rank, (settled, _) in numbers.items()}
        self._sent = dict(self._settled)
        await self._bus.listen(down_subject(self._line.site, "receipt"), self._on_receipt)

    async def _on_receipt(self, message: Msg) -> None:
        with contextlib.suppress(InputError):
            self._receipts.append(decode(message.data, Receipt))
            self.arrived.set()

    async def run(self) -> None:
        """Send until told to stop. What is on its way then comes again in the next life; the hub knows it."""
        self._again()
        while not self.stopping:
            self.arrived.clear()
            await self._take_receipts()
            self._look_at_the_line()
            await self._fill()
            await self._tidy()
            await self.wait(_PATIENCE_S)

    async def _take_receipts(self) -> None:
        receipts, self._receipts = self._receipts, []
        settled: dict[Rank, int] = {}
        for receipt in receipts:
            if receipt.outbox != self._outbox.id or receipt.rank not in self._flying:
                continue
            rank = Rank(receipt.rank)
            if receipt.last > self._outbox.given[rank]:
                await self._rename()
                return
            self._landed(rank, receipt)
            if receipt.last > self._settled[rank]:
                settled[rank] = self._settled[rank] = receipt.last
        if settled:
            await asyncio.to_thread(self._outbox.settle, settled)

    def _landed(self, rank: Rank, receipt: Receipt) -> None:
        flying = self._flying[rank]
        while flying and flying[0].number <= receipt.last:
            flying.popleft()
            metrics.UPLINK_CHUNKS.labels(rank.name.lower()).inc()
        if receipt.gap:
            flying.clear()
            self._sent[rank], self._nothing_until[rank] = receipt.last, 0
        else:
            self._sent[rank] = max(self._sent[rank], receipt.last)

    async def _rename(self) -> None:
        """The hub knows numbers that this outbox has never given: the file was brought back from an older copy."""
        log.warning("the outbox is older than the hub remembers; its chunks are numbered anew")
        await asyncio.to_thread(self._outbox.rename)
        self._settled = dict.fromkeys(Rank, 0)
        self._again()

    def _again(self) -> None:
        """Whatever is on its way is sent again."""
        self._sent = dict(self._settled)
        self._nothing_until = dict.fromkeys(Rank, 0)
        for flying in self._flying.values():
            flying.clear()

    def _look_at_the_line(self) -> None:
        now = asyncio.get_running_loop().time()
        meter = self._line.meter
        alive = self._bus.connected and meter.alive(now)
        overdue = max(_OVERDUE_S, _OVERDUE_TRIPS * meter.round_trip_s)
        oldest = min((flying[0].sent_s for flying in self._flying.values() if flying), default=now)
        if (alive and not self._was_alive) or now - oldest > overdue:
            if now - oldest > overdue:
                self._line.window.lost()
            self._again()
        self._was_alive = alive

    async def _fill(self) -> None:
        loop = asyncio.get_running_loop()
        while self._was_alive and not self.stopping:
            on_their_way = sum(one.bytes for flying in self._flying.values() for one in flying)
            room = self._line.window.room(on_their_way)
            rank = self._next_rank()
            if not room or rank is None:
                return
            given = self._outbox.given[rank]
            parcels = await asyncio.to_thread(self._outbox.read, rank, self._sent[rank], min(room, _SLICE))
            if not parcels:
                self._nothing_until[rank] = given
            for parcel in parcels:
                await self._send(parcel, loop.time())

    def _next_rank(self) -> Rank | None:
        given = self._outbox.given
        allowed = SENT[self._line.levels.level]
        return next((r for r in allowed if given[r] > max(self._sent[r], self._nothing_until[r])), None)

    async def _send(self, parcel: Parcel, now_s: float) -> None:
        data = msgspec.msgpack.encode(parcel)
        try:
            await self._bus.client.publish(up_subject(self._line.site, "data"), data)
        except NatsError as error:
            log.debug("not sent", reason=str(error) or type(error).__name__)
            self._was_alive = False
            return
        rank = Rank(parcel.rank)
        self._sent[rank] = parcel.number
        self._flying[rank].append(_Flying(parcel.number, len(data), now_s))

    async def _tidy(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._tidied_s > _TIDY_EVERY_S:
            self._tidied_s = now
            await asyncio.to_thread(self._outbox.tidy)
