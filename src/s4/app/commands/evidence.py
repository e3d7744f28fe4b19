"""`s4 evidence`: what was kept of what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="What was kept of what happened.", no_args_is_help=True)
    group.callback()(_group)
    group.command("check")(check)
    app.add_typer(group, name="evidence")


def _group() -> None:
    """What was kept of what happened."""


def check(
    files: Annotated[
        list[Path], typer.Argument(help="Pieces of evidence, each with its proof beside.", metavar="FILE")
    ],
    key: Annotated[Path, typer.Option(help="The site's public key (PEM), from a hand that you trust.")],
) -> None:
    """Say what each file is, if the site signed it and nothing was changed since.

    \b
    Example:
      s4 evidence check ev-1.mp4 --key evidence.pub
    """
    from s4.core.clock import format_time
    from s4.core.errors import InputError
    from s4.shield.site_key import read_public
    from s4.shield.vault import check as checked

    public, wrong = read_public(key), []
    for file in files:
        try:
            one = checked(file, public)
        except InputError as error:
            wrong.append(error)
            continue
        start, end = (format_time(time) for time in (one.evidence.start, one.evidence.end))
        typer.echo(f"{file}: {one.evidence.title or one.evidence.type}, {one.source}, {one.city}, {start} to {end}")
    for complaint in wrong[:-1]:
        typer.echo(f"s4: {complaint}", err=True)
    if wrong:
        raise wrong[-1]
