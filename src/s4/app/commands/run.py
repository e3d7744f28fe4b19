"""`s4 run` and `s4 demo`: a city in this process tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s4.app.run import Life
    from s4.app.settings import Settings
    from s4.shield.sessions import Person

_CITY = Path("city.toml")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo")(demo)
    app.command("run")(run)


def run(
    city: Annotated[Path, typer.Argument(help="The city's description.")] = _CITY,
    rooms: Annotated[
        list[str] | None,
        typer.Argument(help="Only these rooms run here. None named: all, or those of an edge site with --leaf."),
    ] = None,
    bus: Annotated[str, typer.Option(help="URL of a NATS with JetStream; else one is started here.")] = "",
    store: Annotated[str, typer.Option(help="URL of the store, such as postgresql://…; else SQLite.")] = "",
    data_dir: Annotated[Path, typer.Option(help="Where everything that is kept lies.")] = Path("s4-data"),
    host: Annotated[
        str, typer.Option(help="Address to listen on. Only this machine can reach the default.")
    ] = "127.0.0.1",
    http_port: Annotated[
        int, typer.Option(help="Port of the page and of HTTP ingest (the next free one if taken).")
    ] = 8400,
    mqtt_port: Annotated[int, typer.Option(help="Port on which devices speak MQTT (likewise).")] = 1883,
    sync: Annotated[
        str, typer.Option(help="How often the bus syncs to disk: a duration such as 1s, or always.")
    ] = "1s",
    speed: Annotated[float, typer.Option(help="How fast recordings and their clock run (1 = as it was).")] = 1.0,
    origin: Annotated[list[str] | None, typer.Option(help="Another address of the page, behind a proxy.")] = None,
    map_host: Annotated[list[str] | None, typer.Option(help="A host from which a base map may be fetched.")] = None,
    leaf: Annotated[str, typer.Option(help="This is an edge site; URL of its hub: nats://… or tls://….")] = "",
    site: Annotated[str, typer.Option(help="Which site this is, when the city has several.")] = "",
    leaf_secret: Annotated[
        Path | None, typer.Option(help="File of the site's credential; else the variable S4_LEAF_SECRET.")
    ] = None,
    leaf_ca: Annotated[Path | None, typer.Option(help="Certificate of the authority that the hub's is from.")] = None,
    accept_sites: Annotated[
        str, typer.Option(help="Take edge sites in, on this port or address:port (a port alone: this machine only).")
    ] = "",
    leaf_cert: Annotated[Path | None, typer.Option(help="Certificate with which the hub proves who it is.")] = None,
    leaf_key: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Watch over a city: every room in one process tree, or the rooms named.

    \b
    Examples:
      s4 run city.toml
      s4 run city.toml --data-dir /var/lib/s4 --store postgresql://s4@db/city
      s4 run city.toml fusion risk --bus nats://hub:4222 --store postgresql://s4@db/city
      s4 run city.toml --accept-sites 0.0.0.0:7422 --leaf-cert hub.crt --leaf-key hub.key
      s4 run --leaf tls://hub:7422 --site square --leaf-secret square.secret
      s4 run city.toml sensing edge detection response --leaf tls://hub:7422
    """
    from s4.app.settings import EDGE_ROOMS, Accept, Leaf, Settings
    from s4.core.clock import RealClock

    start = RealClock().now() if speed != 1.0 else 0
    city_file, named = _told(city, rooms or ())
    settings = Settings(
        city_file=city_file, rooms=named or (EDGE_ROOMS if leaf else ()),
        bus=bus, store=store, data_dir=data_dir, sync=sync, host=host,
        http_port=http_port, mqtt_port=mqtt_port, start=start, anchor=start, speed=speed,
        origins=tuple(origin or ()), map_hosts=tuple(map_host or ()),
        leaf=Leaf(url=leaf, site=site, secret=leaf_secret, ca=leaf_ca) if leaf else None,
        accept=Accept(address=accept_sites, cert=leaf_cert, key=leaf_key) if accept_sites else None,
    )  # fmt: skip
    run_until_stopped(settings, verbose=verbose)


def _told(city: Path, rooms: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """The city's file and the rooms; the file may be left out before a room's name."""
    from s4.core.ports import STREET

    if str(city) in STREET and not city.exists():
        return _CITY, (str(city), *rooms)
    return city, tuple(rooms)


def demo(
    scenario: Annotated[str, typer.Option(help="Which script is played.")] = "festival",
    speed: Annotated[float, typer.Option(help="Simulated seconds per real second.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same exercise.")] = 7,
    folder: Annotated[Path | None, typer.Option(help="Keep city, data and truth here; else a temporary one.")] = None,
    http_port: Annotated[int, typer.Option(help="Port of the page (the next free one if taken).")] = 8400,
    mqtt_port: Annotated[int, typer.Option(help="Port on which devices speak MQTT (likewise).")] = 1883,
    for_s: Annotated[float, typer.Option("--for", help="Stop after so many real seconds; 0 = on Ctrl-C.")] = 0.0,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Play the exercise city with everything on, and open the picture.

    A bag is left in the square, a door is forced at the stadium, somebody scans the camera network: all within ten
    minutes, through the same doors that real sensors use.

    \b
    Examples:
      s4 demo
      s4 demo --speed 4 --folder demo --no-open
    """
    import uvloop

    from s4.app.demo import Play, new_folder, playing
    from s4.app.log import configure_logs

    configure_logs(verbose=verbose)
    play = Play((folder or new_folder()).absolute(), scenario, seed, speed, http_port, mqtt_port)

    async def live() -> None:
        async with playing(play) as life:
            link = greeting(life)
            typer.echo(f"{link}\n  folder {play.folder}\n  Stop with Ctrl-C.", err=True)
            if open_page:
                typer.launch(life.login_link(_operator()))
            await _until_stopped_or(for_s)
            typer.echo("s4: stopping …", err=True)

    uvloop.run(live())


async def _until_stopped_or(seconds: float) -> None:
    import asyncio

    from s4.app.run import until_signalled

    try:
        await asyncio.wait_for(until_signalled(), seconds or None)
    except TimeoutError:
        return


def _operator() -> Person:
    from s4.shield.sessions import Person

    return Person("operator", "supervisor", "Operator")


def run_until_stopped(settings: Settings, *, verbose: bool = False) -> None:
    """Run a city, say where it is, stop on Ctrl-C."""
    import uvloop

    from s4.app.log import configure_logs
    from s4.app.run import living, until_signalled

    configure_logs(verbose=verbose)

    async def live() -> None:
        async with living(settings) as life:
            typer.echo(greeting(life), err=True)
            await until_signalled()
            typer.echo("s4: stopping …", err=True)

    uvloop.run(live())


def greeting(life: Life) -> str:
    """Where the city can be reached, and a link that signs the first person in."""
    from s4.runtime.address import without_password

    where = life.addresses
    lines = [f"s4 watches over {life.city.city.name}.", f"  bus    {without_password(where.bus)}"]
    if where.sites:
        lines.append(f"  sites  {where.sites}")
    if where.mqtt:
        lines.append(f"  mqtt   {where.mqtt}  (a credential for each device: s4 device add ID)")
    if where.http:
        lines.append(f"  ingest {where.http}/ingest/DEVICE")
        lines.append(f"  page   {life.login_link(_operator())}")
        lines.append("         (the link works once, for ten minutes; another one: s4 login)")
    return "\n".join(lines)
