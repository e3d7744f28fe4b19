"""SSD heads that were written with their boxes decoded (RFB-320, Ultra-Light-Fast): faces with a background class.

Scores [1, priors, 1 + classes] as probabilities, the first one of nothing; boxes [1, priors, 4] as left, top, right,
bottom, fractions of the input. Told by the number of priors: 3, 2, 2 and 3 a cell of the strides 8, 16, 32 and 64.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Candidates, best_class
from s4.detection.video.models.grid import cells
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed, flat

PRIORS: Final = {8: 3, 16: 2, 32: 2, 64: 3}


def _classes(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    pairs = [flat(shape) for shape in shapes.values()]
    if len(pairs) != 2 or pairs[0] is None or pairs[1] is None:
        return None
    priors = sum(each * cells(width, height, stride) for stride, each in PRIORS.items())
    (count, scores), (others, box) = pairs[0], pairs[1]
    return agreed(scores - 1, known) if count == others == priors and box == 4 else None


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    scores, boxes = (value[0] for value in outputs.values())
    scale = np.array([reading.width, reading.height] * 2, np.float32)
    return best_class(boxes * scale, scores[:, 1:], reading.least)


SSD: Final = Head(
    title="RFB-320 and those like it",
    outputs="scores (1, priors, 1 + classes) and boxes (1, priors, 4)",
    classes=_classes,
    decode=_decode,
    shown={"colour": "rgb", "mean": (127.0, 127.0, 127.0), "std": (128.0, 128.0, 128.0)},
)
