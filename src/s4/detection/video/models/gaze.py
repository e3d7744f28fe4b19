"""One camera's use of one model: it looks only where something stands out, and remembers what it saw elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np

from s4.detection.video.finder import Shown
from s4.detection.video.models.detector import Detector, Found
from s4.detection.video.models.windows import together, windows
from s4.detection.video.picture import Box, Image, overlap

REFRESH_S: Final = 10.0
"""Where nothing stands out the model looks again only so often: who sat there from the start is found then."""
LEAST_SHARE: Final = 0.08
"""Of the square of the smallest person's height: less foreground in a window is noise, or leaves."""


@dataclass(slots=True)
class Window:
    """A part of the picture; `found` in it when it was last looked at, `age_s` ago, in pixels of the picture."""

    box: Box
    age_s: float = inf
    found: list[Found] = field(default_factory=list)

    @property
    def area(self) -> tuple[slice, slice]:
        """As an index into the picture."""
        x, y, w, h = (int(value) for value in self.box)
        return slice(y, y + h), slice(x, x + w)


class Gaze:
    """`across`: windows a side (1: the picture as a whole). The model may be shared between cameras.

    `looks` counts the runs of the model. Cost: one run for each window in which a person's worth stands out.
    """

    def __init__(self, model: Detector, across: int = 1) -> None:
        self.model, self._across = model, across
        self._windows: list[Window] = []
        self._size = (0, 0)
        self.looks = 0

    def see(self, shown: Shown) -> list[Found]:
        """Everything above the card's `least` score, best first, working pixels."""
        height, width = shown.image.shape[:2]
        if (width, height) != self._size:
            self._size = width, height
            self._windows = [Window(box) for box in windows(width, height, self._across)]
        smallest, _ = shown.size.bounds(0.0)
        enough = LEAST_SHARE * smallest * smallest
        for window in self._windows:
            window.age_s += shown.dt_s
            if window.age_s >= REFRESH_S or np.count_nonzero(shown.foreground[window.area]) >= enough:
                window.found, window.age_s = self._look(shown.image, window), 0.0
        pairs = [(window.box, one) for window in self._windows for one in window.found]
        return together(pairs, Box(0, 0, *self._size), self.model.card.most_iou)

    def looked_at(self, box: Box) -> bool:
        """Whether the model was run on this place of the picture seen last."""
        return any(window.age_s == 0.0 and 2 * overlap(window.box, box) >= box.area for window in self._windows)

    def forget(self) -> None:
        """Look everywhere again."""
        self._size = (0, 0)

    def _look(self, image: Image, window: Window) -> list[Found]:
        self.looks += 1
        found = self.model.find(np.ascontiguousarray(image[window.area]))
        left, top = window.box.x, window.box.y
        return [one._replace(box=one.box._replace(x=one.box.x + left, y=one.box.y + top)) for one in found]
