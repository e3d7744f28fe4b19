"""OPC UA: subscribes to nodes of a server, which then says each change by itself."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.core.units import parse_unit
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.names import property_name
from s4.sensing.services.parsed import Parsed, number
from s4.sensing.services.secrets import guard_plain, secret
from s4.sensing.services.service import Service

if TYPE_CHECKING:
    from asyncua.client.client import Client

MOST_WAITING: Final = 8_192
AT_ONCE: Final = 500
"""Nodes that are asked for in one request."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MODES: Final = {"sign": "Sign", "sign-encrypt": "SignAndEncrypt"}


class Watched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"name": "property"}):
    """One node that is watched: its `node` id (`ns=2;s=Pump.Flow`, `i=2258`) and the `property` that it is.

    A number becomes number × `scale` + `offset` in `unit`; `words` gives the number of a text. `device`: whose it is,
    empty for the source itself.
    """

    node: str
    name: str
    unit: str = "1"
    scale: float = 1.0
    offset: float = 0.0
    words: dict[str, float] = {}
    device: str = ""


class OpcUaOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of an OPC UA server in `city.toml`.

    `url`: `opc.tcp://host:4840/path`; `nodes`: what is watched; `period_s`: how often the server looks and reports;
    `user`, `password` or `password_file`; `security`: `none`, `sign` or `sign-encrypt` by Basic256Sha256, with
    `cert_file` and `key_file` of ours and, if it is to be checked, `server_cert_file`. `allow_plain`: send the password
    with security `none` over a network.
    """

    url: Annotated[str, Meta(pattern=r"^opc\.tcp://[^\s/@]+(/\S*)?$", max_length=500)]
    nodes: Annotated[tuple[Watched, ...], Meta(min_length=1, max_length=5_000)]
    period_s: Annotated[float, Meta(ge=0.01, le=3_600)] = 1.0
    timeout_s: Annotated[float, Meta(ge=0.1, le=60)] = 5.0
    user: str = ""
    password: str = ""
    password_file: str = ""
    security: Literal["none", "sign", "sign-encrypt"] = "none"
    cert_file: str = ""
    key_file: str = ""
    server_cert_file: str = ""
    allow_plain: bool = False

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a unit or property that is none, or security without a certificate."""
        super().check(owner)
        for place, one in enumerate(self.nodes):
            for field, parse, text in (("unit", parse_unit, one.unit), ("property", property_name, one.name)):
                try:
                    parse(text)
                except InputError as error:
                    raise ConfigError(error.reason, field=f"{owner}.options.nodes[{place}].{field}") from error
        if self.security != "none" and not (self.cert_file and self.key_file):
            raise ConfigError("needs cert_file and key_file", field=f"{owner}.options.security")


