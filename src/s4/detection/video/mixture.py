"""A mixture of Gaussians for each pixel (Zivkovic 2004, OpenCV's MOG2) that only works where something is new.

A pixel hardly different from the empty scene is background by the model's own measure, and one that is different all
by itself is a speck of noise. What would be learnt from either at every picture can as well be learnt now and then, at
a rate as many times higher. So each picture the model works out what is new; and the rest only in one band of rows, all
of which take turns.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image

Marks = NDArray[np.uint8]

FULL: Final = 255  # the mark of the foreground
SHADOW: Final = 127  # and of a soft shadow
BANDS: Final = 8
FAR: Final = 20.0  # variances, of the squared distance in all colours: from here on it is foreground
LEAST_VARIANCE: Final = 12.0  # grey levels²: light wanders by more than a quiet sensor's noise
SHADOW_DARKEST: Final = 0.5  # a shadow keeps at least half of the light
CROSS: Final = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
LEARNT: Final = 40  # pictures, until which all is worked out in every one


class Mixture:
    """The model of one camera. `empty`: the scene with nothing in it, as it was at most eight pictures ago."""

    def __init__(self, image: Image) -> None:
        height, bands = len(image), min(BANDS, len(image))
        self.empty = image.copy()
        self._rows = [slice(height * n // bands, height * (n + 1) // bands) for n in range(bands)]
        self._bands = [_Band(self.empty[rows]) for rows in self._rows]
        self._variance = LEAST_VARIANCE
        self._seen = 0
        self._is_known = False

    def dim(self, share: float) -> None:
        """With less light (1 = enough), less tells things apart."""
        variance = LEAST_VARIANCE * share * share
        if variance != self._variance:
            self._variance = variance
            for band in self._bands:
                band.model.setVarMin(variance)

    def apply(self, image: Image, rate: float, held: Marks, *, anew: bool = False) -> Marks:
        """Marks of a picture (0, `SHADOW`, `FULL`); then it is learnt, at `rate`. Where `held` is not 0 nothing is
        marked, nor learnt. `anew`: all of the picture is new. Cost: 3 ms for 640 × 480, or 10 while all is new.
        """
        turn = self._seen % len(self._bands)
        self._seen += 1
        anew = anew or self._seen <= LEARNT
        if self._is_known and not anew:
            marks = self._glance(image, rate, held, turn)
        else:
            marks = np.empty_like(held)
            for rows, band in zip(self._rows, self._bands, strict=True):
                band.learn(image[rows], held[rows], rate, marks[rows])
        for number in range(len(self._bands)) if not anew and not self._is_known else (turn,):
            self._bands[number].renew(self.empty[self._rows[number]], self._variance)
        self._is_known = not anew
        return marks

    def _glance(self, image: Image, rate: float, held: Marks, turn: int) -> Marks:
        marks = np.zeros_like(held)
        for number, (rows, band) in enumerate(zip(self._rows, self._bands, strict=True)):
            old = band.old(image[rows])
            if not old.all():
                band.learn(image[rows], old | held[rows], rate, marks[rows])
            if number == turn:
                band.learn(image[rows], ~old | held[rows], min(rate * len(self._bands), 1.0), np.empty_like(old))
        return marks


class _Band:
    """Some rows of the picture, with a model of their own."""

    def __init__(self, image: Image) -> None:
        import cv2

        self.model: Any = cv2.createBackgroundSubtractorMOG2(history=1000, varThreshold=FAR, detectShadows=True)
        self.model.setShadowThreshold(SHADOW_DARKEST)
        self.model.setVarMin(LEAST_VARIANCE)
        self.model.setBackgroundRatio(0.7)  # what is there for 36 % of the time of learning is background
        self._low = self._high = image

    def old(self, image: Image) -> Marks:
        """Where it is hardly different from the empty scene, but for specks: 255, else 0."""
        import cv2

        quiet = cv2.inRange(image, self._low, self._high)
        return np.asarray(cv2.morphologyEx(quiet, cv2.MORPH_CLOSE, CROSS), np.uint8)

    def learn(self, image: Image, skipped: Marks, rate: float, marks: Marks) -> None:
        """Fill in the marks, but 0 where `skipped` is 255, from where nothing is learnt."""
        self.model.apply(image, knownForegroundMask=skipped, fgmask=marks, learningRate=rate)
        marks &= ~skipped

    def renew(self, empty: Image, variance: float) -> None:
        """Fill in the empty scene; from now on, `old` goes by it. Where no colour is farther from it than this, no
        pixel can be foreground.
        """
        import cv2

        self.model.getBackgroundImage(empty)
        few = np.full_like(empty, int((FAR * variance / 3) ** 0.5))
        self._low, self._high = (np.asarray(change(empty, few), np.uint8) for change in (cv2.subtract, cv2.add))
