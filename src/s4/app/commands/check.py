"""`s4 check`: say whether a city's description can be used, before it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(city: Annotated[Path, typer.Argument(help="The city's description.")] = Path("city.toml")) -> None:
    """Read a city.toml, make every part of it, and say what it holds; nothing is started.

    \b
    Example:
      s4 check city.toml
    """
    from s4.app.cityfile import load_city, placing
    from s4.app.compose import Composer
    from s4.core.clock import RealClock

    found = load_city(city)
    composer = Composer(found, RealClock(), city.absolute().parent, lambda _room: True)
    with placing(city):
        stages, doors, cameras = composer.stages(), composer.doors(), composer.cameras()
        composer.outlets()
        exports = composer.exports()
    typer.echo(
        f"{city}: {found.city.name}: {len(found.site)} sites, {len(found.asset)} assets, {len(doors)} sources, "
        f"{len(cameras)} cameras, {len(found.zone)} zones, {len(found.outlet)} outlets, {len(found.unit)} units, "
        f"{len(exports)} exports, "
        f"{len(stages)} stages: can be used"
    )
