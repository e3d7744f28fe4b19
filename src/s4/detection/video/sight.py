"""What a camera still sees of its place: the edges it knows against those in the picture, block by block.

Edges stay where they are when the light changes and people pass; a camera that lost many of them at once, and for
seconds, no longer shows its place. All is measured on a grey picture at most 320 px wide.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

WIDEST: Final = 320
BLOCKS: Final = (8, 6)
MEMORY_S: Final = 20.0
LATELY_S: Final = 0.56  # how long ago what was seen lately was, on average
HIDDEN: Final = 0.1  # of the rate of learning
FAINT: Final = 0.01
ALIKE, BARE = 0.4, 0.1  # correlation below which edges are elsewhere; share of sharpness below which there are none
PLAIN: Final = 4.0  # mean squared step of brightness below which a block has nothing to recognise
SATURATED: Final = 245
SHARPEST: Final = 0.75  # quantile of the blocks: what blurs some of them is no bad focus
TREMBLE: Final = (5, 5)  # px: a mast in the wind
COARSE: Final = (40, 30)


class Look(NamedTuple):
    """One picture against what is known. Shares 0–1 are of the blocks that hold edges.

    `lost`: share where the edges are no longer where they were; `bare`: share where there are hardly any now; `fine`:
    how much of their sharpness the edges of the sharper blocks kept, in the contrast of now (1 = as usual); `glare`:
    share of the whole picture that is blind with light and usually is not; `steady`: share of all blocks whose edges
    are where they were half a second ago (judged when most were lost, else 1); `spread`, `level`: standard deviation
    and mean of the grey levels; `known`: share of all blocks that hold edges; `alike`: correlation of what is dark and
    what is bright, seen coarsely, with what is known, -1…1; `blocks`, `bare_blocks`: bool[6, 8], where they are lost or
    bare, or bare.
    """

    lost: float
    bare: float
    fine: float
    glare: float
    steady: float
    spread: float
    level: float
    known: float
    alike: float
    blocks: NDArray[np.bool_]
    bare_blocks: NDArray[np.bool_]


def grey_of(image: Image) -> Grey:
    """A working picture (BGR) → grey, at most 320 px wide. Cost: about 0.3 ms for 640 × 480."""
    import cv2

    height, width = image.shape[:2]
    if width > WIDEST:
        image = np.asarray(cv2.resize(image, (WIDEST, max(height * WIDEST // width, 1)), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


class Sight:
    """The edges of one place, learnt while nothing is wrong. Cost: about 1 ms a picture."""

    def __init__(self) -> None:
        nothing: Floats = np.zeros(0, np.float32)
        self._edges = self._sharp = self._contrast = self._glare = self._coarse = self._lately = nothing
        self._hidden = np.zeros(BLOCKS[::-1], np.bool_)
        self._seen = 0

    def look(self, grey: Grey, dt_s: float) -> Look:
        """Compare a picture taken `dt_s` after the one looked at before; the first is compared with itself."""
        import cv2

        now = _Measured.of(grey)
        if not self._edges.size:
            self._edges, self._sharp, self._contrast, self._glare, self._coarse = (one.copy() for one in now)
            self._lately = now.edges.copy()
        self._now = now
        textured = self._sharp > PLAIN
        contrast = np.maximum(now.contrast, 1.0) / np.maximum(self._contrast, 1.0)
        left = now.sharp / np.maximum(self._sharp, 1e-3)
        lost = textured & (_alike(now.edges, self._edges) < ALIKE)
        bare = textured & (left < BARE)
        self._hidden = lost | bare
        share = max(int(textured.sum()), 1)
        level, spread = (float(one[0, 0]) for one in cv2.meanStdDev(grey))
        look = Look(
            lost=float(lost.sum()) / share,
            bare=float(bare.sum()) / share,
            fine=_quantile((left / np.clip(contrast, 0.02, 50.0))[textured], SHARPEST) if textured.any() else 1.0,
            glare=float(np.maximum(now.glare - self._glare, 0.0).mean()),
            steady=self._steady(now) if 2 * int(lost.sum()) > share else 1.0,
            spread=spread,
            level=level,
            known=float(textured.mean()),
            alike=_correlation(now.coarse, self._coarse),
            blocks=self._hidden,
            bare_blocks=bare,
        )
        cv2.accumulateWeighted(now.edges, self._lately, -math.expm1(-dt_s / LATELY_S))
        return look

    def _steady(self, now: _Measured) -> float:
        return float((_alike(now.edges, self._lately) >= ALIKE).mean())

    def learn(self, dt_s: float) -> None:
        """Take the picture looked at last into what is known; hardly where something stands before it."""
        self._seen += 1
        rate = max(min(dt_s / MEMORY_S, 1.0), 1.0 / (self._seen + 1))
        self._take(self._now, np.where(self._hidden, np.float32(HIDDEN * rate), np.float32(rate)))

    def _take(self, now: _Measured, rates: Floats) -> None:
        """Sharpness by its geometric mean: a car that drives by is much sharper than its road, for a moment."""
        import cv2

        height, width = self._edges.shape
        everywhere = cv2.resize(rates, (width, height), interpolation=cv2.INTER_NEAREST)
        self._edges += everywhere * (now.edges - self._edges)
        self._sharp *= (np.maximum(now.sharp, FAINT) / np.maximum(self._sharp, FAINT)) ** rates
        self._contrast += rates * (now.contrast - self._contrast)
        self._glare += rates * (now.glare - self._glare)
        self._coarse += rates.mean() * (now.coarse - self._coarse)


class _Measured(NamedTuple):
    edges: Floats
    sharp: Floats
    contrast: Floats
    glare: Floats
    coarse: Floats

    @classmethod
    def of(cls, grey: Grey) -> _Measured:
        import cv2

        across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=0.25) for dx in (1, 0))
        strength = np.asarray(cv2.magnitude(across, down), np.float32)
        edges = cv2.blur(strength, TREMBLE)
        coarse = cv2.resize(grey, COARSE, interpolation=cv2.INTER_AREA).astype(np.float32)
        _, bright = cv2.threshold(grey, SATURATED - 1, 255, cv2.THRESH_BINARY)
        rough = cv2.blur(_blocks(coarse * coarse) - _blocks(coarse) ** 2, (3, 3))
        glare = _blocks(np.asarray(bright, np.uint8)) / np.float32(255.0)
        contrast = np.maximum(np.asarray(rough, np.float32), np.float32(0.0))
        return cls(np.asarray(edges, np.float32), _blocks(strength * strength), contrast, glare, coarse)


def _blocks(values: Floats | Grey) -> Floats:
    import cv2

    return np.asarray(cv2.resize(values, BLOCKS, interpolation=cv2.INTER_AREA), np.float32)


def _alike(one: Floats, other: Floats) -> Floats:
    """The correlation of two pictures in each block, -1…1; 0 where one of them is flat."""
    mean_one, mean_other = _blocks(one), _blocks(other)
    together = _blocks(one * other) - mean_one * mean_other
    spread_one = np.maximum(_blocks(one * one) - mean_one**2, 0.0)
    spread_other = np.maximum(_blocks(other * other) - mean_other**2, 0.0)
    whole = np.sqrt(spread_one * spread_other)
    return np.where(whole > 1e-2, together / np.maximum(whole, 1e-2), 0.0).astype(np.float32)


def _correlation(one: Floats, other: Floats) -> float:
    """Of two pictures as a whole, -1…1; 0 where one of them is flat."""
    one, other = (values.ravel() - values.mean() for values in (one, other))
    whole = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / whole if whole > 1.0 else 0.0


def _quantile(values: NDArray[Any], share: float) -> float:
    """Between the two values next to it, as much as it is; some values."""
    place = share * (len(values) - 1)
    ordered = np.sort(values)
    low, high = float(ordered[int(place)]), float(ordered[math.ceil(place)])
    return low + (place - int(place)) * (high - low)
