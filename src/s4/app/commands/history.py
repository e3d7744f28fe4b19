"""`s4 history`: what sensors said, from the files; works while s4 runs and while it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Read the history of observations.", no_args_is_help=True)
    group.command("series")(series)
    group.command("count")(count)
    app.add_typer(group, name="history")


def series(data_dir: Annotated[Path, typer.Option(help="The data folder.")] = Path("s4-data")) -> None:
    """List every series there is: source, property, unit.

    \b
    Example:
      s4 history series
    """
    from s4.runtime.history.reader import HistoryReader

    for source, name, unit in HistoryReader(data_dir / "history").series():
        typer.echo(f"{source:<28} {name:<28} {unit}")


def count(data_dir: Annotated[Path, typer.Option(help="The data folder.")] = Path("s4-data")) -> None:
    """Count the observations in history.

    \b
    Example:
      s4 history count
    """
    from s4.runtime.history.layout import SHELVES
    from s4.runtime.history.reader import HistoryReader

    reader = HistoryReader(data_dir / "history")
    for shelf in SHELVES:
        typer.echo(f"{shelf:<10} {reader.count(shelf):>16,}")
