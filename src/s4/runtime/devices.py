"""How every device is doing, as supervision last said: what the picture reads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Final

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from s4.core.archive import Archive
from s4.core.clock import Clock
from s4.core.devices import DeviceState, read
from s4.core.errors import InputError, ServiceError
from s4.core.model import Command, Observation
from s4.core.model.command import DEVICE_DECISIONS
from s4.core.register import Register
from s4.core.subjects import DEVICE_STATE, token
from s4.runtime.bus import Bus
from s4.runtime.streams import OBSERVATIONS
from s4.runtime.wire import decode_fact

_MOST: Final = 200_000
_AT_ONCE: Final = 500
_NO_MORE_S: Final = 1.0
_ALL: Final = 1_000_000
_RECENT: Final = 1_000
_LOOK_AGAIN_S: Final = 30.0

log = structlog.get_logger(__name__)


class DeviceBook:
    """The last state of each device. Written by whoever hears supervision, read by the picture; safe across threads."""

    def __init__(self) -> None:
        self._states: dict[str, tuple[int, DeviceState]] = {}
        self._lock = threading.Lock()

    def take(self, seen: Observation) -> None:
        """Take account of one state, unless a later one is known."""
        state = read(seen, DeviceState)
        if state is None:
            return
        with self._lock:
            known = self._states.get(state.device)
            if (known is None and len(self._states) < _MOST) or (known is not None and known[0] <= seen.time):
                self._states[state.device] = (seen.time, state)

    def states(self) -> list[DeviceState]:
        """Every device that supervision has spoken of, by id."""
        with self._lock:
            return [state for _, (_, state) in sorted(self._states.items())]

    async def listen(self, bus: Bus, city: str) -> None:
        """Hear states as they are told, after those that were told last before."""
        subject = f"s4.{city}.*.observation.event.{token(DEVICE_STATE)}.>"
        await bus.listen(subject, self._on_message)
        try:
            await self._told_before(bus, subject)
        except (NatsError, TimeoutError, NotFoundError) as error:  # each is told again within minutes
            log.warning("states of devices not read", reason=str(error) or type(error).__name__)

    async def _told_before(self, bus: Bus, subject: str) -> None:
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.LAST_PER_SUBJECT, ack_policy=AckPolicy.NONE, inactive_threshold=30.0
        )
        last = await bus.client.jetstream().pull_subscribe(subject, stream=OBSERVATIONS, config=config)
        waiting = (await last.consumer_info()).num_pending or 0
        while waiting > 0:
            with contextlib.suppress(NatsTimeoutError):
                messages = await last.fetch(min(waiting, _AT_ONCE), timeout=_NO_MORE_S)
                for message in messages:
                    await self._on_message(message)
            waiting = (await last.consumer_info()).num_pending or 0
        await last.unsubscribe()

    async def _on_message(self, message: Msg) -> None:
        with contextlib.suppress(InputError):
            told = decode_fact("observation", message.data)
            if isinstance(told, Observation):
                self.take(told)


def decisions(archive: Archive, limit: int = _ALL) -> list[Command]:
    """What people have decided about devices, the newest of each kind. Blocks."""
    return [one for action in DEVICE_DECISIONS for one in archive.known(Command, kind=action, limit=limit)]


async def keep_register(register: Register, archive: Archive, bus: Bus, city: str, clock: Clock) -> None:
    """Tell the register of each new decision, wherever it was taken; runs until cancelled.

    What comes over the bus from a hub with a store of its own is recorded here too, so that it outlives a restart. The
    store is the truth: every 30 s it is looked at whatever the bus has said.
    """
    news = asyncio.Event()

    async def on_message(message: Msg) -> None:
        with contextlib.suppress(InputError, ServiceError):
            told = decode_fact("command", message.data)
            if isinstance(told, Command) and register.take([told]):
                log.info("device decided", device=told.target, action=told.action)
                await asyncio.to_thread(archive.record, [told], clock.now())
        news.set()

    for action in DEVICE_DECISIONS:
        await bus.listen(f"s4.{city}.*.command.{token(action)}", on_message)
    while True:
        news.clear()
        try:
            register.take(await asyncio.to_thread(decisions, archive, _RECENT))
        except ServiceError as error:
            log.warning("decisions not read", reason=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _LOOK_AGAIN_S)
