"""Edge sites and their hub: what the settings mean for the bus, the city's description and the hosts that run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from s4.app.settings import Accept, Leaf, Settings
from s4.core.city import City
from s4.core.errors import ConfigError
from s4.core.logs import get_logger
from s4.core.subjects import check_name
from s4.core.toml_lines import read_toml
from s4.runtime.host import Host
from s4.runtime.nats_config import ServerPlan
from s4.runtime.nats_leaf import LeafListen, LeafRemote
from s4.runtime.nats_server import NatsServer
from s4.runtime.runner import Beside
from s4.runtime.sockets import free_port
from s4.runtime.uplink.edge import Line, UplinkPlan
from s4.shield.credentials import Credentials

LEAF_PORT: Final = 7422
SECRET: Final = "S4_LEAF_SECRET"  # noqa: S105 - the variable's name, not the secret
_RELOAD_S: Final = 1.0
"""Longer than the bus takes to read its configuration again."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

log = get_logger(__name__)


def own_part(city: City, settings: Settings) -> City:
    """On an edge site, the city without the sources, zones, outlets and exports of the other sites; on a hub that takes
    sites in, without the exports that they send themselves.
    """
    if settings.leaf is None:
        return _without_exports_of_sites(city) if settings.accept is not None else city
    if settings.bus:
        raise ConfigError("an edge site has a bus of its own: give --leaf or --bus, not both")
    if settings.accept is not None:
        raise ConfigError("an edge site cannot take other sites in: give --leaf or --accept-sites, not both")
    site = site_of(settings.leaf, city)
    own = tuple(row for row in city.source if row.site == site)
    here = {row.id for row in own}
    return msgspec.structs.replace(
        city, source=own, zone=tuple(row for row in city.zone if row.source in here),
        outlet=tuple(row for row in city.outlet if row.site == site),
        export=tuple(row for row in city.export if row.at == site),
    )  # fmt: skip


def warn_of_idle_orders(settings: Settings, city: City) -> None:
    """Say which rules of an edge site, found good before, give commands that nobody there carries out."""
    if settings.leaf is None or settings.runs("response") or not (settings.runs("edge") and city.city.rules):
        return
    from s4.edge.rulefile import rules_text

    path = settings.city_file.absolute().parent / city.city.rules
    rules = read_toml(rules_text(path), file=str(path)).get("query", [])
    if idle := [str(rule.get("id")) for rule in rules if "command" in rule]:
        log.warning("no room here carries out what these rules command; name the room response too", rules=idle)


def _without_exports_of_sites(city: City) -> City:
    return msgspec.structs.replace(city, export=tuple(row for row in city.export if not row.at))


def site_of(leaf: Leaf, city: City) -> str:
    """Which site this is. Raises `ConfigError` when that cannot be told."""
    known = [row.id for row in city.site]
    if leaf.site in known:
        return leaf.site
    if leaf.site:
        raise ConfigError(f"there is no site {leaf.site[:70]!r} (there are: {', '.join(known)})")
    if len(known) != 1:
        raise ConfigError(f"say which site this is: --site (there are: {', '.join(known)})")
    return known[0]


def leaf_remote(settings: Settings, city: City) -> LeafRemote | None:
    """The hub of this edge site, or None when it is not one. Raises `ConfigError`."""
    leaf = settings.leaf
    if leaf is None:
        return None
    host, port, tls = _hub(leaf.url)
    if not tls and host not in _LOOPBACK:
        log.warning("the line to the hub is not encrypted, its credential neither (use tls://)", hub=host)
    ca = _file(leaf.ca, "--leaf-ca") if leaf.ca else ""
    return LeafRemote(check_name(site_of(leaf, city), field="site"), _secret(leaf), host, port, tls, ca)


