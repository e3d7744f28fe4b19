"""How every device is doing, as supervision last said: what the picture reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from nats.aio.msg import Msg

from s4.core.archive import Archive
from s4.core.clock import Clock
from s4.core.devices import DeviceState, read
from s4.core.errors import InputError, ServiceError
from s4.core.logs import get_logger
from s4.core.model import Command
from s4.core.model.command import DEVICE_DECISIONS, ZONE_DECISIONS
from s4.core.register import Register
from s4.core.subjects import DEVICE_STATE, token
from s4.core.zones import ZoneBook
from s4.runtime.bus import Bus
from s4.runtime.last_said import LastSaid
from s4.runtime.wire import decode_fact

_MOST: Final = 200_000
_AT_ONCE: Final = 500
_NO_MORE_S: Final = 1.0
_ALL: Final = 1_000_000
_RECENT: Final = 1_000
_LOOK_AGAIN_S: Final = 30.0

log = get_logger(__name__)


class DeviceBook(LastSaid[DeviceState]):
    """The last state of each device, as supervision said."""

    def __init__(self) -> None:
        super().__init__(DEVICE_STATE, lambda seen: read(seen, DeviceState), lambda state: state.device)


class Book(Protocol):
    """What is kept up to date with decisions: the register of devices, the zones of cameras."""

    def take(self, commands: Iterable[Command]) -> Sequence[str]:
        """Take account of decisions, in any order, also repeatedly; returns what changed by them."""


def decisions(archive: Archive, actions: Sequence[str] = DEVICE_DECISIONS, limit: int = _ALL) -> list[Command]:
    """What people have decided, the newest of each kind. Blocks."""
    return [one for action in actions for one in archive.known(Command, kind=action, limit=limit)]


async def keep_register(register: Register, archive: Archive, bus: Bus, city: str, clock: Clock) -> None:
    """Tell the register of each new decision about a device; runs until cancelled."""
    await _keep(register, DEVICE_DECISIONS, archive, bus, city, clock)


async def keep_zones(zones: ZoneBook, archive: Archive, bus: Bus, city: str, clock: Clock) -> None:
    """Tell the zones of each new decision about one; runs until cancelled."""
    await _keep(zones, ZONE_DECISIONS, archive, bus, city, clock)


async def _keep(book: Book, actions: Sequence[str], archive: Archive, bus: Bus, city: str, clock: Clock) -> None:
    """Tell the book of each new decision, wherever it was taken.

    What comes over the bus from a hub with a store of its own is recorded here too, so that it outlives a restart. The
    store is the truth: every 30 s it is looked at whatever the bus has said.
    """
    news = asyncio.Event()

    async def on_message(message: Msg) -> None:
        with contextlib.suppress(InputError, ServiceError):
            told = decode_fact("command", message.data)
            if isinstance(told, Command) and book.take([told]):
                log.info("decided", about=told.target, action=told.action)
                await asyncio.to_thread(archive.record, [told], clock.now())
        news.set()

    for action in actions:
        await bus.listen(f"s4.{city}.*.command.{token(action)}", on_message)
    while True:
        news.clear()
        try:
            book.take(await asyncio.to_thread(decisions, archive, actions, _RECENT))
        except ServiceError as error:
            log.warning("decisions not read", reason=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _LOOK_AGAIN_S)
