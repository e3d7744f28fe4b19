"""Who stood is low all at once and lies still: told by what stands out from the background, not by what moves.

`descent` needs a body that still moves when it is low, and misses who lies dead still from the very picture of landing.
Here a piece of the foreground was upright, in one place for a second; within a second it is low, and wide or aside, as
a tree that was felled; it has kept its outline since, for three seconds; where it was upright the picture looks
otherwise, and so does where it lies, so that nobody has only walked away from something. It needs a background that
does not hold the body, and cannot tell who falls along the view from who crouches: it says nothing of either.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.detection.video.landing import in_light_of
from s4.detection.video.outlines import differs
from s4.detection.video.picture import Box, Mask, iou
from s4.detection.video.sight import Grey

Pieces = NDArray[np.int64]
STILL_S: Final = 3.0
ALIKE: Final = 0.7  # intersection over union of what lies there now and lay there at first
BEFORE_S: Final = 6.0
AT_ONCE_S: Final = 1.5
STOOD_S: Final = 1.2
STOOD: Final = 0.5  # of the pictures of that time
STANDS: Final = 0.85  # of its height, that who stands reaches
ON_ITS_FEET: Final = 0.6  # heights: so far from where it lies may its lowest row have been
LOW: Final = 0.66  # of its height
NARROWEST: Final = 0.9  # width ÷ height of what lies
TOPPLED: Final = 1.2  # that, and twice how far its middle went aside (heights), less four times what is above half
ASIDE, ABOVE = 2.0, 4.0
BODY: Final = (0.35, 2.0)  # of the area that stood: less is a thing that was left, or a part
FREE: Final = 0.6
NEW: Final = 0.5
LEAST: Final = 0.03  # of the picture's height, width and height of what lies
ROOM_PX: Final = 3


class Shape(NamedTuple):
    """One picture: `time` ns UTC; `grey`: smoothed; `bits`: its foreground, packed; `pieces`: int[n, 5], left, top,
    width, height and area of each piece, px of the grey picture.
    """

    time: int
    grey: Grey
    bits: NDArray[np.uint8]
    pieces: Pieces


class Stood(NamedTuple):
    """Somebody upright. `time`: ns UTC of the last picture in which they were; `tall`, `area`: px; `shape`: one of
    those pictures; `body`: bool, what of them is above where they lie now, from `left` and `top` on.
    """

    time: int
    tall: float
    area: float
    shape: Shape
    body: Mask
    left: int
    top: int


class Rest(NamedTuple):
    """What lies since `began` (ns UTC); `mask`: bool, of its box."""

    began: int
    box: tuple[int, int, int, int]
    mask: Mask
    stood: Stood


class Collapse(NamedTuple):
    """Somebody lies. `since`: ns UTC when they last stood; `box`: where they lie, px of the grey picture; `tall`,
    `area`: of them when they stood, px; `took_s`: from standing to lying; `sure`: 0–1.
    """

    since: int
    box: Box
    tall: float
    area: float
    took_s: float
    sure: float


class Collapses:
    """Everybody who does so in view of one camera. Cost: about 0.5 ms a picture of 320 × 240."""

    def __init__(self, least: float) -> None:
        self._least = least  # height, as a share of the picture's
        self._shapes: deque[Shape] = deque()
        self._rests: list[Rest] = []
        self._last: Mask | None = None

    def see(self, foreground: Mask, grey: Grey, time: int) -> list[Collapse]:
        """Those who have lain still for long enough with this picture. `grey`: smoothed; `foreground`: any size."""
        mask = _resized(foreground, grey)
        if self._shapes and self._shapes[-1].grey.shape != grey.shape:
            self.forget()
        pieces = _pieces(mask)
        self._rests = [rest for rest in self._rests if _is_still(rest, mask)]
        ripe = [rest for rest in self._rests if time - rest.began >= STILL_S * NS_PER_S]
        self._rests = [rest for rest in self._rests if time - rest.began < STILL_S * NS_PER_S]
        self._rests += [rest for piece in pieces for rest in self._lies(piece, mask, time)]
        self._last = mask
        self._shapes.append(Shape(time, grey, np.packbits(mask), pieces))
        while time - self._shapes[0].time > BEFORE_S * NS_PER_S:
            self._shapes.popleft()
        found = (_judged(rest, grey) for rest in ripe)
        return [one for one in found if one is not None]

    def forget(self) -> None:
        """The light has changed, or the picture."""
        self._shapes.clear()
        self._rests.clear()
        self._last = None

    def _lies(self, piece: Pieces, mask: Mask, time: int) -> list[Rest]:
        x, y, w, h, area = piece.tolist()
        if w < NARROWEST * h or min(w, h) < LEAST * len(mask):
            return []
        known = any(iou(Box(*rest.box), Box(x, y, w, h)) > ALIKE for rest in self._rests)
        if known or not self._stays(x, y, w, h, mask):
            return []
        stood = self._stood(x, y, w, h)
        if stood is None or time - stood.time > AT_ONCE_S * NS_PER_S:
            return []
        if not BODY[0] <= area / stood.area <= BODY[1] or not _toppled(x, w, h, stood):
            return []
        return [Rest(time, (x, y, w, h), mask[y : y + h, x : x + w].copy(), stood)]

    def _stays(self, x: int, y: int, w: int, h: int, mask: Mask) -> bool:
        """Whether it looks as it did in the picture before: most do not, and need no closer look."""
        if self._last is None:
            return False
        part = slice(y, y + h), slice(x, x + w)
        return _alike(mask[part], self._last[part])

    def _stood(self, x: int, y: int, w: int, h: int) -> Stood | None:
        """Who stood in this place until now."""
        room = x - ROOM_PX, y - 2 * h, w + 2 * ROOM_PX, 3 * h
        seen = [(shape, piece) for shape in self._shapes if (piece := _piece_in(shape.pieces, room)) is not None]
        if len(seen) < 4:
            return None
        feet = y + h
        tall = feet - float(np.quantile([piece[1] for _, piece in seen], 0.2))
        upright = [(shape, piece) for shape, piece in seen if _stands(piece, feet, tall)]
        if not upright or tall < self._least * seen[-1][0].grey.shape[0]:
            return None
        last = upright[-1][0].time
        lately = [one for one in upright if last - one[0].time <= STOOD_S * NS_PER_S]
        pictures = sum(0 <= last - shape.time <= STOOD_S * NS_PER_S for shape in self._shapes)
        if last - self._shapes[0].time < 0.8 * STOOD_S * NS_PER_S or len(lately) < STOOD * pictures:
            return None
        shape, piece = lately[-2:][0]
        area = float(np.median([one[4] for _, one in lately]))
        return Stood(last, tall, area, shape, _above(shape, piece, y), int(piece[0]), int(piece[1]))


def _stands(piece: Pieces, feet: int, tall: float) -> bool:
    top, w, h = (int(value) for value in piece[1:4])
    return feet - top >= STANDS * tall and abs(top + h - feet) < ON_ITS_FEET * tall and w <= h


def _toppled(x: int, w: int, h: int, stood: Stood) -> bool:
    """Whether it is low and lies aside; who crouches or sits down is as wide as high, and where they stood."""
    low, flat = h / stood.tall, w / h
    aside = abs(x + w / 2 - stood.left - stood.body.shape[1] / 2) / stood.tall
    return low <= LOW and flat + ASIDE * aside - ABOVE * (low - 0.5) >= TOPPLED


def _above(shape: Shape, piece: Pieces, row: int) -> Mask:
    """What of a piece was above a row."""
    height, width = shape.grey.shape
    mask = np.unpackbits(shape.bits, count=height * width).reshape(height, width)
    x, top, w, _, _ = piece.tolist()
    return np.asarray(mask[top : max(row, top), x : x + w] > 0)


def _judged(rest: Rest, grey: Grey) -> Collapse | None:
    """Whether they are no longer where they stood, and lie where nothing was."""
    stood, (x, y, w, h) = rest.stood, rest.box
    other = differs(in_light_of(grey, stood.shape.grey), stood.shape.grey)
    rows, columns = stood.body.shape
    was = other[stood.top : stood.top + rows, stood.left : stood.left + columns][stood.body]
    free = float(was.mean()) if len(was) else 0.0
    new = float(other[y : y + h, x : x + w][rest.mask].mean())
    if free < FREE or new < NEW:
        return None
    took_s = (rest.began - stood.time) / NS_PER_S
    return Collapse(stood.time, Box(x, y, w, h), stood.tall, stood.area, took_s, free * new)


def _resized(mask: Mask, grey: Grey) -> Mask:
    import cv2

    if mask.shape == grey.shape:
        return mask
    size = grey.shape[1], grey.shape[0]
    return np.asarray(cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)) > 0


def _pieces(mask: Mask) -> Pieces:
    """What hangs together, or nearly; to two pixels."""
    import cv2

    joined = cv2.dilate(mask.view(np.uint8), np.ones((3, 3), np.uint8))[::2, ::2]
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8, ltype=cv2.CV_16U)
    return np.asarray(stats, np.int64)[1:] * (2, 2, 2, 2, 4)


def _piece_in(pieces: Pieces, room: tuple[int, int, int, int]) -> Pieces | None:
    """The one of which most lies in a box; None when none does."""
    if not len(pieces):
        return None
    x, y, w, h = room
    across = np.minimum(pieces[:, 0] + pieces[:, 2], x + w) - np.maximum(pieces[:, 0], x)
    down = np.minimum(pieces[:, 1] + pieces[:, 3], y + h) - np.maximum(pieces[:, 1], y)
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    best = int(shared.argmax())
    return pieces[best] if shared[best] > 0 else None


def _is_still(rest: Rest, mask: Mask) -> bool:
    x, y, w, h = rest.box
    return _alike(mask[y : y + h, x : x + w], rest.mask)


def _alike(a: Mask, b: Mask) -> bool:
    return int(np.count_nonzero(a & b)) >= ALIKE * int(np.count_nonzero(a | b))
