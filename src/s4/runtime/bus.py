"""The bus: one connection to NATS with JetStream. Publishing waits for the bus' acknowledgement and repeats until
it comes; a repeat carries the same id, so that the bus counts it once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.errors import BadRequestError, NotFoundError

from s4.core.clock import parse_time
from s4.core.errors import CapacityError, ServiceError
from s4.core.logs import get_logger
from s4.core.subjects import mqtt_subject
from s4.runtime.address import without_password
from s4.runtime.pull import Pull, PullPlan
from s4.runtime.streams import StreamPlan, mqtt_plan

_ACK_S: Final = 5.0
_CONNECT_S: Final = 10.0
_MOST_IN_FLIGHT: Final = 512

log = get_logger(__name__)


class Outgoing(msgspec.Struct, frozen=True):
    """A message to be stored: subject, bytes, and the id by which a repeat is known ("" = none)."""

    subject: str
    data: bytes
    id: str = ""
    headers: dict[str, str] | None = None


class Bus:
    """A connection. Made by `Bus.connect`; survives the server's restarts."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._js = client.jetstream(timeout=_ACK_S)
        self._gate = asyncio.Semaphore(_MOST_IN_FLIGHT)
        self._pulls: list[Pull] = []

    @classmethod
    async def connect(cls, url: str, *, user: str = "", password: str = "", name: str = "s4") -> Bus:
        """Connect within 10 s. Raises `ServiceError` that names the address when nobody answers."""
        holder: list[Bus] = []
        reasons = [""]

        async def on_error(error: Exception) -> None:
            reasons[0] = str(error) or type(error).__name__
            log.debug("bus connection", reason=reasons[0])

        async def on_reconnect() -> None:
            for bus in holder:
                await bus._reconnected()

        try:
            connecting = nats.connect(
                url, user=user or None, password=password or None, name=name, connect_timeout=5,
                max_reconnect_attempts=-1, reconnect_time_wait=0.1, ping_interval=20, error_cb=on_error,
                reconnected_cb=on_reconnect, allow_reconnect=True, pending_size=32 << 20,
            )  # fmt: skip
            client = await asyncio.wait_for(connecting, _CONNECT_S)  # by itself it would try for ever
        except (NatsError, OSError, TimeoutError) as error:
            reason = reasons[0] or str(error) or type(error).__name__
            raise ServiceError(f"the bus at {without_password(url)} does not answer ({reason})") from error
        holder.append(cls(client))
        return holder[0]

    async def close(self) -> None:
        """Send what is waiting, then close."""
        with contextlib.suppress(NatsError, TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self.client.drain(), 5)
        if not self.client.is_closed:
            await self.client.close()

    @property
    def connected(self) -> bool:
        """Whether the server answers right now."""
        return self.client.is_connected

    async def ensure(self, plans: Sequence[StreamPlan], *, mqtt: bool) -> None:
        """Make the streams, or bring those that exist up to plan."""
        for config in [plan.config() for plan in plans] + ([mqtt_plan()] if mqtt else []):
            name = config.name or ""
            try:
                await self._js.stream_info(name)
            except NotFoundError:
                await self._js.add_stream(config)
                continue
            if not name.startswith("$"):
                await self._js.update_stream(config)

    async def newest(self, stream: str) -> int:
        """When (real ns UTC) the newest message of a stream was stored; 0 when there never was one."""
        reply = await self.client.request(f"$JS.API.STREAM.INFO.{stream}", timeout=_ACK_S)
        state = msgspec.json.decode(reply.data)["state"]
        return parse_time(state["last_ts"]) if state["last_seq"] else 0

    async def reached(self, stream: str) -> int:
        """The sequence of the newest message of a stream, 0 when there never was one. Raises `NatsError`."""
        reply = await self.client.request(f"$JS.API.STREAM.INFO.{stream}", timeout=_ACK_S)
        return int(msgspec.json.decode(reply.data)["state"]["last_seq"])

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Store messages, in order unless one has to be repeated; returns when every one is acknowledged.

        Repeats, with the same ids, for as long as the bus is away.
        """
        waiting = list(messages)
        pause = 0.05
        while waiting:
            done = await asyncio.gather(*(self._store(message) for message in waiting))
            waiting = [message for message, stored in zip(waiting, done, strict=True) if not stored]
            if waiting:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)

    async def _store(self, message: Outgoing) -> bool:
        headers = dict(message.headers or {})
        if message.id:
            headers["Nats-Msg-Id"] = message.id
        async with self._gate:
            try:
                reply = await self.client.request(message.subject, message.data, _ACK_S, headers=headers or None)
            except MaxPayloadError as error:
                raise CapacityError(
                    f"{len(message.data)} bytes on {message.subject} are more than the bus takes"
                ) from error
            except (NatsError, TimeoutError, OSError) as error:
                log.debug("publish repeated", subject=message.subject, reason=str(error) or type(error).__name__)
                return False
        answer = msgspec.json.decode(reply.data) if reply.data else {}
        if problem := answer.get("error"):
            raise ServiceError(f"the bus refused {message.subject}: {problem.get('description', problem)}")
        return "seq" in answer

    async def send_mqtt(self, topic: str, payload: bytes) -> None:
        """Publish to the devices that listen now on an MQTT topic (`s4/out/gate-2/set`); not stored."""
        await self.client.publish(mqtt_subject(topic), payload)

    async def listen(self, subject: str, callback: Callable[[Msg], Awaitable[None]]) -> None:
        """Call back for every message on `subject` that is not stored (MQTT QoS 0): for all that are sent once this has
        returned, if the bus is there.
        """
        await self.client.subscribe(subject, cb=callback)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the bus knows of everything that was asked of it; while it is away, for nothing."""
        with contextlib.suppress(NatsError):
            for _ in range(2 if self.connected else 0):  # a ping overtakes what is pending; a second one does not
                await self.client.flush()

    async def pull(self, plan: PullPlan, arrived: asyncio.Event, *, start: int | None) -> Pull:
        """A durable consumer placed behind `start` (see `Pull.open`), retried for 20 s while the bus is away."""
        pull = Pull(self.client, plan, arrived)
        for _ in range(40):
            try:
                await pull.open(start)
                self._pulls.append(pull)
                return pull
            except BadRequestError as error:
                raise ServiceError(f"consumer {plan.durable} on {plan.stream}: {error.description}") from error
            except (NatsError, TimeoutError):
                await asyncio.sleep(0.5)
        raise ServiceError(f"the bus does not answer for {plan.stream}")

    async def drop(self, pull: Pull) -> None:
        """Stop reading; the consumer stays on the bus, and holds on to what is left there, until the next is made."""
        self._pulls.remove(pull)
        await pull.close()

    async def _reconnected(self) -> None:
        for pull in self._pulls:
            pull.connection_lost()
