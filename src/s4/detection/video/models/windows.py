"""A picture cut into overlapping windows, so that a network with a small input sees small people; and put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from s4.detection.video.models.detector import Found
from s4.detection.video.picture import Box, iou, overlap

SHARED: Final = 0.3  # of a window's side: a person who stands on a border is whole in the next window
BORDER_PX: Final = 2.0
COVERED: Final = 0.6


def windows(width: int, height: int, across: int) -> list[Box]:
    """`across` × `across` windows that cover a picture, row by row, whole pixels.

    >>> windows(100, 80, 1)
    [Box(x=0, y=0, w=100, h=80)]
    >>> [window.x for window in windows(170, 80, 2)][:2], windows(170, 80, 2)[0].w
    ([0, 70], 100)
    """
    columns, rows = _spans(width, across), _spans(height, across)
    return [Box(x, y, w, h) for y, h in rows for x, w in columns]


def _spans(length: int, count: int) -> list[tuple[int, int]]:
    span = min(round(length / (count - SHARED * (count - 1))), length)
    return [(round(index * (length - span) / max(count - 1, 1)), span) for index in range(count)]


def together(found: Sequence[tuple[Box, Found]], picture: Box, most_iou: float) -> list[Found]:
    """What was found in several windows, (window, found in pixels of the picture) → each thing once, best first.

    What a window cut off is left out when another saw more of it; of doubles the better one stays.
    """
    whole = [one for window, one in found if not _is_cut(one.box, window, picture)]
    cut = [one for window, one in found if _is_cut(one.box, window, picture)]
    kept: list[Found] = []
    for one in sorted(whole, key=lambda one: -one.score):
        if all(one.label != other.label or iou(one.box, other.box) <= most_iou for other in kept):
            kept.append(one)
    for one in sorted(cut, key=lambda one: -one.box.area):
        if all(one.label != other.label or overlap(one.box, other.box) < COVERED * one.box.area for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: -one.score)


def _is_cut(box: Box, window: Box, picture: Box) -> bool:
    """Whether the box ends where the window ends and the picture does not."""
    return (
        (window.x > picture.x and box.x - window.x <= BORDER_PX)
        or (window.y > picture.y and box.y - window.y <= BORDER_PX)
        or (window.x + window.w < picture.w and window.x + window.w - box.x - box.w <= BORDER_PX)
        or (window.y + window.h < picture.h and window.y + window.h - box.y - box.h <= BORDER_PX)
    )
