"""The door `mqtt-listener`: devices that only speak connect to it; it reads what all of them sent in one go."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import CapacityError, ConfigError, InputError, ServiceError
from s4.core.logs import get_logger
from s4.core.model import Observation, ObservationBatch, Raw
from s4.core.ports import Card, Context, Door, Produced, Record, Reject
from s4.sensing.decode import Decode
from s4.sensing.limits import Credentials
from s4.sensing.mqtt.frames import pubacks
from s4.sensing.mqtt.session import Session
from s4.sensing.options import read_options

_TELL_S: Final = 1.0
_MOST_REASONS: Final = 100

log = get_logger(__name__)


class ListenerOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of the listener in `city.toml`. `host`, `port`: where it listens; `cert_file`, `key_file`: of
    TLS; `most_connections`: devices at once.
    """

    port: Annotated[int, Meta(ge=0, le=65_535)] = 1884
    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    cert_file: str = ""
    key_file: str = ""
    most_connections: Annotated[int, Meta(ge=1, le=100_000)] = 10_000


class MqttListener(Door):
    """Takes in `s4/in/<device>/<property>` at QoS 0 and 1, from devices with their own credential. A message of QoS 1
    is acknowledged once it is recorded. Subscriptions are refused: a device that is told things connects to the bus.

    Cost: some 4 µs a message on one core, recording included, when many come at once.
    """

    card: ClassVar = Card(
        name="mqtt-listener",
        version="1",
        title="MQTT, for many devices that only speak",
        purpose="Takes in what sensors with their own credential measure or report, at high rates.",
        limits="MQTT 3.1.1, QoS 0 and 1, no subscriptions, no retained messages; 1 MiB a message.",
    )
    produces: ClassVar = (ObservationBatch, Observation)

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        self.options = read_options(ListenerOptions, source.options, f"source[{source.id}]")
        self._tls = self._tls_context(Path(context.folder))
        self._decode = Decode(msgspec.structs.replace(context, options={}))
        self._credentials = Credentials(context.verify)
        self.clock = context.clock
        self._sessions: set[Session] = set()
        self._news = asyncio.Event()
        self._rejects: list[Reject] = []
        self._last_words: list[Raw] = []
        self.port = 0

    def _tls_context(self, folder: Path) -> ssl.SSLContext | None:
        cert, key = self.options.cert_file, self.options.key_file
        if not cert and not key:
            return None
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            tls.load_cert_chain(folder / cert, folder / key if key else None)
        except (OSError, ssl.SSLError) as error:
            field = f"source[{self.source.id}].options.cert_file"
            raise ConfigError(f"cannot be used: {error}", field=field) from error
        return tls

    async def run(self, record: Record) -> None:
        """Listen until cancelled. Raises `ServiceError` when the port cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: Session(self), self.options.host, self.options.port, ssl=self._tls, backlog=1024
            )
        except OSError as error:
            raise ServiceError(f"cannot listen on {self.options.host}:{self.options.port}: {error}") from error
        self.port = server.sockets[0].getsockname()[1]
        log.info("mqtt listener", source=self.source.id, port=self.port)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _TELL_S)
                self._news.clear()
                await self._round(record)
        finally:
            server.close()
            for session in list(self._sessions):
                session.end("")

    async def _round(self, record: Record) -> None:
        """Everything that waits, of all devices: read, recorded, then acknowledged."""
        taken = [(session, *session.taken()) for session in self._sessions if session.waiting or session.owed]
        last_words, self._last_words = self._last_words, []
        raws = last_words + [raw for _, waiting, _ in taken for raw in waiting]
        produced = self._decode.step(raws, self.clock.now())
        self._rejects += self._decode.rejects()
        if produced:
            await self._recorded(record, produced)
        for session, _, owed in taken:
            session.write(pubacks(owed))
            session.go_on()

    async def _recorded(self, record: Record, produced: Sequence[Produced]) -> None:
        """Keep at it: who waits for an acknowledgement goes on waiting, and nobody is read from meanwhile."""
        while True:
            try:
                await record(produced)
                return
            except CapacityError as error:
                log.warning("mqtt listener waits", source=self.source.id, reason=str(error))

    def came(self, session: Session) -> bool:
        """See `Hall.came`."""
        if len(self._sessions) >= self.options.most_connections:
            self._complain(session, f"there are {self.options.most_connections} connections, which is the most")
            return False
        self._sessions.add(session)
        return True

    def arrived(self) -> None:
        """See `Hall.arrived`."""
        self._news.set()

    def left(self, session: Session, reason: str) -> None:
        """See `Hall.left`."""
        if session in self._sessions:
            self._sessions.discard(session)
            self._last_words += session.taken()[0]
            self._news.set()
            if reason:
                self._complain(session, reason)
            if session.misaddressed:
                self._complain(session, f"sent {session.misaddressed} messages to topics that are not its own")

    async def admits(self, device: str, secret: str) -> bool:
        """See `Hall.admits`."""
        try:
            return bool(device) and await self._credentials.check(device, secret)
        except CapacityError:
            return False

    def _complain(self, session: Session, reason: str) -> None:
        if len(self._rejects) < _MOST_REASONS:
            who = session.device or self.source.id
            self._rejects.append((Raw(who, "", b"", self.clock.now()), InputError(reason)))

    def rejects(self) -> Sequence[Reject]:
        """See `Door.rejects`."""
        out, self._rejects = self._rejects, []
        return out
