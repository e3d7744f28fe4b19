"""Live pictures: everybody in them blurred, for as long as somebody looks, over one connection for all cameras.

The answer is a row of parts, each a head (JSON) and a picture (JPEG), each with its length before it: four bytes, the
most significant first. Only the newest picture of each camera waits for a client that is slow.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from s4.core.errors import CapacityError
from s4.core.live import Look, LookMark, Pace, Width, Wish
from s4.picture.cameras import named
from s4.picture.guard import identify
from s4.picture.operation import Call, Nothing, operation
from s4.picture.refusal import refuse
from s4.picture.services import PictureServices
from s4.shield.roles import Permission, allows

LONGEST_S: Final = 600.0
"""After so long the stream ends and who goes on looking asks again: so the audit log says how long somebody looked."""
CHECK_S: Final = 5.0
LOOK: Final = "camera.look"
MEDIA: Final = "application/vnd.s4.looks"


class LooksQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which cameras, at most how wide (px) and at most how often a second."""

    cameras: Annotated[str, Meta(min_length=1, max_length=1200, description="Ids with commas between, at most 16")]
    width: Width = 640
    per_s: Pace = 5.0


class LookHead(msgspec.Struct, frozen=True):
    """What stands before each picture: `s4.core.live.Look` without the picture."""

    camera: str
    time: int
    width: int
    height: int
    marks: tuple[LookMark, ...] = ()
    grid: tuple[tuple[float, float, float, float], ...] = ()
    grid_m: float = 0.0


@operation("GET", "/api/looks", needs=Permission.SEE_EVIDENCE, media=MEDIA)
async def look_at_cameras(call: Call[LooksQuery, Nothing]) -> Annotated[Response, bytes]:
    """Live pictures of cameras, everybody in them blurred, over one connection.

    A row of parts: four bytes (big-endian) with the length of a head, the head (JSON: `camera`, `time`, `width`,
    `height`, what to draw over it), four bytes with the length of a picture, the picture (JPEG). They come about a
    second late, since who steps into the picture is covered from a second before. Each look is in the audit log, by
    camera, before the first byte leaves. It ends after ten minutes; ask again. Answers 503 when too many streams are
    open.
    """
    services, query = call.services, call.query
    cameras = await asyncio.to_thread(named, services, query.cameras)
    for camera in cameras:
        await services.publisher.decide([], call.person.actor, LOOK, camera, "")
    return LookStream(services, call.request, cameras, Wish(query.width, query.per_s))


def framed(look: Look) -> bytes:
    """One part of the answer.

    >>> framed(Look("cam-1", 5, 4, 3, b"jpeg"))[4:20]
    b'{"camera":"cam-1'
    """
    head = msgspec.json.encode(
        LookHead(look.camera, look.time, look.width, look.height, look.marks, look.grid, look.grid_m)
    )
    return len(head).to_bytes(4, "big") + head + len(look.jpeg).to_bytes(4, "big") + look.jpeg


class LookStream(Response):
    """The response that lasts: until the client goes, the time is over, the session ends, or the server stops."""

    media_type = MEDIA

    def __init__(self, services: PictureServices, request: Request, cameras: list[str], wish: Wish) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._services, self._request, self._cameras, self._wish = services, request, cameras, wish
        self._limits = services.streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it (ASGI)."""
        try:
            with self._limits.one_more():
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._until_it_ends(receive, send)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._limits.slow_s):
                        await send({"type": "http.response.body", "body": b"", "more_body": False})
        except CapacityError as error:
            await refuse(error)(scope, receive, send)

    async def _until_it_ends(self, receive: Receive, send: Send) -> None:
        parts: list[Coroutine[Any, Any, object]] = [
            self._pictures(send), self._allowed(), self._gone(receive), self._limits.stopping.wait(),
        ]  # fmt: skip
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(tasks, timeout=LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pictures(self, send: Send) -> None:
        """Send what comes; who takes nothing for too long is let go."""
        async with contextlib.aclosing(self._services.live.looks(self._cameras, self._wish)) as looks:
            async for look in looks:
                async with asyncio.timeout(self._limits.slow_s):
                    await send({"type": "http.response.body", "body": framed(look), "more_body": True})

    async def _allowed(self) -> None:
        while (person := identify(self._services, self._request)) is not None:
            if not allows(person.role, Permission.SEE_EVIDENCE):
                return
            await asyncio.sleep(CHECK_S)

    async def _gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
