"""Runs a city in this process: the bus, the rooms, the HTTP side; until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from nats.aio.msg import Msg

from s4.app import sites
from s4.app.cityfile import load_city, placing
from s4.app.compose import Composer
from s4.app.server import serving
from s4.app.settings import Settings
from s4.core.city import City
from s4.core.clock import Clock, RealClock, ScaledClock
from s4.core.errors import ConfigError, S4Error
from s4.core.lean import few_heaps
from s4.core.logs import get_logger
from s4.core.ports import STREET
from s4.runtime.bus import Bus
from s4.runtime.export.state import EXPORTS_SUBJECT
from s4.runtime.nats_config import RUNNER, ServerPlan
from s4.runtime.nats_server import NatsServer, runner_password, stop_leftover
from s4.runtime.runner import Running, RunPlan, running
from s4.runtime.sockets import free_port
from s4.runtime.store.engine import store_url
from s4.shield.credentials import Credentials
from s4.shield.sessions import Person, Sessions
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault

DEVICE: Final = "device"
_CREDENTIALS_EVERY_S: Final = 1.0
_COLLECT: Final = (10_000, 20, 50)
"""New objects between two looks at the youngest, looks at those between two at the middle ones, and so on."""
_ARROW: Final = ("ARROW_DEFAULT_MEMORY_POOL", "system")
"""Arrow's own allocator keeps what was freed to itself: 4 MB more at 1,000 readings/s than to share the system's."""

log = get_logger(__name__)


class Addresses(msgspec.Struct, frozen=True):
    """Where this process can be reached, and since when (clock, ns UTC) it runs; `sites`: where edge sites come in, or
    the hub of this one. Written to `<data>/running.json` for
    the command line's other commands.
    """

    city: str
    bus: str
    mqtt: str
    http: str
    pid: int
    since: int = 0
    sites: str = ""


class Life(msgspec.Struct, frozen=True):
    """A running city: its addresses, its parts, and how to let somebody in."""

    city: City
    clock: Clock
    addresses: Addresses
    running: Running
    credentials: Credentials
    sessions: Sessions

    def login_link(self, person: Person) -> str:
        """An address that signs `person` in, once, within ten minutes."""
        return f"{self.addresses.http}/#token={self.sessions.issue(person)}"


def make_clock(settings: Settings) -> Clock:
    """The machine's clock, or the simulated one that the settings ask for."""
    if not settings.start:
        return RealClock()
    return ScaledClock(start=settings.start, speed=settings.speed, anchor=settings.anchor or None)


@contextlib.asynccontextmanager
async def living(settings: Settings) -> AsyncIterator[Life]:
    """Start the city; inside the block it lives; leaving it stops cleanly. Raises `S4Error` when it cannot start."""
    for room in settings.rooms:
        if room not in STREET:
            raise ConfigError(f"there is no room {room!r} (there are: {', '.join(STREET)})")
    os.environ.setdefault(*_ARROW)
    if settings.small:
        few_heaps()
    city, clock = sites.own_part(load_city(settings.city_file), settings), make_clock(settings)
    began = clock.now()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _only_one(settings.data_dir):
        credentials = Credentials(settings.data_dir / "credentials.json", RealClock())
        async with contextlib.AsyncExitStack() as stack:
            bus_url, password, mqtt, server = settings.bus, "", "", None
            if not bus_url:
                server = await stack.enter_async_context(_own_bus(settings, city))
                bus_url, password = server.url, server.plan.runner_password
                mqtt = f"mqtt://{settings.host}:{server.plan.mqtt_port}"
            with placing(settings.city_file):
                plan = _plan(settings, city, clock, bus_url, password, server, credentials)
                sites.warn_of_idle_orders(settings, city)
            parts = await stack.enter_async_context(running(plan))
            if server is not None:
                await stack.enter_async_context(_letting_in(server, credentials))
            sessions, http = Sessions(RealClock()), ""
            if settings.runs("picture") or settings.runs("sensing"):
                http = await stack.enter_async_context(serving(settings, city, clock, parts, credentials, sessions))
            addresses = Addresses(city.city.id, bus_url, mqtt, http, os.getpid(), began, sites.address(settings))
            life = Life(city, clock, addresses, parts, credentials, sessions)
            await _answer_logins(parts.bus, life)
            await _answer_exports(parts, exports_subject(addresses))
            stack.enter_context(_noted(settings.data_dir, addresses))
            _spare_the_collector()
            yield life


