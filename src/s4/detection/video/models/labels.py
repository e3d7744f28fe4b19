"""Lists of classes: the 80 of COCO, on which most free detectors were trained, and any list in a text file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from s4.core.errors import InputError

_COCO: Final = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,"
    "bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,"
    "skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,"
    "cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,"
    "potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,"
    "refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
)
COCO: Final = tuple(_COCO.split(","))
FACE: Final = ("face",)
_LARGEST: Final = 1 << 20


def read_labels(path: Path) -> tuple[str, ...]:
    """One label a line, in the network's order; empty lines are left out. Raises `InputError`."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("is too large for a list of labels", file=str(path))
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=str(path)) from error
    labels = tuple(line.strip() for line in lines if line.strip())
    if not labels:
        raise InputError("holds no label", file=str(path))
    return labels
