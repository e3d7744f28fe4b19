"""Which track goes on with what was seen: in two rounds, the same for the same input.

First by overlap with where the track should be, then, for those left over, by distance of the feet, so that somebody
missed in a few pictures is found again. Most pairs are contested by nobody, and taken as they are; the others are taken
greedily, and there other colours than the track's make a pair worth less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.appearance import unlike
from s4.detection.video.sightings import Floats, Sightings, areas, shared, table
from s4.detection.video.track import Track

LEAST_IOU: Final = 0.25
REACH: Final = 0.5  # heights
REACH_PER_S: Final = 0.6  # heights more for each second unseen
ALIKE: Final = 0.1  # looks that differ by less are the same person's, in a little other light
BY_LOOK: Final = 1.5  # what a difference of looks counts against overlap
WORTH_LITTLE: Final = 1e-3
Pairs = list[tuple[int, int]]


class _Candidates(NamedTuple):
    """Pairs that are possible: their places in the lists of tracks and of sightings, and what each is worth."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    worth: Floats


def associate(tracks: Sequence[Track], seen: Sightings) -> Pairs:
    """(track, sighting) by their places in the lists. Confirmed tracks choose first. Cost: 0.05 ms for ten people."""
    if not tracks or not len(seen.boxes):
        return []
    boxes = table([track.box for track in tracks])
    pairs = _choose(_by_overlap(boxes, seen.boxes), tracks, seen)
    rows, columns = _left(len(tracks), [row for row, _ in pairs]), _left(len(seen.boxes), [at for _, at in pairs])
    if rows and columns:
        near = _by_distance([tracks[row] for row in rows], boxes[rows], seen.boxes[columns])
        back = _Candidates(np.array(rows)[near.rows], np.array(columns)[near.columns], near.worth)
        pairs += _choose(back, tracks, seen)
    return pairs


def _left(many: int, taken: list[int]) -> list[int]:
    return sorted(set(range(many)).difference(taken))


def _choose(some: _Candidates, tracks: Sequence[Track], seen: Sightings) -> Pairs:
    """Those that nobody contests, whatever they are worth; of the others the best first, by their looks too."""
    rows, columns, _ = some
    lone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    pairs: Pairs = list(zip(rows[lone].tolist(), columns[lone].tolist(), strict=True))
    if len(pairs) < len(lone):
        contested = ~lone
        pairs += _greedy(_Candidates(*(column[contested] for column in some)), tracks, seen)
    return pairs


def _greedy(some: _Candidates, tracks: Sequence[Track], seen: Sightings) -> Pairs:
    """Best pairs first, those of unconfirmed tracks after all others; ties by place."""
    looks = seen.looks(some.columns.tolist())
    ranked = []
    for row, column, worth in zip(*(values.tolist() for values in some), strict=True):
        memory, look = tracks[row].memory, looks.get(column)
        strange = 0.0 if memory is None or look is None else BY_LOOK * max(unlike(memory.look, look) - ALIKE, 0.0)
        ranked.append((not tracks[row].confirmed, -max(worth - strange, WORTH_LITTLE), row, column))
    pairs: Pairs = []
    taken, used = set[int](), set[int]()
    for _, _, row, column in sorted(ranked):
        if row not in taken and column not in used:
            taken.add(row)
            used.add(column)
            pairs.append((row, column))
    return pairs


def _by_overlap(boxes: Floats, seen: Floats) -> _Candidates:
    """Those whose boxes overlap, by intersection over union."""
    both = shared(boxes, seen)
    share = both / np.maximum(areas(boxes)[:, None] + areas(seen) - both, 1e-6)
    rows, columns = np.nonzero(share >= LEAST_IOU)
    return _Candidates(rows, columns, share[rows, columns])


def _by_distance(tracks: Sequence[Track], boxes: Floats, seen: Floats) -> _Candidates:
    """Those who can have come there, by how little of their reach it takes."""
    tall = boxes[:, 3:]
    reach = REACH + REACH_PER_S * np.array([[track.unseen_s] for track in tracks], np.float32)
    far = _off_the_way(tracks, _feet(boxes), _feet(seen)) / tall / reach
    ratio = seen[:, 3] / tall
    rows, columns = np.nonzero((far < 1.0) & (ratio >= 0.5) & (ratio <= 2.0))
    return _Candidates(rows, columns, np.float32(1.0) - far[rows, columns])


def _off_the_way(tracks: Sequence[Track], here: Floats, seen: Floats) -> Floats:
    """How far each sighting is from the way between where a track was last seen and where it should be now, px: who
    was hidden may have gone on or have stopped.
    """
    last = np.array([track.last_foot for track in tracks], np.float32)
    way = (here - last)[:, None]
    off = seen - last[:, None]
    share = np.clip((off * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1e-6), 0.0, 1.0)
    off -= share[..., None] * way
    return np.asarray(np.hypot(off[..., 0], off[..., 1]), np.float32)


def _feet(boxes: Floats) -> Floats:
    return boxes[:, :2] + boxes[:, 2:] * np.array([0.5, 1.0], np.float32)
