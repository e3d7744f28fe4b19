"""The hub's side: takes what sites send into the hub's own streams, each fact once and each rank in order.

A chunk counts as taken when its facts are committed, its messages are stored by the bus, and the ledger says so. A
kill in between leaves messages in the streams that the ledger does not know: the next life looks for their marks
behind the place up to which the ledger was sure, and leaves out what is there when the site sends the chunk again.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from pathlib import Path
from typing import Final

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from s4.core.clock import Clock
from s4.core.errors import InputError, ServiceError
from s4.core.logs import get_logger
from s4.core.model import Observation
from s4.core.subjects import NAME
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.recorder import Recorder
from s4.runtime.streams import FACTS, OBSERVATIONS
from s4.runtime.uplink.chunk import Parcel, Receipt, decode, down_subject
from s4.runtime.uplink.ledger import Ledger, Way
from s4.runtime.uplink.marks import find_marks
from s4.runtime.uplink.ranks import SOURCE, Rank
from s4.runtime.uplink.unload import Load, unload

_MOST_WAITING: Final = 16 << 20
"""Bytes of one site that wait here; what comes beyond is not looked at, and the site sends it again."""
_AT_ONCE: Final = 2 << 20
_GAP_AGAIN_S: Final = 1.0
_LONGEST_BEAT: Final = 64
SILENT_AFTER_S: Final = 15.0
"""No heartbeat for so long, and the hub says that the site is silent."""
_STREAMS: Final = (OBSERVATIONS, FACTS)
_RANKS: Final = frozenset(int(rank) for rank in Rank)
_OUTBOX: Final = re.compile(r"[0-9a-f]{16}")
_MOST_OUTBOXES: Final = 64
"""A site gets a new outbox only when its disk is lost; more would be somebody filling ours."""

log = get_logger(__name__)


class _Site(msgspec.Struct):
    """What waits of one site, when it was heard last, whether that is long ago, and which gaps it was told of."""

    parcels: deque[Parcel] = msgspec.field(default_factory=deque)
    bytes: int = 0
    heard_s: float = 0.0
    silent: bool = False
    gaps: dict[Way, float] = {}


class ReceiverHost(Host):
    """One per city: it is the only writer of its ledger."""

    name = "uplink-receiver"

    def __init__(self, folder: Path, city: str, bus: Bus, recorder: Recorder, clock: Clock) -> None:
        super().__init__()
        self._city, self._bus, self._recorder, self._clock = city, bus, recorder, clock
        self._ledger = Ledger(folder / "uplink.sqlite")
        self._sites: dict[str, _Site] = {}
        self._taken: dict[Way, int] = {}
        self._reached: dict[str, int] = {}
        self._there: dict[Way, dict[int, set[int]]] = {}
        self._under_way: dict[str, dict[str, int]] = {}

    async def open(self) -> None:
        """Listen for sites; what they send waits until the streams were looked through."""
        # `s4.up.*.*` would not do: NATS tells a site only of interest that covers what the site may say.
        await self._bus.listen("s4.up.>", self._on_message)

    async def _on_message(self, message: Msg) -> None:
        parts = message.subject.split(".")
        if len(parts) != 4 or not NAME.fullmatch(parts[2]):
            return
        site = self._sites.setdefault(parts[2], _Site())
        site.heard_s = time.monotonic()
        if parts[3] == "beat":
            await self._bus.client.publish(down_subject(parts[2], "echo"), message.data[:_LONGEST_BEAT])
        elif parts[3] == "data" and site.bytes < _MOST_WAITING:
            self._keep(site, parts[2], message.data)

    def _keep(self, site: _Site, name: str, data: bytes) -> None:
        try:
            parcel = decode(data, Parcel)
            self._check(name, parcel)
        except InputError as error:
            metrics.SITE_CHUNKS.labels(name, "refused").inc()
            log.warning("not a chunk", site=name, reason=str(error))
            return
        site.parcels.append(parcel)
        site.bytes += len(parcel.body)
        self.arrived.set()

    def _check(self, name: str, parcel: Parcel) -> None:
        """What numbers a chunk must be one that an outbox of ours could have sent; and a site has few of them."""
        if not (_OUTBOX.fullmatch(parcel.outbox) and parcel.rank in _RANKS and 0 <= parcel.after < parcel.number):
            raise InputError("is numbered as no outbox does")
        known = {way.outbox for way in self._taken if way.site == name}
        if parcel.outbox not in known and len(known) >= _MOST_OUTBOXES:
            raise InputError(f"comes from the site's outbox number {_MOST_OUTBOXES + 1}")

    async def run(self) -> None:
        """Take until told to stop."""
        await self._look_back()
        while not self.stopping:
            self.arrived.clear()
            await self._call_the_roll()
            busy = [name for name, site in self._sites.items() if site.parcels]
            ended = await asyncio.gather(*(self._serve(name) for name in busy), return_exceptions=True)
            for failed in ended:
                if failed is not None:
                    raise failed
            if not any(site.parcels for site in self._sites.values()):
                await self.wait(1.0)

    async def _call_the_roll(self) -> None:
        """Say which sites have fallen silent and which are heard again, as events of that site."""
        now_s, said = time.monotonic(), list[Observation]()
        for name, site in self._sites.items():
            silent = bool(site.heard_s) and now_s - site.heard_s > SILENT_AFTER_S
            if silent != site.silent:
                site.silent = silent
                said.append(self._event(name, silent))
        if said:
            await self._recorder.out(said)

    def _event(self, name: str, silent: bool) -> Observation:
        now, source = self._clock.now(), f"{SOURCE}{name}"
        log.log(30 if silent else 20, "a site is silent" if silent else "a site is heard again", site=name)
        identity = Observation.derive_id(source, "uplink.silent", now, str(silent).encode())
        return Observation(identity, source, "uplink.silent", now, name, now, {"silent": silent})

    async def _look_back(self) -> None:
        """Find what the last life stored without being able to write it down."""
        self._taken = await asyncio.to_thread(self._ledger.taken)
        sure = await asyncio.to_thread(self._ledger.reached)
        self._under_way.clear()
        while not self.stopping:
            try:
                self._there = await find_marks(self._bus, sure, self._taken)
                self._reached = {stream: await self._bus.reached(stream) for stream in _STREAMS}
                break
            except (NatsError, TimeoutError, OSError) as error:
                log.info("the receiver waits for the bus", reason=str(error) or type(error).__name__)
                await asyncio.sleep(0.5)
        if self._there:
            log.info("found what was stored before the last end", ways=len(self._there))
            self._reached = sure  # until those chunks are taken, the next life has to look again
        else:
            await asyncio.to_thread(self._ledger.write, {}, self._reached)

    async def _serve(self, name: str) -> None:
        """Take a group of a site's chunks: record, write down, tell the site."""
        site = self._sites[name]
        group, size = list[Parcel](), 0
        while site.parcels and size < _AT_ONCE:
            group.append(site.parcels.popleft())
            size += len(group[-1].body)
        site.bytes -= size
        taken, receipts = self._sorted(name, site, group)
        if taken:
            load = await asyncio.to_thread(self._unloaded, name, taken)
            self._under_way[name] = self._reached
            await self._recorder.pass_on(load.facts, load.heard, load.messages)
            await self._write_down(name, taken)
            self._count(name, taken, load)
        for receipt in receipts.values():
            await self._tell(name, receipt)

    def _sorted(self, name: str, site: _Site, group: list[Parcel]) -> tuple[list[Parcel], dict[Way, Receipt]]:
        """Those that follow on, in order, and what the site is to be told once they are safe."""
        taken: list[Parcel] = []
        last: dict[Way, int] = {}
        receipts: dict[Way, Receipt] = {}
        for parcel in group:
            way = Way(name, parcel.outbox, parcel.rank)
            known = last.get(way, self._taken.get(way, 0))
            gap = parcel.after > known
            if not gap and parcel.number > known:
                taken.append(parcel)
                known = last[way] = parcel.number
                site.gaps.pop(way, None)
            if not gap or time.monotonic() - site.gaps.get(way, 0.0) > _GAP_AGAIN_S:
                receipts[way] = Receipt(parcel.outbox, parcel.rank, known, gap)
            if gap and way in receipts and receipts[way].gap:
                site.gaps[way] = time.monotonic()
        return taken, receipts

    def _unloaded(self, name: str, taken: list[Parcel]) -> Load:
        load, now = Load(), self._clock.now()
        for parcel in taken:
            there = self._there.get(Way(name, parcel.outbox, parcel.rank), {}).get(parcel.number, set())
            unload(load, self._city, name, parcel, there, now)
        return load

    async def _write_down(self, name: str, taken: list[Parcel]) -> None:
        last = {Way(name, parcel.outbox, parcel.rank): parcel.number for parcel in taken}
        now_at = await self._positions()
        for way, number in last.items():
            left = {n: places for n, places in self._there.get(way, {}).items() if n > number}
            self._there.pop(way, None)
            if left:
                self._there[way] = left
        del self._under_way[name]
        if not self._there:
            others = [start for start in self._under_way.values() if start]
            self._reached = {s: min([now_at[s], *(start.get(s, 0) for start in others)]) for s in _STREAMS}
        await asyncio.to_thread(self._ledger.write, last, self._reached)
        self._taken.update(last)

    async def _positions(self) -> dict[str, int]:
        for _ in range(40):
            try:
                return {stream: await self._bus.reached(stream) for stream in _STREAMS}
            except (NatsError, TimeoutError, OSError):
                await asyncio.sleep(0.5)
        raise ServiceError("the bus does not say how far its streams are")

    def _count(self, name: str, taken: list[Parcel], load: Load) -> None:
        metrics.SITE_CHUNKS.labels(name, "taken").inc(len(taken))
        if load.refused:
            metrics.SITE_CHUNKS.labels(name, "refused").inc(load.refused)
            log.warning("a site sent what cannot be taken", site=name, records=load.refused)

    async def _tell(self, name: str, receipt: Receipt) -> None:
        try:
            await self._bus.client.publish(down_subject(name, "receipt"), msgspec.msgpack.encode(receipt))
        except NatsError as error:
            log.debug("receipt not sent", site=name, reason=str(error) or type(error).__name__)
