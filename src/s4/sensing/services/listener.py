"""A small HTTP server of one door: one path, one bearer secret, bounded bodies."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from msgspec import Meta

from s4.core.errors import ConfigError, ServiceError
from s4.sensing.services.extras import load
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.secrets import guard_plain, secret

LARGEST_BODY: Final = 65_536
MOST_AT_ONCE: Final = 64
SHORTEST_SECRET: Final = 16
BODY_S: Final = 10.0


class ListenOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a door listens and what who posts must know.

    `host`, `port`; `secret` or `secret_file`: sent as `Authorization: Bearer …`, at least 16 characters; `cert_file`,
    `key_file`: to serve HTTPS; `allow_plain`: listen on a network without.
    """

    port: Annotated[int, Meta(ge=1, le=65_535)]
    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    secret: str = ""
    secret_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    allow_plain: bool = False


class Answer(NamedTuple):
    """What is answered: a status, and a reason in words."""

    status: HTTPStatus
    reason: str


Heard = Callable[[dict[str, str], bytes], Awaitable[Answer]]
"""Told the query and body of each request that knew the secret."""


class HttpListener:
    """Serves one path. The secret is compared in constant time; an unknown sender learns nothing else."""

    def __init__(self, options: ListenOptions, folder: str, owner: str) -> None:
        field = f"{owner}.options.secret"
        self._options, self._folder = options, folder
        self._secret = secret(options.secret, options.secret_file, folder, field)
        if len(self._secret) < SHORTEST_SECRET:
            raise ConfigError(f"is missing or shorter than {SHORTEST_SECRET} characters", field=field)
        guard_plain(options.host, encrypted=bool(options.cert_file), allowed=options.allow_plain, field=field)

    async def serve(self, path: str, heard: Heard, ready: Callable[[], Awaitable[None]]) -> None:
        """Listen until cancelled. Raises `ServiceError` when the port cannot be had."""
        await load("uvicorn", "starlette.applications")
        import uvicorn
        from starlette.applications import Starlette
        from starlette.routing import Route

        async def post(request: Any) -> Any:
            return await self._post(request, heard)

        app = Starlette(routes=[Route(path, post, methods=["POST"])])
        with self._socket() as listening:
            config = uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", server_header=False,
                limit_concurrency=MOST_AT_ONCE, timeout_keep_alive=30, h11_max_incomplete_event_size=16_384,
                ssl_certfile=self._file(self._options.cert_file), ssl_keyfile=self._file(self._options.key_file),
            )  # fmt: skip
            server = _server(config)
            task = asyncio.create_task(server.serve([listening]))
            try:
                await ready()
                await asyncio.shield(task)
            finally:
                server.should_exit = server.force_exit = True
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _socket(self) -> socket.socket:
        options = self._options
        try:
            return socket.create_server((options.host, options.port), backlog=128)
        except OSError as error:
            reason = f"cannot listen on {options.host}:{options.port} ({error.strerror})"
            raise ServiceError(reason) from error

    def _file(self, name: str) -> str | None:
        return str(Path(self._folder) / name) if name else None

    async def _post(self, request: Any, heard: Heard) -> Any:
        from starlette.responses import PlainTextResponse

        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._secret.encode()):
            return PlainTextResponse("the secret is not right\n", HTTPStatus.UNAUTHORIZED)
        body = await _body(request)
        if body is None:
            return PlainTextResponse(f"a body has at most {LARGEST_BODY} bytes\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        answer = await heard(dict(request.query_params), body)
        return PlainTextResponse(f"{answer.reason}\n" if answer.reason else "", answer.status)


def _server(config: Any) -> Any:
    """Uvicorn without its own signal handling: the process has one owner, and that is not it."""
    import uvicorn

    class Quiet(uvicorn.Server):
        def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
            return contextlib.nullcontext()

    return Quiet(config)


async def _body(request: Any) -> bytes | None:
    """The whole body; None when it is too large or takes too long."""
    from starlette.requests import ClientDisconnect

    parts = bytearray()
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                parts += part
                if len(parts) > LARGEST_BODY:
                    return None
            return bytes(parts)
    return None
