"""MQTT client: takes in what is published on a broker of somebody else: plain JSON, Zigbee2MQTT, Sparkplug B, LoRaWAN.

Devices of our own speak to the bus itself (`sensing/device.py`); this is for brokers that are there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError
from s4.core.ports import Card, Context
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.jsonmap import JsonMap, Mapping
from s4.sensing.services.lorawan import ChirpStack, ThingsStack
from s4.sensing.services.mqtt_link import Broker, Message, MqttLink
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.secrets import guard_plain, secret, tls_context
from s4.sensing.services.service import Service
from s4.sensing.services.sparkplug import Sparkplug
from s4.sensing.services.topics import Command, TopicFormat, check_filter, match
from s4.sensing.services.zigbee import Zigbee2Mqtt

_TOPICS: Final = {
    "zigbee2mqtt": "zigbee2mqtt/#", "sparkplug": "spBv1.0/#",
    "chirpstack": "application/+/device/+/event/+", "things-stack": "v3/+/devices/#",
}  # fmt: skip


class Take(Mapping, frozen=True, forbid_unknown_fields=True):
    """What is taken from a broker: messages on `topic` (a filter) in `format`.

    Without a topic it is the one that the format is known by. For `json` the other settings say how it is read. A
    `retained` message without a time of its own is left out, as nobody knows when it was true, unless this is set.
    `rebirth`: whether Sparkplug nodes may be asked to say again what was missed.
    """

    topic: str = ""
    format: Literal["json", "zigbee2mqtt", "sparkplug", "chirpstack", "things-stack"] = "json"
    retained: bool = False
    rebirth: bool = True

    @property
    def filter(self) -> str:
        """What is subscribed to."""
        return self.topic or _TOPICS.get(self.format, "")

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a topic filter or mapping that is none."""
        super().check(owner)
        try:
            check_filter(self.filter)
        except InputError as error:
            raise ConfigError(error.reason, field=f"{owner}.topic") from error
        if self.format == "zigbee2mqtt" and not self.filter.endswith("/#"):
            raise ConfigError("must be the base topic with /# behind it", field=f"{owner}.topic")

    def reader(self) -> TopicFormat:
        """A fresh reader of such messages."""
        readers: dict[str, Any] = {"sparkplug": Sparkplug, "chirpstack": ChirpStack, "things-stack": ThingsStack}
        if self.format == "zigbee2mqtt":
            return Zigbee2Mqtt(self.filter.removesuffix("/#"))
        if self.format == "sparkplug":
            return Sparkplug(rebirth=self.rebirth)
        return _Json(self) if self.format == "json" else readers[self.format]()


class _Json:
    """JSON by the mapping of a `Take`; its topic's wildcards may name the device."""

    def __init__(self, take: Take) -> None:
        self._take, self._map = take, JsonMap(take)

    def read(self, topic: str, payload: bytes, received: int, *, retained: bool) -> Parsed:
        if retained and not (self._take.retained or self._take.time):
            return Parsed()
        return self._map.read(payload, received, match(self._take.filter, topic) or ())

    def asks(self) -> Sequence[Command]:
        return ()


class MqttOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of an external broker in `city.toml`.

    `host`, `port` (0: 1883, or 8883 with `tls`); `user`, `password` or `password_file`; `tls`, `ca_file` (else the
    machine's own), `cert_file`, `key_file`; `allow_plain`: send the password unencrypted. `version`: of MQTT; 5 also
    bounds what the broker sends. `qos`: asked for; from 1 on a message is acknowledged when it is recorded.
    `client_id`: the broker keeps what is missed for it. `largest`: bytes of a message. `take`: what is taken in.
    """

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    take: Annotated[tuple[Take, ...], Meta(min_length=1, max_length=100)]
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    user: str = ""
    password: str = ""
    password_file: str = ""
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    allow_plain: bool = False
    version: Literal["3.1.1", "5"] = "3.1.1"
    qos: Annotated[int, Meta(ge=0, le=2)] = 1
    client_id: Annotated[str, Meta(max_length=256)] = ""
    largest: Annotated[int, Meta(ge=128, le=16 << 20)] = 1 << 20

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a part of it that cannot be."""
        super().check(owner)
        for place, one in enumerate(self.take):
            one.check(f"{owner}.options.take[{place}]")


class MqttClient(Service):
    """A subscriber at somebody else's broker. Cost: about 80 µs a message, Paho's part included."""

    card: ClassVar = Card(
        name="mqtt",
        version="1",
        title="MQTT client to an external broker",
        purpose="Takes in what gateways and sensors publish on a broker that the city already has.",
        limits="1 MiB a message unless set otherwise; templates, data sets and files of Sparkplug are left out.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("mqtt", "paho.mqtt", owner=self.owner)
        self.options = self.configure(MqttOptions)
        self._broker = self._where()
        self._readers = [(take.filter, take.reader()) for take in self.options.take]

    def _where(self) -> Broker:
        options, folder, field = self.options, self.context.folder, f"{self.owner}.options"
        password = secret(options.password, options.password_file, folder, f"{field}.password")
        if password:
            guard_plain(options.host, encrypted=options.tls, allowed=options.allow_plain, field=f"{field}.password")
        tls = None
        if options.tls:
            tls = tls_context(folder, options.ca_file, options.cert_file, options.key_file, f"{field}.tls")
        name = options.client_id or f"s4-{self.context.city.city.id}-{self.source.id}"
        port = options.port or (8883 if options.tls else 1883)
        return Broker(options.host, port, name, options.user, password, tls, options.version == "5", options.largest)

    async def session(self) -> None:
        """Subscribe, then record each batch and acknowledge it. Raises `ServiceError` when the broker is lost."""
        await load("paho.mqtt.client")
        link = MqttLink(self._broker, list(dict.fromkeys(one for one, _ in self._readers)), self.options.qos)
        try:
            await link.open()
            await self.up()
            while True:
                messages = await link.take(self.batch)
                for message in messages:
                    self._hear(message)
                self._answer(link)
                await self.flush()
                link.ack(messages)
        finally:
            await link.close()

    def _hear(self, message: Message) -> None:
        received = self.context.clock.now()
        for pattern, reader in self._readers:
            if match(pattern, message.topic) is None:
                continue
            try:
                if len(message.payload) > self.options.largest:
                    raise InputError(f"is longer than {self.options.largest} bytes")
                parsed = reader.read(message.topic, message.payload, received, retained=message.retained)
            except InputError as error:
                self.gather.refuse(message.payload, error, message.topic)
                parsed = Parsed()
            self.take(parsed, message.payload, message.topic)

    def _answer(self, link: MqttLink) -> None:
        for _, reader in self._readers:
            for topic, payload in reader.asks():
                link.publish(topic, payload)
