"""A durable consumer, read by continuous pull: messages arrive as soon as they are stored, never more than asked for.

The client library's own `fetch` waits for a full batch or a timeout; here one request is always open, so that a
single message comes through at once and a flood comes in large batches. What was not asked for stays on the bus:
that is the back-pressure.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from s4.core.logs import get_logger
from s4.runtime.streams import gap_subject

_EXPIRES_S: Final = 20.0
_MOST_UNACKNOWLEDGED: Final = 500_000
_MOST_BYTES: Final = 4 << 20
"""Bytes of one stream that are asked for and held: a connection reads a dozen, and the bus breaks it at 64 MiB."""
_GONE: Final = ("404", "503")
"""Statuses by which the bus says that it has no such consumer (any more)."""

log = get_logger(__name__)


class Message(msgspec.Struct, frozen=True):
    """One stored message. `seq`: its place in `stream`; `stored`: real ns UTC at which the bus stored it."""

    stream: str
    subject: str
    data: bytes
    seq: int
    stored: int
    reply: str


class PullPlan(msgspec.Struct, frozen=True):
    """What to read. `replay`: after a lost connection the consumer is made anew behind the last message received
    (a stream that keeps its messages); otherwise what was not acknowledged comes again after `ack_wait_s`
    (a stream that forgets what every consumer has acknowledged). `window`: most messages held in memory; `durable`:
    how its consumer's name begins.
    """

    stream: str
    durable: str
    filters: tuple[str, ...]
    replay: bool = True
    ack_wait_s: float = 3600.0
    window: int = 2048


class Pull:
    """Messages of one stream, in order, each once. `arrived` is set when something comes; several may share it."""

    def __init__(self, client: Client, plan: PullPlan, arrived: asyncio.Event) -> None:
        self.plan, self.arrived = plan, arrived
        self._client, self._js = client, client.jetstream()
        self._buffer: deque[Message] = deque()
        self._bytes = 0
        self._outstanding, self._asked_at = 0, 0.0
        self._received, self._order, self._opened_behind = 0, 0, 0
        self._held: set[int] = set()
        self._broken = False
        self._inbox = self.consumer = ""
        self._subscription: Subscription | None = None

    async def open(self, start: int | None) -> None:
        """Make the consumer anew, behind sequence `start` (None: from now on); on a stream that forgets what is
        acknowledged, before everything that is left.

        It gets a name of its own each time. What the bus remembers of an older one may, after a power cut, be further
        than the stream itself, and what it had handed out would come again only after `ack_wait_s`, out of order.
        """
        plan = self.plan
        config = ConsumerConfig(
            durable_name=f"{plan.durable}_{secrets.token_hex(4)}",
            filter_subjects=list(plan.filters),
            ack_policy=AckPolicy.ALL if plan.replay else AckPolicy.EXPLICIT,
            ack_wait=plan.ack_wait_s,
            max_ack_pending=_MOST_UNACKNOWLEDGED,
        )
        if plan.replay:
            start = await self._newest() if start is None else start
            await self._fill_gap(start)
            config.deliver_policy = DeliverPolicy.BY_START_SEQUENCE
            config.opt_start_seq = start + 1
            self._received = max(self._received, start)
        await self._js.add_consumer(plan.stream, config)
        self.consumer = config.durable_name or ""
        await self._new_inbox()
        await self._drop_older()
        self._outstanding, self._order, self._broken = 0, 0, False
        self._opened_behind = self._received

    async def _fill_gap(self, start: int) -> None:
        """After a power cut the bus may have forgotten messages that were dealt with already. Their places are used
        up here, so that no new message comes to stand where it would be passed over. Cost: 10 µs a place.
        """
        last = await self._newest()
        if last < start:
            log.warning("the bus has lost its newest messages", stream=self.plan.stream, lost=start - last)
        while last < start:
            for _ in range(min(start - last, 10_000)):
                await self._client.publish(gap_subject(self.plan.stream), b"")
            await self._client.flush()
            last = await self._newest()

    async def _drop_older(self) -> None:
        """Only now that the new one holds on to what is left may the older ones go."""
        ours = re.compile(rf"{re.escape(self.plan.durable)}(_[0-9a-f]{{8}})?")
        for info in await self._js.consumers_info(self.plan.stream):
            if info.name != self.consumer and ours.fullmatch(info.name):
                with contextlib.suppress(NotFoundError):
                    await self._js.delete_consumer(self.plan.stream, info.name)

    async def _newest(self) -> int:
        return (await self._js.stream_info(self.plan.stream)).state.last_seq

    async def _new_inbox(self) -> None:
        await self.close()
        self._inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(self._inbox, cb=self._on_message)

    async def close(self) -> None:
        """Hear nothing more."""
        if self._subscription:
            with contextlib.suppress(NatsError):
                await self._subscription.unsubscribe()
            self._subscription = None

    def connection_lost(self) -> None:
        """Messages may be lost on their way: what was asked for has to be asked for again."""
        self._broken, self._outstanding = self.plan.replay, 0
        self.arrived.set()

    async def _on_message(self, message: Msg) -> None:
        if message.reply.startswith("$JS.ACK."):
            self._outstanding -= 1
            seq, order, stored = _place(message.reply)
            self._take(message, seq, order, stored)
        else:
            self._outstanding = 0  # a status: the request has expired or the consumer is gone; ask again
            self._broken = self._broken or _says_gone(message)
        self.arrived.set()

    def _take(self, message: Msg, seq: int, order: int, stored: int) -> None:
        if self.plan.replay:
            self._broken = self._broken or order != self._order + 1
            if self._broken or seq <= self._received:
                return
        elif seq in self._held:
            return  # it came again because its acknowledgement is still to come
        else:
            self._held.add(seq)
        self._order, self._received = order, seq
        self._bytes += len(message.data)
        self._buffer.append(Message(self.plan.stream, message.subject, message.data, seq, stored, message.reply))

    async def ask(self) -> None:
        """Keep a request open for as much as there is room for."""
        if self._broken:
            await self.open(self._received if self.plan.replay else None)
        loop = asyncio.get_running_loop()
        if self._asked_at + _EXPIRES_S < loop.time():
            self._outstanding = 0
        room, bytes_ = self.plan.window - len(self._buffer), _MOST_BYTES - self._bytes
        if self._outstanding > 0 or room < self.plan.window // 2 or bytes_ < _MOST_BYTES // 2:
            return
        request = msgspec.json.encode({"batch": room, "max_bytes": bytes_, "expires": int(_EXPIRES_S * 1e9)})
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.plan.stream}.{self.consumer}"
        await self._client.publish(subject, request, reply=self._inbox)
        self._outstanding, self._asked_at = room, loop.time()

    @property
    def waiting(self) -> int:
        """How many messages have come and were not taken yet."""
        return len(self._buffer)

    def take(self, most: int) -> list[Message]:
        """What has come, at most `most`."""
        taken = [self._buffer.popleft() for _ in range(min(most, len(self._buffer)))]
        self._bytes -= sum(len(message.data) for message in taken)
        return taken

    async def ack(self, messages: Sequence[Message]) -> None:
        """Tell the bus that `messages` (with `replay`: and all before the last of them) are safely dealt with."""
        told = messages
        if self.plan.replay:  # a consumer that was made anew has never handed out what came before
            told = [message for message in messages[-1:] if message.seq > self._opened_behind]
        with contextlib.suppress(NatsError):
            for message in told:
                await self._client.publish(message.reply, b"+ACK")
        self._held.difference_update(message.seq for message in messages)

    async def lag(self) -> int:
        """How many messages wait on the bus that were not handed out yet. Raises `NatsError` when it is away."""
        info = await self._js.consumer_info(self.plan.stream, self.consumer)
        return info.num_pending or 0


def _says_gone(message: Msg) -> bool:
    headers = message.headers or {}
    return headers.get("Status") in _GONE or "Consumer Deleted" in headers.get("Description", "")


def _place(reply: str) -> tuple[int, int, int]:
    """(stream sequence, consumer sequence, real ns) out of `$JS.ACK.<stream>.<consumer>.<n>.<seq>.<order>.<ns>.<left>`,
    or the longer form that has a domain and an account before the stream.
    """
    parts = reply.split(".")
    at = 5 if len(parts) == 9 else 7
    return int(parts[at]), int(parts[at + 1]), int(parts[at + 2])
