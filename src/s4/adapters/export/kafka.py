"""Kafka target: each parcel is one record of a topic, acknowledged by all replicas, by aiokafka."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from s4.adapters.export.settings import guard_plain, need, options_of, secret, tls_context
from s4.core.clock import NS_PER_MS
from s4.core.errors import ConfigError, ServiceError
from s4.core.export import Export
from s4.core.ports import Card, Context, Parcel, RefusedError, Target

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

_LARGEST: Final = 64 << 20
_STOP_S: Final = 1.0
_Server = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.\-\[\]:]+:[0-9]{1,5}$")]


class KafkaTargetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`servers`: `host:port` of some brokers; `topic`; `tls`: whether the link is encrypted, as it must be to another
    machine unless `allow_plain` says that the network is trusted; `user` with `password_file` or `password_env`, by
    `mechanism`; `ca_file`, `cert_file`, `key_file`: certificates (PEM).
    """

    servers: tuple[_Server, ...]
    topic: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
    tls: bool = True
    user: str = ""
    password_file: str = ""
    password_env: str = ""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    allow_plain: bool = False


class KafkaTarget(Target):
    """An idempotent producer with `acks=all`. Rows of one source have one key, and so stay in order in one partition
    (with the format `json`; a batch of rows has the export's id as its key). After any failure it begins anew.
    """

    card: ClassVar = Card(
        name="kafka",
        version="1",
        title="Export to Kafka",
        purpose="Sends facts and readings that the city's description selects to a Kafka topic.",
        legal_basis="GDPR Art. 6(1)(e); facts may concern people: agree with the receiver what it is for",
        limits="The topic must exist or be made by the brokers; needs the extra `kafka`.",
    )
    together: ClassVar = 1000

    def __init__(self, context: Context, export: Export) -> None:
        super().__init__(context, export)
        need(export, "kafka", "aiokafka")
        field, folder = f"export[{export.id}].options", context.folder
        self.options = options = options_of(export, KafkaTargetOptions)
        if not options.servers:
            raise ConfigError("must name at least one server", field=f"{field}.servers")
        for server in options.servers:
            host = server.rpartition(":")[0]
            guard_plain(host, encrypted=options.tls, allowed=options.allow_plain, field=f"{field}.servers")
        self._password = secret(options.password_file, options.password_env, folder, f"{field}.password")
        self._tls = None
        if options.tls:
            self._tls = tls_context(folder, options.ca_file, options.cert_file, options.key_file, f"{field}.ca_file")
        self._producer: AIOKafkaProducer | None = None

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Send them as one batch of records; see `Target.send`."""
        from aiokafka.errors import KafkaError

        try:
            producer = self._producer or await self._started()
            waiting = [await producer.send(self.options.topic, **record_of(parcel)) for parcel in parcels]
            await asyncio.gather(*waiting)
        except (KafkaError, OSError) as error:
            await self._leave()
            raise _meaning(error) from error
        except asyncio.CancelledError:
            await self._leave()
            raise

    async def close(self) -> None:
        """Leave the brokers."""
        await self._leave()

    async def _started(self) -> AIOKafkaProducer:
        from aiokafka import AIOKafkaProducer

        sasl = {"sasl_mechanism": self.options.mechanism, "sasl_plain_username": self.options.user,
                "sasl_plain_password": self._password} if self.options.user else {}  # fmt: skip
        protocol = ("SASL_" if sasl else "") + ("SSL" if self.options.tls else "PLAINTEXT")
        self._producer = producer = AIOKafkaProducer(
            bootstrap_servers=list(self.options.servers), client_id="s4", acks="all", enable_idempotence=True,
            max_request_size=_LARGEST, request_timeout_ms=int(self.export.retry.timeout_s * 1000),
            security_protocol=protocol, ssl_context=self._tls, **sasl,
        )  # fmt: skip
        await producer.start()
        return producer

    async def _leave(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(TimeoutError, OSError):
                await asyncio.wait_for(producer.stop(), _STOP_S)


def record_of(parcel: Parcel) -> dict[str, Any]:
    """A parcel → the record: its time is that of the newest row, its headers say what is to be known of it."""
    headers = [("content-type", parcel.media_type), *parcel.headers.items()]
    return {
        "value": parcel.body, "key": parcel.key.encode(), "timestamp_ms": parcel.last // NS_PER_MS,
        "headers": [(name, value.encode()) for name, value in headers],
    }  # fmt: skip


def _meaning(error: Exception) -> ServiceError:
    from aiokafka import errors

    reason = f"Kafka: {type(error).__name__}: {error}"[:300]
    if isinstance(error, errors.MessageSizeTooLargeError | errors.InvalidMessageError):
        return RefusedError(reason)
    if isinstance(error, errors.TopicAuthorizationFailedError | errors.InvalidTopicError):
        return RefusedError(reason, whole=True)
    return ServiceError(reason)
