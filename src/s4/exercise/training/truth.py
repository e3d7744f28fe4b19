"""The truth of a clip: who and what is where in each picture, and what happens when. Written as JSON beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from s4.core.errors import InputError
from s4.exercise.training.scene import Scene

Box = tuple[float, float, float, float]
LARGEST: Final = 1 << 28


class Present(msgspec.Struct, frozen=True, array_like=True):
    """Somebody or something in a picture, written as an array. `bbox`: x, y, w, h px with what is hidden or beyond the
    edge; `seen`: 0–1, the share of it that can be seen.
    """

    id: int
    bbox: Box
    seen: float


class PictureTruth(msgspec.Struct, frozen=True):
    """One picture: its number from 0, and who and what is in it."""

    frame: int
    people: tuple[Present, ...] = ()
    things: tuple[Present, ...] = ()


class ActTruth(msgspec.Struct, frozen=True):
    """Something that really happens: `kind` of the vocabulary; seconds and frames from the start of the clip, `end_*`
    of its last moment; `people`, `things`: ids; `bbox` px: what it is about, None when that is the whole picture;
    `times_s`: further times, as `put_down_s` and `walked_off_s`.
    """

    kind: str
    start_s: float
    end_s: float
    start_frame: int
    end_frame: int
    people: tuple[int, ...] = ()
    things: tuple[int, ...] = ()
    bbox: Box | None = None
    times_s: dict[str, float] = {}


class Truth(msgspec.Struct, frozen=True):
    """All of a clip. `size`: width, height px."""

    scene: Scene
    size: tuple[int, int]
    seconds: float
    acts: tuple[ActTruth, ...]
    pictures: tuple[PictureTruth, ...]


def write_truth(truth: Truth, path: Path) -> None:
    """Write it as JSON. Raises `InputError` when the file cannot be written."""
    try:
        path.write_bytes(msgspec.json.encode(truth) + b"\n")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=str(path)) from error


def read_truth(path: Path) -> Truth:
    """Read what `write_truth` wrote. Raises `InputError` naming file and field."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"is larger than {LARGEST >> 20} MiB", file=str(path))
        return msgspec.json.decode(path.read_bytes(), type=Truth)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except msgspec.DecodeError as error:
        raise InputError(f"is no truth of a clip: {error}", file=str(path)) from error
