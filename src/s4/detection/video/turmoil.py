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
    """One picture: `time` ns UTC; `moves`: where, 1 or 0; `all`: the sum of its motion; `change`: of its change;
    `discord`.
    """

    time: int
    moves: NDArray[np.uint8]
    all: float
    change: float
    discord: float | None


class Turmoil:
    """The last two seconds of one camera. Cost: about 1 ms a picture besides the flow."""

    def __init__(self) -> None:
        self._steps: deque[_Step] = deque()
        self._last: tuple[Floats, Floats] | None = None
        self._moved: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
        self._cell = 1.0

    @property
    def lasted(self) -> int:
        """How many pictures it has followed without a break, at most those of `WINDOW_S`."""
        return len(self._steps)

    def see(self, motion: Motion, height: int, time: int) -> None:
        """One picture's motion. `height`: of the working picture; `time`: ns UTC."""
        if np.count_nonzero(motion.changed) > CUT * motion.changed.size:
            self._steps.clear()
            self._last = None
            return
        across, down, moves = _coarse(motion, height)
        self._cell = height / across.shape[0]
        last, self._last = self._last, (across, down)
        change = 0.0 if last is None else float(_length(across - last[0], down - last[1]).sum())
        size = _length(across, down)
        fast = (moves & (size > SLOW)).view(np.uint8)
        self._keep(_Step(time, fast, float(size.sum()), change, _discord(across, down, size)))

    def _keep(self, step: _Step) -> None:
        """How often each place moved is counted on, not counted anew."""
        if not self._steps:
            self._moved = np.zeros_like(step.moves)
        if len(self._steps) == MOST_STEPS:
            self._moved -= self._steps.popleft().moves
        self._steps.append(step)
        self._moved += step.moves
        while step.time - self._steps[0].time > WINDOW_S * NS_PER_S:
            self._moved -= self._steps.popleft().moves

    def measure(self) -> Measures | None:
        """What the window shows; None when hardly anything moves in it."""
        import cv2

        steps = list(self._steps)
        discords = [step.discord for step in steps if step.discord is not None]
        total = sum(step.all for step in steps)
        if not discords or total <= 0.0:
            return None
        share: Floats = self._moved * np.float32(1.0 / len(steps))
        w, h = _window(0.6 * BODY, len(share)), _window(BODY, len(share))
        busy = np.asarray(cv2.blur(share, (w, h), borderType=cv2.BORDER_CONSTANT), np.float32)
        row, column = np.unravel_index(int(np.argmax(busy)), busy.shape)
        box = Box(
            (float(column) - w / 2) * self._cell, (float(row) - h / 2) * self._cell, w * self._cell, h * self._cell
        )
        jerk = sum(step.change for step in steps[1:]) / total
        return Measures(jerk, float(busy[row, column]), float(np.mean(discords)), box)


def _coarse(motion: Motion, height: int) -> tuple[Floats, Floats, Mask]:
    """Speed to the right and down in picture heights a second, float32[h, w], 0 where nothing changes; and where
    something does.
    """
    import cv2

    rows, columns = (length // ROWS_PX for length in motion.changed.shape)
    changes = cv2.resize(motion.changed.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    moves: Mask = np.asarray(changes) > MOSTLY
    speed = cv2.resize(motion.speed, (columns, rows), interpolation=cv2.INTER_AREA)
    scale = moves * np.float32(1.0 / height)
    across, down = (np.asarray(one, np.float32) * scale for one in cv2.split(speed))
    return across, down, moves


def _length(across: Floats, down: Floats) -> Floats:
    import cv2

    return np.asarray(cv2.magnitude(across, down), np.float32)


def _discord(across: Floats, down: Floats, size: Floats) -> float | None:
    """How little the motion near each place is alike, weighted by the motion; None when hardly anything moves."""
    import cv2

    moves = np.flatnonzero(size > SLOW)
    if len(moves) < LEAST:
        return None
    side = _window(NEAR, len(size))
    right, low, all_ = (
        np.asarray(cv2.blur(one, (side, side), borderType=cv2.BORDER_CONSTANT)).ravel()[moves]
        for one in (across, down, size)
    )
    alike = np.hypot(right, low) / (all_ + np.float32(1e-6))
    return float(1.0 - np.average(alike, weights=size.ravel()[moves]))


def _window(share: float, height: int) -> int:
    """An odd number of places for a share of the picture's height."""
    return max(int(share * height) | 1, 3)
