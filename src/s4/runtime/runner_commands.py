"""Carries approved commands out: by the outlet that can, again until the device answers, never once expired."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog
from nats.errors import Error as NatsError

from s4.core.archive import Archive
from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import InputError, S4Error
from s4.core.model import Command
from s4.core.model.command import UNDO, is_about_facts
from s4.core.ports import Outlet
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

log = structlog.get_logger(__name__)


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
            await self._deliver(command)
        elif command.state == "sent":
            self._due[command.id] = command.time + int(_AGAIN_S * NS_PER_S)
        else:
            self._due.pop(command.id, None)

    async def _repeat_overdue(self) -> None:
        now = self._clock.now()
        for command_id in [known for known, due in self._due.items() if due <= now]:
            current = await asyncio.to_thread(self._archive.one, Command, command_id)
            self._due.pop(command_id, None)
            if current is not None and current.state == "sent":
                await self._deliver(current)

    async def _deliver(self, command: Command) -> None:
        newest = await asyncio.to_thread(self._archive.one, Command, command.id)
        if newest is not None and newest.revision > command.revision:
            return  # told of again after it had gone on
        after = await self._attempt(command)
        metrics.COMMANDS.labels(after.state).inc()
        await self._recorder.out([after])
        if after.state in ("approved", "sent"):
            self._due[after.id] = after.time + int(_AGAIN_S * NS_PER_S)

    async def _attempt(self, command: Command) -> Command:
        now = self._clock.now()
        if command.expires and now > command.expires:
            return self._next(command, "expired", "it was not carried out in time")
        if command.attempts >= _MOST_ATTEMPTS:
            return self._next(command, "failed", f"no answer after {command.attempts} attempts")
        outlet = self._outlet_for(command)
        if outlet is None:
            return self._next(command, "failed", f"no outlet can do {command.action!r} for {command.target!r}")
        try:
            after = await outlet.deliver(command, self._bus.send_mqtt)
        except S4Error as error:
            return self._next(command, "sent", f"attempt {command.attempts + 1}: {error}")
        except Exception as error:
            log.exception("outlet failed", outlet=outlet.outlet.id)
            return self._next(command, "sent", f"attempt {command.attempts + 1}: {type(error).__name__}")
        return msgspec.structs.replace(after, revision=command.revision + 1, time=now, attempts=command.attempts + 1)

    def _outlet_for(self, command: Command) -> Outlet | None:
        return next((o for o in self._outlets if _serves(o, command)), None)

    def _next(self, command: Command, state: str, detail: str) -> Command:
        return msgspec.structs.replace(
            command, revision=command.revision + 1, time=self._clock.now(), state=state, detail=detail,
            attempts=command.attempts + (state == "sent"),
        )  # fmt: skip


def _serves(outlet: Outlet, command: Command) -> bool:
    row = outlet.outlet
    return command.action in row.actions and command.target in ("", row.id, row.site)
