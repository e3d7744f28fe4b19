"""Asks the bus' own server how its leaf links are, starts an edge site's again, ends those to a hub."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import msgspec
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from s4.core.errors import ServiceError
from s4.core.logs import get_logger
from s4.runtime.nats_leaf import WATCHER, LeafRemote
from s4.runtime.nats_server import NatsServer
from s4.runtime.uplink.edge import LeafControl, LeafWord

_PATIENCE_S: Final = 2.0
_REACH_S: Final = 3.0
_OFF_S: Final = 0.3
"""How long the link is switched off in the configuration: the server reads its file in a few milliseconds."""

log = get_logger(__name__)


class _Link(msgspec.Struct, frozen=True):
    id: int
    ip: str = ""
    server: str = ""


class _Links(msgspec.Struct, frozen=True):
    leafs: list[_Link] | None = None


class _Server(msgspec.Struct, frozen=True):
    id: str


class _Answer(msgspec.Struct, frozen=True):
    server: _Server
    data: _Links


class ServerWatch:
    """The leaf links of one server that is our child."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self._client: Client | None = None

    @property
    def control(self) -> LeafControl:
        """What the uplink is handed."""
        return LeafControl(self.look, self.reachable, self.reconnect, self.restart, self.close)

    @property
    def _remote(self) -> LeafRemote:
        if self._server.plan.remote is None:
            raise ServiceError("this bus has no leaf link")
        return self._server.plan.remote

    async def look(self) -> LeafWord | None:
        """NATS' own word on the link; None when the server does not answer."""
        links = await self._links()
        return None if links is None else LeafWord(bool(links), ", ".join(one.ip for one in links))

    async def _links(self) -> list[_Link] | None:
        try:
            client = await self._connected()
            answer = await client.request("$SYS.REQ.SERVER.PING.LEAFZ", b"", timeout=_PATIENCE_S)
            found = msgspec.json.decode(answer.data, type=_Answer)
        except (NatsError, OSError, TimeoutError, msgspec.DecodeError) as error:
            log.debug("the bus does not say how its leaf links are", reason=str(error) or type(error).__name__)
            await self.close()
            return None
        return [_Link(one.id, one.ip, found.server.id) for one in found.data.leafs or []]

    async def hang_up(self) -> None:
        """End every link. Whoever has a valid credential is back within a second or so: a reload of the credentials
        leaves those connected whom it shuts out.
        """
        links = await self._links()
        for link in links or []:
            client = await self._connected()
            wanted = msgspec.json.encode({"cid": link.id})
            await client.request(f"$SYS.REQ.SERVER.{link.server}.KICK", wanted, timeout=_PATIENCE_S)

    async def _connected(self) -> Client:
        if self._client is None or not self._client.is_connected:
            await self.close()
            connecting = nats.connect(
                self._server.url, user=WATCHER, password=self._server.plan.runner_password, name="s4-watch",
                connect_timeout=1, allow_reconnect=False, max_reconnect_attempts=0, error_cb=_quiet,
            )  # fmt: skip
            self._client = await asyncio.wait_for(connecting, _PATIENCE_S)
        return self._client

    async def reachable(self) -> bool:
        """Whether the hub's port takes a connection."""
        try:
            opening = asyncio.open_connection(self._remote.host, self._remote.port)
            _, writer = await asyncio.wait_for(opening, _REACH_S)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    async def reconnect(self) -> None:
        """Switch the link off and on again in the server's configuration; devices do not notice."""
        for disabled in (True, False):
            remote = msgspec.structs.replace(self._remote, disabled=disabled)
            await self._server.apply(msgspec.structs.replace(self._server.plan, remote=remote))
            if disabled:
                await asyncio.sleep(_OFF_S)

    async def restart(self) -> None:
        """Replace the server; devices connect again."""
        await self._server.bounce()

    async def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(NatsError, OSError, asyncio.CancelledError):
                await client.close()


async def _quiet(error: Exception) -> None:
    log.debug("leaf watch", reason=str(error))
