"""The foreground → boxes that may be people: cleaned, joined, groups cut where they are thinnest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from s4.detection.video.parts import is_one, split
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Mask


class Blob(NamedTuple):
    """One connected piece of foreground, or a part of it. `fill`: share of the box that is foreground;
    `person`: whether it has the size and shape of a standing person.
    """

    box: Box
    fill: float
    person: bool


def clean(mask: Mask) -> Mask:
    """Without specks, and with heads, bodies and legs joined again."""
    import cv2

    if not mask.any():
        return mask
    grain = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    upright = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 9))
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, grain)
    return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, upright)) > 0


def boxes_of(mask: Mask, least_area: float) -> list[tuple[Box, float]]:
    """Every connected piece of at least `least_area` pixels: its box and its area, from top to bottom.

    Outlines are found several times as quickly as all pixels are numbered; Pick's theorem gives the pixels within one.

    >>> mask = np.ones((3, 4), np.bool_)
    >>> mask[1, 1] = False
    >>> boxes_of(mask, 1.0)
    [(Box(x=0, y=0, w=4, h=3), 11.0)]
    """
    import cv2

    if not mask.any():
        return []
    outlines, tree = cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    around = np.asarray(tree)[0, :, 3].tolist()
    areas = {
        number: _within(outlines[number]) + len(outlines[number])
        for number, outer in enumerate(around)
        if outer < 0 and _most(len(outlines[number])) >= least_area
    }
    for number, outer in enumerate(around):
        if outer in areas:
            areas[outer] -= _within(outlines[number])
    pieces = [(Box(*cv2.boundingRect(outlines[n])), area) for n, area in areas.items() if area >= least_area]
    return sorted(pieces, key=lambda piece: (piece[0].y, piece[0].x))


def _most(steps: int) -> float:
    """The most pixels that an outline of so many steps may hold: those of a square on its corner."""
    return steps * steps / 8 + steps / 2 + 1


def _within(outline: Any) -> float:
    """The pixels inside an outline, without its own; as many as steps are missing where it runs to and fro."""
    import cv2

    return cv2.contourArea(outline) - len(outline) / 2 + 1 if len(outline) > 1 else 0.0


def find_people(mask: Mask, size: PersonSize) -> list[Blob]:
    """Blobs that may be people, in a fixed order. `mask` is already clean."""
    least, _ = size.bounds(0.0)
    found = []
    for box, area in boxes_of(mask, least_area=max(0.08 * least * least, 12.0)):
        pieces = _pieces(mask, box, size)
        found += [Blob(piece, area / box.area, size.fits(piece)) for piece in pieces if _plausible(piece, size)]
    return found


def _pieces(mask: Mask, box: Box, size: PersonSize) -> list[Box]:
    """The people that one connected piece may be."""
    if size.tall(box.y + box.h) is not None:
        return [box] if is_one(box, size) else split(mask, box, size)
    parts = size.abreast(box)
    return _cut(mask, box, parts) if parts > 1 else [box]


def _plausible(box: Box, size: PersonSize) -> bool:
    least, greatest = size.bounds(box.y + box.h)
    return least <= box.h <= greatest and box.w <= 2.0 * box.h


def _cut(mask: Mask, box: Box, parts: int) -> list[Box]:
    """A group cut upright into `parts`, each cut where the foreground is thinnest near the even place."""
    x, y, w, h = (int(value) for value in box)
    piece = mask[y : y + h, x : x + w]
    thickness = piece.sum(axis=0)
    cuts = [0]
    for number in range(1, parts):
        middle, reach = w * number // parts, max(w // (4 * parts), 1)
        start = max(middle - reach, cuts[-1] + 1)
        stop = max(min(middle + reach, w - 1), start + 1)
        cuts.append(start + int(np.argmin(thickness[start:stop])) if start < w else w)
    return [_shrunk(piece, left, right, x, y) for left, right in zip(cuts, [*cuts[1:], w], strict=True) if right > left]


def _shrunk(piece: Mask, left: int, right: int, x: int, y: int) -> Box:
    """The box of the foreground in some columns of a piece that stands at (x, y)."""
    rows = np.flatnonzero(piece[:, left:right].any(axis=1))
    if not len(rows):
        return Box(x + left, y, right - left, 1)
    return Box(x + left, y + int(rows[0]), right - left, int(rows[-1] - rows[0]) + 1)
