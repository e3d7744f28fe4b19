"""How the command line asks a running s4 for a sealed original: one person's half of an opening."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from s4.core.errors import AccessError, ConfigError, InputError, ServiceError
from s4.shield.openings import Consent, office_of
from s4.shield.roles import role_named
from s4.shield.sealed import LARGEST_RECORD, Header, unwrap

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_PATIENCE_S: Final = 30.0
_LARGEST_ANSWER: Final = 1 << 20
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Opener:
    """A session of one person on the s4 at `server` (`https://…`, or `http://` on this machine).

    Raises `ConfigError` for an address over which a share would travel in the clear, `AccessError` when the server
    does not let the person in, `ServiceError` when it does not answer.
    """

    def __init__(self, server: str, user: str, secret: str) -> None:
        where = urlsplit(server)
        if where.scheme != "https" and not (where.scheme == "http" and where.hostname in _LOOPBACK):
            raise ConfigError("must be https://…, or http:// on this machine: a share must not travel in the clear")
        self._server = server.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        me = self._ask("POST", "/api/session", {"user": user, "secret": secret})
        self._office = office_of(role_named(str(me["role"])))

    def agree(self, ref: str, key: X25519PrivateKey, reason: str) -> Consent:
        """Agree that the original of `ref` is opened. Raises `AccessError` when it was not sealed to this key."""
        path = f"/api/evidence/{quote(ref, safe='')}/original"
        header = msgspec.convert(self._ask("GET", path), Header)
        share = unwrap(header, self._office, key)
        body = msgspec.to_builtins({"share": share, "reason": reason})
        return msgspec.convert(self._ask("POST", path, body), Consent)

    def fetch(self, ref: str) -> Iterator[bytes]:
        """The pictures, once two people have agreed. Raises `InputError` at the end when those were not all."""
        with self._send("GET", f"/api/evidence/{quote(ref, safe='')}/original/pictures") as answer:
            while size := int.from_bytes(_exactly(answer, 4), "big"):
                if size > LARGEST_RECORD:
                    raise InputError(f"the server sent a part of {size} bytes")
                yield _exactly(answer, size)
            ending = json.loads(answer.read(_LARGEST_ANSWER))
        if not ending["complete"]:
            raise InputError(f"the original of {ref} {ending['reason']}")

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        with self._send(method, path, body) as answer:
            return json.loads(answer.read(_LARGEST_ANSWER))

    def _send(self, method: str, path: str, body: object = None) -> IO[bytes]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-S4": "1", "Content-Type": "application/json"}
        request = urllib.request.Request(self._server + path, data, headers, method=method)  # noqa: S310 - checked above
        try:
            return self._opener.open(request, timeout=_PATIENCE_S)  # type: ignore[no-any-return]
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.read(_LARGEST_ANSWER), error.code) from error
        except (OSError, ValueError) as error:
            raise ServiceError(f"{self._server} does not answer ({error})") from error


def _exactly(answer: IO[bytes], size: int) -> bytes:
    try:
        data = answer.read(size)
    except (OSError, http.client.HTTPException) as error:
        raise ServiceError(f"the connection broke off: {error}") from error
    if len(data) != size:
        raise ServiceError("the connection broke off")
    return data


def _refused(body: bytes, status: int) -> AccessError:
    try:
        return AccessError(str(json.loads(body)["error"]["reason"]))
    except (ValueError, KeyError, TypeError):
        return AccessError(f"the server answered {status}")
