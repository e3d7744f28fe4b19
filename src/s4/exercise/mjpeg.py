"""The cameras' own little web server: `GET /<camera>` answers with an endless motion-JPEG.

Every part carries the simulated time of its picture in `X-S4-Time` (ns UTC). Each client gets the newest picture when
it is ready for one: a slow client misses pictures and holds up nobody. A camera that nobody looks at is not drawn.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final, NamedTuple

BOUNDARY: Final = "s4-frame"
MOST_CLIENTS: Final = 32
_HEADER_S: Final = 5.0
_PATIENCE_S: Final = 20.0


class Picture(NamedTuple):
    """`time`: ns UTC, simulated; `jpeg`: the encoded picture."""

    time: int
    jpeg: bytes


class _Channel:
    def __init__(self) -> None:
        self.newest: Picture | None = None
        self.changed = asyncio.Event()
        self.watchers = 0


class MjpegServer:
    """Serves the newest picture of each camera on loopback. Use as `async with`."""

    def __init__(self, cameras: Sequence[str], port: int, host: str = "127.0.0.1") -> None:
        self._channels = {camera: _Channel() for camera in cameras}
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._closing = False

    async def __aenter__(self) -> MjpegServer:
        self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=8192)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self._closing = True
        for writer in list(self._writers):
            writer.transport.abort()
        for channel in self._channels.values():
            channel.changed.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else self._port

    def watched(self, camera: str) -> bool:
        """Whether anybody looks at this camera."""
        return self._channels[camera].watchers > 0

    def show(self, camera: str, picture: Picture) -> None:
        """Put the newest picture up."""
        channel = self._channels[camera]
        channel.newest = picture
        channel.changed.set()
        channel.changed = asyncio.Event()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEADER_S)
        method, _, rest = head.partition(b" ")
        channel = self._channels.get(rest.partition(b" ")[0].decode("ascii", "replace").strip("/"))
        if method != b"GET" or channel is None:
            await self._refuse(writer, "405 Method Not Allowed" if method != b"GET" else "404 Not Found")
        elif len(self._tasks) > MOST_CLIENTS:
            await self._refuse(writer, "503 Service Unavailable")
        else:
            await self._stream(channel, writer)

    @staticmethod
    async def _refuse(writer: asyncio.StreamWriter, status: str) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await asyncio.wait_for(writer.drain(), _HEADER_S)

    async def _stream(self, channel: _Channel, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary={BOUNDARY}\r\n"
        writer.write(f"{head}Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode())
        writer.transport.set_write_buffer_limits(high=65_536)
        channel.watchers += 1
        shown = 0
        try:
            while not self._closing:
                changed, picture = channel.changed, channel.newest
                if picture is not None and picture.time != shown:
                    shown = picture.time
                    writer.write(part(picture))
                    await asyncio.wait_for(writer.drain(), _PATIENCE_S)
                else:
                    await changed.wait()
        finally:
            channel.watchers -= 1


def part(picture: Picture) -> bytes:
    """One picture as a part of the stream."""
    head = (
        f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n"
        f"X-S4-Time: {picture.time}\r\n\r\n"
    )
    return head.encode() + picture.jpeg + b"\r\n"
