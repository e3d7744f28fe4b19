"""The shadows that the sun casts: everywhere darker than the lit ground by one and the same factor.

What the sky still lights is the same share of all light wherever the sun is blocked, so where there are hard shadows,
the ratio of the picture to the empty scene piles up at one value; clothes, with their folds and of many people, do
not. While there is such a peak, what is dark by just that factor is shadow, however dark, and a lesser darkness is
none: grey clothes are kept that would be taken for soft shadow. The sky is bluer than the sun, so each colour has a
factor of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image, Mask

Floats = NDArray[np.float32]
STEPS: Final = 40
LEARN_EVERY: Final = 5  # pictures
FOLLOW: Final = 0.05  # of what is new each time something is learnt
CREEP: Final = 0.2
FEWEST: Final = 8  # times learnt
LEAST_PIXELS: Final = 100
DARKEST, BRIGHTEST = 8, 30  # steps between which a shadow's factor lies: 0.2 to 0.75
PILE: Final = 0.12  # of all that stands out: what must lie in the peak
STEEP: Final = 3.0  # times what lies three steps beside it
AROUND: Final = 0.06  # of the factor itself: how even a shadow is
CASTS: Final = 8  # kinds of colour: by how much more of blue is left than of red
FIRST_CAST, CAST = -0.18, 0.06
FAINT: Final = 0.8  # brighter than this against the ground is soft shadow, as it is without sun


class Umbra:
    """Of one camera. `factor`: how bright a shadow is against the same ground in the sun, float[3], blue, green, red;
    None while there are none.
    """

    def __init__(self) -> None:
        self.factor: Floats | None = None
        self._shares = np.zeros((STEPS, CASTS))
        self._learnt = 0
        self._pictures = 0

    def due(self) -> bool:
        """Whether this picture is wanted at all. To be asked once of each."""
        self._pictures += 1
        return self.factor is not None or self._pictures % LEARN_EVERY == 0

    def without(self, mask: Mask, soft: Mask, image: Image, empty: Image) -> Mask:
        """`mask`, what stands out, without hard shadows, but with what of `soft`, taken for soft shadow, is none."""
        changed = mask | soft
        rows, columns = np.nonzero(changed)
        if len(rows) < LEAST_PIXELS:
            return mask
        ratios = (image[rows, columns] + np.float32(1.0)) / (empty[rows, columns] + np.float32(1.0))
        bright = ratios.mean(axis=1)
        if self._pictures % LEARN_EVERY == 0:
            self._learn(ratios, bright)
        if self.factor is None:
            return mask
        even = np.zeros_like(mask)
        even[rows, columns] = (np.abs(ratios - self.factor) < AROUND).all(axis=1)
        fading = np.zeros_like(mask)
        fading[rows, columns] = (bright > self.factor.mean()) & (bright < 1.0)
        faint = np.zeros_like(mask)
        faint[rows, columns] = bright > FAINT
        return changed & ~_spread(even, even | fading) & ~(soft & faint)

    def _learn(self, ratios: Floats, bright: Floats) -> None:
        casts = np.floor((ratios[:, 0] - ratios[:, 2] - FIRST_CAST) / CAST).astype(np.intp)
        dark = (bright < 1.0) & (casts >= 0) & (casts < CASTS)
        cells = (bright[dark] * STEPS).astype(np.intp) * CASTS + casts[dark]
        shares = np.bincount(cells, minlength=STEPS * CASTS).reshape(STEPS, CASTS) / len(bright)
        self._learnt += 1
        self._shares += max(FOLLOW, 1.0 / self._learnt) * (shares - self._shares)
        peak = self._peak() if self._learnt >= FEWEST else None
        if peak is None:
            self.factor = None
            return
        there = (np.abs(bright - peak[0]) < AROUND / 2) & (np.abs(ratios[:, 0] - ratios[:, 2] - peak[1]) < CAST)
        if np.count_nonzero(there) >= LEAST_PIXELS:
            now = np.median(ratios[there], axis=0)
            self.factor = now if self.factor is None else self.factor + np.float32(CREEP) * (now - self.factor)

    def _peak(self) -> tuple[float, float] | None:
        """How bright and of what cast the shadows are, if there is a peak."""
        alike = self._shares[:, :-2] + self._shares[:, 1:-1] + self._shares[:, 2:]
        step, cast = np.unravel_index(np.argmax(alike[DARKEST:BRIGHTEST]), alike[DARKEST:BRIGHTEST].shape)
        top = DARKEST + int(step)
        column = alike[:, cast]
        pile = column[top - 1 : top + 2]
        if pile.sum() < PILE or column[top] < STEEP * max(column[top - 3], column[top + 3]):
            return None
        middle = float(pile @ (np.arange(top - 1, top + 2) + 0.5) / pile.sum() / STEPS)
        return middle, FIRST_CAST + CAST * (float(cast) + 1.5)


def _spread(core: Mask, within: Mask) -> Mask:
    """The pieces of a shadow that are more than specks, and their rims."""
    import cv2

    near = np.ones((3, 3), np.uint8)
    solid = cv2.morphologyEx(core.view(np.uint8), cv2.MORPH_OPEN, near)
    return (cv2.dilate(solid, near, iterations=2) > 0) & within
