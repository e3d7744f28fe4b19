"""FastestDet heads: one level, one box for each cell.

x = (column + tanh x̂) ÷ columns, w = sigmoid ŵ, fractions of the input; score = object^0.6 × class^0.4 (as the model's
author measures it). One output [1, 5 + classes, rows, columns]: object, box, classes; object and classes are
probabilities.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Candidates, best_class, centred, sigmoid
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed

STRIDE: Final = 16
OBJECT_POWER, CLASS_POWER = 0.6, 0.4


def _classes(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    if len(shapes) != 1:
        return None
    (shape,) = shapes.values()
    if len(shape) != 4 or shape[0] != 1 or shape[2:] != (height // STRIDE, width // STRIDE):
        return None
    return agreed(shape[1] - 5, known)


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    (value,) = outputs.values()
    rows, columns = value.shape[2:]
    flat = value[0].reshape(value.shape[1], -1).T
    row, column = np.divmod(np.arange(rows * columns, dtype=np.float32), np.float32(columns))
    x = (column + np.tanh(flat[:, 1])) * (reading.width / columns)
    y = (row + np.tanh(flat[:, 2])) * (reading.height / rows)
    size = sigmoid(flat[:, 3:5]) * np.array([reading.width, reading.height], np.float32)
    boxes = centred(np.concatenate([np.stack([x, y], axis=1), size], axis=1).astype(np.float32))
    scores = np.clip(flat[:, :1], 0, 1) ** OBJECT_POWER * np.clip(flat[:, 5:], 0, 1) ** CLASS_POWER
    return best_class(boxes, scores, reading.least)


FASTESTDET: Final = Head(
    title="FastestDet",
    outputs="one output (1, 5 + classes, height ÷ 16, width ÷ 16)",
    classes=_classes,
    decode=_decode,
    shown={"colour": "bgr", "std": (255.0, 255.0, 255.0)},
    sure=0.65,  # the author's threshold: this score is high for everything
    least=0.6,
)
