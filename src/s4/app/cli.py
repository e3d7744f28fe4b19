"""The command line. Each command lives in `app/commands/` and imports what it needs when it is called."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from s4.app.commands import (
    access,
    bench,
    camera,
    check,
    deadletters,
    detect,
    edge,
    evidence,
    exercise,
    history,
    models,
    run,
    sense,
    status,
)
from s4.core.errors import S4Error

app = typer.Typer(
    name="s4",
    help="s4 watches over a city: it senses, detects, fuses, weighs risks, and shows people one common picture.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"s4 {version('s4allcities')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Options of every command."""


for group in (
    run,
    status,
    check,
    deadletters,
    access,
    history,
    edge,
    camera,
    detect,
    models,
    evidence,
    sense,
    bench,
    exercise,
):
    group.add_to(app)


def main() -> None:
    """Entry point: 0 done, 1 bad input or a service that does not answer (one line on stderr), 2 usage."""
    try:
        app()
    except S4Error as error:
        sys.stderr.write(f"s4: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
