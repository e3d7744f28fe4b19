"""SNMP: asks an agent (a switch, an uninterruptible power supply, a cabinet) for its values, v2c or v3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.core.units import parse_unit
from s4.sensing.services.extras import load, need
from s4.sensing.services.names import property_name
from s4.sensing.services.parsed import Parsed, number
from s4.sensing.services.service import Service
from s4.sensing.services.snmp_users import Person, SnmpOptions, check_oid, person, plain, protocols

AT_ONCE: Final = 20
"""Objects in one request, so that the answer fits into one datagram."""


class Object(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"name": "property"}):
    """One object that is asked for: its `oid` (with the instance, mostly `.0`) and the `property` that it is.

    A number becomes number × `scale` + `offset` in `unit`; `words` gives the number of a text. `device`: whose it is,
    empty for the source itself.
    """

    oid: str
    name: str
    unit: str = "1"
    scale: float = 1.0
    offset: float = 0.0
    words: dict[str, float] = {}
    device: str = ""


class SnmpPollOptions(SnmpOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of an SNMP agent in `city.toml`, besides who we are to it.

    `host`, `port`; `objects`: what is asked for; `period_s`: how often; `timeout_s`: for an answer, after which it is
    asked once more.
    """

    host: Annotated[str, Meta(min_length=1, max_length=255)]
    objects: Annotated[tuple[Object, ...], Meta(min_length=1, max_length=1_000)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 161
    period_s: Annotated[float, Meta(ge=0.1, le=86_400)] = 30.0
    timeout_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.0

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for an identifier, unit or property that is none."""
        super().check(owner)
        for place, one in enumerate(self.objects):
            parts = (("oid", check_oid, one.oid), ("unit", parse_unit, one.unit), ("property", property_name, one.name))
            for field, parse, text in parts:
                try:
                    parse(text)
                except InputError as error:
                    raise ConfigError(error.reason, field=f"{owner}.options.objects[{place}].{field}") from error


class SnmpPoll(Service):
    """A manager that only reads. Cost: about 1 ms an object (the library's)."""

    card: ClassVar = Card(
        name="snmp",
        version="1",
        title="SNMP poll",
        purpose="Reads how network and power equipment is doing.",
        limits="1000 objects an agent; v2c travels unencrypted, so use v3 outside a closed network.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("snmp", "pysnmp", owner=self.owner)
        self.options = self.configure(SnmpPollOptions)
        self._who = person(self.options, context.folder, self.owner)
        self._told: dict[str, str] = {}

    async def session(self) -> None:
        """Poll until the agent no longer answers. Raises `ServiceError`."""
        await load("pysnmp.hlapi.v3arch.asyncio")
        from pysnmp.error import PySnmpError
        from pysnmp.hlapi.v3arch.asyncio import SnmpEngine, UdpTransportTarget

        engine, options = SnmpEngine(), self.options
        try:
            target = await UdpTransportTarget.create((options.host, options.port), timeout=options.timeout_s, retries=1)
            await self.every(options.period_s, lambda: self._poll(engine, target))
        except (PySnmpError, OSError) as error:
            raise ServiceError(f"{options.host}:{options.port} cannot be asked ({error})"[:300]) from error
        finally:
            engine.close_dispatcher()

    async def _poll(self, engine: Any, target: Any) -> None:
        objects = self.options.objects
        for start in range(0, len(objects), AT_ONCE):
            await self._ask(engine, target, objects[start : start + AT_ONCE])
        await self.up()

    async def _ask(self, engine: Any, target: Any, some: Sequence[Object]) -> None:
        from pysnmp.hlapi.v3arch.asyncio import ContextData, ObjectIdentity, ObjectType, get_cmd

        wanted = [ObjectType(ObjectIdentity(check_oid(one.oid))) for one in some]
        trouble, status, index, found = await get_cmd(
            engine, credentials(self._who), target, ContextData(), *wanted, lookupMib=False
        )
        if trouble:
            raise ServiceError(f"{self.options.host}:{self.options.port} does not answer ({trouble})")
        if status:
            place = max(0, int(index) - 1)
            self._refuse(some[min(place, len(some) - 1)].oid, f"the agent answers {status.prettyPrint()}")
            return
        for one, (_, value) in zip(some, found, strict=False):
            self._said(one, value)

    def _said(self, one: Object, value: Any) -> None:
        parsed, said = Parsed(), plain(value)
        text = str(said)[:4_096].encode()
        if said is None:
            self._refuse(one.oid, "the agent does not have it")
        else:
            self._told.pop(one.oid, None)
            _read(parsed, one, said)
        self.take(parsed, text, one.oid)

    def _refuse(self, oid: str, reason: str) -> None:
        """Say it once, not at every poll."""
        if self._told.get(oid) != reason:
            self._told[oid] = reason
            self.gather.refuse(b"", InputError(reason), oid)


def _read(parsed: Parsed, one: Object, said: float | str | bytes) -> None:
    if isinstance(said, str) and said not in one.words:
        parsed.event(one.device, one.name, {"value": said})
    elif isinstance(said, bytes):
        parsed.event(one.device, one.name, {"hex": said.hex()})
    else:
        found = one.words[said] if isinstance(said, str) else said
        parsed.reading(one.device, one.name, number(found, field=one.name) * one.scale + one.offset, one.unit)


def credentials(who: Person) -> Any:
    """Who we are, for pysnmp."""
    from pysnmp.hlapi.v3arch.asyncio import CommunityData, UsmUserData

    if not who.user:
        return CommunityData(who.community, mpModel=1)  # noqa: S508 - only where the city says version 2c
    auth, priv = protocols(who)
    return UsmUserData(who.user, who.auth_key or None, who.priv_key or None, authProtocol=auth, privProtocol=priv)
