"""One operation of the API: what it is called, who may use it, what it takes and gives.

The types in a handler's signature are the only place where they are written: requests are checked against them, and
the OpenAPI document is made from them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Annotated, Any, Final, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from starlette.requests import Request

from s4.picture.refusal import RefusalError
from s4.picture.services import PictureServices
from s4.shield.roles import Permission
from s4.shield.sessions import Person

Method = Literal["GET", "POST", "PUT", "DELETE"]
Q = TypeVar("Q")
B = TypeVar("B")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters, or no body."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One request, checked. `visitor`: who asks (None only where nobody needs to sign in); `path`: the parts of the
    address that vary; `query`, `body`: as the handler declared them.
    """

    services: PictureServices
    request: Request
    visitor: Person | None
    path: Mapping[str, str]
    query: Q
    body: B

    @property
    def person(self) -> Person:
        """Who asks, where a session is needed."""
        if self.visitor is None:
            raise RefusalError(401, "sign in first")
        return self.visitor


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the route table. `needs`: the permission it takes; None with `session` False: open to everybody.
    `media`: what it answers with; `status`: when all went well.
    """

    name: str
    method: Method
    path: str
    handler: Callable[[Call[Any, Any]], Awaitable[Any]]
    needs: Permission | None
    session: bool
    status: int
    media: str
    query: Any
    body: Any
    answer: Any

    @property
    def title(self) -> str:
        """The first sentence of the handler's docstring."""
        return cleandoc(self.handler.__doc__ or "").split("\n\n", 1)[0].replace("\n", " ")

    @property
    def description(self) -> str:
        """The rest of it."""
        return cleandoc(self.handler.__doc__ or "").partition("\n\n")[2]


JSON: Final = "application/json"


def operation(
    method: Method,
    path: str,
    *,
    needs: Permission | None = None,
    session: bool = True,
    status: int = 200,
    media: str = JSON,
) -> Callable[[Callable[[Call[Q, B]], Awaitable[Any]]], Operation]:
    """Make a handler a row of the route table; its `Call[query, body]` and its return type say the rest."""

    def row(handler: Callable[[Call[Q, B]], Awaitable[Any]]) -> Operation:
        hints = get_type_hints(handler, include_extras=True)
        query, body = get_args(hints["call"])
        name = handler.__name__
        answer = hints["return"]
        if get_origin(answer) is Annotated:  # a handler that makes the response itself says what is in it
            answer = get_args(answer)[1]
        return Operation(name, method, path, handler, needs, session, status, media, query, body, answer)

    return row
