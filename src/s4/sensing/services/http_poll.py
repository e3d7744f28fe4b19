"""HTTP poll: asks web services and gateways for JSON, every so often, and reads it by a mapping."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import InputError, ServiceError
from s4.core.ports import Card, Context
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.jsonmap import JsonMap, Mapping
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.secrets import guard_plain, secret, tls_context
from s4.sensing.services.service import Service

if TYPE_CHECKING:
    from httpx import AsyncClient

LARGEST: Final = 4 << 20


class Asked(Mapping, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One address that is asked, and how its JSON is read."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=2_000)]


class HttpPollOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of web services in `city.toml`.

    `ask`: the addresses; `period_s`: how often; `timeout_s`: for a whole answer; `largest`: its bytes. `token` or
    `token_file`: sent as `Authorization: Bearer …`; `headers`: further ones. `ca_file`, `cert_file`, `key_file`: for
    https. `allow_plain`: send the token by http over a network. Redirections are not followed.
    """

    ask: Annotated[tuple[Asked, ...], Meta(min_length=1, max_length=200)]
    period_s: Annotated[float, Meta(ge=0.1, le=86_400)] = 60.0
    timeout_s: Annotated[float, Meta(ge=0.1, le=600)] = 10.0
    largest: Annotated[int, Meta(ge=128, le=64 << 20)] = LARGEST
    token: str = ""
    token_file: str = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    allow_plain: bool = False

    def check(self, owner: str) -> None:
        """Raise `ConfigError` for a mapping that cannot be."""
        super().check(owner)
        for place, one in enumerate(self.ask):
            one.check(f"{owner}.options.ask[{place}]")


class HttpPoll(Service):
    """A web client. What has not changed since (ETag) is not sent again. Cost: about 1 ms an answer."""

    card: ClassVar = Card(
        name="http-poll",
        version="1",
        title="HTTP poll",
        purpose="Takes in what web services and gateways offer as JSON: weather, air, traffic, buildings.",
        limits="4 MiB an answer unless set otherwise; no redirections.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("http", "httpx", owner=self.owner)
        self.options = options = self.configure(HttpPollOptions)
        field = f"{self.owner}.options"
        self._token = secret(options.token, options.token_file, context.folder, f"{field}.token")
        for one in options.ask:
            parts = urlsplit(one.url)
            if self._token:
                encrypted, host = parts.scheme == "https", parts.hostname or ""
                guard_plain(host, encrypted=encrypted, allowed=options.allow_plain, field=f"{field}.token")
        self._readers = [(one.url, JsonMap(one)) for one in options.ask]
        self._tls = tls_context(
            context.folder, options.ca_file, options.cert_file, options.key_file, f"{field}.ca_file"
        )
        self._etags: dict[str, str] = {}
        self._told: dict[str, str] = {}

    async def session(self) -> None:
        """Ask again and again. Raises `ServiceError` when nobody answers."""
        await load("httpx")
        from httpx import AsyncClient

        headers = {"Accept": "application/json", "User-Agent": "s4", **self.options.headers}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        async with AsyncClient(headers=headers, verify=self._tls, timeout=self.options.timeout_s) as client:
            await self.every(self.options.period_s, lambda: self._ask(client))

    async def _ask(self, client: AsyncClient) -> None:
        """Ask all; one that fails is said and hinders no other."""
        from httpx import HTTPError

        reason, answered = "", 0
        for url, reader in self._readers:
            name = url.partition("?")[0]  # keys are often in the query
            try:
                text = await self._answer(client, url)
            except (HTTPError, InputError, TimeoutError) as error:
                said = str(error) or type(error).__name__
                reason = f"{name}: {said}"
                answered += isinstance(error, InputError)
                self._refuse(url, name, said)
                continue
            answered += 1
            self._told.pop(url, None)
            if text is not None:
                self._read(reader, text, name)
        if not answered:
            raise ServiceError(reason[:500])
        await self.up()

    async def _answer(self, client: AsyncClient, url: str) -> bytes | None:
        """The body; None when it has not changed. Raises `InputError` for another status or too much."""
        tag = self._etags.get(url)
        headers = {"If-None-Match": tag} if tag else {}
        async with asyncio.timeout(self.options.timeout_s), client.stream("GET", url, headers=headers) as answer:
            if answer.status_code == 304:
                return None
            if answer.status_code != 200:
                raise InputError(f"the answer is {answer.status_code} {answer.reason_phrase[:50]}")
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > self.options.largest:
                    raise InputError(f"the answer is longer than {self.options.largest} bytes")
            self._etags[url] = answer.headers.get("ETag", "")[:200]
            return bytes(body)

    def _read(self, reader: JsonMap, text: bytes, name: str) -> None:
        parsed = Parsed()
        try:
            parsed = reader.read(text, self.context.clock.now())
        except InputError as error:
            self.gather.refuse(text, error, name)
        self.take(parsed, text, name)

    def _refuse(self, url: str, name: str, reason: str) -> None:
        """Say it once, not at every poll."""
        if self._told.get(url) != reason:
            self._told[url] = reason
            self.gather.refuse(b"", InputError(reason[:300]), name)
