"""`s4 models`: weights that the user brings for video detection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from s4.core.errors import InputError
    from s4.detection.video.models.card import HeadName, ModelCard

_FOLDER = Path("models")
_Folder = Annotated[Path, typer.Option("--folder", help="Where the models are kept, each beside its card.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Weights of your own for video detection: add, list, check.", no_args_is_help=True)
    group.callback()(_group)
    group.command("add")(add)
    group.command("list")(list_all)
    group.command("check")(check)
    app.add_typer(group, name="models")


def _group() -> None:
    """Weights of your own for video detection: add, list, check."""


def add(
    file: Annotated[Path, typer.Argument(help="The ONNX file.")],
    folder: _Folder = _FOLDER,
    name: Annotated[str, typer.Option(help="What it is to be called; else as the file.")] = "",
    labels: Annotated[Path | None, typer.Option(help="Text file: a class a line, in the network's order.")] = None,
    head: Annotated[str, typer.Option(help="How its outputs are read, where the file does not show it.")] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the input, where the file leaves it open.")] = "",
    licence: Annotated[str, typer.Option(help="The licence of the weights.")] = "",
    source: Annotated[str, typer.Option(help="Where they are from.")] = "",
) -> None:
    """Take in a model: copy it into the folder and write its card beside it. Look at the card before you use it.

    \b
    Examples:
      s4 models add picodet_s_416.onnx --licence Apache-2.0
      s4 models add helmets.onnx --labels helmets.txt --head yolov8 --size 640x480
    """
    from s4.detection.video.models.card import card_path
    from s4.detection.video.models.labels import read_labels
    from s4.detection.video.models.store import Told
    from s4.detection.video.models.store import add as add_model

    known = read_labels(labels) if labels else ()
    told = Told(name, known, _head(head), licence, source, _size(size))
    card = add_model(file, folder, told)
    typer.echo(_row(card))
    where = card_path(folder / card.file)
    typer.echo(f"Written to {where}: see that input, labels and licence are right, then: s4 models check", err=True)


def _head(text: str) -> HeadName | None:
    from s4.core.errors import InputError
    from s4.detection.video.models.heads import HEADS

    for name in HEADS:
        if name == text:
            return name
    if text:
        raise InputError(f"there is no head {text!r} (there are: {', '.join(HEADS)})", field="head")
    return None


def _size(text: str) -> tuple[int, int] | None:
    from s4.core.errors import InputError

    if not text:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 32 <= int(width) <= 2048 and 32 <= int(height) <= 2048):
        raise InputError(f"{text[:20]!r} is no size; write WIDTHxHEIGHT, each 32 to 2048 px", field="size")
    return int(width), int(height)


def list_all(folder: _Folder = _FOLDER) -> None:
    """List the models of a folder, as their cards describe them.

    \b
    Example:
      s4 models list --folder /srv/s4/models
    """
    from s4.core.errors import InputError
    from s4.detection.video.models.store import cards

    troubles: list[InputError] = []
    _there(folder)
    typer.echo(f"{'model':<28} {'head':<10} {'input px':<10} {'labels':>6}  licence")
    for _, card in cards(folder):
        if isinstance(card, InputError):
            troubles.append(card)
        else:
            typer.echo(_row(card))
    _raise(troubles)


def check(
    folder: _Folder = _FOLDER,
    name: Annotated[str, typer.Option(help="Only the model of this name.")] = "",
) -> None:
    """Check each model: the hash and the outputs are those of its card, and it runs. Says how long a picture takes.

    \b
    Example:
      s4 models check --folder /srv/s4/models
    """
    from s4.core.errors import InputError
    from s4.detection.video.models.store import cards, measure

    troubles: list[InputError] = []
    seen = 0
    for path, card in cards(_there(folder)):
        if name and name not in (path.stem, getattr(card, "name", "")):
            continue
        seen += 1
        try:
            if isinstance(card, InputError):
                raise card
            typer.echo(f"{card.name:<28} ok, {measure(path, card):.0f} ms a picture on one core")
        except InputError as error:
            troubles.append(error)
    if name and not seen:
        raise InputError(f"there is no model {name!r}", file=str(folder))
    _raise(troubles)


def _there(folder: Path) -> Path:
    from s4.core.errors import InputError

    if not folder.is_dir():
        raise InputError("there is no such folder of models", file=str(folder))
    return folder


def _raise(troubles: list[InputError]) -> None:
    """A line on stderr for each; the last one decides the exit code."""
    for trouble in troubles[:-1]:
        typer.echo(f"s4: {trouble}", err=True)
    if troubles:
        raise troubles[-1]


def _row(card: ModelCard) -> str:
    size = f"{card.input.width}x{card.input.height}"
    return f"{card.name:<28} {card.head:<10} {size:<10} {len(card.labels):>6}  {card.licence or 'not stated'}"
