"""Which track goes on with what was seen: greedy, in two rounds, the same for the same input.

First by overlap with where the track should be, then, for those left over, by distance of the feet, so that somebody
missed in a few pictures is found again. Other colours than the track's make a pair worth less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.sightings import Floats, Sightings, shared, table
from s4.detection.video.track import Track

LEAST_IOU: Final = 0.25
REACH: Final = 0.5  # heights
REACH_PER_S: Final = 0.6  # heights more for each second unseen
ALIKE: Final = 0.1  # looks that differ by less are the same person's, in a little other light
BY_LOOK: Final = 1.5  # what a difference of looks counts against overlap
WORTH_LITTLE: Final = 1e-3
Pairs = list[tuple[int, int]]


def associate(tracks: Sequence[Track], seen: Sightings) -> Pairs:
    """(track, sighting) by their places in the lists. Confirmed tracks choose first. Cost: 0.2 ms for ten people."""
    if not tracks or not len(seen.boxes):
        return []
    boxes = table([track.box for track in tracks])
    strange = BY_LOOK * np.maximum(_unlike(tracks, seen) - ALIKE, 0.0)
    later = np.array([not track.confirmed for track in tracks])
    pairs = _greedy(_by_overlap(boxes, seen.boxes, strange), later)
    distance = _by_distance(tracks, boxes, seen.boxes, strange)
    distance[[row for row, _ in pairs]] = 0.0
    distance[:, [column for _, column in pairs]] = 0.0
    return pairs + _greedy(distance, later)


def _unlike(tracks: Sequence[Track], seen: Sightings) -> Floats:
    """How other everybody looks, float[tracks, sightings]; 0 where it is not known."""
    difference = np.zeros((len(tracks), len(seen.boxes)), np.float32)
    known = [row for row, track in enumerate(tracks) if track.memory is not None]
    if seen.looks is not None and known:
        looks = np.stack([track.memory.look for track in tracks if track.memory is not None])
        difference[known] = 1.0 - looks @ seen.looks.T
    return difference


def _by_overlap(boxes: Floats, seen: Floats, strange: Floats) -> Floats:
    both = shared(boxes, seen)
    union = (boxes[:, 2] * boxes[:, 3])[:, None] + (seen[:, 2] * seen[:, 3])[None] - both
    share = both / np.maximum(union, 1e-6)
    return np.where(share >= LEAST_IOU, np.maximum(share - strange, WORTH_LITTLE), 0.0).astype(np.float32)


def _by_distance(tracks: Sequence[Track], boxes: Floats, seen: Floats, strange: Floats) -> Floats:
    tall = boxes[:, 3:]
    reach = REACH + REACH_PER_S * np.array([[track.unseen_s] for track in tracks], np.float32)
    far = _off_the_way(tracks, _feet(boxes), _feet(seen)) / tall / reach
    ratio = seen[None, :, 3] / tall
    can = (far < 1.0) & (ratio >= 0.5) & (ratio <= 2.0)
    return np.where(can, np.maximum(1.0 - far - strange, WORTH_LITTLE), 0.0).astype(np.float32)


def _off_the_way(tracks: Sequence[Track], here: Floats, seen: Floats) -> Floats:
    """How far each sighting is from the way between where a track was last seen and where it should be now, px: who
    was hidden may have gone on or have stopped.
    """
    last = np.array([track.last_foot for track in tracks], np.float32)
    way = (here - last)[:, None]
    off = seen[None] - last[:, None]
    share = np.clip((off * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1e-6), 0.0, 1.0)
    return np.asarray(np.hypot(*np.moveaxis(off - share[..., None] * way, 2, 0)), np.float32)


def _feet(boxes: Floats) -> Floats:
    return boxes[:, :2] + boxes[:, 2:] * np.array([0.5, 1.0], np.float32)


def _greedy(worth: Floats, later: NDArray[np.bool_]) -> Pairs:
    """Best pairs first, those of rows marked `later` after all others; ties by place."""
    rows, columns = np.nonzero(worth > 0.0)
    order = np.lexsort((columns, rows, -worth[rows, columns], later[rows]))
    pairs: Pairs = []
    taken, used = set[int](), set[int]()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken and column not in used:
            taken.add(row)
            used.add(column)
            pairs.append((row, column))
    return pairs
