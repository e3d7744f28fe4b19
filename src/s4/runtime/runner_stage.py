"""Runs one stage: feeds it from the bus, publishes what it gives, keeps its snapshot, buries what it cannot take.

Time is part of the input. A stage is told the time in whole periods, and a message is processed at the instant at
which the bus stored it; so after a crash the same messages, replayed from the last snapshot, come out the same.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from nats.errors import Error as NatsError

from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import InputError, S4Error
from s4.core.logs import get_logger
from s4.core.model import Fact, Raw, Word, revision_of
from s4.core.ports import Stage
from s4.runtime import deadletters, metrics
from s4.runtime.bus import Bus, Outgoing
from s4.runtime.host import Host
from s4.runtime.pull import Message, Pull, PullPlan
from s4.runtime.recorder import Recorder
from s4.runtime.routes import source_of, subject_of, word_of
from s4.runtime.store.snapshots import Snapshot, Snapshots
from s4.runtime.streams import MQTT

_SLACK_NS: Final = NS_PER_S // 4
"""How long after the end of a period a message of it may still come in over the bus."""
_SNAPSHOT_S: Final = 1.0
_MOST_AT_ONCE: Final = 1024
_MOST_LOSSY: Final = 65_536
_MANY: Final = 128
_LONGEST_GAP: Final = 120
"""Periods without any message after which a stage is told the time once instead of period by period; a snapshot is
taken at least twice within so many."""
_REMEMBERED: Final = 4096
_MQTT_AGAIN_S: Final = 5.0
_PACE_S: Final = 0.003
_MOST_COMMITTING: Final = 64

log = get_logger(__name__)


class _Kept(msgspec.Struct):
    """What a snapshot holds besides the positions: the stage's own state and the ids seen last."""

    state: bytes
    seen: list[str]