def _spare_the_collector() -> None:
    """What was made at the start lives as long as the process. Looking it all through held everything up for 70 ms at a
    time; left out, and with more made between two looks, none is longer than a few ms.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT)


@contextlib.asynccontextmanager
async def _own_bus(settings: Settings, city: City) -> AsyncIterator[NatsServer]:
    """A bus of our own as a child. It lets no device in before `_letting_in`: what a device publishes is kept for those
    who want it, and until the consumers stand, nobody does.
    """
    await stop_leftover(settings.data_dir)
    plan = ServerPlan(
        f"s4-{city.city.id}",
        (settings.data_dir / "bus").absolute(),
        settings.host,
        free_port("127.0.0.1", settings.bus_port),
        free_port(settings.host, settings.mqtt_port),
        runner_password(settings.data_dir),
        sync_interval=settings.sync,
        listen=sites.leaf_listen(settings),
        remote=sites.leaf_remote(settings, city),
        heap_growth=25 if settings.small else 50,
    )
    async with NatsServer(plan, settings.data_dir) as server:
        yield server


@contextlib.asynccontextmanager
async def _letting_in(server: NatsServer, credentials: Credentials) -> AsyncIterator[None]:
    """Devices may come in; a new or revoked one is known to the bus within a second or so."""
    await _apply_credentials(server, credentials)
    watch = asyncio.create_task(_follow_credentials(server, credentials), name="credentials")
    try:
        yield
    finally:
        watch.cancel()


def device_hashes(credentials: Credentials) -> Mapping[str, str]:
    """Device → bcrypt hash, of those that may come in."""
    return {row.id: row.bcrypt for row in credentials.list(DEVICE) if not row.revoked}


async def _follow_credentials(server: NatsServer, credentials: Credentials) -> None:
    while True:
        await asyncio.sleep(_CREDENTIALS_EVERY_S)
        try:
            await _apply_credentials(server, credentials)
        except (S4Error, OSError) as error:
            log.error("devices stay as they were", reason=str(error))


async def _apply_credentials(server: NatsServer, credentials: Credentials) -> None:
    devices, plan = device_hashes(credentials), server.plan
    plan = sites.with_credentials(msgspec.structs.replace(plan, devices=devices), credentials)
    if plan != server.plan:
        before = server.plan
        await server.apply(plan)
        await sites.hang_up_on(server, before)
        log.info("credentials changed", devices=len(devices))


def _plan(
    settings: Settings, city: City, clock: Clock, bus_url: str, password: str, server: NatsServer | None,
    credentials: Credentials,
) -> RunPlan:  # fmt: skip
    def verify(device: str, secret: str) -> bool:
        return credentials.verify(DEVICE, device, secret) is not None

    vault = EvidenceVault(settings.data_dir / "evidence", SiteKey(settings.data_dir / "keys"), city.city.id)
    made = Composer(city, clock, settings.city_file.absolute().parent, settings.runs, verify, vault)
    decides, on_edge = settings.runs("response"), settings.leaf is not None
    return RunPlan(
        city=city,
        clock=clock,
        bus_url=bus_url,
        bus_user=RUNNER if password else "",
        bus_password=password,
        store_url=store_url(settings.store, settings.data_dir),
        stages=made.stages(),
        doors=made.doors(),
        cameras=made.cameras(),
        outlets=made.outlets(near=not decides) if decides or on_edge else (),
        newcomer=made.newcomer,
        deliver=decides,
        edges=sites.taken_in(settings, credentials),
        history=settings.data_dir / "history" if settings.runs("picture") or settings.leaf else None,
        beside=sites.beside(settings, city, made.stated(), server),
        register=made.register,
        board=made.board,
        zones=made.zones,
        exports=made.exports(),
        exports_folder=settings.data_dir / "exports" if settings.runs("edge") else None,
    )


LOGIN_SUBJECT: Final = "s4.admin.login"


async def _answer_logins(bus: Bus, life: Life) -> None:
    """`s4 login` asks over the bus, whose password only the owner of the data folder can read."""

    async def on_request(message: Msg) -> None:
        person = msgspec.json.decode(message.data, type=Person)
        await message.respond(life.login_link(person).encode())

    if life.addresses.http:
        await bus.listen(LOGIN_SUBJECT, on_request)


def exports_subject(addresses: Addresses) -> str:
    """Where a process answers how its exports are doing."""
    return f"{EXPORTS_SUBJECT}.{addresses.pid}.{addresses.since}"


async def _answer_exports(running: Running, where: str) -> None:
    """`s4 status` asks over the bus, as it asks for the streams."""

    async def on_request(message: Msg) -> None:
        await message.respond(msgspec.json.encode(running.exports))

    await running.bus.listen(where, on_request)


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Two processes on one data folder would each believe that the history is theirs."""
    with (data_dir / "s4.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another s4 runs on {data_dir} already (give this one its own --data-dir)") from None
        yield


@contextlib.contextmanager
def _noted(data_dir: Path, addresses: Addresses) -> Iterator[None]:
    note = data_dir / "running.json"
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(addresses)))  # a bus' address may hold a password
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


async def until_signalled() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
