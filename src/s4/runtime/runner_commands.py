"""Carries approved commands out: by the outlet that can, again until the device answers, never once expired."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from nats.errors import Error as NatsError

from s4.core.archive import Archive
from s4.core.clock import Clock
from s4.core.errors import InputError
from s4.core.model import Command
from s4.core.model.command import UNDO, is_about_facts
from s4.runtime import metrics
from s4.runtime.bus import Bus
from s4.runtime.host import Host
from s4.runtime.pull import Pull, PullPlan
from s4.runtime.recorder import Recorder
from s4.runtime.routes import source_of
from s4.runtime.runner_dispatch import Dispatch
from s4.runtime.wire import decode_fact

_ELSE_BY_STAGE: Final = ("unit.", UNDO)
"""Actions that an outlet carries out where one can, and a stage where none can."""


class CommandHost(Host):
    """Delivers commands. One per process that runs the response room."""

    name = "commands"

    def __init__(
        self, dispatch: Dispatch, city: str, bus: Bus, recorder: Recorder, archive: Archive, clock: Clock
    ) -> None:
        super().__init__()
        self._dispatch, self._city, self._bus = dispatch, city, bus
        self._recorder, self._archive, self._clock = recorder, archive, clock
        self._due: dict[str, int] = {}
        self._delivering: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Listen for what edge sites answer."""
        await self._dispatch.open()

    async def run(self) -> None:
        """Deliver until told to stop. What is open in the store is delivered; the bus says when to look again."""
        stream, wanted = source_of(self._city, Command)
        pull = await self._bus.pull(PullPlan(stream, "s4-commands", (wanted,)), self.arrived, start=None)
        try:
            for command in await asyncio.to_thread(self._archive.known, Command):
                self._consider(command)
            while not self.stopping:
                await self._turn(pull)
        finally:
            await asyncio.gather(*self._delivering.values(), return_exceptions=True)
            self._delivering.clear()
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
                    self._consider(told)
        if messages:
            await pull.ack(messages)
        self._look_after_deliveries()
        await self._repeat_overdue()
        await self.wait(0.5)

    def _consider(self, command: Command) -> None:
        if is_about_facts(command.action):
            return
        if command.action.startswith(_ELSE_BY_STAGE) and not self._dispatch.outlet_for(command):
            return
        if command.state == "approved":
            if command.id not in self._due:  # else it was tried, could not be sent, and waits for its turn
                self._begin(command)
        elif command.state == "sent":
            self._due[command.id] = command.time + self._dispatch.patience_ns(command)
        else:
            self._due.pop(command.id, None)

    async def _repeat_overdue(self) -> None:
        now = self._clock.now()
        overdue = [known for known, due in self._due.items() if due <= now and known not in self._delivering]
        for command_id in overdue:
            current = await asyncio.to_thread(self._archive.one, Command, command_id)
            self._due.pop(command_id, None)
            if current is not None and current.state in ("approved", "sent"):
                self._begin(current)

    def _begin(self, command: Command) -> None:
        """Each by itself: a site that does not answer shall not keep the others waiting."""
        if command.id not in self._delivering:
            self._delivering[command.id] = asyncio.create_task(self._deliver(command))

    def _look_after_deliveries(self) -> None:
        """Raises what a delivery failed with, so that the host starts again and looks for what is open."""
        for name in [name for name, task in self._delivering.items() if task.done()]:
            self._delivering.pop(name).result()

    async def _deliver(self, command: Command) -> None:
        newest = await asyncio.to_thread(self._archive.one, Command, command.id)
        if newest is not None and newest.revision > command.revision:
            return  # told of again after it had gone on
        after = await self._dispatch.attempt(command)
        metrics.COMMANDS.labels(after.state).inc()
        await self._recorder.out([after])
        if after.state in ("approved", "sent"):
            self._due[after.id] = after.time + self._dispatch.patience_ns(after)
