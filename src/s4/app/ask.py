"""How a command asks the HTTP side of a running s4: signed in by a link that only the owner of the data folder gets."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from s4.app.reach import connected, running_here
from s4.core.errors import ConfigError, ServiceError
from s4.shield.roles import Role
from s4.shield.sessions import Person

_PATIENCE_S: Final = 20.0
ACTOR: Final = "command-line"


class Asker:
    """A session on the s4 that runs on `data_dir`, in a role. Raises `ServiceError` when none runs there."""

    def __init__(self, data_dir: Path, role: Role, actor: str = ACTOR) -> None:
        self._base = running_here(data_dir).http
        if not self._base:
            raise ServiceError(f"the s4 that runs on {data_dir} has no HTTP side (it runs neither picture nor sensing)")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        link = asyncio.run(login_link(data_dir, Person(actor, role, actor)))
        self.ask("POST", "/api/session", {"token": link.rpartition("=")[2]})

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer, from JSON. Raises `ConfigError` with the server's reason when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-S4": "1", "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)  # noqa: S310 - our own http:
        try:
            with self._opener.open(request, timeout=_PATIENCE_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.read(), error.code) from error
        except (OSError, ValueError) as error:
            raise ServiceError(f"{self._base} does not answer ({error})") from error


async def login_link(data_dir: Path, person: Person) -> str:
    """A link that signs `person` in once. Asked for over the bus, whose password only the folder's owner can read."""
    from s4.app.run import LOGIN_SUBJECT

    async with connected(data_dir) as bus:
        answer = await bus.client.request(LOGIN_SUBJECT, msgspec.json.encode(person), timeout=5)
        return answer.data.decode()


def _refused(body: bytes, status: int) -> ConfigError:
    try:
        fault = json.loads(body)["error"]
        return ConfigError(str(fault["reason"]), field=fault.get("field") or None)
    except (ValueError, KeyError, TypeError):
        return ConfigError(f"the server answered {status}")
