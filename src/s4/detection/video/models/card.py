"""The card of a model: what is known of an ONNX file, kept as TOML beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import ConfigError, InputError
from s4.core.model import kind_of
from s4.core.text_file import read_text
from s4.core.toml_lines import read_toml

_LARGEST_CARD: Final = 1 << 20
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Label = Annotated[str, Meta(min_length=1, max_length=64)]
Side = Annotated[int, Meta(ge=32, le=2048)]
Triple = tuple[float, float, float]
HeadName = Literal["picodet", "nanodet", "yolox", "yolov8", "detr", "fastestdet", "yunet", "ssd"]


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the network is shown: (value 0–255 − `mean`) ÷ `std` for each channel, in the order that `colour` names.

    `width`, `height`: px; `fit`: the picture stretched to that size, or kept in proportion, in the middle
    (`letterbox`) or in the upper left corner (`corner`), with `pad` (0–255) around it.
    """

    width: Side
    height: Side
    colour: Literal["bgr", "rgb"] = "bgr"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    fit: Literal["stretch", "letterbox", "corner"] = "stretch"
    pad: Annotated[int, Meta(ge=0, le=255)] = 114

    def __post_init__(self) -> None:
        if min(map(abs, self.std)) < 1e-6:
            raise ValueError("std must not be zero")


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`file`: the weights, in the card's own folder; `sha256`: their hash; `head`: how the outputs are read;
    `licence`, `source`: of the weights, in words; `labels`: the classes, in the network's order; `people`: labels that
    are persons; `kinds`: label → kind of detection (`core.model.kinds`) for those that are to be stated;
    `sure`: score from which a box counts by itself, `least`: from which it goes on with what was sure before;
    `most_iou`: of two boxes of a class that overlap more, the weaker is a double; `cell_offset`: middle of a cell,
    0.5 or 0 (`picodet`, `nanodet`); `decoded`: the network gives pixels already (`yolox`).
    """

    name: Name
    file: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    head: HeadName
    labels: Annotated[tuple[Label, ...], Meta(min_length=1, max_length=2000)]
    input: Input
    licence: str = ""
    source: str = ""
    people: tuple[Label, ...] = ()
    kinds: dict[Label, str] = {}
    sure: Share = 0.5
    least: Share = 0.4
    most_iou: Share = 0.6
    cell_offset: Share = 0.5
    decoded: bool = False

    def __post_init__(self) -> None:
        if self.file != Path(self.file).name or self.file in ("", ".", ".."):
            raise ValueError("file must be a name in the card's own folder")
        if self.least > self.sure:
            raise ValueError("least must not exceed sure")
        if unknown := [label for label in (*self.people, *self.kinds) if label not in self.labels]:
            raise ValueError(f"{unknown[0]!r} is none of the labels")


def card_path(model: Path) -> Path:
    """Where the card of an ONNX file stands.

    >>> card_path(Path("models/picodet.onnx")).name
    'picodet.toml'
    """
    return model.with_suffix(".toml")


def read_card(path: Path) -> ModelCard:
    """Read a card. Raises `ConfigError` naming file and field."""
    return parse_card(read_text(path, _LARGEST_CARD), file=str(path))


def parse_card(text: str, *, file: str = "card") -> ModelCard:
    r"""See `read_card`.

    >>> parse_card('name = "a b"')
    Traceback (most recent call last):
    s4.core.errors.ConfigError: card: Expected `str` matching regex '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$' - at `$.name`
    """
    table = read_toml(text, file=file)
    try:
        card = msgspec.convert(table, ModelCard)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), file=file) from error
    for label, kind in card.kinds.items():
        try:
            kind_of(kind)
        except InputError as error:
            raise ConfigError(error.reason, file=file, field=f"kinds.{label}") from error
    return card


def format_card(card: ModelCard) -> str:
    """The TOML text that `parse_card` reads back as the same card."""
    rows = msgspec.to_builtins(card)
    tables = {name: rows.pop(name) for name in ("input", "kinds")}
    text = _lines(rows)
    for name, table in tables.items():
        text += f"\n[{name}]\n{_lines(table)}" if table else ""
    return text


def _lines(table: dict[str, Any]) -> str:
    names = (key if key.isidentifier() and key.isascii() else _text(key) for key in table)
    return "".join(f"{name} = {_text(value)}\n" for name, value in zip(names, table.values(), strict=True))


def _text(value: object) -> str:
    """JSON's way to write a string, number, truth or list is TOML's too, but for DEL, which TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
