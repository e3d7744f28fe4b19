"""The HTTP side of this process: the picture, the ingest door, health and metrics, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from s4.app.replays import Replays
from s4.app.settings import Settings
from s4.core.city import City
from s4.core.clock import Clock, RealClock
from s4.core.errors import ServiceError
from s4.edge.queries.desk import Desk
from s4.picture.routes import create_app
from s4.picture.services import PictureServices
from s4.runtime import metrics
from s4.runtime.history.reader import HistoryReader
from s4.runtime.runner import Running
from s4.runtime.sockets import free_port
from s4.sensing.http import create_routes as ingest_routes
from s4.sensing.limits import Limits
from s4.shield.credentials import Credentials
from s4.shield.failures import FailureLimit
from s4.shield.sessions import Sessions


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process has one owner, and that is not it."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Leave the signals alone."""
        yield


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, city: City, clock: Clock, running: Running, credentials: Credentials, sessions: Sessions
) -> AsyncIterator[str]:
    """Serve while inside the block; gives the address. Nothing is served when neither picture nor sensing runs here."""
    routes = _own_routes(running)
    if settings.runs("sensing"):
        routes += ingest_routes(
            running.recorder.take, lambda device, secret: credentials.verify("device", device, secret) is not None,
            city, clock, Limits(), lambda device, count, reason: running.sources.refused(device, reason, count),
            running.register,
        )  # fmt: skip
    readings = running.history or HistoryReader(settings.data_dir / "history")
    folder = settings.city_file.absolute().parent
    replays = Replays(city, running.zones, folder, settings.data_dir / "recordings")
    services = PictureServices(
        archive=running.archive,
        readings=readings,
        feed=running.feed,
        publisher=running.recorder,
        city=city,
        clock=clock,
        sessions=sessions,
        credentials=credentials,
        failures=FailureLimit(RealClock()),
        evidence=settings.data_dir / "evidence",
        map_file=settings.city_file.parent / city.city.map if city.city.map else None,
        origins=settings.origins,
        map_hosts=settings.map_hosts,
        register=running.register,
        desk=Desk(city, readings),
        live=running.live,
        zones=running.zones,
        replays=replays,
    )
    async with _listening(create_app(services, routes), settings.host, settings.http_port) as port:
        try:
            yield f"http://{settings.host}:{port}"
        finally:
            services.streams.stop()
            await replays.close()


@contextlib.asynccontextmanager
async def _listening(app: object, host: str, wanted: int) -> AsyncIterator[int]:
    port = free_port(host, wanted)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: uvloop switches Nagle's algorithm off only then, and with it answers take 40 ms more.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=3,  # type: ignore[arg-type]
            h11_max_incomplete_event_size=65_536, limit_concurrency=1024, lifespan="off",
        )  # fmt: skip
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        try:
            while not server.started:
                if task.done():
                    raise ServiceError(f"the HTTP server did not start on {host}:{port}")
                await asyncio.sleep(0.01)
            yield port
        finally:
            server.should_exit = True
            await asyncio.gather(task, return_exceptions=True)


def _own_routes(running: Running) -> list[BaseRoute]:
    async def ready(_request: Request) -> Response:
        up = running.bus.connected
        said: dict[str, object] = {"ready": up, "bus": "up" if up else "away"}
        if running.exports:
            said["exports"] = {one.id: one.state for one in running.exports}
        return JSONResponse(said, status_code=200 if up else 503)

    async def show_metrics(_request: Request) -> Response:
        return PlainTextResponse(metrics.exposition(), media_type="text/plain; version=0.0.4")

    return [Route("/readyz", ready), Route("/metrics", show_metrics)]
