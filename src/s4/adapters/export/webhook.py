"""Webhook target: each parcel is one HTTP POST, over a connection that is kept."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from s4.adapters.export.settings import guard_plain, options_of, secret, tls_context
from s4.adapters.export.worker import Worker
from s4.adapters.webhook import LARGEST_ANSWER, SHORTEST_SECRET, SIGNATURE, sign
from s4.core.errors import ConfigError, ServiceError
from s4.core.export import Export
from s4.core.ports import Card, Context, Parcel, RefusedError, Target

_TRY_AGAIN: Final = frozenset({408, 425, 429})
_CONTENT: Final = frozenset({400, 409, 413, 422})
"""Answers that may be about one row; all other refusals are about who sends, or where to."""


class WebhookTargetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: `https://…`, or plain `http` to this machine or where `allow_plain` says that the network is trusted;
    `secret_file` or `secret_env`: what signs each body (≥ 16 bytes, `X-S4-Signature` as for commands); `token_file` or
    `token_env`: a bearer token; `ca_file`, `cert_file`, `key_file`: certificates (PEM); `headers`: further ones.
    """

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    secret_file: str = ""
    secret_env: str = ""
    token_file: str = ""
    token_env: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    allow_plain: bool = False
    headers: dict[Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")], Annotated[str, Meta(pattern=r"^[ -~]*$")]] = {}


class WebhookTarget(Target):
    """2xx: taken. 408, 425, 429 and 5xx: tried again. Anything else is a refusal, redirects among them. What was sent
    twice has the same `Idempotency-Key`.
    """

    card: ClassVar = Card(
        name="webhook",
        version="1",
        title="Export by webhook",
        purpose="Sends facts and readings that the city's description selects to another system.",
        legal_basis="GDPR Art. 6(1)(e); facts may concern people: agree with the receiver what it is for",
        limits="https, or plain http to this machine; no redirects; 64 KiB of answer.",
    )

    def __init__(self, context: Context, export: Export) -> None:
        super().__init__(context, export)
        field, folder = f"export[{export.id}].options", context.folder
        self.options = options = options_of(export, WebhookTargetOptions)
        self._url = _checked(options, f"{field}.url")
        self._secret = secret(options.secret_file, options.secret_env, folder, f"{field}.secret").encode()
        if self._secret and len(self._secret) < SHORTEST_SECRET:
            raise ConfigError(f"needs at least {SHORTEST_SECRET} bytes", field=f"{field}.secret_file")
        self._token = secret(options.token_file, options.token_env, folder, f"{field}.token")
        self._tls = None
        if self._url.scheme == "https":
            self._tls = tls_context(folder, options.ca_file, options.cert_file, options.key_file, f"{field}.ca_file")
        self._connection: http.client.HTTPConnection | None = None
        self._worker = Worker(f"export-{export.id}-http", self._hang_up)

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Post them one after the other; see `Target.send`."""
        try:
            for parcel in parcels:
                await self._worker.do(lambda one=parcel: self._deliver(one))  # type: ignore[misc]
        except (OSError, http.client.HTTPException) as error:
            self._worker.leave()
            raise ServiceError(f"{self._url.hostname} does not answer ({type(error).__name__})") from error

    async def close(self) -> None:
        """Close the connection."""
        self._worker.leave()

    def _deliver(self, parcel: Parcel) -> None:
        kept = self._connection
        try:
            status, reason = self._post(parcel)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if kept is None or self._connection is not kept:  # it was new, or we have hung up ourselves
                raise
            self._hang_up()  # a server may end a connection that nobody used for a while
            status, reason = self._post(parcel)
        self._judge(status, reason)

    def _post(self, parcel: Parcel) -> tuple[int, str]:
        connection = self._connection = self._connection or self._made()
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        connection.request("POST", target, parcel.body, {**self.options.headers, **self._headers(parcel)})
        response = connection.getresponse()
        answer = response.read(LARGEST_ANSWER + 1)
        if len(answer) > LARGEST_ANSWER or response.will_close:
            self._hang_up()
        return response.status, answer[:120].decode(errors="replace")

    def _headers(self, parcel: Parcel) -> Mapping[str, str]:
        headers = {"Content-Type": parcel.media_type, "User-Agent": "s4", "Idempotency-Key": parcel.id}
        headers |= parcel.headers
        if "s4-compression" in headers and "s4-encryption" not in headers:
            headers["Content-Encoding"] = headers["s4-compression"]
        if self._secret:
            headers[SIGNATURE] = sign(self._secret, parcel.body)
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _judge(self, status: int, answer: str) -> None:
        if 200 <= status < 300:
            return
        said = f"{self._url.hostname} answered {status}"
        if status >= 500 or status in _TRY_AGAIN:
            raise ServiceError(said)
        if status < 400:
            raise RefusedError(f"{said} (redirects are not followed)", whole=True)
        words = " ".join(answer.split())
        raise RefusedError(said + (f": {words}" if words else ""), whole=status not in _CONTENT)

    def _made(self) -> http.client.HTTPConnection:
        host, port, patience = self._url.hostname or "", self._url.port, self.export.retry.timeout_s
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=patience, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=patience)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads from it
        connection.close()


def _checked(options: WebhookTargetOptions, field: str) -> SplitResult:
    try:
        url = urlsplit(options.url)
        _ = url.port
    except ValueError as error:
        raise ConfigError(f"is no address ({error})", field=field) from error
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ConfigError("must start with https:// and name a host", field=field)
    if url.username or url.password:
        raise ConfigError("must not hold a user or password", field=field)
    guard_plain(url.hostname, encrypted=url.scheme == "https", allowed=options.allow_plain, field=field)
    return url
