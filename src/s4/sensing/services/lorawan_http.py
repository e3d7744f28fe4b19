"""LoRaWAN by HTTP push: ChirpStack's HTTP integration and The Things Stack's webhooks send us each message."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import InputError
from s4.core.ports import Card, Context
from s4.sensing.services.listener import Answer, HttpListener, ListenOptions
from s4.sensing.services.lorawan import read_chirpstack, read_things_stack
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.service import Service


class LorawanHttpOptions(ListenOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of a LoRaWAN network server that pushes to us, besides where we listen.

    `network`: `chirpstack` or `things-stack`. `path`: where it posts to.
    """

    network: Literal["chirpstack", "things-stack"]
    path: Annotated[str, Meta(pattern=r"^/[\w./-]*$", max_length=200)] = "/lorawan"


class LorawanHttp(Service):
    """A small HTTP server for one network server; each message is answered once it is recorded."""

    card: ClassVar = Card(
        name="lorawan-http",
        version="1",
        title="LoRaWAN network server by HTTP",
        purpose="Takes in what LoRaWAN sensors send, by ChirpStack v4 or The Things Stack v3.",
        limits="64 KiB a message; a bearer secret is required.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        self.options = self.configure(LorawanHttpOptions)
        self._listener = HttpListener(self.options, context.folder, self.owner)

    async def session(self) -> None:
        """Listen until cancelled. Raises `ServiceError` when the port cannot be had."""
        await self._listener.serve(self.options.path, self._heard, self.up)

    async def _heard(self, query: dict[str, str], body: bytes) -> Answer:
        if self.wait_s > 0:
            return Answer(HTTPStatus.TOO_MANY_REQUESTS, "over the rate")
        where = f"{self.options.path}?event={query['event'][:40]}" if "event" in query else self.options.path
        try:
            parsed = self._read(query, body)
        except InputError as error:
            self.take(Parsed(), body, where)
            self.gather.refuse(body, error, where)
            return Answer(HTTPStatus.BAD_REQUEST, str(error))
        self.take(parsed, body, where)
        await self.flush()
        return Answer(HTTPStatus.OK, "")

    def _read(self, query: dict[str, str], body: bytes) -> Parsed:
        if self.options.network == "things-stack":
            return read_things_stack(body)
        return read_chirpstack(query.get("event", ""), body)
