"""A model that is ready: picture → what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from s4.core.errors import InputError
from s4.detection.video.models.candidates import Candidates, suppress
from s4.detection.video.models.card import ModelCard
from s4.detection.video.models.fit import fit
from s4.detection.video.models.heads import HEADS
from s4.detection.video.models.heads.head import Reading
from s4.detection.video.models.network import Network, read_weights
from s4.detection.video.picture import Box, Image


class Found(NamedTuple):
    """One thing in a picture: its label, the score (0–1, no probability) and the box, px."""

    label: str
    score: float
    box: Box


class Detector:
    """The weights `path` with their card. May be used by several cameras and threads at once.

    Raises `InputError` in one line when the file is not the one that the card describes: another hash, other shapes,
    values that are no numbers. Cost: one run to see that it runs.
    """

    def __init__(self, path: Path, card: ModelCard) -> None:
        data, sha256 = read_weights(path)
        if sha256 != card.sha256:
            reason = f"is not the file of its card: SHA-256 {sha256[:12]}…, not {card.sha256[:12]}…"
            raise InputError(reason, file=str(path))
        self.card, self._file = card, str(path)
        self._network = Network(data, str(path))
        self._head = HEADS[card.head]
        shown = card.input
        self._reading = Reading(shown.width, shown.height, len(card.labels), card.least, card.cell_offset, card.decoded)
        self._check()

    def find(self, image: Image) -> list[Found]:
        """uint8[h, w, 3] BGR → what reaches the card's `least` score, best first, in pixels of the picture."""
        shown, way = fit(image, self.card.input)
        outputs = self._network.run(shown)
        with np.errstate(all="ignore"):  # what is not finite is left out
            kept = suppress(self._head.decode(outputs, self._reading), self.card.most_iou)
            kept = kept._replace(boxes=way.back(kept.boxes))
        return _listed(kept.of((kept.boxes[:, 2:] - kept.boxes[:, :2]).min(axis=1, initial=np.inf) >= 1.0), self.card)

    def _check(self) -> None:
        shown = self.card.input
        size = zip(self._network.size, (shown.width, shown.height), strict=True)
        if any(known not in (None, wanted) for known, wanted in size):
            have = " × ".join(str(side or "any") for side in self._network.size)
            raise InputError(f"takes {have} px; its card says {shown.width} × {shown.height}", file=self._file)
        outputs = self._network.run(np.zeros((1, 3, shown.height, shown.width), np.float32))
        shapes = {name: value.shape for name, value in outputs.items()}
        if self._head.classes(shapes, shown.width, shown.height, len(self.card.labels)) is None:
            gives = ", ".join(str(shape) for shape in list(shapes.values())[:4])
            reason = (
                f"gives {gives}; head {self.card.head} with {len(self.card.labels)} labels needs {self._head.outputs}"
            )
            raise InputError(reason, file=self._file)


def _listed(kept: Candidates, card: ModelCard) -> list[Found]:
    found = []
    for (left, top, right, bottom), score, index in zip(
        kept.boxes.tolist(), kept.scores.tolist(), kept.classes.tolist(), strict=True
    ):
        found.append(Found(card.labels[index], min(max(score, 0.0), 1.0), Box(left, top, right - left, bottom - top)))
    return found
