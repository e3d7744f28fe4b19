"""Webhook outlet: a command becomes a signed HTTP POST to another system."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import os
import socket
import ssl
import time
from pathlib import Path
from typing import Annotated, ClassVar, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from s4.adapters.mqtt_command import LONGEST_DETAIL, command_message
from s4.core.city import Outlet as OutletConfig
from s4.core.errors import ConfigError, ServiceError
from s4.core.model import Command
from s4.core.model.command import CommandState
from s4.core.ports import Card, Context, Outlet, SendMqtt

SIGNATURE: Final = "X-S4-Signature"
SHORTEST_SECRET: Final = 16
LARGEST_ANSWER: Final = 65_536
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TRY_AGAIN: Final = frozenset({408, 425, 429})


class WebhookOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of a webhook in `city.toml`.

    `url`: `https://…`; plain `http` only to this machine, or where `allow_http` says that the network is trusted.
    `secret_file` or `secret_env`: where the signing secret is (≥ 16 bytes; a file's last line end is cut off).
    `timeout_s`: for the whole exchange. `ca_file`: certificates to trust instead of the machine's own.
    """

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    secret_file: str = ""
    secret_env: str = ""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 5.0
    ca_file: str = ""
    allow_http: bool = False


class Answer(NamedTuple):
    """What the other side said: HTTP status and the start of the body."""

    status: int
    body: bytes


class _Said(msgspec.Struct):
    """What a body may tell of a command: how far it is, in which words."""

    state: CommandState | None = None
    detail: str = ""


def sign(secret: bytes, body: bytes) -> str:
    """The value of `X-S4-Signature`: HMAC-SHA256 (RFC 2104) of the body as sent.

    >>> sign(b"0123456789abcdef", b"{}")
    'sha256=f91e3e9f05cc2df64ac1c26f8adccdffda8d1e4a7a8c50a1a08eeadac6ddfec5'
    """
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


class WebhookOutlet(Outlet):
    """Posts the command as JSON, signed. 2xx: `done`, or `acknowledged` for 202 or when the body says so
    (`{"state": "acknowledged", "detail": "…"}`); 408, 425, 429 and 5xx: to be tried again; anything else, redirects
    among them: `failed`. The same command may arrive twice: its id is in the body and in `Idempotency-Key`.
    """

    card: ClassVar = Card(
        name="webhook",
        version="1",
        title="Command by webhook",
        purpose="Carries a command that a person approved to another system.",
        limits="https, or plain http to this machine; no redirects; 64 KiB of answer.",
    )

    def __init__(self, context: Context, outlet: OutletConfig) -> None:
        super().__init__(context, outlet)
        self._field = f"outlet[{outlet.id}].options"
        try:
            self.options = msgspec.convert(dict(outlet.options), WebhookOptions)
        except msgspec.ValidationError as error:
            raise ConfigError(str(error), field=self._field) from error
        self._url = self._checked_url()
        self._secret = self._read_secret()
        self._tls = self._make_tls() if self._url.scheme == "https" else None

    def _checked_url(self) -> SplitResult:
        field = f"{self._field}.url"
        try:
            url = urlsplit(self.options.url)
            _ = url.port
        except ValueError as error:
            raise ConfigError(f"is no address ({error})", field=field) from error
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ConfigError("must start with https:// and name a host", field=field)
        if url.username or url.password:
            raise ConfigError("must not hold a user or password", field=field)
        if url.scheme == "http" and url.hostname not in _LOOPBACK and not self.options.allow_http:
            raise ConfigError("is plain http to another machine; use https, or set allow_http", field=field)
        return url

    def _read_secret(self) -> bytes:
        options = self.options
        if bool(options.secret_file) == bool(options.secret_env):
            raise ConfigError("needs either secret_file or secret_env", field=self._field)
        if options.secret_env:
            field, secret = f"{self._field}.secret_env", os.environ.get(options.secret_env, "").encode()
        else:
            field = f"{self._field}.secret_file"
            path = Path(self.context.folder) / options.secret_file
            try:
                secret = path.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
            except OSError as error:
                raise ConfigError(f"cannot be read ({error.strerror})", file=str(path), field=field) from error
        if len(secret) < SHORTEST_SECRET:
            raise ConfigError(
                f"holds a secret of {len(secret)} bytes; at least {SHORTEST_SECRET} are needed", field=field
            )
        return secret

    def _make_tls(self) -> ssl.SSLContext:
        path = str(Path(self.context.folder) / self.options.ca_file) if self.options.ca_file else None
        try:
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"holds no certificates ({error})", file=path, field=f"{self._field}.ca_file") from error

    async def deliver(self, command: Command, send_mqtt: SendMqtt) -> Command:
        """Post the command and return it as the answer says. Raises `ServiceError` when it should be tried again."""
        del send_mqtt
        body = command_message(command)
        connection = self._connect()
        try:
            async with asyncio.timeout(self.options.timeout_s):
                answer = await asyncio.to_thread(self._post, connection, command.id, body)
        except (OSError, http.client.HTTPException) as error:  # a timeout is an OSError too
            raise ServiceError(f"{self._url.hostname} does not answer ({type(error).__name__})") from error
        finally:
            _hang_up(connection)
        if answer.status >= 500 or answer.status in _TRY_AGAIN:
            raise ServiceError(f"{self._url.hostname} answered {answer.status}")
        state, detail = read_answer(answer)
        now = self.context.clock.now()
        return msgspec.structs.replace(
            command, revision=command.revision + 1, time=now, state=state, attempts=command.attempts + 1,
            detail=detail[:LONGEST_DETAIL],
        )  # fmt: skip

    def _post(self, connection: http.client.HTTPConnection, command: str, body: bytes) -> Answer:
        headers = {
            "Content-Type": "application/json", "User-Agent": "s4", "Idempotency-Key": command,
            SIGNATURE: sign(self._secret, body), "Connection": "close",
        }  # fmt: skip
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        until = time.monotonic() + self.options.timeout_s
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        answer = b""
        while len(answer) < LARGEST_ANSWER and time.monotonic() < until and (part := response.read1(4096)):
            answer += part
        return Answer(response.status, answer)

    def _connect(self) -> http.client.HTTPConnection:
        host, port, timeout = self._url.hostname or "", self._url.port, self.options.timeout_s
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=timeout)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Close, waking a thread that may still be reading from a server that answers drop by drop."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()


def read_answer(answer: Answer) -> tuple[CommandState, str]:
    """An answer that needs no second try → the command's state, and why.

    >>> read_answer(Answer(204, b""))
    ('done', 'answered 204')
    >>> read_answer(Answer(302, b""))
    ('failed', 'answered 302 (redirects are not followed)')
    """
    text = f"answered {answer.status}"
    if not 200 <= answer.status < 300:
        return "failed", text + (" (redirects are not followed)" if 300 <= answer.status < 400 else "")
    state: CommandState = "acknowledged" if answer.status == 202 else "done"
    try:
        said = msgspec.json.decode(answer.body, type=_Said)
    except (ValueError, RecursionError):  # a body is welcome, not needed
        return state, text
    if said.state in {"acknowledged", "done", "failed"}:
        state = said.state
    return state, said.detail or text
