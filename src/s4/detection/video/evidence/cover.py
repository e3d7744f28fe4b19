"""Cover: where people are, or may be, in the pictures of one camera, so that nobody in them can be recognised.

It errs to the side of covering. A piece of foreground is covered as a whole box and a margin, so that a body of which
only parts stand out is covered too; so is everybody who is followed, also where they are only thought to be, what
stands out faintly, and what has not been still for long enough to be known as place. A cover lasts from a second before
it is seen to a second after, which bridges the pictures in which somebody was missed. Whoever is lost in the middle of
the picture may be standing there still, and stays covered for longer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

import numpy as np

from s4.core.clock import NS_PER_S
from s4.detection.video.blobs import boxes_of
from s4.detection.video.evidence.faint import Faint
from s4.detection.video.evidence.known import Known
from s4.detection.video.evidence.planes import Planes, coarse, planes_of
from s4.detection.video.picture import Box, Image, Mask
from s4.detection.video.scene import Scene

AHEAD_S: Final = 1.0
BEHIND_S: Final = 1.0
LOST_S: Final = 5.0
MARGIN: Final = 0.12  # of a piece's or person's height, on each side
EDGE: Final = 0.3  # heights: who was lost as near to the picture's edge has left it
CELLS: Final = 160  # across the picture: a cover is as coarse as that
LEAST_CELLS: Final = 2.0  # smaller pieces are covered without a margin
STRIP: Final = 0.5  # of its height: a wide piece is covered in strips as broad as this, each as high as it is there


class Cover:
    """What is covered in one camera's pictures of the last `keep_s` seconds. `still_s`: what has not been still for so
    long is covered too (`Known`); 0 for none of that. Cost: about 1.5 ms a picture.
    """

    def __init__(self, keep_s: float, still_s: float = 0.0) -> None:
        self._keep = round((keep_s + BEHIND_S + AHEAD_S) * NS_PER_S)
        self._times: list[int] = []
        self._masks: list[Mask] = []
        self._people: dict[int, tuple[Box, int]] = {}
        self._faint, self._known = Faint(), Known(still_s)

    @property
    def until(self) -> int:
        """The newest time (ns UTC) of which all is known that will be; 0 before the first picture."""
        return self._times[-1] - round(AHEAD_S * NS_PER_S) if self._times else 0

    def see(self, scene: Scene) -> None:
        """Take in an analysed picture. While the light changes nothing is uncovered; a time that is not later than the
        one before begins anew.
        """
        if self._times and scene.time <= self._times[-1]:
            self._times, self._masks, self._people = [], [], {}
        canvas = _Canvas(scene)
        canvas.cover_foreground()
        for box in self._followed(scene):
            canvas.cover_person(box)
        now = canvas.planes(scene.image)
        mask = canvas.mask | self._faint.look(now, canvas.mask, scene.dt_s) | self._known.look(now, scene.dt_s)
        if not scene.settled and self._masks and self._masks[-1].shape == mask.shape:
            mask = mask | self._masks[-1]
        self._keep_mask(scene.time, mask)

    def at(self, time: int) -> Mask:
        """What to cover in the picture of `time` (ns UTC): a coarse bool[rows, columns] over the whole picture.

        The pictures seen from a second before to a second after count, and always the last before and the first after.
        Everything is covered where nothing is known.
        """
        if not self._times or time < self._times[0]:
            return np.ones((1, 1), np.bool_)
        first = bisect_left(self._times, time - round(BEHIND_S * NS_PER_S))
        last = bisect_right(self._times, time + round(AHEAD_S * NS_PER_S))
        first = min(first, max(bisect_right(self._times, time) - 1, 0))
        last = max(last, bisect_left(self._times, time) + 1)
        masks = self._masks[first:last]
        if any(mask.shape != masks[0].shape for mask in masks):
            return np.ones((1, 1), np.bool_)
        return np.asarray(np.logical_or.reduce(masks), np.bool_)

    def _followed(self, scene: Scene) -> list[Box]:
        """Everybody who is followed, and those who were until lately and have not been seen to leave."""
        for track in scene.tracks:
            self._people[track.number] = track.box, scene.time
        for number, (box, seen) in list(self._people.items()):
            if scene.time - seen > LOST_S * NS_PER_S or (scene.time > seen and _at_edge(box, scene)):
                del self._people[number]
        return [box for box, _ in self._people.values()]

    def _keep_mask(self, time: int, mask: Mask) -> None:
        self._times.append(time)
        self._masks.append(mask)
        old = bisect_left(self._times, time - self._keep)
        del self._times[:old], self._masks[:old]


class _Canvas:
    """A coarse mask over a working picture; boxes are drawn into it in cells."""

    def __init__(self, scene: Scene) -> None:
        width, height = scene.view.width, scene.view.height
        self.cell = max(width / CELLS, 1.0)
        self._size = max(round(width / self.cell), 1), max(round(height / self.cell), 1)
        self._foreground: Mask = coarse(scene.foreground.view(np.uint8) * np.uint8(255), self._size) > 0
        self.mask = self._foreground.copy()

    def planes(self, image: Image) -> Planes:
        """The picture with one pixel for each cell."""
        return planes_of(coarse(image, self._size))

    def cover_foreground(self) -> None:
        """Cover each piece of foreground, in strips when it is wider than high."""
        for box, _ in boxes_of(self._foreground, LEAST_CELLS):
            count = max(round(box.w / max(STRIP * box.h, 2.0)), 1)
            for number in range(count):
                left, right = (int(box.x) + round(box.w * share / count) for share in (number, number + 1))
                part = self._foreground[int(box.y) : int(box.y + box.h), left:right]
                rows = np.flatnonzero(part.any(axis=1))
                if len(rows):
                    strip = Box(left, box.y + int(rows[0]), right - left, int(rows[-1] - rows[0]) + 1)
                    self._fill(strip, MARGIN * box.h)

    def cover_person(self, box: Box) -> None:
        """Cover somebody at `box`, working pixels."""
        x, y, w, h = (value / self.cell for value in box)
        self._fill(Box(x, y, w, h), MARGIN * h)

    def _fill(self, box: Box, margin: float) -> None:
        rows = slice(max(int(box.y - margin), 0), max(int(np.ceil(box.y + box.h + margin)), 0))
        self.mask[rows, max(int(box.x - margin), 0) : max(int(np.ceil(box.x + box.w + margin)), 0)] = True


def _at_edge(box: Box, scene: Scene) -> bool:
    near = EDGE * box.h
    view = scene.view
    return min(box.x, box.y, view.width - box.x - box.w, view.height - box.y - box.h) < near
