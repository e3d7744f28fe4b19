"""DETR heads (RT-DETR, D-FINE): a set of boxes, so that there are no doubles to leave out.

Three ways to write the file: `labels` [1, q], `boxes` [1, q, 4] (left, top, right, bottom in pixels of the size given
as `orig_target_sizes`) and `scores` [1, q]; or logits [1, q, classes] and boxes [1, q, 4]; or one output
[1, q, 4 + classes] with probabilities. Boxes of the last two are middle x, y, width, height as fractions of the input.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from s4.detection.video.models.candidates import Array, Candidates, best_class, centred, sigmoid
from s4.detection.video.models.heads.head import Head, Outputs, Reading, Shapes, agreed, flat

MOST_QUERIES: Final = 1000
USUAL_QUERIES: Final = 100  # 100, 300, 900: what tells one output from other heads'
MOST_CLASSES: Final = 2000


def _classes(shapes: Shapes, width: int, height: int, known: int | None) -> int | None:
    sizes = list(shapes.values())
    if len(sizes) == 3:
        return (known or 80) if _is_finished(shapes) else None
    pairs = [flat(shape) for shape in sizes]
    if not pairs or None in pairs or len({pair[0] for pair in pairs if pair}) != 1:
        return None
    widths = [pair[1] for pair in pairs if pair]
    if (pairs[0] or (0,))[0] > MOST_QUERIES or max(widths) > MOST_CLASSES:
        return None
    if len(widths) == 2 and 4 in widths:
        return agreed(widths[1 - _box_index(list(shapes), widths)], known)
    in_one = len(widths) == 1 and (pairs[0] or (1,))[0] % USUAL_QUERIES == 0
    return agreed(widths[0] - 4, known) if in_one else None


def _is_finished(shapes: Shapes) -> bool:
    if set(shapes) != {"labels", "boxes", "scores"}:
        return False
    queries = shapes["labels"][-1] if shapes["labels"] else 0
    return shapes["boxes"] == (1, queries, 4) and shapes["labels"] == shapes["scores"] == (1, queries)


def _box_index(names: list[str], widths: list[int]) -> int:
    """Which of two outputs holds the boxes; with four classes only the name tells."""
    if widths[0] == widths[1] == 4:
        return 0 if "box" in names[0].lower() or names[0] == "dets" else 1
    return widths.index(4)


def _decode(outputs: Outputs, reading: Reading) -> Candidates:
    if len(outputs) == 3:
        scores, classes = outputs["scores"][0], outputs["labels"][0].astype(np.int64)
        sound = (scores >= reading.least) & (classes >= 0) & (classes < reading.classes)
        return Candidates(outputs["boxes"][0], scores, classes).of(sound)
    values = [value[0] for value in outputs.values()]
    if len(values) == 1:
        return best_class(_in_pixels(values[0][:, :4], reading), values[0][:, 4:], reading.least)
    index = _box_index(list(outputs), [value.shape[1] for value in values])
    return best_class(_in_pixels(values[index], reading), sigmoid(values[1 - index]), reading.least)


def _in_pixels(boxes: Array, reading: Reading) -> Array:
    return centred(boxes * np.array([reading.width, reading.height] * 2, np.float32))


DETR: Final = Head(
    title="RT-DETR, D-FINE",
    outputs="labels (1, q), boxes (1, q, 4), scores (1, q); or (1, q, classes), (1, q, 4); or (1, q, 4 + classes)",
    classes=_classes,
    decode=_decode,
    shown={"colour": "rgb", "std": (255.0, 255.0, 255.0)},
)
