"""Syslog: listens by UDP and TCP (with TLS if wanted) for what machines and network devices report."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import deque
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.parsed import SELF, Parsed
from s4.sensing.services.service import Service
from s4.sensing.services.syslog_message import Framer, parse_syslog

MOST_WAITING: Final = 8_192
"""Datagrams that wait; more are dropped and counted."""
TELL_S: Final = 1.0
STRANGER_S: Final = 60.0
"""How often it is said of one address that it is not heard."""
MOST_STRANGERS: Final = 1_000
Port = Annotated[int, Meta(ge=0, le=65_535)]


class SyslogOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of a syslog listener in `city.toml`.

    `host`; `udp`, `tcp`: the ports, 0 for none; `cert_file`, `key_file`: TCP is TLS (RFC 5425), and with `ca_file` only
    senders with a certificate of it are heard. `allow`: networks that senders must be in (`10.1.0.0/16`), empty: any.
    `device`: whose a message is: the `hostname` that it says, the sender's `address`, or this `source`. `largest`:
    bytes of a message; `most_connections`: TCP senders at once.
    """

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    udp: Port = 0
    tcp: Port = 0
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    allow: tuple[str, ...] = ()
    device: Literal["hostname", "address", "source"] = "hostname"
    largest: Annotated[int, Meta(ge=480, le=65_536)] = 8_192
    most_connections: Annotated[int, Meta(ge=1, le=10_000)] = 256

    def check(self, owner: str) -> None:
        """Raise `ConfigError` when there is no port, or for a network that is none."""
        super().check(owner)
        if not self.udp and not self.tcp:
            raise ConfigError("name a port: udp, tcp or both", field=f"{owner}.options.udp")
        self.networks(owner)

    def networks(self, owner: str) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks that are heard. Raises `ConfigError`."""
        try:
            return tuple(ip_network(one) for one in self.allow)
        except ValueError as error:
            raise ConfigError(str(error), field=f"{owner}.options.allow") from error

    def tls(self, folder: str, owner: str) -> ssl.SSLContext | None:
        """The server's TLS, None without a certificate. Raises `ConfigError` for files that cannot be used."""
        if not self.cert_file:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key = str(Path(folder) / self.key_file) if self.key_file else None
        try:
            context.load_cert_chain(str(Path(folder) / self.cert_file), key)
            if self.ca_file:
                context.load_verify_locations(str(Path(folder) / self.ca_file))
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError) as error:
            reason = f"the certificates cannot be used ({error.strerror or error})"
            raise ConfigError(reason, field=f"{owner}.options.cert_file") from error
        return context


class Syslog(Service):
    """A listener. A sender over the rate is slowed down by TCP; by UDP what is too much is dropped and counted."""

    card: ClassVar = Card(
        name="syslog",
        version="1",
        title="Syslog (RFC 5424)",
        purpose="Takes in what machines, firewalls and access controllers report.",
        legal_basis="GDPR Art. 6(1)(e) with Recital 49: network and information security (names, addresses)",
        limits="8 KiB a message; UDP senders can be forged: name networks in `allow`, or use TLS.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        self.options = self.configure(SyslogOptions)
        self._networks = self.options.networks(self.owner)
        self._tls = self.options.tls(context.folder, self.owner)
        self._waiting: deque[tuple[bytes, str]] = deque()
        self._arrived = asyncio.Event()
        self._dropped = 0
        self._senders: set[asyncio.Task[None]] = set()
        self._strangers: dict[str, float] = {}

    async def session(self) -> None:
        """Listen until cancelled. Raises `ServiceError` when a port cannot be had."""
        options, loop = self.options, asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            try:
                if options.udp:
                    address = (options.host, options.udp)
                    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=address)
                    stack.callback(transport.close)
                if options.tcp:
                    server = await asyncio.start_server(self._sender, options.host, options.tcp, ssl=self._tls)
                    stack.callback(server.close)
                    stack.callback(self._hang_up)
            except OSError as error:
                raise ServiceError(f"cannot listen on {options.host} ({error.strerror})") from error
            await self.up()
            await self._datagrams()

    # UDP

    def arrived(self, data: bytes, address: str) -> None:
        """A datagram; dropped when too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append((data, address))
        self._arrived.set()

    async def _datagrams(self) -> None:
        told = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELL_S):
                    await self._arrived.wait()
            for _ in range(min(self.batch, len(self._waiting))):
                self._message(*self._waiting.popleft())
            if not self._waiting:
                self._arrived.clear()
            if self._dropped and time.monotonic() - told > TELL_S:
                told, count, self._dropped = time.monotonic(), self._dropped, 0
                self.gather.refuse(b"", InputError(f"{count} messages came faster than they could be taken"), "udp")
            await self.flush()

    # TCP

    async def _sender(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._senders.add(task)
        address = str(writer.get_extra_info("peername")[0])
        try:
            if len(self._senders) > self.options.most_connections:
                self.gather.refuse(b"", InputError(f"more than {self.options.most_connections} connections"), address)
            elif self.may(address):
                await self._stream(reader, address)
        except (OSError, asyncio.CancelledError):
            return  # it is gone, or we are
        finally:
            self._senders.discard(task)
            writer.close()

    async def _stream(self, reader: asyncio.StreamReader, address: str) -> None:
        framer = Framer(self.options.largest)
        while data := await reader.read(65_536):
            try:
                messages = framer.feed(data)
            except InputError as error:
                self.gather.refuse(framer.rest(), error, address)
                return
            for message in messages:
                self._message(message, address)
            await self.flush()
        if framer.rest().strip():
            self._message(framer.rest(), address)

    def _hang_up(self) -> None:
        for task in tuple(self._senders):
            task.cancel()

    # Messages

    def may(self, address: str) -> bool:
        """Whether a sender is heard; said when it is not."""
        if not self._networks:
            return True
        sender = ip_address(address.partition("%")[0])
        if any(sender in network for network in self._networks):
            return True
        now = time.monotonic()
        if now - self._strangers.get(address, -STRANGER_S) >= STRANGER_S:
            if len(self._strangers) >= MOST_STRANGERS:
                self._strangers.clear()
            self._strangers[address] = now
            self.gather.refuse(b"", InputError("is in none of the networks that are heard (allow)"), address)
        return False

    def _message(self, data: bytes, address: str) -> None:
        parsed = Parsed()
        try:
            if len(data) > self.options.largest:
                raise InputError(f"is longer than {self.options.largest} bytes")
            said = parse_syslog(data)
        except InputError as error:
            self.gather.refuse(data, error, address)
        else:
            of = {"hostname": said.host or address, "address": address, "source": SELF}
            parsed.event(of[self.options.device], "syslog", {**said.body, "address": address}, said.time)
        self.take(parsed, data, address)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, syslog: Syslog) -> None:
        self._syslog = syslog

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self._syslog.may(address[0]):
            self._syslog.arrived(data, address[0])
