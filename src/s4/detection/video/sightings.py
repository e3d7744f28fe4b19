"""What was found in one picture, as a tracker needs it: boxes in a table, and, for those it asks about, their looks and
whether they stand free of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.appearance import Look, looks_of
from s4.detection.video.blobs import Blob
from s4.detection.video.picture import Box, Image, Mask

Floats = NDArray[np.float32]
CROWDED: Final = 0.15  # of a box under somebody else's: its colours are not only its own


class Sightings:
    """`boxes`: float[n, 4] (x, y, w, h) working pixels. Without a picture there are no looks.

    Looks cost more than all the rest of a tracker, so they are worked out only for whom they are asked of, and once.
    """

    def __init__(self, blobs: Sequence[Blob], image: Image | None, foreground: Mask | None) -> None:
        self.blobs = blobs
        self.boxes = table([blob.box for blob in blobs])
        self._image, self._foreground = image, foreground
        self._looks: dict[int, Look] = {}
        self._crowded: NDArray[np.bool_] | None = None

    def looks(self, indices: Iterable[int]) -> dict[int, Look]:
        """The looks known so far, those of `indices` among them; none without a picture. Cost: 0.1 ms for ten."""
        new = sorted({index for index in indices if index not in self._looks})
        if new and self._image is not None:
            looks = looks_of(self._image, self._foreground, self.boxes[new])
            self._looks.update(zip(new, looks, strict=True))
        return self._looks

    def is_clean(self, index: int) -> bool:
        """Whether it shows one person, whole, and nobody else."""
        if self._crowded is None:
            under = shared(self.boxes, self.boxes) / np.maximum(areas(self.boxes), 1e-6)[:, None]
            np.fill_diagonal(under, 0.0)
            self._crowded = under.max(axis=1) > CROWDED
        return self.blobs[index].person and not bool(self._crowded[index])


def table(boxes: Sequence[Box]) -> Floats:
    """Boxes as rows, float[n, 4]."""
    return np.array(boxes, np.float32).reshape(-1, 4)


def areas(boxes: Floats) -> Floats:
    """float[n], px²."""
    return np.asarray(boxes[:, 2] * boxes[:, 3], np.float32)


def shared(a: Floats, b: Floats) -> Floats:
    """The area that every box of `a` shares with every box of `b`: float[n, m].

    >>> shared(table([Box(0, 0, 2, 1)]), table([Box(1, 0, 2, 1), Box(5, 0, 1, 1)])).tolist()
    [[1.0, 0.0]]
    """
    x, y, w, h = a.T[:, :, None]
    left, top, wide, tall = b.T
    across = np.minimum(x + w, left + wide) - np.maximum(x, left)
    down = np.minimum(y + h, top + tall) - np.maximum(y, top)
    return np.asarray(np.maximum(across, 0.0) * np.maximum(down, 0.0), np.float32)
