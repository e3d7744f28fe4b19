"""MQTT target: each parcel is one message to a broker, by Eclipse Paho, acknowledged by the broker."""

from __future__ import annotations

import contextlib
import ssl
import string
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from s4.adapters.export.settings import guard_plain, need, options_of, secret, tls_context
from s4.adapters.export.worker import Worker
from s4.core.errors import ConfigError, ServiceError
from s4.core.export import Export
from s4.core.ports import Card, Context, Parcel, RefusedError, Target

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessageInfo

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_KEEPALIVE_S: Final = 30
_IN_FLIGHT: Final = 100
_LOOK_S: Final = 0.1
_ONE_ROW: Final = frozenset({"word", "site", "source", "property", "kind"})
_UNSAFE: Final = str.maketrans("+#\0", "___")


class MqttTargetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: `mqtts://host:8883`, or `mqtt://…` to this machine or where `allow_plain` says that the network is
    trusted; `topic`: may hold `{export}`, and with the format `json` `{word}`, `{site}`, `{source}`, `{property}` and
    `{kind}`; `qos` 1 or 2; `version` 5 sends what is to be known of a message as user properties; `user` with
    `password_file` or `password_env`; `ca_file`, `cert_file`, `key_file`: certificates (PEM).
    """

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    topic: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[^+#\x00]+$")] = "s4/export/{export}"
    qos: Literal[1, 2] = 1
    retain: bool = False
    version: Literal["3.1.1", "5"] = "3.1.1"
    client_id: Annotated[str, Meta(max_length=64)] = ""
    user: str = ""
    password_file: str = ""
    password_env: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    allow_plain: bool = False


class MqttTarget(Target):
    """Publishes and waits for the broker's acknowledgement of every message. After any failure it connects anew, so
    that nothing of the connection before comes late.
    """

    card: ClassVar = Card(
        name="mqtt",
        version="1",
        title="Export by MQTT",
        purpose="Sends facts and readings that the city's description selects to an MQTT broker.",
        legal_basis="GDPR Art. 6(1)(e); facts may concern people: agree with the receiver what it is for",
        limits="MQTT 3.1.1 or 5, QoS 1 or 2; needs the extra `mqtt`.",
    )
    together: ClassVar = _IN_FLIGHT

    def __init__(self, context: Context, export: Export) -> None:
        super().__init__(context, export)
        need(export, "mqtt", "paho")
        field, folder = f"export[{export.id}].options", context.folder
        self.options = options = options_of(export, MqttTargetOptions)
        self._url = _checked(options, f"{field}.url")
        _check_topic(options.topic, single=export.format == "json", field=f"{field}.topic")
        self._password = secret(options.password_file, options.password_env, folder, f"{field}.password")
        self._tls: ssl.SSLContext | None = None
        if self._url.scheme == "mqtts":
            self._tls = tls_context(folder, options.ca_file, options.cert_file, options.key_file, f"{field}.ca_file")
        self._link: _Link | None = None
        self._worker = Worker(f"export-{export.id}-mqtt", self._hang_up)

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Publish them; see `Target.send`."""
        try:
            await self._worker.do(lambda: self._publish(parcels))
        except ServiceError:
            self._worker.leave()
            raise
        except (OSError, ValueError, RuntimeError) as error:
            self._worker.leave()
            raise ServiceError(f"the broker {self._url.hostname} cannot be reached ({error})") from error

    async def close(self) -> None:
        """Leave the broker."""
        self._worker.leave()

    def _publish(self, parcels: Sequence[Parcel]) -> None:
        until = time.monotonic() + self.export.retry.timeout_s
        link = self._link
        if link is None:
            link = self._link = _Link(self._client(), self.options, f"the broker {self._url.hostname}")
            link.open(self._url.hostname or "", self._url.port or _PORTS[self._url.scheme], until)
        infos = [link.publish(self._topic(parcel), parcel) for parcel in parcels]
        for info in infos:
            link.wait(info, until)

    def _topic(self, parcel: Parcel) -> str:
        about = dict.fromkeys(_ONE_ROW, "none") | {k: v.translate(_UNSAFE) for k, v in parcel.about.items()}
        return self.options.topic.format_map(about)

    def _client(self) -> Client:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        v5 = self.options.version == "5"
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=self.options.client_id or None, reconnect_on_failure=False,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
        )  # fmt: skip
        if self.options.user:
            client.username_pw_set(self.options.user, self._password or None)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.connect_timeout = min(10.0, self.export.retry.timeout_s)
        client.max_inflight_messages_set(_IN_FLIGHT)
        return client

    def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()


