"""Where history lies: `<root>/<readings|events>/hour=2026-05-01T18/<first>-<last>.parquet`.

`first` and `last` are the sequences on the bus that the file holds. A file appears whole (written aside, synced,
renamed), so a shelf's newest name says exactly how far it reaches: a restart continues behind it, and nothing is
written twice or lost. A merged file covers the range of its parts; a part that lies inside a merged file is void.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, NamedTuple

Shelf = Literal["readings", "events"]
SHELVES: Final[tuple[Shelf, ...]] = ("readings", "events")
_NAME: Final = re.compile(r"(\d{20})-(\d{20})\.parquet")


class Piece(NamedTuple):
    """One file: the range of bus sequences it holds, both ends included."""

    first: int
    last: int
    path: Path


def piece_name(first: int, last: int) -> str:
    """The file's name.

    >>> piece_name(7, 19)
    '00000000000000000007-00000000000000000019.parquet'
    """
    return f"{first:020d}-{last:020d}.parquet"


def all_pieces(root: Path, shelf: Shelf) -> list[Piece]:
    """Every file of a shelf, in order, those that a merged file covers included."""
    paths = (root / shelf).glob("hour=*/*.parquet")
    found = [Piece(int(match[1]), int(match[2]), path) for path in paths if (match := _NAME.fullmatch(path.name))]
    return sorted(found, key=lambda piece: (piece.first, -piece.last))


def pieces(root: Path, shelf: Shelf) -> list[Piece]:
    """Every valid file of a shelf, in order; parts that a merged file already covers are left out."""
    return _uncovered(all_pieces(root, shelf))


def _uncovered(ordered: Iterable[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for piece in ordered:
        if not kept or piece.last > kept[-1].last:
            kept.append(piece)
    return kept


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
