"""One connected piece of foreground → the people it is made of, where it is known how tall they look.

From the nearest person to the farthest: somebody stands where the piece ends below, or shows the head where it ends
above, at the place where a box of a person's size explains most of what is not explained yet and covers least that is
no foreground. So people side by side and behind each other are told apart, and shadows are left over.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Mask

Floats = NDArray[np.float32]
WIDE: Final = 0.38  # width ÷ height of a walking person
ONE_TALL: Final = 1.3  # against the expected height: up to here, one person
ONE_WIDE: Final = 0.66  # width ÷ expected height
EMPTY: Final = 0.4  # what a pixel without foreground costs inside a box
WORTH: Final = 0.2  # of a box's area: less gained is no person
AROUND: Final = 1.25  # times the width: what sticks out beside somebody is theirs
FEW: Final = 2  # pixels in a row
SLIVER: Final = 0.15  # of a height: what is passed over when nobody stands there
MOST: Final = 24  # looks at one piece


def is_one(box: Box, size: PersonSize) -> bool:
    """Whether a piece is no larger than one person; true where it is not known how tall people are."""
    tall = size.tall(box.y + box.h)
    return tall is None or (box.h <= ONE_TALL * tall and box.w <= ONE_WIDE * tall)


def split(mask: Mask, box: Box, size: PersonSize) -> list[Box]:
    """The people in a piece that is too large for one. `box`: around it, working pixels. Cost: 0.2 ms a person."""
    x, y, w, h = (int(value) for value in box)
    values = np.where(mask[y : y + h, x : x + w], np.float32(1.0), np.float32(-EMPTY))
    found: list[Box] = []
    for _ in range(MOST):
        rows = np.flatnonzero((values > 0).sum(axis=1) >= FEW)
        if not len(rows):
            break
        one, gain = _best(values, (y + int(rows[0]), y + int(rows[-1]) + 1), x, y, size)
        if one is None:
            break
        if gain >= WORTH:
            found.append(one)
            _take(values, one, x, y)
        else:  # a shadow, or legs of somebody found already
            cut = max(int(rows[-1]) + 1 - max(round(one.h * SLIVER), 1), 0)
            values[cut:] = np.minimum(values[cut:], 0.0)
    return found


def _best(values: Floats, ends: tuple[int, int], x: int, y: int, size: PersonSize) -> tuple[Box | None, float]:
    """The best place for a person whose head or feet are at the `ends` (top, bottom); what it gains, of its area."""
    found: tuple[Box | None, float] = (None, 0.0)
    for foot in _feet(ends, size):
        tall = size.tall(foot)
        if tall is None:
            continue
        gains, lefts = _gains(values, foot - tall - y, foot - y, WIDE * tall)
        best = int(np.argmax(gains))
        if found[0] is None or gains[best] > found[1]:
            found = Box(x + float(lefts[best]), foot - tall, WIDE * tall, tall), float(gains[best])
    return found


def _gains(values: Floats, top: float, foot: float, wide: float) -> tuple[Floats, Floats]:
    """What boxes between two rows gain, of their area, and where they begin, all along the piece."""
    rows = values[max(round(top), 0) : max(round(foot), 0)]
    sums = np.concatenate((np.zeros(1, np.float32), np.cumsum(rows.sum(axis=0, dtype=np.float32))))
    across = len(sums) - 1
    lefts = np.arange(-0.2 * wide, max(across - 0.8 * wide, 0.0), max(wide / 8, 1.0), dtype=np.float32)
    start, stop = (np.clip(np.rint(side), 0, across).astype(np.intp) for side in (lefts, lefts + wide))
    return (sums[stop] - sums[start]) / np.float32(wide * max(foot - top, 1.0)), lefts


def _feet(ends: tuple[int, int], size: PersonSize) -> tuple[float, ...]:
    top, bottom = ends
    foot = float(top)
    for _ in range(4):
        foot = top + (size.tall(foot) or 0.0)
    return (float(bottom), foot)


def _take(values: Floats, one: Box, x: int, y: int) -> None:
    """What is explained by a person counts no more."""
    more = (AROUND - 1) / 2 * one.w
    rows = slice(max(int(one.y - y), 0), max(int(one.y + one.h - y) + 1, 0))
    columns = slice(max(int(one.x - more - x), 0), max(int(one.x + one.w + more - x) + 1, 0))
    values[rows, columns] = 0.0
