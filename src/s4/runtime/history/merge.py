"""Merges the many small files of an hour into one, so that a question opens few files. Safe to be killed at any point.

The merged file appears whole under a name that covers its parts; from then on readers pass the parts over, and
they are deleted. Killed in between, the parts are merely left over until the next merge.
"""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path
from typing import Final

from s4.core.lean import parquet
from s4.runtime.history.layout import SHELVES, Piece, Shelf, all_pieces, piece_name, pieces, sync_folder

_ENOUGH: Final = 16
_LARGEST_BYTES: Final = 256 << 20


def merge_history(root: Path) -> int:
    """Merge every hour that has grown into many files; returns how many files went. Memory: one row group."""
    gone = 0
    for shelf in SHELVES:
        gone += _sweep(root, shelf)
        for _, group in groupby(pieces(root, shelf), key=lambda piece: piece.path.parent):
            gone += _merge(list(group))
    return gone


def _sweep(root: Path, shelf: Shelf) -> int:
    kept = {piece.path for piece in pieces(root, shelf)}
    void = [piece.path for piece in all_pieces(root, shelf) if piece.path not in kept]
    void += (root / shelf).glob("hour=*/*.merge")  # of a merge that was killed
    for path in void:
        path.unlink(missing_ok=True)
    return len(void)


def _merge(group: list[Piece]) -> int:
    small = [piece for piece in group if piece.path.stat().st_size < _LARGEST_BYTES // _ENOUGH]
    adjoining = small if small == group[-len(small) :] else []
    if len(adjoining) < _ENOUGH:
        return 0
    target = adjoining[0].path.with_name(piece_name(adjoining[0].first, adjoining[-1].last))
    _copy(adjoining, target)
    for piece in adjoining:
        piece.path.unlink(missing_ok=True)
    return len(adjoining) - 1


def _copy(parts: list[Piece], target: Path) -> None:
    pq, aside = parquet(), target.with_suffix(".merge")
    with aside.open("wb") as file:
        schema = pq.read_schema(parts[0].path)
        with pq.ParquetWriter(file, schema, compression="zstd", compression_level=1) as writer:
            for part in parts:
                for batch in pq.ParquetFile(part.path).iter_batches(batch_size=131_072):
                    writer.write_batch(batch.cast(schema) if batch.schema != schema else batch)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(target)
    sync_folder(target.parent)
