"""How everything in the picture moves: one small dense optical flow, worked out once and only when somebody asks.

Dense inverse search (Kroeger, Timofte, Dai, Van Gool 2016, OpenCV's DIS) between two analysed pictures, reduced to at
most 320 px. The camera's own motion, which most of the picture shares, is taken off.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image, Mask
from s4.detection.video.sight import Grey, grey_of

Floats = NDArray[np.float32]
CHANGED: Final = 15  # grey levels: more than a sensor's noise
LONGEST_S: Final = 0.6
"""Between two pictures: in more time, somebody who runs has gone too far to be found again by what lies near."""
LEAST: Final = 8  # points that change: where fewer do, all stands still, and no flow is worked out
COARSE: Final = 4  # every so many pixels one is asked how the camera moves


class Glance:
    """One working picture, `image`, which is grey and small once it is asked for so."""

    def __init__(self, image: Image) -> None:
        self.image, self.shape = image, image.shape

    @cached_property
    def grey(self) -> Grey:
        """At most 320 px wide."""
        return grey_of(self.image)


class Motion(NamedTuple):
    """`speed`: float32[h, w, 2], working pixels a second to the right and down, the camera's own taken off; `changed`:
    bool[h, w], where the brightness is another one; `camera`: its own motion, working pixels a second; `step`: working
    pixels between two values.
    """

    speed: Floats
    changed: Mask
    camera: tuple[float, float]
    step: float


class Flow:
    """From one picture to the next, `dt_s` later; `engine` is any DIS of OpenCV's, which keeps nothing between two
    pictures. Cost of `motion`: about 4 ms the first time it is asked for, then nothing; nor where
    nothing changes.
    """

    def __init__(self, before: Glance, now: Glance, width: int, dt_s: float, engine: Any = None) -> None:
        self._before, self._now, self._width, self._dt_s, self._engine = before, now, width, dt_s, engine

    @cached_property
    def motion(self) -> Motion:
        """Of every point of the picture, on a grid."""
        import cv2

        before, now = self._before.grey, self._now.grey
        step = self._width / now.shape[1]
        changed = np.asarray(cv2.absdiff(before, now)) > CHANGED
        if np.count_nonzero(changed) < LEAST:
            return Motion(np.zeros((*now.shape, 2), np.float32), changed, (0.0, 0.0), step)
        moved = np.asarray((self._engine or make_engine()).calc(before, now, None), np.float32)
        across, down = (float(np.median(moved[::COARSE, ::COARSE, axis].ravel())) for axis in (0, 1))
        rate = step / self._dt_s
        for axis, own in enumerate((across, down)):  # one by one: over both at once takes ten times as long
            moved[..., axis] -= np.float32(own)
        moved *= np.float32(rate)
        return Motion(moved, changed, (across * rate, down * rate), step)

    def small(self, mask: Mask) -> Mask:
        """A mask of the working picture on the grid of `motion`."""
        import cv2

        height, width = self._now.grey.shape
        if mask.shape == (height, width):
            return mask
        return np.asarray(cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)) > 0


class Flows:
    """Hands out the flow of each picture of one camera against the one before it."""

    def __init__(self) -> None:
        self._last: Glance | None = None
        self._engine: Any = None

    def next(self, image: Image | Glance, dt_s: float) -> Flow | None:
        """None for the first picture, when the size has changed, and when the last one is too long ago."""
        before, self._last = self._last, image if isinstance(image, Glance) else Glance(image)
        if before is None or before.shape != self._last.shape or dt_s > LONGEST_S:
            return None
        self._engine = self._engine or make_engine()
        return Flow(before, self._last, self._last.shape[1], dt_s, self._engine)


def make_engine() -> Any:
    """DIS, quick: without the variational refinement, which costs half of the time and smooths small people away."""
    import cv2

    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    engine.setFinestScale(1)
    engine.setPatchStride(5)
    engine.setVariationalRefinementIterations(0)
    return engine
