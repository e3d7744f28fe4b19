"""CoAP: observes resources of constrained devices, and takes what they push to us. Source: RFC 7252, RFC 7641."""

from __future__ import annotations

import asyncio
import contextlib
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final
from urllib.parse import urlsplit

from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.jsonmap import JsonMap, Mapping
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.service import FIRST_BACKOFF_S, LONGEST_BACKOFF_S, Service, end_if_cancelled

if TYPE_CHECKING:
    from aiocoap import Message

LARGEST: Final = 65_536
SLACK_S: Final = 5.0
"""How long after a state has expired (Max-Age) the device is asked again, because it may have forgotten us."""


class Observed(Mapping, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A resource `url` (`coap://10.0.0.9/env`) that is observed, and how its JSON is read."""

    url: Annotated[str, Meta(pattern=r"^coap://[^\s/@]+(/\S*)?$", max_length=1_000)]


class Pushed(Mapping, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A `path` (`/air`) to which devices PUT or POST, and how their JSON is read; `{1}` is the sender's address."""

    path: Annotated[str, Meta(pattern=r"^(/[\w.-]+){1,8}$", max_length=200)]


class CoapOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of CoAP devices in `city.toml`.

    `observe`: resources of devices. `push`: paths of ours, on `host` and `port`; `allow`: networks that may push
    (`10.1.0.0/16`), empty for all. `timeout_s`: for an answer.
    """

    observe: Annotated[tuple[Observed, ...], Meta(max_length=500)] = ()
    push: Annotated[tuple[Pushed, ...], Meta(max_length=50)] = ()
    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 5_683
    allow: tuple[str, ...] = ()
    timeout_s: Annotated[float, Meta(ge=0.1, le=300)] = 60.0

    def check(self, owner: str) -> None:
        """Raise `ConfigError` when nothing is taken in, or for a mapping or network that is none."""
        super().check(owner)
        if not self.observe and not self.push:
            raise ConfigError("name what is taken in: observe, push or both", field=f"{owner}.options.observe")
        for name in ("observe", "push"):
            for place, one in enumerate(getattr(self, name)):
                one.check(f"{owner}.options.{name}[{place}]")
        try:
            [ip_network(one) for one in self.allow]
        except ValueError as error:
            raise ConfigError(str(error), field=f"{owner}.options.allow") from error


class Coap(Service):
    """A CoAP client and server. A push is answered once it is recorded. Cost: about 0.5 ms a message."""

    card: ClassVar = Card(
        name="coap",
        version="1",
        title="CoAP",
        purpose="Takes in what battery-driven sensors measure.",
        limits="64 KiB a message; JSON; neither DTLS nor OSCORE: senders can be forged, name networks in `allow`.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("coap", "aiocoap", owner=self.owner)
        self.options = self.configure(CoapOptions)
        self._networks = [ip_network(one) for one in self.options.allow]
        self._alive: set[str] = set()
        self._told: dict[str, str] = {}

    async def session(self) -> None:
        """Listen and observe until cancelled. Raises `ServiceError` when the port cannot be had."""
        await load("aiocoap", "aiocoap.resource")
        tasks: list[asyncio.Task[None]] = []
        async with contextlib.AsyncExitStack() as stack:
            if self.options.push:
                await self._listen(stack)
                await self.up()
            if self.options.observe:
                client = await self._client(stack)
                tasks = [asyncio.create_task(self._observe(client, one)) for one in self.options.observe]
            try:
                await asyncio.gather(*tasks) if tasks else await asyncio.Event().wait()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    # Observing

    async def _client(self, stack: contextlib.AsyncExitStack) -> Any:
        from aiocoap import Context as CoapContext

        client = await CoapContext.create_client_context()
        stack.push_async_callback(client.shutdown)
        return client

    async def _observe(self, client: Any, one: Observed) -> None:
        """One resource, again and again; that it is lost is said once and hinders no other."""
        from aiocoap.error import Error

        pause, reader = FIRST_BACKOFF_S, JsonMap(one)
        while True:
            try:
                await self._states(client, one, reader)
                pause = FIRST_BACKOFF_S
                continue
            except (Error, OSError, TimeoutError, ServiceError) as error:
                reason = str(error) or type(error).__name__
            end_if_cancelled()
            await self._lost(one.url, reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_BACKOFF_S)

    async def _states(self, client: Any, one: Observed, reader: JsonMap) -> None:
        """The states of a resource until one has expired; then it is to be asked again."""
        from aiocoap import GET, Message

        request = client.request(Message(code=GET, uri=one.url, observe=0))
        try:
            async with asyncio.timeout(self.options.timeout_s):
                state = await request.response
            observed = state.opt.observe is not None
            states = aiter(request.observation) if observed else None
            while True:
                await self._state(one, state, reader)
                wait = (state.opt.max_age if state.opt.max_age is not None else 60) + SLACK_S
                if states is None:  # it cannot be observed, so it is asked when it has expired
                    await asyncio.sleep(max(1.0, wait - SLACK_S))
                    return
                try:
                    async with asyncio.timeout(wait):
                        state = await anext(states)
                except (TimeoutError, StopAsyncIteration):
                    return
        finally:
            if request.observation is not None and not request.observation.cancelled:
                request.observation.cancel()

    async def _state(self, one: Observed, state: Message, reader: JsonMap) -> None:
        if not state.code.is_successful():
            raise ServiceError(f"the device answers {state.code}")
        self._alive.add(one.url)
        self._told.pop(one.url, None)
        await self.up()
        self._read(reader, state.payload, one.url, urlsplit(one.url).hostname or "")
        await self.flush()

    async def _lost(self, url: str, reason: str) -> None:
        self._alive.discard(url)
        if self._told.get(url) != reason:
            self._told[url] = reason
            self.gather.refuse(b"", InputError(f"cannot be observed ({reason[:200]})"), url)
        if not self._alive and not self.options.push:
            await self.link(False, f"{url}: {reason}")

    # Taking what is pushed

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        from aiocoap import Context as CoapContext
        from aiocoap.error import Error
        from aiocoap.resource import Site

        site = Site()
        for one in self.options.push:
            site.add_resource(one.path.split("/")[1:], self._resource(JsonMap(one), one.path))
        place = (self.options.host, self.options.port)
        try:
            server = await CoapContext.create_server_context(site, bind=place)
        except (Error, OSError) as error:
            raise ServiceError(f"cannot listen on {place[0]}:{place[1]} ({error})") from error
        stack.push_async_callback(server.shutdown)

    def _resource(self, reader: JsonMap, path: str) -> Any:
        from aiocoap.resource import Resource

        class Door(Resource):  # type: ignore[misc] # the library is not typed
            """Takes PUT and POST alike."""

            async def render_put(_, request: Message) -> Message:  # noqa: N805 - `self` is the service
                return await self._pushed(reader, path, request)

            render_post = render_put

        return Door()

    async def _pushed(self, reader: JsonMap, path: str, request: Message) -> Message:
        from aiocoap import BAD_REQUEST, CHANGED, FORBIDDEN, Message
        from aiocoap.numbers.codes import SERVICE_UNAVAILABLE

        address = str(ip_address(str(request.remote.hostinfo).rsplit(":", 1)[0].strip("[]").partition("%")[0]))
        if self._networks and not any(ip_address(address) in network for network in self._networks):
            return Message(code=FORBIDDEN)
        if self.wait_s > 0:
            return Message(code=SERVICE_UNAVAILABLE, max_age=1)
        reason = self._read(reader, request.payload, f"{address} {path}", address)
        await self.flush()
        return Message(code=BAD_REQUEST, payload=reason.encode()) if reason else Message(code=CHANGED)

    def _read(self, reader: JsonMap, payload: bytes, where: str, address: str) -> str:
        """Gather what a payload says; the complaint when it cannot be used at all, else nothing."""
        parsed, reason = Parsed(), ""
        try:
            if len(payload) > LARGEST:
                raise InputError(f"is longer than {LARGEST} bytes")
            parsed = reader.read(payload, self.context.clock.now(), (address,))
        except InputError as error:
            self.gather.refuse(payload, error, where)
            reason = str(error)
        if parsed.wrong and not parsed.items:
            reason = str(parsed.wrong[0])
        self.take(parsed, payload, where)
        return reason
