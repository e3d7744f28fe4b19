"""`s4 sense`: what one sensor's recording says, from the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Look into one sensor's recording.", no_args_is_help=True)
    group.callback()(_group)
    group.command("series")(series)
    app.add_typer(group, name="sense")


def _group() -> None:
    """Look into one sensor's recording."""


def series(
    file: Annotated[str, typer.Argument(help="CSV with a header line; - reads standard input.")],
    time: Annotated[str, typer.Option(help="Column of the time: name, or number from 1.")] = "",
    value: Annotated[str, typer.Option(help="Column of the value: name, or number from 1.")] = "",
    odd_from: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Score (0 to 1) from which a row is labelled.")
    ] = 0.8,
    out: Annotated[Path | None, typer.Option(help="Write here instead of to standard output.")] = None,
) -> None:
    """Say how unusual each row of a series is: a JSON line a row with its time, score (0-1, high means odd) and label.

    \b
    Example:
      s4 sense series co2.csv --time timestamp --value co2 --out scores.jsonl
    """
    import contextlib
    import sys

    import msgspec

    from s4.app.output import lines_to
    from s4.core.errors import InputError
    from s4.edge.unusual.scores import score_rows
    from s4.edge.unusual.table import read_series

    encode = msgspec.json.Encoder().encode
    with contextlib.ExitStack() as stack:
        try:
            lines = sys.stdin if file == "-" else stack.enter_context(Path(file).open(encoding="utf-8-sig", newline=""))
            write = stack.enter_context(lines_to(out, at_once=file == "-"))
            for score in score_rows(read_series(lines, file=file, time=time, value=value), odd_from):
                write(encode(score))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{getattr(error, 'strerror', None) or error}", file=file) from error
