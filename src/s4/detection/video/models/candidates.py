"""What a head reads out of a network's outputs: boxes with a score and a class, and how doubles are left out."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
MOST: Final = 1000
"""Of those above the least score, as many of the best are looked at."""


class Candidates(NamedTuple):
    """`boxes`: float32[n, 4], left, top, right, bottom in pixels of the network's input; `scores`: float32[n], 0–1;
    `classes`: int64[n].
    """

    boxes: Array
    scores: Array
    classes: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Candidates:
        """Only these rows, in this order."""
        return Candidates(self.boxes[rows], self.scores[rows], self.classes[rows])


def best_class(boxes: Array, scores: Array, least: float) -> Candidates:
    """Boxes [n, 4] and the scores of every class [n, classes] → the best class of each box that reaches `least`.

    >>> best_class(np.zeros((2, 4), "f"), np.array([[0.1, 0.9], [0.2, 0.1]], "f"), 0.5).classes.tolist()
    [1]
    """
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    rows = np.flatnonzero(best >= least)
    return Candidates(boxes[rows], best[rows], classes[rows].astype(np.int64))


def centred(boxes: Array) -> Array:
    """Boxes as middle x, middle y, width, height → left, top, right, bottom."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def sigmoid(values: Array) -> Array:
    """1 / (1 + exp(−x)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), np.float32)


def suppress(found: Candidates, most_iou: float) -> Candidates:
    """Of each class the best boxes, none of which overlaps a better one by more than `most_iou` (greedy, Felzenszwalb
    2010). Ties are kept in order. What is not finite or has no area is left out. Cost: about 1 ms for 300 boxes.
    """
    sound = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.scores)
    sound &= (found.boxes[:, 2:] > found.boxes[:, :2]).all(axis=1)
    found = found.of(sound)
    order = np.argsort(-found.scores, kind="stable")[:MOST].astype(np.int64)
    kept: list[int] = []
    while len(order):
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        shared = overlaps(found.boxes[first], found.boxes[rest])
        order = rest[(shared <= most_iou) | (found.classes[rest] != found.classes[first])]
    return found.of(np.array(kept, np.int64))


def overlaps(box: Array, boxes: Array) -> Array:
    """Intersection over union of one box with each of `boxes`, 0–1."""
    corner = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.clip(corner, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)
