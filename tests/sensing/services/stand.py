"""What the tests of all services need: a door at work, and what it recorded."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from s4.core.city import Source
from s4.core.clock import Clock, RealClock
from s4.core.errors import CapacityError, InputError
from s4.core.model import Observation, ObservationBatch, Reading
from s4.core.ports import Produced
from s4.core.registry import load
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.service import LINK, RATE, Service
from tests.sensing.city import make_context


class Recorder:
    """Keeps what a door records. While `closed`, it takes nothing, as a runner that is behind."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.events: list[Observation] = []
        self.links: list[str] = []
        self.sites: dict[str, str] = {}
        self.closed = False

    async def __call__(self, facts: Sequence[Produced]) -> None:
        if self.closed:
            raise CapacityError("behind")
        for fact in facts:
            if isinstance(fact, ObservationBatch):
                self.readings += [one for one in fact if one.series.property != RATE]
                self.sites |= {series.source: fact.site for series in fact.series}
                continue
            assert isinstance(fact, Observation)
            self.sites[fact.source] = fact.site
            if fact.property == LINK:
                self.links.append(
                    str(fact.body["state"]) + (f": {fact.body['reason']}" if "reason" in fact.body else "")
                )
            else:
                self.events.append(fact)

    def values(self, source: str, name: str) -> list[float]:
        """The readings of one series, in order."""
        return [one.value for one in self.readings if one.series[:2] == (source, name)]

    def unit(self, source: str, name: str) -> str:
        """The unit of one series."""
        return next(one.series.unit for one in self.readings if one.series[:2] == (source, name))

    def bodies(self, source: str, name: str) -> list[Any]:
        """The bodies of the events of one property, in order."""
        return [one.body for one in self.events if (one.source, one.property) == (source, name)]

    async def until(self, done: Callable[[], object], patience_s: float = 45.0) -> None:
        """Return when `done` holds."""
        try:
            async with asyncio.timeout(patience_s):
                while not done():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"{self.links=} {self.readings[-20:]=} {self.events[-5:]=}") from None

    async def up(self, times: int = 1) -> None:
        """Return when the link stands for the so-manieth time."""
        await self.until(lambda: self.links.count("up") >= times)


def make_door(
    name: str, options: dict[str, Any], *others: Source, clock: Clock | None = None, folder: Path | str = "."
) -> Service:
    """The door `name` as `gateway-1` on the square, as the city makes it: by its entry point."""
    source = Source("gateway-1", "square", name, options=options)
    context = make_context(source, *others, clock=clock or RealClock(), folder=folder)
    door = load("s4.doors", name)(context, source)
    assert isinstance(door, Service)
    door.first_backoff_s = 0.1  # type: ignore[misc] # tests do not wait for half a second each time
    return door


@contextlib.asynccontextmanager
async def at_work(door: Service) -> AsyncIterator[Recorder]:
    """The door while it runs."""
    record = Recorder()
    task = asyncio.create_task(door.run(record))
    try:
        yield record
        assert not task.done(), task.exception() if not task.cancelled() else "cancelled"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def read_or_reason(read: Callable[[], Parsed]) -> tuple[Parsed, list[str]]:
    """What a parser found, or why it refused; it may do nothing else, and a reason is one short line."""
    parsed, errors = Parsed(), list[InputError]()
    try:
        parsed = read()
    except InputError as error:
        errors = [error]
    said = [str(error) for error in (*errors, *parsed.wrong)]
    assert all(reason and "\n" not in reason and len(reason) < 1000 for reason in said), said
    assert all(isinstance(one.value, float | dict) for one in parsed.items)
    return parsed, said


def reasons(door: Service) -> list[str]:
    """Why the door refused what it refused since it was last asked."""
    return [str(error) for _, error in door.rejects()]
