"""The live stream: server-sent events, each client with a queue of its own that is bounded.

A client that does not keep up is let go with a reason; its browser connects again by itself and resumes after the
last event it got (`Last-Event-ID`), so that it misses nothing and nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from s4.core.archive import Recorded as RecordedFact
from s4.core.archive import SourceState
from s4.core.errors import CapacityError, InputError, S4Error
from s4.picture.guard import identify
from s4.picture.operation import Call, Nothing, operation
from s4.picture.overview import threat_now
from s4.picture.query import StreamQuery
from s4.picture.refusal import refuse
from s4.picture.services import PictureServices
from s4.picture.sources import source_updates
from s4.picture.views import ClockView, Recorded, StreamEnd
from s4.shield.roles import Permission

RECONNECT_MS: Final = 1000
GOODBYE_S: Final = 1.0
SETTLE_S: Final = 0.2
"""Incidents and risks come in bursts: how long the threat waits for the burst to be over."""
MAKES_TENSE: Final = frozenset({"incident", "risk"})
TOO_SLOW: Final = "this connection did not keep up; resume from the last event"
Put = Callable[[bytes], Awaitable[None]]


@operation("GET", "/api/stream", needs=Permission.SEE_PICTURE, media="text/event-stream")
async def open_stream(call: Call[StreamQuery, Nothing]) -> Annotated[Response, Recorded]:
    """What is new, live, as server-sent events.

    `fact`: each fact as it is recorded, its `id` the cursor to resume from (`Last-Event-ID`, or `after`);
    `sources`: how the sources are doing, every 2 s when it changed; `clock`: the city's time and how tense it is, every
    5 s and soon after an incident or a risk;
    `reset`: the server does not know the cursor, get the picture anew; `end`: why the server ends the stream.
    Answers 503 when too many streams are open.
    """
    return EventStream(call.services, call.request, resume_after(call.request, call.query.after))


def resume_after(request: Request, after: int | None) -> int | None:
    """The cursor to go on from: what the browser got last, else what the address says."""
    last = request.headers.get("last-event-id", "").strip()
    if not last:
        return after
    if not (last.isascii() and last.isdecimal() and len(last) < 19):
        raise InputError("is not a cursor", field="Last-Event-ID")
    return int(last)


def event(name: str, data: object, cursor: int | None = None) -> bytes:
    r"""One server-sent event.

    >>> event("clock", ClockView(5, 1.0, "normal"))
    b'event: clock\ndata: {"now":5,"speed":1.0,"threat":"normal"}\n\n'
    """
    number = b"" if cursor is None else b"id: %d\n" % cursor
    return b"event: " + name.encode() + b"\n" + number + b"data: " + msgspec.json.encode(data) + b"\n\n"


class Start(NamedTuple):
    """The cursor that a stream begins after; not `known`: the one asked for is of another store, or of one put back."""

    after: int
    known: bool


class EventStream(Response):
    """The response that lasts: until the client goes, falls behind or is signed out, or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, services: PictureServices, request: Request, after: int | None) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._services = services
        self._limits = services.streams
        self._request = request
        self._after = after
        self._stirred = asyncio.Event()
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(services.streams.queue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it (ASGI)."""
        try:
            with self._limits.one_more():
                start = await self._begin()  # before the answer: who has it misses no fact from then on
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                reason = await self._until_it_ends(start, receive, send)
                await self._say_goodbye(send, reason)
        except CapacityError as error:
            await refuse(error)(scope, receive, send)

    async def _until_it_ends(self, start: Start, receive: Receive, send: Send) -> str:
        """Run until one part of the stream ends it; returns why."""
        parts: list[Coroutine[Any, Any, str]] = [
            self._facts(start), self._sources(), self._clock(), self._write(send), self._gone(receive), self._stopped(),
        ]  # fmt: skip
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return _why(done.pop())

    async def _begin(self) -> Start:
        newest = await asyncio.to_thread(self._services.archive.newest)
        if self._after is None:
            return Start(newest, known=True)
        return Start(min(self._after, newest), known=self._after <= newest)

    async def _facts(self, start: Start) -> str:
        if not start.known:
            await self._put(event("reset", {}))
        async for one in self._services.feed.facts(start.after):
            if not await self._put(event("fact", _view(one), one.cursor)):
                return TOO_SLOW
            if one.word in MAKES_TENSE:
                self._stirred.set()
        return "there are no more facts"

    async def _sources(self) -> str:
        last: list[SourceState] = []
        while True:
            now = self._services.feed.sources()
            if now != last and not await self._put(event("sources", source_updates(now))):
                return TOO_SLOW
            last = now
            await asyncio.sleep(self._limits.sources_s)

    async def _clock(self) -> str:
        clock = self._services.clock
        while identify(self._services, self._request) is not None:
            self._stirred.clear()
            threat = await asyncio.to_thread(threat_now, self._services)
            if not await self._put(event("clock", ClockView(clock.now(), clock.speed, threat))):
                return TOO_SLOW
            await self._until_time_or_stirred()
        return "the session has ended; sign in again"

    async def _until_time_or_stirred(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.clock_s):
                await self._stirred.wait()
                await asyncio.sleep(SETTLE_S)

    async def _put(self, data: bytes) -> bool:
        """Queue an event; False when there was no room for too long."""
        try:
            async with asyncio.timeout(self._limits.slow_s):
                await self._queue.put(data)
        except TimeoutError:
            return False
        return True

    async def _write(self, send: Send) -> str:
        await send(_body(b"retry: %d\n\n" % RECONNECT_MS))
        while True:
            data = await self._queue.get()
            try:
                async with asyncio.timeout(self._limits.slow_s):
                    await send(_body(data))
            except TimeoutError:
                return TOO_SLOW

    async def _gone(self, receive: Receive) -> str:
        while (await receive())["type"] != "http.disconnect":
            pass
        return "the client went"

    async def _stopped(self) -> str:
        await self._limits.stopping.wait()
        return "the server is stopping"

    async def _say_goodbye(self, send: Send, reason: str) -> None:
        """Say why; a client that takes nothing cannot be told, and its connection is just closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await send(_body(event("end", StreamEnd(reason)), more=False))


def _view(one: RecordedFact) -> Recorded:
    return Recorded(one.cursor, one.recorded, one.word, one.fact)


def _body(data: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def _why(task: asyncio.Task[str]) -> str:
    try:
        return task.result()
    except S4Error as error:
        return str(error)
