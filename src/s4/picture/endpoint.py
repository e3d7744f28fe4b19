"""From an operation to a Starlette route: check who asks, check what is asked, call the handler, encode the answer."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from s4.core.errors import InputError, S4Error
from s4.picture.guard import admit
from s4.picture.operation import Call, Nothing, Operation
from s4.picture.refusal import RefusalError, as_input_error, refuse
from s4.picture.services import PictureServices

LARGEST_BODY: Final = 16_384
LONGEST_NAME: Final = 200
SMALLEST_GZIP: Final = 1_024
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


def make_route(operation: Operation, services: PictureServices) -> Route:
    """The route that serves `operation`."""

    async def endpoint(request: Request) -> Response:
        try:
            return await _serve(operation, services, request)
        except S4Error as error:
            return refuse(error)

    return Route(operation.path, _named(endpoint, operation.name), methods=[operation.method], name=operation.name)


def _named(endpoint: Callable[[Request], Awaitable[Response]], name: str) -> Callable[[Request], Awaitable[Response]]:
    endpoint.__name__ = name
    return endpoint


async def _serve(operation: Operation, services: PictureServices, request: Request) -> Response:
    visitor = admit(services, operation, request)
    call: Call[Any, Any] = Call(
        services, request, visitor, read_path(request), read_query(request, operation.query), await _body(
            request, operation.body
        )
    )  # fmt: skip
    answer = await operation.handler(call)
    if isinstance(answer, Response):
        return answer
    return await answer_json(request, answer, operation.status)


def read_path(request: Request) -> dict[str, str]:
    """The parts of the address that vary. Raises `InputError` for one that is too long or has control characters."""
    for name, value in request.path_params.items():
        if not _NAME.fullmatch(value):
            raise InputError(f"must be 1 to {LONGEST_NAME} printable characters", field=name)
    return dict(request.path_params)


def read_query(request: Request, kind: Any) -> Any:
    """The query parameters as `kind`. Raises `InputError` for unknown, repeated or unreadable ones."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise InputError("is given twice", field=name[:80])
        given[name] = value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise as_input_error(error) from error


async def _body(request: Request, kind: Any) -> Any:
    if kind is Nothing:
        return Nothing()
    if request.headers.get("content-type", "").split(";", 1)[0].strip().lower() != "application/json":
        raise RefusalError(415, "send JSON (Content-Type: application/json)", field="Content-Type")
    try:
        return msgspec.json.decode(await read_body(request, LARGEST_BODY), type=kind)
    except msgspec.DecodeError as error:
        raise as_input_error(error) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8") from error
    except RecursionError as error:
        raise InputError("is nested too deeply") from error


async def read_body(request: Request, largest: int) -> bytes:
    """The whole body. Raises `RefusalError` (413) as soon as it is longer than `largest` bytes, or says so."""
    too_large = RefusalError(413, f"the body is longer than {largest} bytes", headers={"Connection": "close"})
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced[:20]) > largest:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise too_large
    return bytes(body)


async def answer_json(request: Request, value: object, status: int = 200) -> Response:
    """`value` as JSON, compressed where that pays and the client can take it. Never cached: the picture changes."""
    if isinstance(value, Response):
        return value
    accepts = takes_gzip(request)
    body, headers = await asyncio.to_thread(_encode, value, accepts)
    return Response(body, status, headers, "application/json")


def takes_gzip(request: Request) -> bool:
    """Whether the client said that it can take gzip."""
    offered = (part.strip() for part in request.headers.get("accept-encoding", "").lower().split(","))
    return any(part == "gzip" or (part.startswith("gzip;") and not part.endswith("q=0")) for part in offered)


def _encode(value: object, accepts: bool) -> tuple[bytes, dict[str, str]]:
    body = msgspec.json.encode(value)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Cookie"}
    if accepts and len(body) >= SMALLEST_GZIP:
        body = gzip.compress(body, compresslevel=4, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return body, headers
