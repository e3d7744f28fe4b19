"""Was something put there, or taken away? The edges and the colours of a spot, now and in the empty scene.

What was put down brings edges of its own; where something was taken, they are in the remembered scene instead, and the
spot looks like the ground around it again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Box, Image, Mask

MARGIN_PX = 3
CHANGED = 14  # grey levels, in the colour that changed most


def edge_share(image: Image, empty: Image, box: Box) -> float:
    """The share c / (c + e) of the edges along the outline of what changed in a box that are in the picture (c) and not
    in the empty scene (e): towards 1 something was put there, towards 0 taken; 0 when there are none. Along the
    outline, since a pattern of the ground that is covered, or seen again, has edges too.

    >>> thing, floor = np.full((40, 40, 3), 90, np.uint8), np.full((40, 40, 3), 90, np.uint8)
    >>> thing[15:25, 15:25] = 20
    >>> edge_share(thing, floor, Box(15, 15, 10, 10)), edge_share(floor, thing, Box(15, 15, 10, 10))
    (1.0, 0.0)
    """
    now, then = _piece(image, box), _piece(empty, box)
    line = _outline(now, then)
    here, before = (float(np.mean(_gradient(piece)[line])) for piece in (now, then))
    return here / (here + before) if here + before > 0 else 0.0


def likeness(image: Image, empty: Image, box: Box) -> float:
    """How much more the middle of a box is like its surroundings in the picture than in the empty scene: b / (a + b)
    for the distances of the mean colours in the picture (a) and in the empty scene (b); 0.5 when nothing differs.

    >>> thing, floor = np.full((40, 40, 3), 90, np.uint8), np.full((40, 40, 3), 90, np.uint8)
    >>> thing[15:25, 15:25] = 20
    >>> likeness(floor, thing, Box(15, 15, 10, 10))
    1.0
    """
    after, before = (_apart(picture, box) for picture in (image, empty))
    return before / (after + before) if after + before > 0 else 0.5


def _apart(picture: Image, box: Box) -> float:
    """How far the colour in the middle of the box is from the colour around it, grey levels of all colours."""
    x, y, w, h = (int(value) for value in box)
    rim = max(w // 2, h // 2, MARGIN_PX + 1)
    left, top = max(x - rim, 0), max(y - rim, 0)
    piece = picture[top : y + h + rim, left : x + w + rim]
    outside = np.ones(piece.shape[:2], np.bool_)
    outside[y - top : y - top + h, x - left : x - left + w] = False
    inside = picture[y + h // 5 : y + h - h // 5, x + w // 5 : x + w - w // 5]
    if not outside.any() or not inside.size:
        return 0.0
    return float(np.abs(middle(piece[outside].T) - inside.reshape(-1, 3).mean(axis=0)).sum())


def middle(rows: NDArray[Any]) -> NDArray[np.float32]:
    """The median of each row, of two middle values the higher: for few long rows much quicker than numpy's.

    >>> middle(np.array([[3, 1, 2], [9, 9, 4]])).tolist()
    [2.0, 9.0]
    """
    at = rows.shape[1] // 2
    return np.partition(np.ascontiguousarray(rows), at, axis=1)[:, at].astype(np.float32)


def _piece(picture: Image, box: Box) -> Image:
    x, y = max(int(box.x) - MARGIN_PX, 0), max(int(box.y) - MARGIN_PX, 0)
    return picture[y : int(box.y + box.h) + MARGIN_PX, x : int(box.x + box.w) + MARGIN_PX]


def _outline(now: Image, then: Image) -> Mask:
    """Where what changed ends, three pixels wide; everywhere when nothing did."""
    import cv2

    changed = (cv2.absdiff(now, then).max(axis=2) >= CHANGED).view(np.uint8)
    grain = np.ones((3, 3), np.uint8)
    line = np.asarray(cv2.morphologyEx(changed, cv2.MORPH_GRADIENT, grain)) > 0
    return line if line.any() else np.ones(line.shape, np.bool_)


def _gradient(piece: Image) -> NDArray[np.float32]:
    import cv2

    grey = cv2.cvtColor(piece, cv2.COLOR_BGR2GRAY)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=3) for dx in (1, 0))
    return np.asarray(np.hypot(across, down), np.float32)
