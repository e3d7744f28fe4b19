"""ONVIF events: what a camera or door controller reports by itself (motion, tampering, relays), by its pull point."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
from urllib.parse import urlsplit, urlunsplit

from msgspec import Meta

from s4.core.city import Source
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.ports import Card, Context
from s4.sensing.services import soap
from s4.sensing.services.extras import load, need
from s4.sensing.services.gather import GatewayOptions
from s4.sensing.services.parsed import SELF, Parsed
from s4.sensing.services.secrets import secret, tls_context
from s4.sensing.services.service import Service, end_if_cancelled

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from httpx import AsyncClient

LIFETIME_S: Final = 60
MOST_MESSAGES: Final = 100


class OnvifOptions(GatewayOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said of an ONVIF device in `city.toml`.

    `url`: its event service, mostly `http://<host>/onvif/event_service`; `user`, `password` or `password_file` (sent as
    a digest, with the time: the device's clock must be right); `ca_file` for https. `wait_s`: how long the device may
    hold a question open. `topics`: only those that begin with one of these (`VideoSource/MotionAlarm`), empty for all.
    """

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=1_000)]
    user: str = ""
    password: str = ""
    password_file: str = ""
    ca_file: str = ""
    wait_s: Annotated[int, Meta(ge=1, le=50)] = 20
    timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 10.0
    topics: tuple[str, ...] = ()


class OnvifEvents(Service):
    """One device's pull point. Cost: about 1 ms a message.

    A subscription address on another host than the device's own is taken with the host that was configured: devices
    behind address translation name one that cannot be reached, and a false one must not lead us elsewhere.
    """

    card: ClassVar = Card(
        name="onvif",
        version="1",
        title="ONVIF events",
        purpose="Takes in what cameras and door controllers report by themselves: motion, tampering, inputs.",
        legal_basis="GDPR Art. 6(1)(e): public task, as the city's own assessment says for each camera",
        limits="Events only, no pictures; 100 items a message; tested against a server of our own, no device yet.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        need("onvif", "httpx", owner=self.owner)
        self.options = options = self.configure(OnvifOptions)
        field = f"{self.owner}.options"
        self._password = secret(options.password, options.password_file, context.folder, f"{field}.password")
        if bool(options.user) != bool(self._password):
            raise ConfigError("user and password go together", field=f"{field}.user")
        self._tls = tls_context(context.folder, options.ca_file, "", "", f"{field}.ca_file")

    async def session(self) -> None:
        """Subscribe, then pull and renew until the device is lost. Raises `ServiceError`."""
        await load("httpx")
        from httpx import AsyncClient, HTTPError

        options = self.options
        async with AsyncClient(verify=self._tls, timeout=options.timeout_s) as client:
            try:
                created = await self._ask(client, options.url, soap.create(LIFETIME_S))
                address = self._ours(soap.subscription_address(created))
                await self.up()
                try:
                    await self._pull(client, address)
                finally:
                    await self._give_back(client, address)
            except (HTTPError, TimeoutError, InputError) as error:
                raise ServiceError(f"{options.url}: {str(error) or type(error).__name__}"[:500]) from error

    async def _pull(self, client: AsyncClient, address: str) -> None:
        renewed = time.monotonic()
        while True:
            body = await self._ask(client, address, soap.pull(self.options.wait_s, MOST_MESSAGES))
            for found in soap.notifications(body):
                self._say(found)
            await self.flush()
            end_if_cancelled()
            if time.monotonic() - renewed > LIFETIME_S / 3:
                await self._ask(client, address, soap.renew(LIFETIME_S))
                renewed = time.monotonic()

    def _say(self, found: soap.Notification | InputError) -> None:
        parsed = Parsed()
        if isinstance(found, InputError):
            parsed.wrong.append(found)
        elif not self.options.topics or found.topic.startswith(self.options.topics):
            body = {"topic": found.topic, "operation": found.operation, "source": found.source, "data": found.data}
            parsed.event(SELF, f"onvif.{found.topic}", body, found.time)
        self.take(parsed, repr(found).encode(), "pull point")

    async def _ask(self, client: AsyncClient, url: str, request: tuple[str, str]) -> Element:
        """One request; raises `InputError` for a fault or an answer that is none."""
        options, (action, body) = self.options, request
        text = soap.envelope(action, url, body, options.user, self._password, self.context.clock.now())
        head = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
        async with asyncio.timeout(options.timeout_s + options.wait_s):
            wait = options.timeout_s + options.wait_s
            async with client.stream("POST", url, content=text, headers=head, timeout=wait) as answer:
                data = bytearray()
                async for part in answer.aiter_bytes():
                    data += part
                    if len(data) > soap.LARGEST:
                        raise InputError(f"the answer is longer than {soap.LARGEST} bytes")
        if answer.status_code not in {200, 400, 500}:  # the latter two carry a fault that says more
            raise InputError(f"the answer is {answer.status_code} {answer.reason_phrase[:50]}")
        return soap.parse(bytes(data))

    def _ours(self, address: str) -> str:
        there, here = urlsplit(address), urlsplit(self.options.url)
        return urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))

    async def _give_back(self, client: AsyncClient, address: str) -> None:
        """Unsubscribe, but not for long: the device may be gone."""
        from httpx import HTTPError

        with contextlib.suppress(HTTPError, InputError, TimeoutError):
            async with asyncio.timeout(2.0):
                await self._ask(client, address, soap.unsubscribe())
