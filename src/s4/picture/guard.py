"""Who asks, and may they: sessions, permissions, and requests that another site's page makes a browser send."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from s4.picture.operation import Operation
from s4.picture.refusal import RefusalError
from s4.picture.services import PictureServices
from s4.shield.roles import require
from s4.shield.sessions import Person

COOKIE: Final = "s4_session"
CSRF_HEADER: Final = "x-s4"
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def identify(services: PictureServices, request: Request) -> Person | None:
    """Who holds the request's session cookie; None without a valid one, or when the person was revoked since."""
    cookie = request.cookies.get(COOKIE, "")
    person = services.sessions.find(cookie) if cookie else None
    if person is not None and services.credentials.revoked("user", person.actor):
        services.sessions.end_all(person.actor)
        return None
    return person


def admit(services: PictureServices, operation: Operation, request: Request) -> Person | None:
    """Who asks, once it is clear that they may. Raises `RefusalError` (401, 403) or `AccessError`."""
    if operation.method in UNSAFE:
        refuse_cross_site(services, request)
    person = identify(services, request)
    if operation.session and person is None:
        raise RefusalError(401, "sign in first")
    if person is not None and operation.needs is not None:
        require(person.role, operation.needs)
    return person


def refuse_cross_site(services: PictureServices, request: Request) -> None:
    """Refuse what a page of another site made the browser send.

    No form can set a header of its own, and no script of another origin may without our consent, so the header alone
    would do; the origin is looked at as well, and the cookie is `SameSite=Strict` besides.
    """
    if request.headers.get(CSRF_HEADER) != "1":
        raise RefusalError(403, "the header X-S4: 1 is missing", field="X-S4")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if origin is not None and origin != own and origin not in services.origins:
        raise RefusalError(403, "the request comes from a page of another origin", field="Origin")
    if origin is None and request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise RefusalError(403, "the request comes from a page of another site", field="Sec-Fetch-Site")
