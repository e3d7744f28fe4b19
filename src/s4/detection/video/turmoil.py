"""How violently what is seen moves: three measures of the last two seconds of motion.

People who walk go on as they went; people who fight stay on the spot, jerk to and fro, and their limbs go other ways
than their trunks. So: how much the motion changes from one picture to the next (`jerk`), for how much of the time one
place the size of a body is in motion (`stay`), and how little what is near each other moves alike (`discord`). All
three are shares or ratios, so neither the size of people nor a calibration is needed; what counts as motion at all is
a fraction of the picture's height a second.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.detection.video.flow import Motion
from s4.detection.video.picture import Box, Mask

Floats = NDArray[np.float32]

ROWS_PX: Final = 2  # values of the flow that are taken together, each way
MOSTLY: Final = 0.4  # of those: the brightness changes
SLOW: Final = 0.06  # picture heights a second: less is no motion
LEAST: Final = 20  # places in motion: fewer tell nothing
BODY: Final = 0.2  # of the picture's height: what a body covers; 0.6 times that in width
NEAR: Final = 0.08  # of the picture's height
WINDOW_S: Final = 2.1
MOST_STEPS: Final = 24
CUT: Final = 0.8  # share of the picture that changes when another picture is shown


class Measures(NamedTuple):
    """`jerk`: 0 to about 2, change of motion ÷ motion; `stay`: 0–1, share of the pictures in which the busiest place
    moves; `discord`: 0–1, 0 when all that is near each other moves alike. `box`: the busiest place, working pixels.
    """

    jerk: float
    stay: float
    discord: float
    box: Box


class _Step(NamedTuple):
    """One picture: `time` ns UTC; `moves`: where; `all`: the sum of its motion; `change`: of its change; `discord`."""

    time: int
    moves: Mask
    all: float
    change: float
    discord: float | None


class Turmoil:
    """The last two seconds of one camera. Cost: about 1 ms a picture besides the flow."""

    def __init__(self) -> None:
        self._steps: deque[_Step] = deque(maxlen=MOST_STEPS)
        self._last: Floats | None = None
        self._cell = 1.0

    @property
    def lasted(self) -> int:
        """How many pictures it has followed without a break, at most those of `WINDOW_S`."""
        return len(self._steps)

    def see(self, motion: Motion, height: int, time: int) -> None:
        """One picture's motion. `height`: of the working picture; `time`: ns UTC."""
        if motion.changed.mean() > CUT:
            self._steps.clear()
            self._last = None
            return
        speed, moves = _coarse(motion, height)
        self._cell = height / speed.shape[0]
        change = 0.0 if self._last is None else float(np.hypot(*np.moveaxis(speed - self._last, -1, 0)).sum())
        size = np.hypot(speed[..., 0], speed[..., 1])
        self._steps.append(_Step(time, moves & (size > SLOW), float(size.sum()), change, _discord(speed, size)))
        self._last = speed
        while time - self._steps[0].time > WINDOW_S * NS_PER_S:
            self._steps.popleft()

    def measure(self) -> Measures | None:
        """What the window shows; None when hardly anything moves in it."""
        import cv2

        steps = list(self._steps)
        discords = [step.discord for step in steps if step.discord is not None]
        total = sum(step.all for step in steps)
        if not discords or total <= 0.0:
            return None
        share: Floats = np.asarray(np.mean([step.moves for step in steps], axis=0), np.float32)
        w, h = _window(0.6 * BODY, len(share)), _window(BODY, len(share))
        busy = np.asarray(cv2.blur(share, (w, h), borderType=cv2.BORDER_CONSTANT), np.float32)
        row, column = np.unravel_index(int(np.argmax(busy)), busy.shape)
        box = Box(
            (float(column) - w / 2) * self._cell, (float(row) - h / 2) * self._cell, w * self._cell, h * self._cell
        )
        jerk = sum(step.change for step in steps[1:]) / total
        return Measures(jerk, float(busy[row, column]), float(np.mean(discords)), box)


def _coarse(motion: Motion, height: int) -> tuple[Floats, Mask]:
    """Speed in picture heights a second, float32[h, w, 2], 0 where nothing changes; and where something does."""
    import cv2

    rows, columns = (length // ROWS_PX for length in motion.changed.shape)
    changes = np.asarray(
        cv2.resize(motion.changed.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA), np.float32
    )
    moves = changes > MOSTLY
    speed = np.asarray(cv2.resize(motion.speed, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
    scaled: Floats = speed * moves[..., np.newaxis].astype(np.float32) / np.float32(height)
    return scaled, moves


def _discord(speed: Floats, size: Floats) -> float | None:
    """How little the motion near each place is alike, weighted by the motion; None when hardly anything moves."""
    import cv2

    moves = size > SLOW
    if np.count_nonzero(moves) < LEAST:
        return None
    side = _window(NEAR, len(size))
    across, down, all_ = (
        cv2.blur(np.ascontiguousarray(one), (side, side), borderType=cv2.BORDER_CONSTANT)
        for one in (speed[..., 0], speed[..., 1], size)
    )
    alike = np.hypot(across, down)[moves] / (all_[moves] + 1e-6)
    return float(1.0 - np.average(alike, weights=size[moves]))


def _window(share: float, height: int) -> int:
    """An odd number of places for a share of the picture's height."""
    return max(int(share * height) | 1, 3)
