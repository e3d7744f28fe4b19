"""What could not be processed is kept with the reason, can be looked at, and can be sent again."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.ids import derive_id
from s4.core.subjects import subject
from s4.runtime.bus import Bus, Outgoing
from s4.runtime.metrics import DEAD as DEAD_COUNT
from s4.runtime.streams import DEAD, MQTT_PREFIX

_MOST_BYTES: Final = 256 << 10
"""A letter has to fit into a message of the bus, in base64 and with its reason, however large its cause was."""


class DeadLetter(msgspec.Struct, frozen=True):
    """`stage`: who could not process it; `reason`: why, one line; `subject`: where it came from; `time`: clock ns;
    `data`: the bytes, base64, at most the first 256 KiB of them; `size`: how many there were; `number`: its place in
    the dead-letter stream (0 before it is stored).
    """

    stage: str
    reason: str
    subject: str
    time: int
    data: str
    size: int = 0
    number: int = 0

    def payload(self) -> bytes:
        """The bytes as they came (of a very large message, its beginning)."""
        return base64.b64decode(self.data)


class Patience:
    """How many letters of one device are kept a second: the first tell what is wrong, the rest is only counted.

    >>> patience = Patience(2)
    >>> [patience.has_room("co2-1", 5) for _ in range(3)], patience.has_room("co2-1", 1_000_000_005)
    ([True, True, False], True)
    """

    def __init__(self, most: int = 50) -> None:
        self._most, self._second = most, -1
        self._counts: dict[str, int] = {}

    def has_room(self, device: str, received: int) -> bool:
        """Whether one more of `device` is kept, which came at `received` (ns)."""
        if received // NS_PER_S != self._second:
            self._second, self._counts = received // NS_PER_S, {}
        count = self._counts[device] = self._counts.get(device, 0) + 1
        return count <= self._most


def letter(stage: str, reason: str, where: str, time: int, data: bytes) -> DeadLetter:
    """A dead letter of `data` that came on subject `where`."""
    return DeadLetter(stage, reason[:500], where, time, base64.b64encode(data[:_MOST_BYTES]).decode(), len(data))


def outgoing(city: str, dead: DeadLetter) -> Outgoing:
    """The message that keeps it; the same bytes refused for the same reason again are one letter."""
    DEAD_COUNT.labels(dead.stage).inc()
    where = subject(city, _site_of(dead.subject), "dead", dead.stage)
    identity = derive_id("dead", dead.stage, dead.reason, dead.subject, dead.data)
    return Outgoing(where, msgspec.json.encode(dead), identity)


def _site_of(where: str) -> str:
    parts = where.split(".")
    return parts[2] if len(parts) > 4 and not where.startswith(MQTT_PREFIX) else "devices"


async def read(bus: Bus, newest: int = 1000) -> AsyncIterator[DeadLetter]:
    """The newest dead letters, oldest first. Raises `ServiceError` when the bus has none of the stream."""
    js = bus.client.jetstream()
    try:
        state = (await js.stream_info(DEAD)).state
    except (NotFoundError, NatsError) as error:
        raise ServiceError("the bus has no dead-letter stream: is this the bus of a running s4?") from error
    for number in range(max(state.first_seq, state.last_seq - newest + 1), state.last_seq + 1):
        with contextlib.suppress(NotFoundError):
            message = await js.get_msg(DEAD, number)
            yield msgspec.structs.replace(msgspec.json.decode(message.data or b"{}", type=DeadLetter), number=number)


async def replay(bus: Bus, dead: DeadLetter) -> None:
    """Send the bytes again to where they came from, and take the letter out once the bus has them.

    Raises `InputError` when only the beginning of the bytes was kept.
    """
    if dead.size > _MOST_BYTES:
        raise InputError(f"letter {dead.number} keeps only the beginning of {dead.size} bytes: it cannot be sent again")
    await bus.publish([Outgoing(dead.subject, dead.payload())])
    await bus.client.jetstream().delete_msg(DEAD, dead.number)
