"""Carries one command to whoever can do it, once: an outlet here, or the edge site whose bus its device is on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
from nats.errors import Error as NatsError

from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import InputError, S4Error, ServiceError
from s4.core.logs import get_logger
from s4.core.model import Command
from s4.core.model.command import UNDONE
from s4.core.ports import Outlet
from s4.core.profile import CommandSpec, check_parameters
from s4.core.register import Register
from s4.runtime.bus import Bus

_AGAIN_S: Final = 5.0
_MOST_ATTEMPTS: Final = 5

log = get_logger(__name__)


class NotSentError(ServiceError):
    """The command certainly did not reach its device: it may be sent again, whatever it is."""


class Sites(Protocol):
    """The edge sites of a hub, as those who carry commands out see them."""

    async def open(self) -> None:
        """Listen for what they answer."""

    def reaches(self, site: str) -> bool:
        """Whether `site` is an edge site, so that its devices are on a bus of its own."""

    async def carry_out(self, command: Command, site: str) -> Command:
        """Have it carried out there; returns its next state and detail. Raises `NotSentError`."""


Newcomer = Callable[[str], Outlet | None]
"""The outlet of a device that was approved since the city was described, None when it has none."""


def no_newcomer(_device: str) -> Outlet | None:
    """`Newcomer` of who knows none."""
    return None


class Dispatch:
    """The outlets of this process, and what each of them promises."""

    def __init__(
        self, outlets: Sequence[Outlet], bus: Bus, clock: Clock, *, newcomer: Newcomer = no_newcomer,
        sites: Sites | None = None,
    ) -> None:  # fmt: skip
        self._outlets, self._newcomer, self._bus, self._clock, self._sites = outlets, newcomer, bus, clock, sites

    async def open(self) -> None:
        """Listen for what edge sites answer."""
        if self._sites is not None:
            await self._sites.open()

    async def attempt(self, command: Command) -> Command:
        """Try it; returns the next revision: what has become of it, and why. Never raises for what an outlet does."""
        now = self._clock.now()
        if command.expires and now > command.expires:
            return self._next(command, "expired", "it was not carried out in time")
        outlet, spec = self.outlet_for(command), self._spec(command)
        if reason := _why_not(command, outlet, spec):
            return self._next(command, "failed", reason)
        assert outlet is not None  # noqa: S101 - `_why_not` has said so
        try:
            after = await self._deliver(command, outlet)
        except NotSentError as error:
            return self._next(command, "approved", f"attempt {command.attempts + 1}: {error}")
        except S4Error as error:
            return self._next(command, "sent", f"attempt {command.attempts + 1}: {error}")
        except Exception as error:
            log.exception("outlet failed", outlet=outlet.outlet.id)
            return self._next(command, "sent", f"attempt {command.attempts + 1}: {type(error).__name__}")
        return msgspec.structs.replace(after, revision=command.revision + 1, time=now, attempts=command.attempts + 1)

    async def _deliver(self, command: Command, outlet: Outlet) -> Command:
        site = outlet.outlet.site
        if outlet.near and self._sites is not None and self._sites.reaches(site):
            return await self._sites.carry_out(command, site)
        return await outlet.deliver(command, self._send)

    async def _send(self, topic: str, payload: bytes) -> None:
        try:
            await self._bus.send_mqtt(topic, payload)
        except (NatsError, OSError) as error:
            raise NotSentError(f"not sent: {type(error).__name__}") from error

    def outlet_for(self, command: Command) -> Outlet | None:
        """Who can do it."""
        found = next((one for one in self._outlets if _serves(one, command)), None) or self._newcomer(command.target)
        return found if found is not None and _serves(found, command) else None

    def patience_ns(self, command: Command) -> int:
        """How long the device has for its answer."""
        spec = self._spec(command)
        return int((spec.ack_s if spec is not None else _AGAIN_S) * NS_PER_S)

    def only_once(self, command: Command) -> bool:
        """Whether doing it twice is not doing it once, as the profile of its device says."""
        spec = self._spec(command)
        return spec is not None and not spec.idempotent

    def _spec(self, command: Command) -> CommandSpec | None:
        """What the profile of the device says of the command, where there is one."""
        outlet = self.outlet_for(command)
        if outlet is None:
            return None
        name, context = str(outlet.outlet.options.get("device") or outlet.outlet.id), outlet.context
        known = (context.register or Register(context.city)).of(name)
        return known.profile.command(command.action) if known is not None and known.profile is not None else None

    def _next(self, command: Command, state: str, detail: str) -> Command:
        return msgspec.structs.replace(
            command, revision=command.revision + 1, time=self._clock.now(), state=state, detail=detail,
            attempts=command.attempts + (state in ("approved", "sent")),
        )  # fmt: skip


def _serves(outlet: Outlet, command: Command) -> bool:
    row = outlet.outlet
    return command.action in row.actions and command.target in ("", row.id, row.site)


def _why_not(command: Command, outlet: Outlet | None, spec: CommandSpec | None) -> str:
    """Why a command is not sent (again); "" when it is."""
    if outlet is None:
        return f"no outlet can do {command.action!r} for {command.target!r}"
    most = _MOST_ATTEMPTS if spec is None else 1 + spec.retries
    if command.attempts >= most:
        return f"no answer after {command.attempts} attempt{'s' if command.attempts > 1 else ''}"
    if spec is None:
        return ""
    if command.state == "sent" and not spec.idempotent:
        return f"no answer within {spec.ack_s:g} s; not sent again, since doing it twice is not doing it once"
    try:
        check_parameters(spec, {name: v for name, v in command.parameters.items() if name != UNDONE})
    except InputError as error:
        return str(error)
    return ""