def _hub(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or LEAF_PORT
    except ValueError as error:
        raise ConfigError(f"{url[:100]!r} is not the address of a hub ({error})", field="--leaf") from error
    if parts.password or parts.username:
        raise ConfigError("no credential on the command line: others can read it (--leaf-secret)", field="--leaf")
    if parts.scheme not in ("nats", "nats-leaf", "tls") or not host:
        raise ConfigError(f"{url[:100]!r} is not the address of a hub (nats://host or tls://host)", field="--leaf")
    return host, port, parts.scheme == "tls"


def _secret(leaf: Leaf) -> str:
    if leaf.secret is None:
        secret, where = os.environ.get(SECRET, "").strip(), SECRET
        if not secret:
            raise ConfigError(f"the site's credential is missing (--leaf-secret FILE, or the variable {SECRET})")
    else:
        where = str(leaf.secret)
        try:
            if leaf.secret.stat().st_mode & 0o077:
                raise ConfigError("others may read it; take that away (chmod 600)", file=where)
            secret = leaf.secret.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot be read ({getattr(error, 'strerror', None) or error})", file=where) from error
    if not secret or len(secret) > 512 or not all(c.isalnum() or c in "-_" for c in secret):
        raise ConfigError("is not a credential as `s4 site add` prints it", field=where)
    return secret


def leaf_listen(settings: Settings) -> LeafListen | None:
    """Where this hub takes sites in, or None. Raises `ConfigError`."""
    accept = settings.accept
    if accept is None or settings.bus:
        return None
    host, port = _address(accept)
    if bool(accept.cert) != bool(accept.key):
        raise ConfigError("--leaf-cert and --leaf-key go together")
    if not accept.cert and host not in _LOOPBACK:
        log.warning("sites come in without encryption (use --leaf-cert and --leaf-key)", listen=host)
    cert = _file(accept.cert, "--leaf-cert") if accept.cert else ""
    key = _file(accept.key, "--leaf-key") if accept.key else ""
    if free_port(host, port) != port:
        raise ConfigError(f"somebody listens on {host}:{port} already", field="--accept-sites")
    return LeafListen(host, port, {}, cert, key)


def _address(accept: Accept) -> tuple[str, int]:
    host, _, port = accept.address.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ConfigError(f"{accept.address[:100]!r} is not a port or address:port", field="--accept-sites")
    return host.strip("[]") or "127.0.0.1", int(port)


def _file(path: Path, option: str) -> str:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}", field=option)
    return str(path.absolute())


def with_credentials(plan: ServerPlan, credentials: Credentials) -> ServerPlan:
    """The server's plan with the sites that may come in now."""
    if plan.listen is None:
        return plan
    sites = {row.id: row.bcrypt for row in credentials.list("site") if not row.revoked}
    return msgspec.structs.replace(plan, listen=msgspec.structs.replace(plan.listen, sites=sites))


async def hang_up_on(server: NatsServer, before: ServerPlan) -> None:
    """When a site was shut out or has a new secret, end the links there are: the bus itself would let them be."""
    if before.listen is None or server.plan.listen is None:
        return
    now = server.plan.listen.sites
    if all(now.get(site) == secret for site, secret in before.listen.sites.items()):
        return
    from s4.runtime.leaf_control import ServerWatch

    await asyncio.sleep(_RELOAD_S)
    watch = ServerWatch(server)
    try:
        await watch.hang_up()
    finally:
        await watch.close()


def beside(
    settings: Settings, city: City, words: tuple[str, ...], server: NatsServer | None
) -> tuple[Callable[[Beside], Sequence[Host]], ...]:
    """What runs beside the rooms: what a hub does for its sites, or an edge site with its hub; usually nothing."""
    if settings.accept is not None:
        return (lambda around: _receiver(settings, around),)
    if settings.leaf is not None and server is not None and server.plan.remote is not None:
        line = UplinkPlan(server.plan.remote.site, city.uplink, words, settings.data_dir)
        return (lambda around: _uplink(line, server, around),)
    return ()


def taken_in(settings: Settings, credentials: Credentials) -> Callable[[], frozenset[str]] | None:
    """On a hub that takes sites in: those with a credential now, whose devices are told what to do by way of them."""
    if settings.accept is None:
        return None
    return lambda: frozenset(row.id for row in credentials.list("site") if not row.revoked)


def _receiver(settings: Settings, around: Beside) -> list[Host]:
    from s4.runtime.uplink.decisions import TellHost
    from s4.runtime.uplink.receiver import ReceiverHost

    receiver = ReceiverHost(settings.data_dir, around.city, around.bus, around.recorder, around.clock)
    return [receiver, TellHost(around.bus, around.archive)]


def _uplink(plan: UplinkPlan, server: NatsServer, around: Beside) -> list[Host]:
    from s4.runtime.leaf_control import ServerWatch
    from s4.runtime.uplink.decisions import AskHost
    from s4.runtime.uplink.intake import intakes
    from s4.runtime.uplink.link import LinkHost
    from s4.runtime.uplink.orders import OrderHost
    from s4.runtime.uplink.remembered import Remembered
    from s4.runtime.uplink.sender import SenderHost

    line, remembered = Line(plan), Remembered(plan.folder / "downlink.sqlite")
    return [
        *intakes(line, around.city, around.bus, around.clock),
        SenderHost(line, around.bus),
        LinkHost(line, around.bus, around.recorder, around.clock, ServerWatch(server).control),
        OrderHost(plan.site, around.bus, around.dispatch, remembered),
        AskHost(plan.site, around.bus, around.recorder, remembered),
    ]


def address(settings: Settings) -> str:
    """What is shown of the leaf link: where sites come in, or the hub."""
    if settings.accept is not None and not settings.bus:
        return "nats://{}:{}".format(*_address(settings.accept))
    return f"hub {settings.leaf.url}" if settings.leaf else ""
