"""The HTTP door: `POST /ingest/{device}`, answered only once what it carried is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from s4.core.city import City
from s4.core.clock import Clock
from s4.core.errors import AccessError, CapacityError, InputError, S4Error, ServiceError
from s4.core.ports import Record
from s4.core.register import Register
from s4.sensing.device import UnknownDeviceError
from s4.sensing.intake import ARROW, JSON, NDJSON, Intake, Taken
from s4.sensing.limits import Credentials, Limits, TokenBucket, Verify, gunzip

_TELL_S: Final = 1.0
IN_A_THREAD: Final = 262_144
"""Bodies larger than this are read in a thread, so that small ones need not wait for them."""


class _RefusedError(Exception):
    """The whole request is refused with `status`; `retry_s` says when to come back."""

    def __init__(self, status: HTTPStatus, reason: str, field: str = "", retry_s: float | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.field, self.retry_s = status, reason, field, retry_s


OnRefused = Callable[[str, int, str], None]
"""Told (device, how many records were refused, the first reason) after each request that had any."""


def create_routes(
    record: Record, verify: Verify, city: City, clock: Clock, limits: Limits, on_refused: OnRefused | None = None,
    register: Register | None = None,
) -> list[Route]:  # fmt: skip
    """The routes of the HTTP door, to be mounted by whoever serves HTTP.

    `record` returns once observations are safe; `verify(device, secret)` says whether a bearer secret is right;
    `register`: the devices that may speak, kept up to date (None: those in the city's description).
    """
    door = _HttpDoor(record, Credentials(verify), Intake(city, register), clock, limits, on_refused)
    return [Route("/ingest/{device}", door.post, methods=["POST"])]


class _HttpDoor:
    def __init__(
        self, record: Record, credentials: Credentials, intake: Intake, clock: Clock, limits: Limits,
        on_refused: OnRefused | None,
    ) -> None:  # fmt: skip
        self._record, self._credentials, self._intake = record, credentials, intake
        self._clock, self._limits, self._on_refused = clock, limits, on_refused
        self._buckets: dict[str, TokenBucket] = {}
        self._busy: dict[str, int] = {}
        self._telling: asyncio.Task[None] | None = None

    async def post(self, request: Request) -> Response:
        device = request.path_params["device"]
        try:
            await self._authenticate(device, request)
            async with self._turn(device):
                return _answer(await self._take(device, request))
        except UnknownDeviceError as error:
            self._intake.notices.held(device, "", "", f"POST /ingest/{device}")
            return _refusal(_as_refusal(error))
        except _RefusedError as refused:
            return _refusal(refused)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        except S4Error as error:
            return _refusal(_as_refusal(error))
        finally:
            self._tell_later()

    def _tell_later(self) -> None:
        """What was refused or held is told within a second, whatever comes next."""
        if len(self._intake.notices) and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell(), name="http notices")

    async def _tell(self) -> None:
        await asyncio.sleep(_TELL_S)
        with contextlib.suppress(CapacityError, ServiceError):
            await self._record(self._intake.notices.tell_all(self._clock.now()))

    async def _authenticate(self, device: str, request: Request) -> None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not await self._credentials.check(device, secret.strip()):
            raise AccessError("the device or its secret is not known")

    @asynccontextmanager
    async def _turn(self, device: str) -> AsyncIterator[None]:
        """One of the device's places; refused when all are taken, or while it is over its rate."""
        limits, own = self._limits, self._intake.profiles.of(device).options.rate_per_s
        rate = own or limits.rate_per_s
        bucket = self._buckets.setdefault(device, TokenBucket(rate, max(rate, limits.burst)))
        if (wait := bucket.wait_s()) > 0:
            text = f"over the rate of {rate:g} records a second"
            raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, text, retry_s=wait)
        if self._busy.get(device, 0) >= limits.at_once:
            text = f"more than {limits.at_once} requests at once"
            raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, text, retry_s=1.0)
        self._busy[device] = self._busy.get(device, 0) + 1
        try:
            yield
        finally:
            self._busy[device] -= 1

    async def _take(self, device: str, request: Request) -> Taken:
        media_type = _media_type(request)
        gzipped = _is_gzipped(request)
        body = await self._body(request)
        received = self._clock.now()
        if len(body) > IN_A_THREAD:
            taken = await asyncio.to_thread(self._read, device, media_type, body, gzipped, received)
        else:
            taken = self._read(device, media_type, body, gzipped, received)
        self._buckets[device].spend(max(1, taken.accepted + taken.refused))
        if taken.refused and self._on_refused is not None:
            self._on_refused(device, taken.refused, taken.refusals[0].reason)
        if taken.produced:
            await self._record(taken.produced)
        return taken

    def _read(self, device: str, media_type: str, body: bytes, gzipped: bool, received: int) -> Taken:
        try:
            plain = gunzip(body, self._limits.plain_bytes) if gzipped else body
            return self._intake.take(self._intake.profiles.of(device), media_type, plain, received)
        except CapacityError as error:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from error

    async def _body(self, request: Request) -> bytes:
        most = self._limits.sent_bytes
        too_large = _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {most} bytes")
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > most:
            raise too_large
        parts, total = list[bytes](), 0
        try:
            async with asyncio.timeout(self._limits.body_s):
                async for part in request.stream():
                    total += len(part)
                    if total > most:
                        raise too_large
                    parts.append(part)
        except TimeoutError as error:
            text = f"the body took longer than {self._limits.body_s:g} s"
            raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, text) from error
        return b"".join(parts)


def _media_type(request: Request) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {JSON, NDJSON, ARROW}:
        text = f"must be {JSON}, {NDJSON} or {ARROW}"
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text, "Content-Type")
    return media_type


def _is_gzipped(request: Request) -> bool:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "must be gzip or left out", "Content-Encoding")
    return encoding == "gzip"


def _as_refusal(error: S4Error) -> _RefusedError:
    if isinstance(error, AccessError):
        return _RefusedError(HTTPStatus.UNAUTHORIZED, str(error))
    if isinstance(error, InputError):
        return _RefusedError(HTTPStatus.BAD_REQUEST, error.reason, error.field or "")
    if isinstance(error, CapacityError | ServiceError):
        return _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), retry_s=1.0)
    return _RefusedError(HTTPStatus.BAD_REQUEST, str(error))


def _answer(taken: Taken) -> Response:
    """202, or 400 when every single record was refused, so that a device that looks at the status alone notices."""
    body: dict[str, Any] = {
        "accepted": taken.accepted, "rejected": taken.refusals, "rejected_total": taken.refused,
    }  # fmt: skip
    status = HTTPStatus.ACCEPTED
    if taken.refused and not taken.accepted:
        status = HTTPStatus.BAD_REQUEST
        first = taken.refusals[0]
        body["error"] = {"reason": first.reason, "field": first.field, "status": int(status)}
    return Response(msgspec.json.encode(body), status_code=status, media_type=JSON)


def _refusal(refused: _RefusedError) -> Response:
    headers = {}
    if refused.retry_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refused.retry_s)))
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    error = {"reason": refused.reason, "field": refused.field, "status": int(refused.status)}
    return Response(msgspec.json.encode({"error": error}), refused.status, headers, JSON)
