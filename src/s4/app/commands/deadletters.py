"""`s4 dead`: what could not be processed, why, and how to try it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s4.runtime.deadletters import DeadLetter

_DataDir = Annotated[Path, typer.Option(help="The data folder of the running s4.")]
_DATA = Path("s4-data")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Look at what could not be processed, and send it again.", no_args_is_help=True)
    group.command("list")(list_letters)
    group.command("show")(show)
    group.command("replay")(replay)
    app.add_typer(group, name="dead")


def list_letters(
    data_dir: _DataDir = _DATA,
    newest: Annotated[int, typer.Option(help="At most so many, the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON Lines.")] = False,
) -> None:
    """List dead letters, oldest first: number, time, who refused it, why.

    \b
    Example:
      s4 dead list --newest 10
    """
    import asyncio

    import msgspec

    for letter in asyncio.run(_read(data_dir, newest)):
        typer.echo(msgspec.json.encode(letter).decode() if as_json else _line(letter))


def show(number: Annotated[int, typer.Argument(help="The letter's number.")], data_dir: _DataDir = _DATA) -> None:
    """Show one dead letter whole, its bytes as text.

    \b
    Example:
      s4 dead show 12
    """
    import asyncio

    from s4.core.errors import InputError

    found = [letter for letter in asyncio.run(_read(data_dir, 1_000_000)) if letter.number == number]
    if not found:
        raise InputError(f"there is no dead letter {number}")
    typer.echo(f"{_line(found[0])}\n{found[0].subject}\n{found[0].payload().decode(errors='backslashreplace')}")


def replay(
    numbers: Annotated[list[int], typer.Argument(help="The letters' numbers.")], data_dir: _DataDir = _DATA
) -> None:
    """Send dead letters again to where they came from (after a rule or a device's description was mended).

    \b
    Example:
      s4 dead replay 12 13
    """
    import asyncio

    done = asyncio.run(_replay(data_dir, set(numbers)))
    typer.echo(f"{done} sent again")


async def _read(data_dir: Path, newest: int) -> list[DeadLetter]:
    from s4.app.reach import connected
    from s4.runtime import deadletters

    async with connected(data_dir) as bus:
        return [letter async for letter in deadletters.read(bus, newest)]


async def _replay(data_dir: Path, numbers: set[int]) -> int:
    from s4.app.reach import connected
    from s4.runtime import deadletters

    async with connected(data_dir) as bus:
        wanted = [letter async for letter in deadletters.read(bus, 1_000_000) if letter.number in numbers]
        for letter in wanted:
            await deadletters.replay(bus, letter)
    return len(wanted)


def _line(letter: DeadLetter) -> str:
    from s4.core.clock import format_time

    return f"{letter.number:>6}  {format_time(letter.time)}  {letter.stage:<12} {letter.reason}"
