"""YOLOv8-style heads (YOLOv8, 9, 11): boxes in pixels, one score for each class, channels first.

One output [1, 4 + classes, cells]: middle x, y, width, height, then probabilities.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Candidates, best_class, centred
from s4.detection.video.models.grid import pyramid
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed, flat


def _classes(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    pairs = [flat(shape) for shape in shapes.values()]
    if len(pairs) != 1 or pairs[0] is None:
        return None
    values, count = pairs[0]
    return agreed(values - 4, known) if pyramid(width, height, count) else None


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    (values,) = (value[0].T for value in outputs.values())
    rows = np.flatnonzero(values[:, 4:].max(axis=1) >= reading.least)
    return best_class(centred(values[rows, :4]), values[rows, 4:], reading.least)


YOLOV8: Final = Head(
    title="YOLOv8 and those like it",
    outputs="one output (1, 4 + classes, cells)",
    classes=_classes,
    decode=_decode,
    shown={"colour": "rgb", "std": (255.0, 255.0, 255.0), "fit": "letterbox"},
)
