"""Watches the line: heartbeats, the level, the leaf link itself; and says how it is as observations like any other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import S4Error
from s4.core.logs import get_logger
from s4.core.model import Observation, ObservationBatch, Reading, Series
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.recorder import Recorder
from s4.runtime.uplink.chunk import down_subject, up_subject
from s4.runtime.uplink.edge import LeafControl, LeafWord, Line
from s4.runtime.uplink.levels import SENT, Level, Measure
from s4.runtime.uplink.ranks import SOURCE
from s4.runtime.uplink.watchdog import Remedy, State, Watchdog

HEARTBEAT_S: Final = 1.0
_REPORT_S: Final = 5.0

log = get_logger(__name__)


class LinkHost(Host):
    """One line's watch. What it says of the line has the source `uplink-<site>`.

    | property | unit | |
    |---|---|---|
    | `round_trip` | s | of heartbeats through the hub, smoothed |
    | `loss` | 1 | part of the latest heartbeats without an echo |
    | `queue` | {count} | facts and readings that wait |
    | `queue_bytes` | By | the disk they take |
    | `queue_age` | s | how long the oldest has waited, the rest of thinned series not counted |
    | `level` | 1 | 0 all, 1 thinned, 2 urgent only |
    | `up` | 1 | NATS' own word on the link |

    Events: `uplink.level` (each change), `uplink.lost` (what was given up), `uplink.remedy` (help for the leaf link).
    """

    name = "uplink-link"

    def __init__(self, line: Line, bus: Bus, recorder: Recorder, clock: Clock, control: LeafControl) -> None:
        super().__init__()
        self._line, self._bus, self._recorder, self._clock, self._control = line, bus, recorder, clock, control
        self._word = LeafWord(False)
        self._reported_s = 0.0
        self._saying: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen for echoes."""
        await self._bus.listen(down_subject(self._line.site, "echo"), self._on_echo)

    async def _on_echo(self, message: Msg) -> None:
        with contextlib.suppress(ValueError):
            took = self._line.meter.echo(int(message.data[:20]), asyncio.get_running_loop().time())
            if took is not None:
                self._line.window.echo(took, self._line.meter.least_s)
                self._line.changed()

    async def run(self) -> None:
        """Watch until told to stop."""
        dog = Watchdog(asyncio.get_running_loop().time())
        try:
            while not self.stopping:
                await self._turn(dog)
        finally:
            await self._control.close()

    async def _turn(self, dog: Watchdog) -> None:
        loop = asyncio.get_running_loop()
        self.arrived.clear()
        await self._beat(loop.time())
        await self.wait(HEARTBEAT_S)
        self._judge(loop.time())
        await self._help(dog, loop.time())
        if loop.time() - self._reported_s >= _REPORT_S:
            self._reported_s = loop.time()
            self._say([self._series()])
            await self._tell_lost()

    async def _beat(self, now_s: float) -> None:
        if not self._bus.connected:  # it would be kept back and come late
            return
        number = self._line.meter.send(now_s)
        with contextlib.suppress(NatsError):
            await self._bus.client.publish(up_subject(self._line.site, "beat"), str(number).encode())

    def _measure(self, now_s: float) -> Measure:
        meter = self._line.meter
        return Measure(meter.alive(now_s), meter.round_trip_s, meter.loss(now_s), self._queue_age_s())

    def _queue_age_s(self) -> float:
        waiting = self._line.outbox.waiting()
        oldest = min((waiting[r].oldest for r in SENT[Level.THINNED] if waiting[r].oldest), default=0)
        return max(self._clock.now() - oldest, 0) / NS_PER_S / self._clock.speed if oldest else 0.0

    def _judge(self, now_s: float) -> None:
        levels, measure = self._line.levels, self._measure(now_s)
        was = levels.level
        if reason := levels.update(measure, now_s):
            log.info("uplink level", now=levels.level.name.lower(), was=was.name.lower(), reason=reason)
            names = {"level": levels.level.name.lower(), "was": was.name.lower(), "reason": reason}
            self._say([self._event("uplink.level", names | msgspec.structs.asdict(measure))])
            self._line.changed()

    async def _help(self, dog: Watchdog, now_s: float) -> None:
        meter = self._line.meter
        alive = meter.alive(now_s)
        word = await self._control.look() if not alive or now_s - self._reported_s >= _REPORT_S else None
        self._word = word or (self._word if alive else LeafWord(False))
        if word is None:
            return
        state = State(alive, meter.silent_s(now_s), word.up, alive or await self._control.reachable())
        remedy = dog.decide(state, now_s)
        if remedy is None:
            return
        log.warning("the leaf link does not carry", up=word.up, remedy=remedy.value)
        self._say([self._event("uplink.remedy", {"remedy": remedy.value, "up": word.up, "detail": word.detail})])
        try:
            await (self._control.restart if remedy is Remedy.RESTART else self._control.reconnect)()
        except (S4Error, OSError) as error:
            log.error("the leaf link cannot be helped", reason=str(error))

    def _series(self) -> ObservationBatch:
        now, measure = self._clock.now(), self._measure(asyncio.get_running_loop().time())
        waiting = self._line.outbox.waiting().values()
        figures = {
            ("round_trip", "s"): measure.round_trip_s, ("loss", "1"): measure.loss,
            ("queue", "{count}"): float(sum(one.count for one in waiting)),
            ("queue_bytes", "By"): float(sum(one.bytes for one in waiting)),
            ("queue_age", "s"): measure.queue_age_s, ("level", "1"): float(self._line.levels.level),
            ("up", "1"): float(self._word.up),
        }  # fmt: skip
        for (name, _), value in figures.items():
            metrics.UPLINK.labels(name).set(value)
        source = f"{SOURCE}{self._line.site}"
        readings = [Reading(Series(source, name, unit), now, value) for (name, unit), value in figures.items()]
        return ObservationBatch.of(self._line.site, now, readings)

    def _event(self, property: str, body: dict[str, Any]) -> Observation:
        now, source = self._clock.now(), f"{SOURCE}{self._line.site}"
        body = {name: value for name, value in body.items() if value not in (float("inf"), float("-inf"))}
        name = Observation.derive_id(source, property, now, msgspec.json.encode(body))
        return Observation(name, source, property, now, self._line.site, now, body)

    async def _tell_lost(self) -> None:
        lost = await asyncio.to_thread(self._line.outbox.untold)
        if not lost:
            return
        for one in lost:
            log.warning("given up, the disk is full", rank=one.rank.name.lower(), count=one.count)
            metrics.UPLINK_LOST.labels(one.rank.name.lower()).set(one.count)
        told = [self._event("uplink.lost", {
            "rank": one.rank.name.lower(), "count": one.count, "bytes": one.bytes, "since": one.since,
            "until": one.until,
        }) for one in lost]  # fmt: skip
        await self._recorder.out(told)
        await asyncio.to_thread(self._line.outbox.told, lost)

    def _say(self, said: Sequence[Observation | ObservationBatch]) -> None:
        """Without waiting: while the bus is away the watch has to go on."""
        if len(self._saying) > 50:
            return
        task = asyncio.create_task(self._said(said), name="uplink-says")
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _said(self, said: Sequence[Observation | ObservationBatch]) -> None:
        try:
            await self._recorder.out(said)
        except S4Error as error:
            log.warning("the uplink's own state is not recorded", reason=str(error))
