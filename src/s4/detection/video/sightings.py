"""What was found in one picture, as a tracker needs it: boxes, and, for those it asks about, their looks and whether
they stand free of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from s4.detection.video.appearance import Look, looks_of
from s4.detection.video.blobs import Blob
from s4.detection.video.picture import Image, Mask
from s4.detection.video.touching import touching

CROWDED: Final = 0.15  # of a box under somebody else's: its colours are not only its own


class Sightings:
    """`boxes`: working pixels. Without a picture there are no looks.

    Looks cost more than all the rest of a tracker, so they are worked out only for whom they are asked of, and once.
    """

    def __init__(self, blobs: Sequence[Blob], image: Image | None, foreground: Mask | None) -> None:
        self.blobs = blobs
        self.boxes = [blob.box for blob in blobs]
        self._image, self._foreground = image, foreground
        self._looks: dict[int, Look] = {}

    def looks(self, indices: Iterable[int]) -> dict[int, Look]:
        """The looks known so far, those of `indices` among them; none without a picture. Cost: 0.06 ms for seven."""
        if self._image is None:
            return self._looks
        new = sorted({index for index in indices if index not in self._looks})
        if new:
            looks = looks_of(self._image, self._foreground, [self.boxes[index] for index in new])
            self._looks.update(zip(new, looks, strict=True))
        return self._looks

    @cached_property
    def clean(self) -> set[int]:
        """Those that show one person, whole, and nobody else."""
        boxes = self.boxes
        clean = {at for at, blob in enumerate(self.blobs) if blob.person}
        for at, other, both in touching(boxes, boxes):
            if both > CROWDED * boxes[at].area and at != other:
                clean.discard(at)
        return clean
