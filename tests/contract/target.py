"""What every target of exports must be, ours or a stranger's: `await examine(YourTarget, options)`.

`options` are settings that lead to a server which takes connections and never says a word (`silent()` is one).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from s4.adapters.export.pipeline import Pipeline
from s4.core.city import City, Info, Site
from s4.core.clock import RealClock
from s4.core.errors import ConfigError, ServiceError
from s4.core.export import Export
from s4.core.model import ObservationBatch, Place, Reading, Series
from s4.core.ports import Context, Target

HERE = Place(43.0, -2.0)
TOWN = City(Info("town", "Town", HERE), (Site("square", "Square", HERE),))
PATIENCE_S = 1.0


@contextlib.asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """The port of a server that takes connections and says nothing."""

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in held:
            one.transport.abort()


def made(kind: type[Target], folder: Path, options: dict[str, Any], format: str = "jsonl") -> Pipeline:
    """An export around the target."""
    values = {"id": "exam", "target": "exam", "words": ["observation"], "format": format, "options": options}
    row = msgspec.convert(values | {"retry": {"timeout_s": PATIENCE_S}}, Export)
    context = Context(TOWN, RealClock(), {}, str(folder))
    return Pipeline(context, row, kind(context, row))


def says_what_it_is(kind: type[Target]) -> None:
    """A card with a purpose and a legal basis, since facts may concern people; a bound on what it takes at a time."""
    card = kind.card
    assert card.name
    assert card.title
    assert card.purpose
    assert card.legal_basis, "what is exported may concern people"
    assert 1 <= kind.together <= 10_000


def refuses_what_it_does_not_know(kind: type[Target], folder: Path, options: dict[str, Any]) -> None:
    """A setting that it does not have is refused before anything runs, with the export's id."""
    try:
        made(kind, folder, options | {"no_such_setting": 1})
    except ConfigError as error:
        assert "export[exam]" in str(error)  # noqa: PT017 - what it says is what is examined
        return
    raise AssertionError("a setting that does not exist is taken without a word")


async def lets_go(kind: type[Target], folder: Path, options: dict[str, Any]) -> None:
    """A server that says nothing: the target ends with the reason or by the runner's clock, the loop is never held up,
    and the next call begins anew.
    """
    exam = made(kind, folder, options)
    batch = ObservationBatch.of("square", 1, [Reading(Series("co2-1", "co2", "[ppm]"), 1, 420.0)])
    parcels = exam.pack([batch])
    for _ in range(2):
        beats = asyncio.create_task(_longest_gap())
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await exam.target.send(parcels)
        except (ServiceError, TimeoutError):
            took = time.monotonic() - began
        else:
            raise AssertionError("it says that it has sent what nobody has taken")
        beats.cancel()
        assert took < PATIENCE_S + 2, "it does not let go"
        assert await beats < 0.7, "it holds up everybody else"
    await exam.target.close()
    await exam.target.close()


async def _longest_gap() -> float:
    longest, last = 0.0, time.monotonic()
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


async def examine(kind: type[Target], folder: Path, options: dict[str, Any]) -> None:
    """All of it."""
    assert issubclass(kind, Target)
    says_what_it_is(kind)
    refuses_what_it_does_not_know(kind, folder, options)
    await lets_go(kind, folder, options)
