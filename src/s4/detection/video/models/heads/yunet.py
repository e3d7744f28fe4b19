"""YuNet heads: faces, without saying whose. x = (column + x̂) · stride, w = exp(ŵ) · stride; score = √(class × object)
(Wu et al. 2023). For each stride 8, 16, 32 the outputs `cls_8` [1, cells, 1], `obj_8` [1, cells, 1] and `bbox_8`
[1, cells, 4]; the points of the face, `kps_8`, are not read.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Candidates, centred
from s4.detection.video.models.grid import cells, corners
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed
from s4.detection.video.models.heads.yolox import LONGEST

LEVELS: Final = (8, 16, 32)


def _classes(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    for stride in LEVELS:
        count = cells(width, height, stride)
        wanted = {"cls": (1, count, 1), "obj": (1, count, 1), "bbox": (1, count, 4)}
        if any(shapes.get(f"{name}_{stride}") != shape for name, shape in wanted.items()):
            return None
    return agreed(1, known)


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    shown, thing, boxes = (
        np.concatenate([outputs[f"{name}_{stride}"][0] for stride in LEVELS]) for name in ("cls", "obj", "bbox")
    )
    scores = np.sqrt(np.clip(shown[:, 0], 0, 1) * np.clip(thing[:, 0], 0, 1))
    rows = np.flatnonzero(scores >= reading.least)
    places, steps = corners(reading.width, reading.height, LEVELS)
    middle = (boxes[rows, :2] + places[rows]) * steps[rows]
    size = np.exp(np.minimum(boxes[rows, 2:], np.float32(LONGEST))) * steps[rows]
    found = centred(np.concatenate([middle, size], axis=1))
    return Candidates(found, scores[rows], np.zeros(len(rows), np.int64))


YUNET: Final = Head(
    title="YuNet",
    outputs="cls_8, obj_8, bbox_8 and the same for 16 and 32, (1, cells, 1 or 4)",
    classes=_classes,
    decode=_decode,
    shown={"colour": "bgr"},
)
