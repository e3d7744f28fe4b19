"""GFL heads (PicoDet, NanoDet): the four distances from a cell's middle to the edges, each as a distribution.

Each distance is the mean of a softmax over 0 … r, times the level's stride (Li et al. 2020, Generalized Focal Loss).
The scores are probabilities. Outputs: for each level scores [1, cells, classes] and distances [1, cells, 4 (r + 1)]
(PicoDet), or all in one [1, cells, classes + 4 (r + 1)] (NanoDet; Plus counts from the cells' corners, the first from
their middles).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Array, Candidates, best_class
from s4.detection.video.models.grid import corners, pyramid
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed, flat

USUAL_BINS: Final = 8  # r + 1


def _by_level(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    found = [pair for shape in shapes.values() if (pair := flat(shape))]
    if len(found) != len(shapes) or len(found) < 2:
        return None
    half = len(found) // 2
    if len(found) % 2 or pyramid(width, height, sum(n for n, _ in found[:half])) is None:
        return None
    (first, *_), (second, *_) = found, found[half:]
    alike = all(k == first[1] for _, k in found[:half]) and all(k == second[1] for _, k in found[half:])
    paired = [n for n, _ in found[:half]] == [n for n, _ in found[half:]]
    return agreed(first[1], known) if alike and paired and second[1] >= 8 and second[1] % 4 == 0 else None


def _in_one(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    pairs = [flat(shape) for shape in shapes.values()]
    if len(pairs) != 1 or pairs[0] is None or pyramid(width, height, pairs[0][0]) is None:
        return None
    bins = pairs[0][1] - known if known else 4 * USUAL_BINS
    # Without labels only the usual distribution over the usual 80 classes can be told from other heads.
    usual = known is not None or pairs[0][1] == 80 + 4 * USUAL_BINS
    return agreed(pairs[0][1] - bins, known) if usual and bins >= 8 and bins % 4 == 0 else None


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    values = [value[0] for value in outputs.values()]
    if len(values) == 1:
        scores, bins = values[0][:, : reading.classes], values[0][:, reading.classes :]
    else:
        half = len(values) // 2
        scores, bins = np.concatenate(values[:half]), np.concatenate(values[half:])
    strides = pyramid(reading.width, reading.height, len(scores)) or ()
    places, steps = corners(reading.width, reading.height, strides)
    rows = np.flatnonzero(scores.max(axis=1) >= reading.least)
    middles = (places[rows] + np.float32(reading.cell_offset)) * steps[rows]
    far = _distances(bins[rows]) * steps[rows]
    boxes = np.concatenate([middles - far[:, :2], middles + far[:, 2:]], axis=1)
    return best_class(boxes, scores[rows], reading.least)


def _distances(bins: Array) -> Array:
    """float32[n, 4 (r + 1)] → the expected distances float32[n, 4], in strides."""
    each = bins.reshape(len(bins), 4, bins.shape[1] // 4)
    weights = np.exp(each - each.max(axis=2, keepdims=True))
    mean = (weights * np.arange(each.shape[2], dtype=np.float32)).sum(axis=2) / weights.sum(axis=2)
    return np.asarray(mean, np.float32)


PICODET: Final = Head(
    title="PicoDet",
    outputs="for each level scores (1, cells, classes), then for each level distances (1, cells, 4 × bins)",
    classes=_by_level,
    decode=_decode,
    shown={"colour": "rgb", "mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)},
)
NANODET: Final = Head(
    title="NanoDet-Plus",
    outputs="one output (1, cells, classes + 4 × bins)",
    classes=_in_one,
    decode=_decode,
    shown={"colour": "bgr", "mean": (103.53, 116.28, 123.675), "std": (57.375, 57.12, 58.395)},
    cell_offset=0.0,
)
