"""The heads that can be read, one file each. `HEADS` names them; a new one is added by a file and a row here."""

from __future__ import annotations

from typing import Final

from s4.detection.video.models.card import HeadName
from s4.detection.video.models.heads.detr import DETR
from s4.detection.video.models.heads.fastestdet import FASTESTDET
from s4.detection.video.models.heads.gfl import NANODET, PICODET
from s4.detection.video.models.heads.head import Head, Shapes
from s4.detection.video.models.heads.ssd import SSD
from s4.detection.video.models.heads.yolov8 import YOLOV8
from s4.detection.video.models.heads.yolox import YOLOX
from s4.detection.video.models.heads.yunet import YUNET

HEADS: Final[dict[HeadName, Head]] = {
    "yunet": YUNET,
    "ssd": SSD,
    "fastestdet": FASTESTDET,
    "picodet": PICODET,
    "nanodet": NANODET,
    "yolox": YOLOX,
    "yolov8": YOLOV8,
    "detr": DETR,
}
"""In the order in which they are tried on a file of which nothing is known: the surest signs first."""


def recognise(shapes: Shapes, width: int, height: int, labels: int | None) -> tuple[HeadName, int] | None:
    """Which head has outputs of these shapes, and how many classes; None when none has, or it takes labels to tell.

    >>> recognise({"output": (1, 8400, 85)}, 640, 640, None)
    ('yolox', 80)
    """
    for name, head in HEADS.items():
        if (classes := head.classes(shapes, width, height, labels)) is not None:
            return name, classes
    return None
