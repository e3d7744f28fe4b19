"""What the scene looks like when nothing happens, and what stands out from it.

A mixture of Gaussians for each pixel (Zivkovic 2004, OpenCV's MOG2), which also tells shadows from things. Two
things that it cannot do are added: when the light or the exposure changes everywhere by one factor, the picture is
scaled back before it is compared; and when most of the picture changes at once in another way, that is no crowd but
light, so nothing is reported while the model learns anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.grain import Grain
from s4.detection.video.picture import Box, Image, Mask
from s4.detection.video.umbra import Umbra

SUDDEN: Final = 0.45  # share of the picture that no crowd fills from one picture to the next
FULL: Final = 255  # MOG2's mark of the foreground
SHADOW: Final = 127  # and of a soft shadow
EMPTY_EVERY: Final = 10  # pictures
STANDS_OUT: Final = 25  # grey levels, in the colour that differs most
RELEARN_S: Final = 2.0
RELEARN_RATE: Final = 0.25
PAUSE_S: Final = 10.0  # after learning anew: a large thing that stays in view must not trigger it again and again
SHADOW_DARKEST: Final = 0.5  # a shadow keeps at least half of the light
LEAST_VARIANCE: Final = 12.0  # grey levels²: light wanders by more than a quiet sensor's noise
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
        import cv2

        self._model = cv2.createBackgroundSubtractorMOG2(history=1000, varThreshold=20.0, detectShadows=True)
        self._model.setShadowThreshold(SHADOW_DARKEST)
        self._model.setVarMin(LEAST_VARIANCE)
        # What stands still is taken into the background when it has been there for 36 % of `learning_s`.
        self._model.setBackgroundRatio(0.7)
        self._learning_s = learning_s
        self._seen = 0
        self._light = Light()
        self._grain = Grain()
        self._umbra = Umbra()
        self._empty: Image | None = None
        self._relearn_left_s = 0.0
        self._pause_left_s = 0.0

    def learn(self, image: Image, dt_s: float, standing: Sequence[Box] = ()) -> Foreground:
        """Compare a picture taken `dt_s` after the one before with the model, then learn from it.

        In the boxes `standing` nothing is learnt: people who stand still must not become part of the place.
        Cost: about 5 ms for 640 × 480 on one core.
        """
        self._seen += 1
        even = self._light.corrected(image, dt_s)
        calm = self._grain.calmed(even, self._light.level)
        dimness = min(self._light.level / DARK, 1.0)
        self._model.setVarMin(LEAST_VARIANCE * dimness * dimness)
        empty = np.asarray(self._model.getBackgroundImage(), np.uint8) if standing else calm
        areas = [_area(box) for box in standing]
        painted = calm.copy() if standing else calm
        for area in areas:
            painted[area] = empty[area]
        marks = np.asarray(self._model.apply(painted, learningRate=self._rate(dt_s)), np.uint8)
        mask = self._without_shadows(marks, painted)
        for area in areas:
            mask[area] = np.abs(calm[area].astype(np.int16) - empty[area]).max(axis=2) > STANDS_OUT * dimness
        self._watch_light(float(mask.mean()), dt_s)
        return Foreground(mask, self._relearn_left_s <= 0.0, even)

    def _without_shadows(self, marks: NDArray[np.uint8], image: Image) -> Mask:
        mask: Mask = marks == FULL
        if not self._umbra.due():
            return mask
        if self._empty is None or self._seen % EMPTY_EVERY == 0:
            self._empty = np.asarray(self._model.getBackgroundImage(), np.uint8)
        return self._umbra.without(mask, marks == SHADOW, image, self._empty)

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


def _area(box: Box) -> tuple[slice, slice]:
    left, top = max(int(box.x), 0), max(int(box.y), 0)
    return slice(top, max(int(box.y + box.h) + 1, top)), slice(left, max(int(box.x + box.w) + 1, left))


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

    def corrected(self, image: Image, dt_s: float) -> Image:
        """The picture in the usual light."""
        import cv2

        small = cv2.cvtColor(cv2.resize(image, GLANCE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        grey = np.asarray(small, np.float32) + 1.0
        if self._usual is None:
            self._usual = grey
            return image
        factor = float(np.clip(np.median(self._usual / grey), 0.3, 3.0))
        self._usual += np.float32(min(dt_s / self.FOLLOW_S, 1.0)) * (grey - self._usual)
        if abs(factor - 1.0) <= self.DEAD_BAND:
            return image
        return np.asarray(cv2.convertScaleAbs(image, alpha=factor), np.uint8)
