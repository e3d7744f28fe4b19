"""A durable consumer, read by continuous pull: messages arrive as soon as they are stored, never more than asked for.

The client library's own `fetch` waits for a full batch or a timeout; here one request is always open, so that a
single message comes through at once and a flood comes in large batches. What was not asked for stays on the bus:
that is the back-pressure.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

_EXPIRES_S: Final = 20.0
_ACK_WAIT_S: Final = 3600.0
"""Long, because an acknowledgement waits for the next snapshot; after a crash the consumer is made anew."""


class Message(msgspec.Struct, frozen=True):
    """One stored message. `seq`: its place in the stream; `stored`: real ns UTC at which the bus stored it."""

    subject: str
    data: bytes
    seq: int
    stored: int
    reply: str


class Pull:
    """Messages of one stream from `start` on, in order. Not for several readers at once."""

    def __init__(self, client: Client, stream: str, durable: str, filters: tuple[str, ...], window: int = 2048) -> None:
        self._client, self._js = client, client.jetstream()
        self.stream, self.durable, self._filters, self._window = stream, durable, filters, window
        self._buffer: deque[Message] = deque()
        self._outstanding = 0
        self._asked_at = 0.0
        self._arrived = asyncio.Event()
        self._inbox = ""
        self._subscription: object | None = None

    async def open(self, start: int | None) -> None:
        """Place the durable consumer behind sequence `start` (None: where it stands, else at the stream's end)."""
        config = ConsumerConfig(
            durable_name=self.durable,
            filter_subjects=list(self._filters),
            ack_policy=AckPolicy.ALL,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=200_000,
        )
        if start is not None:
            with contextlib.suppress(NotFoundError):
                await self._js.delete_consumer(self.stream, self.durable)
            config.deliver_policy = DeliverPolicy.BY_START_SEQUENCE
            config.opt_start_seq = start + 1
        await self._js.add_consumer(self.stream, config)
        if not self._subscription:
            self._inbox = self._client.new_inbox()
            self._subscription = await self._client.subscribe(self._inbox, cb=self._on_message)
        self._outstanding = 0

    async def _on_message(self, message: Msg) -> None:
        if message.reply.startswith("$JS.ACK."):
            self._outstanding -= 1
            parts = message.reply.split(".")
            seq, stored = (int(parts[5]), int(parts[7])) if len(parts) == 9 else (int(parts[7]), int(parts[9]))
            self._buffer.append(Message(message.subject, message.data, seq, stored, message.reply))
        else:
            self._outstanding = 0  # a status: the request has expired or the consumer is gone; ask again
        self._arrived.set()

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        if self._asked_at + _EXPIRES_S < loop.time():
            self._outstanding = 0
        room = self._window - len(self._buffer)
        if self._outstanding > 0 or room <= 0:
            return
        request = msgspec.json.encode({"batch": room, "expires": int(_EXPIRES_S * 1e9)})
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.durable}"
        await self._client.publish(subject, request, reply=self._inbox)
        self._outstanding, self._asked_at = room, loop.time()

    async def next(self, most: int, patience_s: float) -> list[Message]:
        """What has come, at most `most`; waits up to `patience_s` (at most 1 s) for the first, else returns []."""
        if not self._buffer:
            self._arrived.clear()
            with contextlib.suppress(NatsError):
                await self._ask()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(patience_s, 1.0))
        taken = [self._buffer.popleft() for _ in range(min(most, len(self._buffer)))]
        if len(self._buffer) < self._window // 2:
            with contextlib.suppress(NatsError):
                await self._ask()
        return taken

    async def ack_through(self, message: Message) -> None:
        """Tell the bus that everything up to and including `message` is safely dealt with."""
        with contextlib.suppress(NatsError):
            await self._client.publish(message.reply, b"+ACK")

    async def lag(self) -> int:
        """How many messages wait on the bus that were not handed out or not acknowledged yet."""
        info = await self._js.consumer_info(self.stream, self.durable)
        return (info.num_pending or 0) + (info.num_ack_pending or 0)


def js_of(client: Client) -> JetStreamContext:
    """The JetStream side of a connection, waiting up to 5 s for answers."""
    return client.jetstream(timeout=5)
