"""SNMP traps and informs: listens for what agents report by themselves, v2c or v3."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.sensing.services.extras import load, need
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.service import Service
from s4.sensing.services.snmp_users import SnmpOptions, check_engine, person, plain, protocols

MOST_WAITING: Final = 4_096
MOST_BINDINGS: Final = 200
_TRAP_OID: Final = "1.3.6.1.6.3.1.1.4.1.0"
_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"
Bindings = list[tuple[str, float | str | bytes | None]]


class SnmpTrapOptions(SnmpOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of a listener for traps in `city.toml`, besides who may send them.

    `host`, `port`: where it listens. `engines`: the engine ids, in hexadecimal, of agents that send v3 traps (informs
    need none). `traps`: our property by trap identifier; others are `trap` followed by their identifier.
    """

    port: Annotated[int, Meta(ge=1, le=65_535)] = 162
    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    engines: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()
    traps: dict[str, str] = msgspec.field(default_factory=dict)

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for an engine id that is none."""
        super().check(owner)
        for place, one in enumerate(self.engines):
            try:
                check_engine(one)
            except InputError as error:
                raise ConfigError(error.reason, field=f"{owner}.options.engines[{place}]") from error


class SnmpTrap(Service):
    """A listener. Each trap is an event of its sender's address, with its variables; unknown senders are not heard.

    An inform is answered when it was understood, which is before it is recorded: that is how the library works.
    """

    card: ClassVar = Card(
        name="snmp-trap",
        version="1",
        title="SNMP traps",
        purpose="Takes in what network and power equipment reports by itself.",
        limits="200 variables a trap; v2c senders can be forged, so use v3 outside a closed network.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("snmp", "pysnmp", owner=self.owner)
        self.options = self.configure(SnmpTrapOptions)
        self._who = person(self.options, context.folder, self.owner)
        self._waiting: deque[tuple[str, Bindings]] = deque()
        self._arrived = asyncio.Event()
        self._dropped = 0

    async def session(self) -> None:
        """Listen until cancelled. Raises `ServiceError` when the port cannot be had."""
        await load("pysnmp.entity.engine", "pysnmp.entity.rfc3413.ntfrcv", "pysnmp.carrier.asyncio.dgram.udp")
        from pysnmp.entity.rfc3413 import ntfrcv
        from pysnmp.error import PySnmpError

        options = self.options
        try:
            engine = self._engine()
        except (PySnmpError, OSError) as error:
            raise ServiceError(f"cannot listen on {options.host}:{options.port} ({error})"[:300]) from error
        try:
            ntfrcv.NotificationReceiver(engine, self._heard)
            await self.up()
            while True:
                await self._arrived.wait()
                self._some()
                await self.flush()
        finally:
            engine.close_dispatcher()

    def _engine(self) -> Any:
        from pysnmp.carrier.asyncio.dgram import udp
        from pysnmp.entity import config, engine

        one, who = engine.SnmpEngine(), self._who
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setblocking(False)
        try:
            listening.bind((self.options.host, self.options.port))  # the library would not tell that it is taken
        except OSError:
            listening.close()
            raise
        config.add_transport(one, udp.DOMAIN_NAME, udp.UdpTransport().open_server_mode(sock=listening))
        if not who.user:
            config.add_v1_system(one, "s4", who.community)
            return one
        auth, priv = protocols(who)
        for engine_id in (None, *(check_engine(text) for text in self.options.engines)):
            given = {} if engine_id is None else {"securityEngineId": engine_id}
            config.add_v3_user(one, who.user, auth, who.auth_key or None, priv, who.priv_key or None, **_wrapped(given))
        return one

    def _heard(
        self, engine: Any, reference: Any, context_id: Any, context: Any, bindings: Sequence[Any], own: Any
    ) -> None:  # fmt: skip
        """Called by pysnmp, in our loop, for each trap of a sender who is known."""
        del context_id, context, own
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        address = engine.message_dispatcher.get_transport_info(reference)[1][0]
        found = [(oid.prettyPrint(), plain(value)) for oid, value in bindings[:MOST_BINDINGS]]
        self._waiting.append((str(address), found))
        self._arrived.set()

    def _some(self) -> None:
        for _ in range(min(self.batch, len(self._waiting))):
            address, bindings = self._waiting.popleft()
            parsed = Parsed()
            parsed.event(address, *trap_event(bindings, self.options.traps))
            self.take(parsed, repr(bindings)[:65_536].encode(), address)
        if self._dropped:
            count, self._dropped = self._dropped, 0
            self.gather.refuse(b"", InputError(f"{count} traps came faster than they could be taken"), "udp")
        if not self._waiting:
            self._arrived.clear()


def trap_event(bindings: Bindings, traps: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The variables of a trap → its property and body.

    >>> trap_event([("1.3.6.1.6.3.1.1.4.1.0", "1.3.6.1.6.3.1.1.5.3")], {"1.3.6.1.6.3.1.1.5.3": "link_down"})
    ('link_down', {'trap': '1.3.6.1.6.3.1.1.5.3', 'variables': {}})
    """
    said = {oid: value.hex() if isinstance(value, bytes) else value for oid, value in bindings}
    trap = str(said.pop(_TRAP_OID, "unknown"))
    body: dict[str, Any] = {"trap": trap, "variables": said}
    ticks = said.pop(_UP_TIME, None)
    if isinstance(ticks, float):
        body["uptime_s"] = ticks / 100
    return traps.get(trap, f"trap.{trap}")[:64], body


def _wrapped(given: dict[str, bytes]) -> dict[str, Any]:
    from pysnmp.proto.api import v2c

    return {name: v2c.OctetString(value) for name, value in given.items()}
