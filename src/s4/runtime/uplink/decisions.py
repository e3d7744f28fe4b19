"""What people decide at the hub about a site's devices, zones and rules, brought down and recorded there as well.

The site asks every two seconds for what it does not have yet, and writes down how far it is; so nothing is lost by a
cut, a kill or a hub that was away, and what comes twice is one in the store.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from s4.core.errors import InputError, ServiceError
from s4.core.logs import get_logger
from s4.core.model import Command
from s4.core.model.command import DEVICE_DECISIONS, RULE_DECISIONS, ZONE_DECISIONS
from s4.core.subjects import NAME
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.recorder import Recorder
from s4.runtime.store.archive import SqlArchive
from s4.runtime.uplink.chunk import decode, down_subject, up_subject
from s4.runtime.uplink.remembered import Remembered
from s4.runtime.wire import decode_fact, encode_fact

DECISIONS: Final = (*DEVICE_DECISIONS, *RULE_DECISIONS, *ZONE_DECISIONS)
ASK_S: Final = 2.0
_PAGE: Final = 100
_PAGE_BYTES: Final = 500_000
_CURSOR: Final = re.compile(rb"[0-9]{1,18}")

log = get_logger(__name__)


class Told(msgspec.Struct, frozen=True, array_like=True):
    """The decisions after the cursor `after`, which go up to `upto`."""

    after: int
    upto: int
    commands: list[bytes]


def concerns(command: Command, site: str) -> bool:
    """Whether a decision is a site's business: one about its own devices and zones, and every one about a rule."""
    return command.action in DECISIONS and (command.site == site or command.action in RULE_DECISIONS)


class TellHost(Host):
    """The hub's side: answers each site that asks."""

    name = "site-decisions"

    def __init__(self, bus: Bus, archive: SqlArchive) -> None:
        super().__init__()
        self._bus, self._archive = bus, archive
        self._asked: dict[str, int] = {}

    async def open(self) -> None:
        """Listen for questions."""
        await self._bus.listen("s4.up.*.ask", self._on_message)  # the line carries it because the receiver hears all

    async def _on_message(self, message: Msg) -> None:
        site = message.subject.split(".")[2]
        if NAME.fullmatch(site) and _CURSOR.fullmatch(message.data):
            self._asked[site] = int(message.data)
            self.arrived.set()

    async def run(self) -> None:
        """Answer until told to stop."""
        while not self.stopping:
            self.arrived.clear()
            while self._asked:
                await self._answer(*self._asked.popitem())
            await self.wait(60.0)

    async def _answer(self, site: str, after: int) -> None:
        try:
            told = await asyncio.to_thread(self._page, site, after)
            if told.commands or told.upto != after:
                await self._bus.client.publish(down_subject(site, "told"), msgspec.msgpack.encode(told))
        except (ServiceError, NatsError) as error:
            log.warning("decisions not told", site=site, reason=str(error) or type(error).__name__)

    def _page(self, site: str, after: int) -> Told:
        """A cursor that the store does not know is of another store, or of one put back: all is told from the start."""
        after = after if after <= self._archive.newest() else 0
        upto, commands, size = after, list[bytes](), 0
        for row in self._archive.commands(after, DECISIONS, _PAGE):
            body = encode_fact(row.fact)
            size += len(body)
            if commands and size > _PAGE_BYTES:
                break
            upto = row.cursor
            if isinstance(row.fact, Command) and concerns(row.fact, site):
                commands.append(body)
        return Told(after, upto, commands)


class AskHost(Host):
    """The site's side: asks, and records what it is told."""

    name = "decisions"

    def __init__(self, site: str, bus: Bus, recorder: Recorder, remembered: Remembered) -> None:
        super().__init__()
        self._site, self._bus, self._recorder, self._remembered = site, bus, recorder, remembered
        self._told: Told | None = None

    async def open(self) -> None:
        """Listen for answers."""
        await self._bus.listen(down_subject(self._site, "told"), self._on_message)

    async def _on_message(self, message: Msg) -> None:
        try:
            self._told = decode(message.data, Told)
        except InputError as error:
            log.warning("not decisions", reason=str(error))
        self.arrived.set()

    async def run(self) -> None:
        """Ask until told to stop."""
        place = await asyncio.to_thread(self._remembered.place)
        while not self.stopping:
            self.arrived.clear()
            await self._ask(place)
            await self.wait(ASK_S)
            told, self._told = self._told, None
            if told is not None and told.after in (place, 0):
                await self._record(told)
                place = told.upto
                await asyncio.to_thread(self._remembered.reach, place)

    async def _ask(self, place: int) -> None:
        if not self._bus.connected:  # it would be kept back and come late
            return
        try:
            await self._bus.client.publish(up_subject(self._site, "ask"), str(place).encode())
        except NatsError as error:
            log.debug("decisions not asked for", reason=str(error) or type(error).__name__)

    async def _record(self, told: Told) -> None:
        decided = list[Command]()
        for body in told.commands:
            try:
                command = decode_fact("command", body)
            except InputError as error:
                log.warning("not a decision", reason=str(error))
                continue
            if isinstance(command, Command) and concerns(command, self._site):
                decided.append(command)
                if command.state == "approved":  # what was carried out up there follows it
                    log.info("decided at the hub", action=command.action, about=command.target, by=command.approved_by)
        await self._recorder.out(decided)
