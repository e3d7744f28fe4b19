"""How the API says no: one JSON shape for every error, and which error has which status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

from s4.core.errors import AccessError, CapacityError, ConfigError, ConflictError, InputError, S4Error, ServiceError


class Fault(msgspec.Struct, frozen=True):
    """What was wrong: `reason` for a person, `field` of the request it is about (or none), the HTTP `status`."""

    reason: str
    field: str | None
    status: int


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: Fault


class RefusalError(S4Error):
    """A request that is refused with this very status."""

    def __init__(
        self, status: int, reason: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.field = field
        self.headers = dict(headers or {})


def not_found(what: str, name: str) -> RefusalError:
    """404: there is no such thing.

    >>> not_found("incident", "inc-1").reason
    "there is no incident 'inc-1'"
    """
    return RefusalError(404, f"there is no {what} {name[:80]!r}")


_STATUS: Final[tuple[tuple[type[S4Error], int], ...]] = (
    (ConfigError, 500),
    (InputError, 400),
    (AccessError, 403),
    (ConflictError, 409),
    (CapacityError, 503),
    (ServiceError, 503),
    (S4Error, 500),
)


def status_of(error: S4Error) -> int:
    """The HTTP status of an error.

    >>> status_of(ConflictError("decided"))
    409
    """
    if isinstance(error, RefusalError):
        return error.status
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def refuse(error: S4Error) -> Response:
    """The answer to a request that ended in `error`."""
    status = status_of(error)
    reason = error.reason if isinstance(error, InputError) else str(error)
    field = error.field if isinstance(error, InputError | RefusalError) else None
    headers = error.headers if isinstance(error, RefusalError) else {}
    if status == 503:
        headers = {"Retry-After": "5", **headers}
    body = msgspec.json.encode(ErrorAnswer(Fault(reason, field, status)))
    return Response(body, status, {"Cache-Control": "no-store", **headers}, "application/json")


_WHERE: Final = re.compile(r"^(?P<reason>.*?) - at `\$\.?(?P<field>[^`]*)`$", re.DOTALL)


def as_input_error(error: msgspec.MsgspecError) -> InputError:
    """What msgspec says of a value that does not fit, as our own complaint with its field.

    >>> error = as_input_error(msgspec.ValidationError("Expected `int`, got `str` - at `$.revision`"))
    >>> error.reason, error.field
    ('expected `int`, got `str`', 'revision')
    """
    match = _WHERE.match(str(error))
    reason, field = (match["reason"], match["field"] or None) if match else (str(error), None)
    if not reason.startswith("JSON"):
        reason = reason[:1].lower() + reason[1:]
    return InputError(reason[:300], field=field)
