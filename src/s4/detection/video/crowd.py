"""What moves in a picture, weighed in people: the flow of the foreground where its brightness changes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Box
from s4.detection.video.scene import Scene

Floats = NDArray[np.float64]
PERSON_AREA: Final = 0.15  # of the square of a height: what of a walking person differs from the picture before
SMALLEST: Final = 0.15  # people: smaller pieces are leaves and noise
SWAY: Final = 0.3  # heights a second: a camera that turns faster tells nothing of its people
TALLEST: Final = 2.0  # heights: larger pieces are no people of this place, but one near the lens, or a vehicle


class Piece(NamedTuple):
    """One connected piece of what moves: its box in working pixels, and its area in people."""

    box: Box
    people: float


class Moving(NamedTuple):
    """Points of the flow's grid (`rows`, `columns`) that move: `speed` in heights a second, `people`: the part of a
    person that each point is, `tall`: how tall a person is at each row of the grid, in steps of the grid; `tallest`:
    median of that in picture heights; `cut`: share of the picture's lowest row where something is; `step`: working
    pixels a step.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    speed: Floats
    people: Floats
    tall: Floats
    tallest: float
    cut: float
    width: int
    step: float

    @property
    def total(self) -> float:
        """All that moves, in people."""
        return float(self.people.sum())

    @property
    def box(self) -> Box:
        """Around all of it, working pixels."""
        if not len(self.rows):
            return Box(0.0, 0.0, 0.0, 0.0)
        left, top = float(self.columns.min()), float(self.rows.min())
        w, h = float(self.columns.max()) + 1 - left, float(self.rows.max()) + 1 - top
        return Box(left * self.step, top * self.step, w * self.step, h * self.step)

    def faster(self, least: float) -> Moving:
        """Only what does more than `least` heights a second."""
        kept = self.speed > least
        return self._replace(
            rows=self.rows[kept], columns=self.columns[kept], speed=self.speed[kept], people=self.people[kept]
        )

    def pieces(self) -> list[Piece]:
        """Connected pieces that people could be; groups stay together."""
        import cv2

        if not len(self.rows):
            return []
        mask = np.zeros((len(self.tall), self.width), np.uint8)
        mask[self.rows, self.columns] = 1
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        people = np.bincount(np.asarray(labels)[self.rows, self.columns], self.people, minlength=len(stats))
        found = []
        for (x, y, w, h, _), weight in zip(np.asarray(stats).tolist()[1:], people.tolist()[1:], strict=True):
            if weight > SMALLEST and h <= TALLEST * self.tall[min(y + h // 2, len(self.tall) - 1)]:
                found.append(Piece(Box(x * self.step, y * self.step, w * self.step, h * self.step), weight))
        return found


def moving(scene: Scene) -> Moving | None:
    """None where it cannot be told: no picture before, the light changes, the camera turns.

    Cost: about 1 ms, besides the flow.
    """
    if scene.flow is None or scene.scale is None or not scene.settled:
        return None
    foreground = scene.flow.small(scene.foreground)
    height, width = foreground.shape
    step = scene.view.width / width
    tall = scene.scale.tall((np.arange(height) + 0.5) * step) / step
    nobody = np.zeros(0, np.int64)
    tallest = float(np.median(tall)) / height
    if float((foreground.sum(axis=1) / (tall * tall)).sum()) < SMALLEST * PERSON_AREA:  # nobody: no flow is needed
        return Moving(nobody, nobody, np.zeros(0), np.zeros(0), tall, tallest, 0.0, width, step)
    motion = scene.flow.motion
    if np.hypot(*motion.camera) > SWAY * float(np.median(tall)) * step:
        return None
    rows, columns = np.nonzero(foreground & motion.changed)
    here = tall[rows]
    speed = np.hypot(motion.speed[rows, columns, 0], motion.speed[rows, columns, 1]) / (here * step)
    people = 1.0 / (PERSON_AREA * here * here)
    return Moving(rows, columns, speed, people, tall, tallest, float(foreground[-1].mean()), width, step)