class OpcUa(Service):
    """A client with one subscription. Cost: about 100 µs a change (the library's)."""

    card: ClassVar = Card(
        name="opcua",
        version="1",
        title="OPC UA",
        purpose="Takes in what controllers and building systems measure and report.",
        limits="5000 nodes a server; numbers, truth values and texts; it never writes.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("opcua", "asyncua", owner=self.owner)
        self.options = options = self.configure(OpcUaOptions)
        field = f"{self.owner}.options.password"
        self._password = secret(options.password, options.password_file, context.folder, field)
        if self._password:
            host = urlsplit(options.url).hostname or ""
            guard_plain(host, encrypted=options.security != "none", allowed=options.allow_plain, field=field)
        self._changes: deque[tuple[Watched, Any]] = deque()
        self._dropped = 0
        self._told: dict[str, str] = {}

    async def session(self) -> None:
        """Connect, subscribe and take changes until the server is lost. Raises `ServiceError`."""
        await load("asyncua.client.client")
        from asyncua.ua.uaerrors import UaError

        place = self.options.url
        client = await self._client()
        watcher = _Watcher(self)
        client.connection_lost_callback = watcher.lost
        try:
            await client.connect()
        except (UaError, OSError, TimeoutError) as error:
            raise ServiceError(f"{place} cannot be reached ({_said(error)})") from error
        try:
            await self._subscribe(client, watcher)
            await self.up()
            await self._take(watcher)
        except (UaError, OSError, TimeoutError) as error:
            raise ServiceError(f"{place} does not answer ({_said(error)})") from error
        finally:
            await _leave(client)

    async def _client(self) -> Client:
        from asyncua.client.client import Client

        options, folder = self.options, Path(self.context.folder)
        client = Client(options.url, timeout=options.timeout_s)
        client.name = f"s4 {self.source.id}"
        if options.user:
            client.set_user(options.user)
            client.set_password(self._password)
        if options.security != "none":
            await self._secure(client, folder)
        return client

    async def _secure(self, client: Client, folder: Path) -> None:
        """Sign, or sign and encrypt; without a server's certificate to compare, the one that it shows is taken."""
        from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
        from asyncua.ua import MessageSecurityMode

        options = self.options
        ours, key = folder / options.cert_file, folder / options.key_file
        theirs = str(folder / options.server_cert_file) if options.server_cert_file else None
        mode = MessageSecurityMode[_MODES[options.security]]
        try:
            client.application_uri = _application_uri(ours)
            await client.set_security(SecurityPolicyBasic256Sha256, ours, key, server_certificate=theirs, mode=mode)
        except (OSError, ValueError, TimeoutError, RuntimeError) as error:
            raise ServiceError(f"{options.url} cannot be spoken to securely ({_said(error)})") from error

    async def _subscribe(self, client: Client, watcher: _Watcher) -> None:
        """Ask for all nodes; one that the server does not have is said, and the others are watched."""
        period_ms = self.options.period_s * 1000
        subscription: Any = await client.create_subscription(period_ms, watcher)
        for start in range(0, len(self.options.nodes), AT_ONCE):
            wanted = list(self._nodes(client, self.options.nodes[start : start + AT_ONCE], watcher))
            nodes = [node for node, _ in wanted]
            found = await subscription.subscribe_data_change(nodes, sampling_interval=period_ms, queuesize=10)
            for (_, one), status in zip(wanted, found, strict=True):
                if not isinstance(status, int):
                    self._refuse(one.node, f"the server does not give it ({status.name})")

    def _nodes(self, client: Client, some: Sequence[Watched], watcher: _Watcher) -> Iterator[tuple[Any, Watched]]:
        for one in some:
            try:
                node = client.get_node(one.node)
            except (ValueError, RuntimeError):
                self._refuse(one.node, "is no node id such as ns=2;s=Pump.Flow")
                continue
            watcher.nodes[node.nodeid.to_string()] = one
            yield node, one

    def changed(self, one: Watched, value: Any) -> None:
        """A node has changed; the oldest changes are dropped and counted when too many wait."""
        if len(self._changes) >= MOST_WAITING:
            self._changes.popleft()
            self._dropped += 1
        self._changes.append((one, value))

    async def _take(self, watcher: _Watcher) -> None:
        while True:
            await watcher.wait()
            for _ in range(min(self.batch, len(self._changes))):
                self._say(*self._changes.popleft())
            if self._dropped:
                count, self._dropped = self._dropped, 0
                self.gather.refuse(b"", InputError(f"{count} changes came faster than they could be taken"), "opcua")
            watcher.clear(empty=not self._changes)
            await self.flush()

    def _say(self, one: Watched, found: Any) -> None:
        parsed = Parsed()
        if not found.StatusCode.is_good():
            self._refuse(one.node, f"the server says that it is {found.StatusCode.name}")
        else:
            self._told.pop(one.node, None)
            _read(parsed, one, found)
        self.take(parsed, repr(found.Value.Value if found.Value else None)[:4_096].encode(), one.node)

    def _refuse(self, node: str, reason: str) -> None:
        """Say it once, not at every change."""
        if self._told.get(node) != reason:
            self._told[node] = reason
            self.gather.refuse(b"", InputError(reason), node)


class _Watcher:
    """What asyncua tells of changes and of the end, in our own loop."""

    def __init__(self, door: OpcUa) -> None:
        self.nodes: dict[str, Watched] = {}
        self._door, self._event = door, asyncio.Event()
        self._lost = ""

    def datachange_notification(self, node: Any, value: object, data: Any) -> None:
        del value
        one = self.nodes.get(node.nodeid.to_string())
        if one is not None:
            self._door.changed(one, data.monitored_item.Value)
            self._event.set()

    async def lost(self, error: Exception) -> None:
        self._lost = _said(error)
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        if self._lost:
            raise ServiceError(f"the connection is lost ({self._lost})")

    def clear(self, *, empty: bool) -> None:
        if empty and not self._lost:
            self._event.clear()


def _read(parsed: Parsed, one: Watched, found: Any) -> None:
    """A data value → a reading or event, at the time that its source says."""
    value = found.Value.Value if found.Value else None
    value = getattr(value, "Text", value)  # a LocalizedText holds its text
    stamp = found.SourceTimestamp or found.ServerTimestamp
    time = None if stamp is None else instant_of(stamp)
    if isinstance(value, str) and value not in one.words:
        parsed.event(one.device, one.name, {"value": value}, time)
        return
    try:
        plain = one.words[value] if isinstance(value, str) else value
        parsed.reading(one.device, one.name, number(plain, field=one.name) * one.scale + one.offset, one.unit, time)
    except InputError as error:
        parsed.wrong.append(error)


def instant_of(when: datetime) -> int:
    """A server's time, UTC even where it names no zone → ns.

    >>> instant_of(datetime(1970, 1, 1, 0, 0, 1, 5))
    1000005000
    """
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000


def _application_uri(cert_file: Path) -> str:
    """The URI that our certificate names; servers compare it with the one that we say. Raises `ValueError`."""
    from cryptography import x509

    data = cert_file.read_bytes()
    load_it = x509.load_pem_x509_certificate if data.startswith(b"-----") else x509.load_der_x509_certificate
    try:
        names = load_it(data).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError("our certificate names no application URI") from error
    found: list[str] = names.get_values_for_type(x509.UniformResourceIdentifier)
    if not found:
        raise ValueError("our certificate names no application URI")
    return found[0]


async def _leave(client: Client) -> None:
    """Say goodbye, but not for long: the server may be gone."""
    from asyncua.ua.uaerrors import UaError

    try:
        async with asyncio.timeout(2.0):
            await client.disconnect()
    except (UaError, OSError, TimeoutError):
        client.disconnect_socket()


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
