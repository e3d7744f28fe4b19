"""A folder of models: files with their cards. Adding one makes its card, listing reads them, checking runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import process_time
from typing import Final, NamedTuple

import msgspec
import numpy as np

from s4.core.errors import ConflictError, InputError
from s4.detection.video.models.card import HeadName, ModelCard, card_path, format_card, parse_card, read_card
from s4.detection.video.models.detector import Detector
from s4.detection.video.models.heads import HEADS, recognise
from s4.detection.video.models.labels import COCO, FACE
from s4.detection.video.models.network import Network, read_weights

USUAL_SIDE: Final = 640
"""Of an input whose size the file leaves open, px."""


class Told(NamedTuple):
    """What somebody says of a file; what is empty is found out, or taken as usual for the head."""

    name: str = ""
    labels: tuple[str, ...] = ()
    head: HeadName | None = None
    licence: str = ""
    source: str = ""
    size: tuple[int, int] | None = None


NOTHING_TOLD: Final = Told()


def describe(path: Path, told: Told = NOTHING_TOLD) -> ModelCard:
    """The card of an ONNX file that has none: its hash, and the head that its outputs show.

    Raises `InputError` when nobody can tell how its outputs are to be read.
    """
    data, sha256 = read_weights(path)
    network = Network(data, str(path))
    width, height = told.size or (network.size[0] or USUAL_SIDE, network.size[1] or USUAL_SIDE)
    outputs = network.run(np.zeros((1, 3, height, width), np.float32))
    shapes = {name: value.shape for name, value in outputs.items()}
    known = len(told.labels) or None
    if told.head:
        classes = HEADS[told.head].classes(shapes, width, height, known)
        found = (told.head, classes) if classes else None
    else:
        found = recognise(shapes, width, height, known)
    if found is None:
        gives = ", ".join(str(shape) for shape in list(shapes.values())[:4])
        reason = f"gives {gives}, which fits {told.head or 'no head that is known'}; say its head and its labels"
        raise InputError(reason, file=str(path))
    return _card(path, sha256, found, told, (width, height))


def _card(path: Path, sha256: str, found: tuple[HeadName, int], told: Told, size: tuple[int, int]) -> ModelCard:
    head, classes = found
    labels = told.labels or _usual_labels(head, classes)
    if not labels:
        raise InputError(f"tells {classes} classes apart; say their labels", file=str(path))
    card = {
        "name": told.name or path.stem,
        "file": path.name,
        "sha256": sha256,
        "head": head,
        "labels": labels,
        "input": {"width": size[0], "height": size[1], **HEADS[head].shown},
        "cell_offset": HEADS[head].cell_offset,
        "sure": HEADS[head].sure,
        "least": HEADS[head].least,
        "licence": told.licence,
        "source": told.source,
        "people": ["person"] if "person" in labels else [],
    }
    try:
        return msgspec.convert(card, ModelCard)
    except msgspec.ValidationError as error:
        raise InputError(str(error), file=str(path)) from error


def _usual_labels(head: HeadName, classes: int) -> tuple[str, ...]:
    if classes == 1 and head in ("yunet", "ssd"):
        return FACE
    return COCO if classes == len(COCO) else ("person",) if classes == 1 else ()


def add(path: Path, folder: Path, told: Told = NOTHING_TOLD) -> ModelCard:
    """Copy a file into `folder` (unless it is there) and write its card beside it.

    Raises `ConflictError` when the folder has another model of that name, `InputError` when it cannot be used.
    """
    card = describe(path, told)
    card = msgspec.structs.replace(card, file=f"{card.name}.onnx" if path.parent != folder else card.file)
    target = folder / card.file
    where = card_path(target)
    if where.exists() or (target.exists() and not _same(target, path)):
        raise ConflictError(f"{where if where.exists() else target}: there is one already; remove it first")
    if not target.exists():
        _write(target, read_weights(path)[0])
    parse_card(format_card(card), file=str(where))
    _write(where, format_card(card).encode())
    return card


def _same(a: Path, b: Path) -> bool:
    return a.resolve() == b.resolve() or read_weights(a)[1] == read_weights(b)[1]


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise InputError(f"cannot be written: {error.strerror or error}", file=str(path)) from error


def cards(folder: Path) -> Iterator[tuple[Path, ModelCard | InputError]]:
    """Every model of a folder by name of the card's file: (weights, card), or what is wrong with the card."""
    for path in sorted(folder.glob("*.toml")):
        try:
            card = read_card(path)
        except InputError as error:
            yield path, error
        else:
            yield path.with_name(card.file), card


def open_model(path: Path) -> Detector:
    """The model in an ONNX file: by the card beside it, else by what the file itself shows.

    Raises `InputError`. Without a card nothing says that the file is still the one that was chosen.
    """
    if not path.is_file():
        raise InputError("there is no such model", file=str(path))
    where = card_path(path)
    card = read_card(where) if where.exists() else describe(path)
    if card.file != path.name:
        raise InputError(f"is the card of {card.file}, not of {path.name}", file=str(where))
    return Detector(path, card)


def measure(path: Path, card: ModelCard) -> float:
    """Check the weights against their card and run them on grey pictures → ms of processor time a picture, the median.

    Raises `InputError`.
    """
    detector = Detector(path, card)
    grey = np.full((card.input.height, card.input.width, 3), 128, np.uint8)
    times = []
    for _ in range(3):
        begun = process_time()
        detector.find(grey)
        times.append(1000.0 * (process_time() - begun))
    return median(times)