class StageHost(Host):
    """One stage at work. A run that fails begins again from the last snapshot with a new stage."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Stage],
        city: str,
        bus: Bus,
        recorder: Recorder,
        snapshots: Snapshots,
        clock: Clock,
    ) -> None:
        super().__init__()
        self.name, self._make, self.stage = name, make, make()
        self._city, self._bus, self._recorder, self._snapshots, self._clock = city, bus, recorder, snapshots, clock
        self._patience = deadletters.Patience()
        self._period = max(int(self.stage.period_s * NS_PER_S), 1)
        self._pulls: list[Pull] = []
        self._lossy: list[Raw] = []
        self._forget()

    def _forget(self) -> None:
        self._positions: dict[str, int] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._burials: list[tuple[str, str, bytes]] = []
        self._committing: list[asyncio.Task[None]] = []
        self._now = 0
        self._dirty = False
        self._saved_at = 0.0
        self._saved_now = 0
        self._latest: dict[Pull, Message] = {}
        self._spoilt = False

    async def open(self) -> None:
        """Restore the last snapshot and place the consumers behind it."""
        self._forget()
        await self._restore()
        for pull in self._pulls:
            await self._bus.drop(pull)
        filters: dict[str, list[str]] = {}
        for word in self.stage.consumes:
            stream, wanted = source_of(self._city, word)
            filters.setdefault(stream, []).append(wanted)
        self._pulls = [await self._pull(stream, tuple(wanted)) for stream, wanted in filters.items()]

    async def _pull(self, stream: str, filters: tuple[str, ...]) -> Pull:
        replay = stream != MQTT
        plan = PullPlan(stream, f"s4-{self.name}", filters, replay, 3600.0 if replay else _MQTT_AGAIN_S)
        return await self._bus.pull(plan, self.arrived, start=self._positions.get(stream, 0) if replay else None)

    def offer(self, raw: Raw) -> None:
        """A message that nobody stores (MQTT QoS 0): taken if there is room, else lost, as its sender accepted."""
        if len(self._lossy) < _MOST_LOSSY:
            self._lossy.append(raw)
            self.arrived.set()

    async def run(self) -> None:
        """Feed the stage until told to stop; then take the last snapshot."""
        if self._spoilt:  # the last run broke off between a step and its record: only the snapshot is sure
            self.stage = self._make()
            await self.open()
        self._spoilt = True
        while not self.stopping:
            await self._turn()
        await self.save()
        self._spoilt = False

    async def _turn(self) -> None:
        self.arrived.clear()
        for pull in self._pulls:
            await self._asked(pull)
        await self._gather()
        batches = [(pull, pull.take(_MOST_AT_ONCE)) for pull in self._pulls]
        lossy, self._lossy = self._lossy, []
        if lossy:
            await self._give(self._stepped([(None, raw) for raw in lossy]))
        for pull, messages in batches:
            if messages:
                await self._process(pull, messages)
        if not lossy and not any(messages for _, messages in batches):
            await self._pass_time()
        if self._dirty and time.monotonic() - self._saved_at >= max(self.stage.snapshot_s, _SNAPSHOT_S):
            await self.save()

    async def _gather(self) -> None:
        """Where nobody waits for the answer, let a little become more. Of a flood there is nothing to gather."""
        if self.stage.gather_s and 0 < sum(pull.waiting for pull in self._pulls) < _MANY and not self.stopping:
            await asyncio.sleep(self.stage.gather_s)

    async def _asked(self, pull: Pull) -> None:
        try:
            await pull.ask()
        except (NatsError, TimeoutError, OSError) as error:
            log.debug("cannot ask the bus", stage=self.name, reason=str(error) or type(error).__name__)
            await asyncio.sleep(0.1)

    async def _pass_time(self) -> None:
        if not self._bus.connected:  # what was stored before this instant may still be on its way
            await self.wait(0.1)
            return
        now = self._clock.now()
        boundary = self._boundary()
        if now - _SLACK_NS >= boundary:
            produced = self._catch_up(now - _SLACK_NS)
            await self._give(produced)
            self._dirty |= bool(produced) or self._now - self._saved_now > _LONGEST_GAP // 2 * self._period
            return
        await self.wait(min(max((boundary + _SLACK_NS - now) / NS_PER_S / self._clock.speed, 0.001), 1.0))

    async def _process(self, pull: Pull, messages: list[Message]) -> None:
        produced: list[Fact] = []
        group: list[tuple[Message | None, Word]] = []
        for message in messages:
            instant = self._clock.at(message.stored)
            if instant >= self._boundary() and self._now:
                produced += self._stepped(group)
                group = []
                produced += self._catch_up(instant)
            self._now = max(self._now, instant)
            word = await self._understood(message)
            if word is not None:
                group.append((message, word))
        produced += self._stepped(group)
        await self._give(produced)
        self._positions[pull.plan.stream] = messages[-1].seq
        self._latest[pull] = messages[-1]
        self._dirty = True
        if not pull.plan.replay:
            await pull.ack(messages)
            await asyncio.sleep(_PACE_S)  # a few milliseconds' messages make one batch, which is one cost downstream

    async def _understood(self, message: Message) -> Word | None:
        """The message's word; None when it is a repeat or cannot be read."""
        try:
            word = word_of(message, self._clock)
        except InputError as error:
            await self._bury(str(error), message.subject, message.data)
            return None
        if isinstance(word, Fact) and self._repeated(f"{word.id[-13:]}.{revision_of(word)}"):
            metrics.REPEATS.labels(self.name).inc()
            return None
        return word

    def _repeated(self, key: str) -> bool:
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def _boundary(self) -> int:
        return (self._now // self._period + 1) * self._period

    def _catch_up(self, until: int) -> list[Fact]:
        """Tell the stage the time at the end of each period that is over by `until`; of a long quiet time the first
        `_LONGEST_GAP` periods (those since the last snapshot are among them), then the last.
        """
        produced: list[Fact] = []
        told = 0 if self._now else _LONGEST_GAP
        while self._boundary() <= until:
            told += 1
            self._now = self._boundary() if told <= _LONGEST_GAP else until // self._period * self._period
            produced += self._stepped([], tick=True)
        return produced

    def _stepped(self, group: Sequence[tuple[Message | None, Word]], *, tick: bool = False) -> list[Fact]:
        if not group and not tick:
            return []
        self._now = self._now or self._clock.now()
        metrics.STAGE_IN.labels(self.name).inc(len(group))
        started = time.perf_counter()
        try:
            produced = list(self.stage.step([word for _, word in group], self._now))
        except S4Error as error:
            return self._one_by_one(group, error)
        except Exception as error:
            log.exception("stage failed", stage=self.name)
            metrics.STAGE_ERRORS.labels(self.name).inc()
            return self._one_by_one(group, error)
        metrics.STAGE_SECONDS.labels(self.name).observe(time.perf_counter() - started)
        metrics.STAGE_OUT.labels(self.name).inc(len(produced))
        return produced  # type: ignore[return-value]

    def _one_by_one(self, group: Sequence[tuple[Message | None, Word]], error: Exception) -> list[Fact]:
        """Find the facts that cannot be processed: those are buried, the others go on."""
        if len(group) > 1:
            return [fact for item in group for fact in self._stepped([item])]
        for message, word in group:
            reason = str(error) if isinstance(error, S4Error) else f"{type(error).__name__}: {error}"
            if message is not None:
                self._burials.append((reason, message.subject, message.data))
            elif isinstance(word, Raw):
                self._burials.append((reason, subject_of(word), word.payload))
        return []

    async def _give(self, produced: Sequence[Fact]) -> None:
        committing = await self._recorder.out_soon(produced)
        if committing is not None:
            self._committing.append(committing)
        if len(self._committing) > _MOST_COMMITTING:
            await self._committed()
        letters = []
        for raw, error in self.stage.rejects():
            self._recorder.refused(raw.device, str(error))
            if self._patience.has_room(raw.device, raw.received):
                letters.append(self._letter(str(error), subject_of(raw), raw.payload))
        await self._bus.publish(letters)
        burials, self._burials = self._burials, []
        for reason, where, data in burials:
            await self._bury(reason, where, data)

    async def _committed(self) -> None:
        """Wait for what is on its way into the store; raises when it did not get there."""
        committing, self._committing = self._committing, []
        await asyncio.gather(*committing)

    async def _bury(self, reason: str, where: str, data: bytes) -> None:
        await self._bus.publish([self._letter(reason, where, data)])

    def _letter(self, reason: str, where: str, data: bytes) -> Outgoing:
        dead = deadletters.letter(self.name, reason, where, self._now or self._clock.now(), data)
        return deadletters.outgoing(self._city, dead)

    async def _restore(self) -> None:
        kept = await asyncio.to_thread(self._snapshots.load, self.name)
        if kept is None:
            return
        self._positions, self._now, self._saved_now = dict(kept.positions), kept.time, kept.time
        inner = msgspec.msgpack.decode(kept.state, type=_Kept)
        self._seen = OrderedDict.fromkeys(inner.seen)
        if kept.version != self.stage.card.version:
            log.warning("stage changed: it starts with no memory", stage=self.name, was=kept.version)
            return
        try:
            self.stage.restore(inner.state)
        except InputError as error:
            log.warning("snapshot not understood: the stage starts with no memory", stage=self.name, reason=str(error))

    async def save(self) -> None:
        """Make the state durable, then tell the bus how far it reaches."""
        if not self._dirty:
            return
        await self._committed()
        inner = msgspec.msgpack.encode(_Kept(self.stage.snapshot(), list(self._seen)))
        taken = Snapshot(self.name, self.stage.card.version, self._now, dict(self._positions), inner)
        await asyncio.to_thread(self._snapshots.save, taken)
        self._dirty, self._saved_at, self._saved_now = False, time.monotonic(), self._now
        for pull, message in self._latest.items():
            if pull.plan.replay:
                await pull.ack([message])
        self._latest.clear()
