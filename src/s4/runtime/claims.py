"""Who runs what on a bus: two processes with the same stage would take each other's consumer away, again and again.

Each process says on the bus what it runs, and asks before it starts. A process that was killed does not answer: its
claims are free at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
from nats.aio.msg import Msg

from s4.core.clock import RealClock, format_time
from s4.core.errors import ConfigError
from s4.core.subjects import token
from s4.runtime.bus import Bus

_ANSWER_S: Final = 0.3
"""Whoever is alive on the same bus answers within a few milliseconds."""


class Claim(msgspec.Struct, frozen=True):
    """What one process runs: `names` of its hosts, on `machine`; `since` (real ns UTC) and `id` say who was first."""

    names: tuple[str, ...]
    machine: str
    pid: int
    since: int
    id: str

    @classmethod
    def of(cls, names: Sequence[str]) -> Claim:
        """This process' claim."""
        return cls(tuple(names), socket.gethostname(), os.getpid(), RealClock().now(), secrets.token_hex(8))

    def before(self, other: Claim) -> bool:
        """Whether this one was first.

        >>> Claim((), "a", 1, 5, "x").before(Claim((), "b", 2, 5, "y"))
        True
        """
        return (self.since, self.id) < (other.since, other.id)


@contextlib.asynccontextmanager
async def claimed(bus: Bus, city: str, names: Sequence[str]) -> AsyncIterator[None]:
    """Hold `names` while inside the block. Raises `ConfigError` that says who has one of them already.

    Cost: 0.3 s. Of two that start at the same instant, the one that asked first goes on.
    """
    mine, subject = Claim.of(names), f"s4.claim.{token(city)}"

    async def on_question(message: Msg) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            asked = msgspec.json.decode(message.data, type=Claim)
            if asked.id != mine.id and set(asked.names) & set(mine.names):
                await message.respond(msgspec.json.encode(mine))

    answering = await bus.client.subscribe(subject, cb=on_question)
    try:
        await bus.settle()
        _refuse_if_held(mine, await _answers(bus, subject, mine))
        yield
    finally:
        if not bus.client.is_closed:
            await answering.unsubscribe()


async def _answers(bus: Bus, subject: str, mine: Claim) -> list[Claim]:
    found: list[Claim] = []

    async def on_answer(message: Msg) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(message.data, type=Claim))

    inbox = bus.client.new_inbox()
    listening = await bus.client.subscribe(inbox, cb=on_answer)
    await bus.client.publish(subject, msgspec.json.encode(mine), reply=inbox)
    await asyncio.sleep(_ANSWER_S)
    await listening.unsubscribe()
    return found


def _refuse_if_held(mine: Claim, others: Sequence[Claim]) -> None:
    for other in sorted(others, key=lambda one: (one.since, one.id)):
        both = sorted(set(mine.names) & set(other.names))
        if both and other.before(mine):
            raise ConfigError(
                f"{', '.join(both)} of this city {'runs' if len(both) == 1 else 'run'} on this bus already: process "
                f"{other.pid} on {other.machine}, since {format_time(other.since)} (stop it, or name other rooms here)"
            )
