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
APART: Final = 0.25  # heights: nearer pieces are one, as the arms and legs of somebody are


class Piece(NamedTuple):
    """One connected piece of what moves: its area in people, and their `surplus`: each counts by how much they are
    faster than usual, 0 (as usual) to 1 (twice as fast, or more).
    """

    people: float
    surplus: float


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
        return self._only(self.speed > least)

    def pieces(self, usual: float) -> list[Piece]:
        """Pieces that people could be, apart from each other; groups stay together. `usual`: heights a second."""
        import cv2

        kept = self._only(self._of_people())
        if not len(kept.rows):
            return []
        reach = max(round(APART * float(np.median(self.tall[kept.rows]))), 1) | 1
        mask = np.asarray(cv2.dilate(kept._mask(), np.ones((reach, reach), np.uint8)), np.uint8)
        count, labels = cv2.connectedComponents(mask, connectivity=8)
        which = np.asarray(labels)[kept.rows, kept.columns]
        people = np.bincount(which, kept.people, minlength=count)
        surplus = np.bincount(which, kept.people * np.clip(kept.speed / usual - 1.0, 0.0, 1.0), minlength=count)
        return [Piece(*pair) for pair in zip(people.tolist()[1:], surplus.tolist()[1:], strict=True)]

    def _of_people(self) -> NDArray[np.bool_]:
        """Which points belong to something that is neither too small nor too tall to be somebody."""
        import cv2

        if not len(self.rows):
            return np.zeros(0, np.bool_)
        mask = np.asarray(cv2.morphologyEx(self._mask(), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        which = np.asarray(labels)[self.rows, self.columns]
        boxes = np.asarray(stats)
        middle = np.minimum(boxes[:, cv2.CC_STAT_TOP] + boxes[:, cv2.CC_STAT_HEIGHT] // 2, len(self.tall) - 1)
        fits = boxes[:, cv2.CC_STAT_HEIGHT] <= TALLEST * self.tall[middle]
        fits &= np.bincount(which, self.people, minlength=len(boxes)) > SMALLEST
        return np.asarray(fits[which], np.bool_)

    def _mask(self) -> NDArray[np.uint8]:
        mask = np.zeros((len(self.tall), self.width), np.uint8)
        mask[self.rows, self.columns] = 1
        return mask

    def _only(self, kept: NDArray[np.bool_]) -> Moving:
        return self._replace(
            rows=self.rows[kept], columns=self.columns[kept], speed=self.speed[kept], people=self.people[kept]
        )


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
