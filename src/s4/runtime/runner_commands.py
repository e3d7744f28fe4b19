"""Carries approved commands out: by the outlet that can, again until the device answers, never once expired."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import msgspec
from nats.errors import Error as NatsError

from s4.core.archive import Archive
from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import InputError, S4Error, ServiceError
from s4.core.logs import get_logger
from s4.core.model import Command
from s4.core.model.command import UNDO, UNDONE, is_about_facts
from s4.core.ports import Outlet
from s4.core.profile import CommandSpec, check_parameters
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.pull import Pull, PullPlan
from s4.runtime.recorder import Recorder
from s4.runtime.routes import source_of
from s4.runtime.wire import decode_fact

_AGAIN_S: Final = 5.0
_MOST_ATTEMPTS: Final = 5
_ELSE_BY_STAGE: Final = ("unit.", UNDO)
"""Actions that an outlet carries out where one can, and a stage where none can."""

log = get_logger(__name__)


class NotSentError(ServiceError):
    """The command certainly did not leave: it may be sent again, whatever it is."""


class CommandHost(Host):
    """Delivers commands. One per process that runs the response room."""

    name = "commands"

    def __init__(
        self, outlets: Sequence[Outlet], city: str, bus: Bus, recorder: Recorder, archive: Archive, clock: Clock
    ) -> None:
        super().__init__()
        self._outlets, self._city, self._bus, self._recorder = outlets, city, bus, recorder
        self._archive, self._clock = archive, clock
        self._due: dict[str, int] = {}

    async def run(self) -> None:
        """Deliver until told to stop. What is open in the store is delivered; the bus says when to look again."""
        stream, wanted = source_of(self._city, Command)
        pull = await self._bus.pull(PullPlan(stream, "s4-commands", (wanted,)), self.arrived, start=None)
        try:
            for command in await asyncio.to_thread(self._archive.known, Command):
                await self._consider(command)
            while not self.stopping:
                await self._turn(pull)
        finally:
            await self._bus.drop(pull)

    async def _turn(self, pull: Pull) -> None:
        self.arrived.clear()
        with contextlib.suppress(NatsError, TimeoutError, OSError):
            await pull.ask()
        messages = pull.take(256)
        for message in messages:
            with contextlib.suppress(InputError):
                told = decode_fact("command", message.data)
                if isinstance(told, Command):
                    await self._consider(told)
        if messages:
            await pull.ack(messages)
        await self._repeat_overdue()
        await self.wait(0.5)

    async def _consider(self, command: Command) -> None:
        if is_about_facts(command.action):
            return
        if command.action.startswith(_ELSE_BY_STAGE) and not self._outlet_for(command):
            return
        if command.state == "approved":
            if command.id not in self._due:  # else it was tried, could not be sent, and waits for its turn
                await self._deliver(command)
        elif command.state == "sent":
            self._due[command.id] = command.time + self._patience_ns(command)
        else:
            self._due.pop(command.id, None)

    async def _repeat_overdue(self) -> None:
        now = self._clock.now()
        for command_id in [known for known, due in self._due.items() if due <= now]:
            current = await asyncio.to_thread(self._archive.one, Command, command_id)
            self._due.pop(command_id, None)
            if current is not None and current.state in ("approved", "sent"):
                await self._deliver(current)

    async def _deliver(self, command: Command) -> None:
        newest = await asyncio.to_thread(self._archive.one, Command, command.id)
        if newest is not None and newest.revision > command.revision:
            return  # told of again after it had gone on
        after = await self._attempt(command)
        metrics.COMMANDS.labels(after.state).inc()
        await self._recorder.out([after])
        if after.state in ("approved", "sent"):
            self._due[after.id] = after.time + self._patience_ns(after)

    async def _attempt(self, command: Command) -> Command:
        now = self._clock.now()
        if command.expires and now > command.expires:
            return self._next(command, "expired", "it was not carried out in time")
        outlet, spec = self._outlet_for(command), self._spec(command)
        if reason := _why_not(command, outlet, spec):
            return self._next(command, "failed", reason)
        assert outlet is not None  # noqa: S101 - `_why_not` has said so
        try:
            after = await outlet.deliver(command, self._send)
        except NotSentError as error:
            return self._next(command, "approved", f"attempt {command.attempts + 1}: {error}")
        except S4Error as error:
            return self._next(command, "sent", f"attempt {command.attempts + 1}: {error}")
        except Exception as error:
            log.exception("outlet failed", outlet=outlet.outlet.id)
            return self._next(command, "sent", f"attempt {command.attempts + 1}: {type(error).__name__}")
        return msgspec.structs.replace(after, revision=command.revision + 1, time=now, attempts=command.attempts + 1)

    async def _send(self, topic: str, payload: bytes) -> None:
        try:
            await self._bus.send_mqtt(topic, payload)
        except (NatsError, OSError) as error:
            raise NotSentError(f"not sent: {type(error).__name__}") from error

    def _patience_ns(self, command: Command) -> int:
        """How long the device has for its answer."""
        spec = self._spec(command)
        return int((spec.ack_s if spec is not None else _AGAIN_S) * NS_PER_S)

    def _spec(self, command: Command) -> CommandSpec | None:
        """What the profile of the device says of the command, where there is one."""
        outlet = self._outlet_for(command)
        if outlet is None:
            return None
        profile = outlet.context.city.profile_of(str(outlet.outlet.options.get("device") or outlet.outlet.id))
        return profile.command(command.action) if profile is not None else None

    def _outlet_for(self, command: Command) -> Outlet | None:
        return next((o for o in self._outlets if _serves(o, command)), None)

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
