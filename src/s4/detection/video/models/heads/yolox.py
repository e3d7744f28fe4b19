"""YOLOX heads: offset and logarithmic size for each cell, an object's score and one for each class.

x = (column + x̂) · stride, w = exp(ŵ) · stride; score = object × class (Ge et al. 2021). One output
[1, cells, 5 + classes]. A file may also have been written with the boxes in pixels already (`decoded`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Array, Candidates, best_class, centred
from s4.detection.video.models.grid import corners, pyramid
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed, flat

LONGEST: Final = 12.0  # exp(12) strides are larger than any picture; more would overflow


def _classes(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    pairs = [flat(shape) for shape in shapes.values()]
    if len(pairs) != 1 or pairs[0] is None:
        return None
    count, values = pairs[0]
    return agreed(values - 5, known) if pyramid(width, height, count) else None


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    (values,) = (value[0] for value in outputs.values())
    scores = values[:, 4:5] * values[:, 5:]
    rows = np.flatnonzero(scores.max(axis=1) >= reading.least)
    boxes = values[rows, :4]
    if not reading.decoded:
        boxes = _in_pixels(boxes, rows, reading, len(values))
    return best_class(centred(boxes), scores[rows], reading.least)


def _in_pixels(boxes: Array, rows: np.ndarray, reading: Reading, cells: int) -> Array:
    places, steps = corners(reading.width, reading.height, pyramid(reading.width, reading.height, cells) or ())
    middle = (boxes[:, :2] + places[rows]) * steps[rows]
    size = np.exp(np.minimum(boxes[:, 2:], np.float32(LONGEST))) * steps[rows]
    return np.concatenate([middle, size], axis=1)


YOLOX: Final = Head(
    title="YOLOX",
    outputs="one output (1, cells, 5 + classes)",
    classes=_classes,
    decode=_decode,
    shown={"colour": "bgr", "fit": "corner"},
)
