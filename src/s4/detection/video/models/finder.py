"""People and things by a model, looked for only where something moved: an empty square costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np

from s4.detection.video.blobs import Blob
from s4.detection.video.finder import Findings, Recognised, Shown
from s4.detection.video.models.detector import Detector, Found
from s4.detection.video.models.windows import together, windows
from s4.detection.video.picture import Box, Image

REFRESH_S: Final = 10.0
"""Where nothing stands out the model looks again only so often: who sat there from the start is found then."""


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


class ModelFinder:
    """One camera's use of a model. `across`: windows a side (1: the picture as a whole); the detector may be shared.

    `looks` counts the runs of the model. Cost: one run for each window in which something stands out, none for others.
    """

    def __init__(self, model: Detector, across: int = 1) -> None:
        self._model, self._across = model, across
        self._windows: list[Window] = []
        self._size = (0, 0)
        self.looks = 0

    def find(self, shown: Shown) -> Findings:
        """Who is there, and what else the card wants to be stated."""
        height, width = shown.image.shape[:2]
        if (width, height) != self._size:
            self._size = width, height
            self._windows = [Window(box) for box in windows(width, height, self._across)]
        for window in self._windows:
            window.age_s += shown.dt_s
            if window.age_s >= REFRESH_S or shown.foreground[window.area].any():
                window.found, window.age_s = self._look(shown.image, window), 0.0
        return self._findings()

    def forget(self) -> None:
        """Look everywhere again."""
        self._size = (0, 0)

    def _look(self, image: Image, window: Window) -> list[Found]:
        self.looks += 1
        left, top = window.box.x, window.box.y
        found = self._model.find(np.ascontiguousarray(image[window.area]))
        return [one._replace(box=one.box._replace(x=one.box.x + left, y=one.box.y + top)) for one in found]

    def _findings(self) -> Findings:
        card = self._model.card
        picture = Box(0, 0, *self._size)
        pairs = [(window.box, one) for window in self._windows for one in window.found]
        found = together(pairs, picture, card.most_iou)
        people = [Blob(one.box, one.score, one.score >= card.sure) for one in found if one.label in card.people]
        things = tuple(
            Recognised(card.kinds[one.label], one.label, one.score, one.score >= card.sure, one.box)
            for one in found
            if one.label in card.kinds
        )
        return Findings(people, things)