class _Link:
    """One connection, from `open` to `close`; used in the worker's thread, told by Paho's."""

    def __init__(self, client: Client, options: MqttTargetOptions, name: str) -> None:
        self._client, self._options, self._name = client, options, name
        self._ready, self._over = threading.Event(), ""
        self._refused: dict[int, str] = {}
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_publish = self._published

    def open(self, host: str, port: int, until: float) -> None:
        self._client.connect(host, port, _KEEPALIVE_S)
        self._client.loop_start()
        while not self._ready.wait(_LOOK_S):
            if time.monotonic() > until:
                raise ServiceError(f"{self._name} takes no connection")
            self._check()
        self._check()

    def publish(self, topic: str, parcel: Parcel) -> MQTTMessageInfo:
        properties: Any = None
        if self._options.version == "5":
            from paho.mqtt.packettypes import PacketTypes
            from paho.mqtt.properties import Properties

            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # Paho leaves it untyped
            properties.ContentType, properties.UserProperty = parcel.media_type, list(parcel.headers.items())
        return self._client.publish(topic, parcel.body, self._options.qos, self._options.retain, properties)

    def wait(self, info: MQTTMessageInfo, until: float) -> None:
        while not info.is_published():
            self._check()
            if time.monotonic() > until:
                raise ServiceError(f"{self._name} acknowledges nothing")
            info.wait_for_publish(_LOOK_S)
        if reason := self._refused.pop(info.mid, ""):
            raise RefusedError(f"{self._name} refused a message: {reason}")

    def _check(self) -> None:
        if self._over:
            raise ServiceError(f"{self._name}: {self._over}")

    def close(self) -> None:
        self._over = self._over or "the connection is closed"
        self._client.disconnect()
        if (sock := self._client.socket()) is not None:
            with contextlib.suppress(OSError):
                sock.close()
        threading.Thread(target=self._client.loop_stop, daemon=True).start()  # it waits for Paho's thread

    # Called by Paho, in its thread

    def _connected(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        del client, userdata, flags, properties
        if reason.is_failure:
            self._over = f"it refused the connection ({reason})"
        self._ready.set()

    def _disconnected(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        del client, userdata, flags, properties
        self._over = self._over or f"it ended the connection ({reason})"

    def _published(self, client: Client, userdata: Any, number: int, reason: Any, properties: Any) -> None:
        del client, userdata, properties
        if reason.is_failure:
            self._refused[number] = str(reason)


def _checked(options: MqttTargetOptions, field: str) -> SplitResult:
    try:
        url = urlsplit(options.url)
        _ = url.port
    except ValueError as error:
        raise ConfigError(f"is no address ({error})", field=field) from error
    if url.scheme not in _PORTS or not url.hostname or url.path.strip("/"):
        raise ConfigError("must be mqtts://host:port or mqtt://host:port", field=field)
    if url.username or url.password:
        raise ConfigError("must not hold a user or password (user, password_file)", field=field)
    guard_plain(url.hostname, encrypted=url.scheme == "mqtts", allowed=options.allow_plain, field=field)
    return url


def _check_topic(topic: str, *, single: bool, field: str) -> None:
    try:
        names = {name for _, name, form, conversion in string.Formatter().parse(topic) if name is not None
                 and not form and not conversion}  # fmt: skip
    except ValueError as error:
        raise ConfigError(f"is no topic ({error})", field=field) from error
    known = {"export"} | (_ONE_ROW if single else set())
    if unknown := sorted(names - known):
        hint = "" if single else '; the format "json", one message a row, knows more'
        raise ConfigError(
            f"{{{unknown[0]}}} is not known here (there are: {', '.join(sorted(known))}){hint}", field=field
        )
