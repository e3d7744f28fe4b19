"""Commands for devices at an edge site: the hub asks, the site carries out and says what has become of it.

The hub alone writes down how far a command is. When an answer is lost it asks again; what must not be done twice the
site remembers on disk before it begins (`remembered`), and answers from there.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Container
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from s4.core.errors import InputError
from s4.core.logs import get_logger
from s4.core.model import Command
from s4.core.model.command import CommandState
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.runner_dispatch import Dispatch, NotSentError
from s4.runtime.uplink.chunk import decode, down_subject, up_subject
from s4.runtime.uplink.remembered import Remembered
from s4.runtime.wire import decode_fact, encode_fact

ANSWER_S: Final = 3.0
_MOST_WAITING: Final = 256

log = get_logger(__name__)


class Order(msgspec.Struct, frozen=True, array_like=True):
    """A command on its way down; `number` names the question, so that its answer finds back."""

    number: Annotated[str, Meta(min_length=1, max_length=32)]
    command: bytes


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What has become of it at the site."""

    number: Annotated[str, Meta(min_length=1, max_length=32)]
    state: CommandState
    detail: Annotated[str, Meta(max_length=1000)] = ""


class SiteOrders:
    """The hub's side: `runner_dispatch.Sites` over leaf links. `sites`: those that have a credential now."""

    def __init__(self, bus: Bus, sites: Callable[[], Container[str]]) -> None:
        self._bus, self._sites = bus, sites
        self._asked: dict[tuple[str, str], asyncio.Future[Outcome]] = {}

    async def open(self) -> None:
        """Listen for outcomes."""
        await self._bus.listen("s4.up.*.outcome", self._on_message)  # the line carries it: the receiver hears all

    def reaches(self, site: str) -> bool:
        """Whether `site` has a credential as an edge site."""
        return site in self._sites()

    async def carry_out(self, command: Command, site: str) -> Command:
        """See `Sites.carry_out`. Waits 3 s at most."""
        order = Order(secrets.token_hex(8), encode_fact(command))
        asked = self._asked[site, order.number] = asyncio.get_running_loop().create_future()
        try:
            await self._bus.client.publish(down_subject(site, "order"), msgspec.msgpack.encode(order))
            async with asyncio.timeout(ANSWER_S):
                outcome = await asked
        except (TimeoutError, NatsError, OSError):
            raise NotSentError(f"the site {site} does not answer") from None
        finally:
            del self._asked[site, order.number]
        if outcome.state == "approved":
            raise NotSentError(outcome.detail)
        return msgspec.structs.replace(command, state=outcome.state, detail=outcome.detail)

    async def _on_message(self, message: Msg) -> None:
        site = message.subject.split(".")[2]
        try:
            outcome = decode(message.data, Outcome)
        except InputError as error:
            log.warning("not an outcome", site=site, reason=str(error))
            return
        asked = self._asked.get((site, outcome.number))
        if asked is not None and not asked.done():
            asked.set_result(outcome)


class OrderHost(Host):
    """The site's side. `dispatch`: its own outlets."""

    name = "orders"

    def __init__(self, site: str, bus: Bus, dispatch: Dispatch, remembered: Remembered) -> None:
        super().__init__()
        self._site, self._bus, self._dispatch, self._remembered = site, bus, dispatch, remembered
        self._orders: deque[bytes] = deque(maxlen=_MOST_WAITING)

    async def open(self) -> None:
        """Listen for orders."""
        await self._bus.listen(down_subject(self._site, "order"), self._on_message)

    async def _on_message(self, message: Msg) -> None:
        self._orders.append(message.data)
        self.arrived.set()

    async def run(self) -> None:
        """Carry out until told to stop."""
        while not self.stopping:
            self.arrived.clear()
            while self._orders:
                await self._take(self._orders.popleft())
            await self.wait(60.0)

    async def _take(self, data: bytes) -> None:
        try:
            order = decode(data, Order)
            command = decode_fact("command", order.command)
        except InputError as error:
            log.warning("not an order", reason=str(error))
            return
        if not isinstance(command, Command):
            return
        state, detail = await self._outcome(command)
        log.info("carried out for the hub", command=command.id, action=command.action, target=command.target,
                 state=state, detail=detail)  # fmt: skip
        answer = Outcome(order.number, state, detail[:1000])
        await self._bus.client.publish(up_subject(self._site, "outcome"), msgspec.msgpack.encode(answer))

    async def _outcome(self, command: Command) -> tuple[CommandState, str]:
        if command.state not in ("approved", "sent"):
            return "failed", f"a command that is {command.state} is not carried out"
        if not self._dispatch.only_once(command):
            return _said(await self._dispatch.attempt(command))
        if (known := await asyncio.to_thread(self._remembered.begin, command.id)) is not None:
            return known
        state, detail = _said(await self._dispatch.attempt(command))
        await asyncio.to_thread(self._remembered.end, command.id, state, detail)
        return state, detail


def _said(after: Command) -> tuple[CommandState, str]:
    return after.state, after.detail
