"""What the scene looks like when nothing happens, and what stands out from it.

A mixture of Gaussians for each pixel (`mixture`), which also tells shadows from things. Two things that it cannot do
are added: when the light or the exposure changes everywhere by one factor, the picture is scaled back before it is
compared; and when most of the picture changes at once in another way, that is no crowd but light, so nothing is
reported while the model learns anew. A large picture is compared reduced: its grain is averaged away with that, and
people are still large enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.grain import Grain
from s4.detection.video.mixture import FULL, SHADOW, Marks, Mixture
from s4.detection.video.picture import Box, Image, Mask
from s4.detection.video.sight import Grey, grey_of
from s4.detection.video.umbra import Umbra

WIDEST: Final = 480  # px: a wider picture is compared reduced, by a whole number
SUDDEN: Final = 0.45  # share of the picture that no crowd fills from one picture to the next
STANDS_OUT: Final = 25  # grey levels, in the colour that differs most
RELEARN_S: Final = 2.0
RELEARN_RATE: Final = 0.25
PAUSE_S: Final = 10.0  # after learning anew: a large thing that stays in view must not trigger it again and again
DARK: Final = 60.0  # grey levels: with less light than this, all that tells things apart shrinks with it
GLANCE: Final = (64, 48)  # width, height of the picture on which the light is judged


class Foreground(NamedTuple):
    """`mask`: bool[height, width], true where something is; `settled`: false while the model learns anew;
    `image`: the working picture in the light of the background.
    """

    mask: Mask
    settled: bool
    image: Image


class Background:
    """The model of one camera. Not in any snapshot: it is a picture of the place and is learnt again in seconds."""

    def __init__(self, learning_s: float) -> None:
        self._mixture: Mixture | None = None
        self._learning_s = learning_s
        self._seen = 0
        self._light = Light()
        self._grain = Grain()
        self._umbra = Umbra()
        self._relearn_left_s = 0.0
        self._pause_left_s = 0.0

    def learn(self, image: Image, dt_s: float, standing: Sequence[Box] = (), grey: Grey | None = None) -> Foreground:
        """Compare a picture taken `dt_s` after the one before with the model, then learn from it.

        In the boxes `standing` nothing is learnt: people who stand still must not become part of the place. `grey`:
        the picture in grey and small, if somebody has made it (`sight.grey_of`).
        Cost: about 3 ms for 640 × 480 on one core.
        """
        self._seen += 1
        even = _lit(image, self._light.factor(grey_of(image) if grey is None else grey, dt_s))
        level = self._light.level
        calm = _reduced(self._grain.calmed(even, level))
        dimness = min(level / DARK, 1.0)
        mixture = self._mixture = self._mixture or Mixture(calm)
        mixture.dim(dimness)
        held = np.zeros(calm.shape[:2], np.uint8)
        areas = [_area(box, calm.shape[1] / image.shape[1]) for box in standing]
        areas = [area for area in areas if held[area].size]
        for area in areas:
            held[area] = FULL
        marks = mixture.apply(calm, self._rate(dt_s), held, anew=self._relearn_left_s > 0.0)
        mask = self._without_shadows(marks, calm, mixture.empty)
        for area in areas:
            mask[area] = _apart(calm[area], mixture.empty[area], STANDS_OUT * dimness)
        self._watch_light(np.count_nonzero(mask) / mask.size, dt_s)
        return Foreground(_enlarged(mask, image), self._relearn_left_s <= 0.0, even)

    def _without_shadows(self, marks: Marks, image: Image, empty: Image) -> Mask:
        mask: Mask = marks == FULL
        return self._umbra.without(mask, marks == SHADOW, image, empty) if self._umbra.due() else mask

    def _rate(self, dt_s: float) -> float:
        if self._relearn_left_s > 0.0:
            return RELEARN_RATE
        return max(dt_s / self._learning_s, 0.5 / self._seen)

    def _watch_light(self, changed: float, dt_s: float) -> None:
        if self._relearn_left_s > 0.0:
            self._relearn_left_s -= dt_s
            self._pause_left_s = PAUSE_S
        elif self._pause_left_s > 0.0:
            self._pause_left_s -= dt_s
        elif changed > SUDDEN and self._seen > 1:
            self._relearn_left_s = RELEARN_S


def _area(box: Box, scale: float) -> tuple[slice, slice]:
    left, top = max(int(box.x * scale), 0), max(int(box.y * scale), 0)
    right, low = int((box.x + box.w) * scale) + 1, int((box.y + box.h) * scale) + 1
    return slice(top, max(low, top)), slice(left, max(right, left))


def _apart(image: Image, empty: Image, levels: float) -> Mask:
    """Where two pictures differ by more than so many grey levels in any colour."""
    import cv2

    return np.asarray(np.asarray(cv2.absdiff(image, empty)).max(axis=2) > levels)


def _lit(image: Image, factor: float) -> Image:
    import cv2

    return image if factor == 1.0 else np.asarray(cv2.convertScaleAbs(image, alpha=factor), np.uint8)


def _reduced(image: Image) -> Image:
    import cv2

    height, width = image.shape[:2]
    times = ceil(width / WIDEST)
    size = width // times, max(height // times, 1)
    return image if times == 1 else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _enlarged(mask: Mask, image: Image) -> Mask:
    """A mask of the reduced picture → of the picture itself."""
    import cv2

    height, width = image.shape[:2]
    if mask.shape == (height, width):
        return mask
    wide = cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(wide).view(np.bool_)


class Light:
    """One factor for the whole picture: how bright it is against what it usually is.

    The factor is the median over a small grey picture, so that people, who cover less than half of it, do not count.
    """

    DEAD_BAND: Final = 0.03
    FOLLOW_S: Final = 60.0

    def __init__(self) -> None:
        self._usual: NDArray[np.float32] | None = None

    @property
    def level(self) -> float:
        """How bright the picture usually is, in the middle, grey levels; `DARK` until it is known."""
        return DARK if self._usual is None else float(np.median(self._usual))

    def factor(self, picture: Grey, dt_s: float) -> float:
        """By how much a picture is to be made brighter, to show the place in its usual light."""
        import cv2

        small = cv2.resize(picture, GLANCE, interpolation=cv2.INTER_AREA)
        grey = np.asarray(small, np.float32) + np.float32(1.0)
        if self._usual is None:
            self._usual = grey
            return 1.0
        factor = float(np.clip(np.median(self._usual / grey), 0.3, 3.0))
        self._usual += np.float32(min(dt_s / self.FOLLOW_S, 1.0)) * (grey - self._usual)
        return 1.0 if abs(factor - 1.0) <= self.DEAD_BAND else factor
