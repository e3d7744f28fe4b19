"""Signing in and out, and who I am."""

from __future__ import annotations

import logging
from typing import Annotated, Final

from starlette.requests import Request
from starlette.responses import Response

from s4.core.errors import AccessError
from s4.picture.endpoint import answer_json
from s4.picture.guard import COOKIE
from s4.picture.operation import Call, Nothing, operation
from s4.picture.query import SignIn
from s4.picture.refusal import RefusalError
from s4.picture.services import PictureServices
from s4.picture.views import Health, Me
from s4.shield.sessions import Person

_log: Final = logging.getLogger(__name__)


@operation("POST", "/api/session", session=False)
async def sign_in(call: Call[Nothing, SignIn]) -> Annotated[Response, Me]:
    """Sign in with the one-time token of a login link, or with a user's name and secret; sets the session cookie.

    After ten failures within a minute an address has to wait (429).
    """
    services, address = call.services, _address(call.request)
    wait = services.failures.wait_s(address)
    if wait > 0:
        raise RefusalError(429, "too many failed attempts; wait a minute", headers={"Retry-After": str(int(wait) + 1)})
    try:
        cookie = _open(services, call.body)
    except AccessError as error:
        services.failures.failed(address)
        _log.warning("a sign-in from %s failed", address)
        raise RefusalError(401, str(error)) from error
    services.failures.succeeded(address)
    person = services.sessions.find(cookie)
    if person is None:
        raise RefusalError(401, "the session has ended already")
    await services.publisher.decide([], person.actor, "session.open", person.actor, "")
    return await _with_cookie(call.request, person, cookie, services.sessions.limits.session_s)


@operation("DELETE", "/api/session", status=204)
async def sign_out(call: Call[Nothing, Nothing]) -> Annotated[Response, None]:
    """Sign out: the session ends and its cookie is taken away."""
    call.services.sessions.end(call.request.cookies.get(COOKIE, ""))
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_is_https(call.request))
    return answer


@operation("GET", "/api/me")
async def who_am_i(call: Call[Nothing, Nothing]) -> Me:
    """Who is signed in."""
    return _me(call.person)


@operation("GET", "/healthz", session=False)
async def healthz(call: Call[Nothing, Nothing]) -> Health:
    """Whether the server answers at all; says nothing about the rest of the system."""
    return Health("alive")


def _open(services: PictureServices, body: SignIn) -> str:
    if body.token:
        return services.sessions.redeem(body.token)
    credential = services.credentials.verify("user", body.user, body.secret)
    if credential is None or credential.role is None:
        raise AccessError("the name or the secret is wrong")
    return services.sessions.open(Person(credential.id, credential.role, credential.name))


async def _with_cookie(request: Request, person: Person, cookie: str, seconds: float) -> Response:
    answer = await answer_json(request, _me(person))
    answer.set_cookie(
        COOKIE, cookie, max_age=int(seconds), path="/", httponly=True, samesite="strict", secure=_is_https(request)
    )
    return answer


def _me(person: Person) -> Me:
    return Me(person.actor, person.role, person.name or person.actor)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _is_https(request: Request) -> bool:
    return request.url.scheme == "https"
