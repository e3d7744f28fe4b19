"""What the edge last said of each device or rule: written by whoever hears it, read by the picture."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.core.model import Observation
from s4.core.subjects import token
from s4.runtime.bus import Bus
from s4.runtime.streams import OBSERVATIONS
from s4.runtime.wire import decode_fact

_MOST: Final = 200_000
_AT_ONCE: Final = 500
_NO_MORE_S: Final = 1.0

log = get_logger(__name__)
T = TypeVar("T")


class LastSaid(Generic[T]):
    """The last state of each thing of one kind, which observations of `property` carry. `read` takes it out of one,
    `name` says whose it is. Safe across threads.
    """

    def __init__(self, property: str, read: Callable[[Observation], T | None], name: Callable[[T], str]) -> None:
        self._property, self._read, self._name = property, read, name
        self._states: dict[str, tuple[int, T]] = {}
        self._lock = threading.Lock()

    def take(self, seen: Observation) -> None:
        """Take account of one state, unless a later one is known."""
        state = self._read(seen)
        if state is None:
            return
        name = self._name(state)
        with self._lock:
            known = self._states.get(name)
            if (known is None and len(self._states) < _MOST) or (known is not None and known[0] <= seen.time):
                self._states[name] = (seen.time, state)

    def states(self) -> list[T]:
        """Everything that was spoken of, by name."""
        return [state for _, state in self.since()]

    def since(self) -> list[tuple[int, T]]:
        """(when it was last said, ns UTC; the state) of everything that was spoken of, by name."""
        with self._lock:
            return [said for _, said in sorted(self._states.items(), key=lambda item: item[0])]

    async def listen(self, bus: Bus, city: str) -> None:
        """Hear states as they are told, after those that were told last before."""
        subject = f"s4.{city}.*.observation.event.{token(self._property)}.>"
        await bus.listen(subject, self._on_message)
        try:
            await self._told_before(bus, subject)
        except (NatsError, TimeoutError, NotFoundError) as error:  # each is told again within minutes
            log.warning("states not read", of=self._property, reason=str(error) or type(error).__name__)

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
