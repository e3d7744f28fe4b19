"""One connection to an MQTT broker by Eclipse Paho: what it subscribes to, in a thread that the broker cannot flood."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from s4.core.errors import ServiceError
from s4.sensing.services.inbox import Inbox

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

MOST_WAITING: Final = 4_096
ONE_DAY_S: Final = 86_400
KEEPALIVE_S: Final = 30


class Message(NamedTuple):
    """A message as it came: it is acknowledged by `MqttLink.ack`, never before."""

    topic: str
    payload: bytes
    retained: bool
    qos: int
    number: int


class Broker(NamedTuple):
    """Where the broker is, and who we are to it. `largest`: bytes of a message, which MQTT 5 brokers keep to."""

    host: str
    port: int
    client_id: str
    user: str
    password: str
    tls: ssl.SSLContext | None
    v5: bool
    largest: int


class MqttLink:
    """A connection, from `open` to `close`. Its session at the broker outlives it: with QoS 1 nothing is missed."""

    def __init__(self, broker: Broker, filters: Sequence[str], qos: int) -> None:
        self._broker, self._filters, self._qos = broker, filters, qos
        self._inbox: Inbox[Message] = Inbox(MOST_WAITING, asyncio.get_running_loop())
        self._ready: Inbox[bool] = Inbox(1, asyncio.get_running_loop())
        self._client = self._make()

    def _make(self) -> Client:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        broker = self._broker
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=broker.client_id, clean_session=None if broker.v5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if broker.v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        if broker.user:
            client.username_pw_set(broker.user, broker.password or None)
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        client.on_connect, client.on_subscribe = self._connected, self._subscribed
        client.on_message, client.on_disconnect = self._heard, self._disconnected
        return client

    async def open(self) -> None:
        """Connect and subscribe. Raises `ServiceError` with the broker's reason."""
        try:
            await asyncio.to_thread(self._connect)
        except (OSError, ValueError) as error:
            place = f"{self._broker.host}:{self._broker.port}"
            raise ServiceError(f"the broker {place} cannot be reached ({error})") from error
        self._client.loop_start()
        try:
            async with asyncio.timeout(KEEPALIVE_S):
                await self._ready.take(1)
        except TimeoutError as error:
            raise ServiceError(f"the broker did not answer within {KEEPALIVE_S} s") from error

    def _connect(self) -> None:
        options: dict[str, Any] = {}
        if self._broker.v5:
            from paho.mqtt.packettypes import PacketTypes
            from paho.mqtt.properties import Properties

            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # Paho leaves it untyped
            properties.SessionExpiryInterval, properties.MaximumPacketSize = ONE_DAY_S, self._broker.largest
            options = {"clean_start": False, "properties": properties}
        self._client.connect(self._broker.host, self._broker.port, KEEPALIVE_S, **options)

    async def close(self) -> None:
        """Leave the broker; what was not acknowledged comes again."""
        self._end("closed")
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def take(self, most: int) -> list[Message]:
        """The next messages, at least one. Raises `ServiceError` once the connection is lost."""
        return await self._inbox.take(most)

    def ack(self, messages: Sequence[Message]) -> None:
        """These are recorded: the broker may forget them."""
        for message in messages:
            if message.qos:
                self._client.ack(message.number, message.qos)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send something that the protocol asks for."""
        self._client.publish(topic, payload)

    # Called by Paho, in its thread

    def _end(self, reason: str) -> None:
        self._ready.close(reason)
        self._inbox.close(reason)

    def _connected(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        del userdata, flags, properties
        if reason.is_failure:
            self._end(f"the broker refused the connection: {reason}")
        else:
            client.subscribe([(one, self._qos) for one in self._filters])

    def _subscribed(self, client: Client, userdata: Any, number: int, reasons: Sequence[Any], properties: Any) -> None:
        del client, userdata, number, properties
        refused = [f"{one} ({why})" for one, why in zip(self._filters, reasons, strict=False) if why.is_failure]
        if refused:
            self._end(f"the broker refused the subscription to {', '.join(refused)}"[:500])
        else:
            self._ready.put(True)

    def _heard(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        del client, userdata
        topic = "?"
        with contextlib.suppress(UnicodeDecodeError):
            topic = message.topic
        self._inbox.put(Message(topic, bytes(message.payload), message.retain, message.qos, message.mid))

    def _disconnected(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        del client, userdata, flags, properties
        self._end(f"the broker ended the connection: {reason}")
