"""What was found in one picture, as a tracker needs it: boxes in a table, looks, and who stands free of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.appearance import looks_of
from s4.detection.video.blobs import Blob
from s4.detection.video.picture import Box, Image, Mask

Floats = NDArray[np.float32]
CROWDED: Final = 0.15  # of a box under somebody else's: its colours are not only its own


class Sightings(NamedTuple):
    """`boxes`: float[n, 4] (x, y, w, h) working pixels; `looks`: float[n, 96], None without a picture; `clean`: shows
    one person, whole, and nobody else.
    """

    blobs: Sequence[Blob]
    boxes: Floats
    looks: Floats | None
    clean: NDArray[np.bool_]

    @classmethod
    def of(cls, blobs: Sequence[Blob], image: Image | None, foreground: Mask | None) -> Sightings:
        """Cost: about 0.3 ms for ten people."""
        boxes = table([blob.box for blob in blobs])
        looks = None if image is None else looks_of(image, foreground, [blob.box for blob in blobs])
        under = shared(boxes, boxes) / np.maximum(boxes[:, 2] * boxes[:, 3], 1e-6)[:, None]
        np.fill_diagonal(under, 0.0)
        people = np.array([blob.person for blob in blobs], np.bool_)
        return cls(blobs, boxes, looks, people & ~(under > CROWDED).any(axis=1))


def table(boxes: Sequence[Box]) -> Floats:
    """Boxes as rows, float[n, 4]."""
    return np.array(boxes, np.float32).reshape(-1, 4)


def shared(a: Floats, b: Floats) -> Floats:
    """The area that every box of `a` shares with every box of `b`: float[n, m].

    >>> shared(table([Box(0, 0, 2, 1)]), table([Box(1, 0, 2, 1), Box(5, 0, 1, 1)])).tolist()
    [[1.0, 0.0]]
    """
    ends = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    sides = np.maximum(ends - np.maximum(a[:, None, :2], b[None, :, :2]), 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)
