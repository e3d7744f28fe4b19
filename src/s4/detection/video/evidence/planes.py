"""Planes: a coarse picture with its three colours one below the other, which is several times as quick to compare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.picture import Image, Mask

Planes = NDArray[np.float32]
"""float32[3 × rows, columns]"""


def coarse(image: Image, size: tuple[int, int]) -> Image:
    """The picture (or one of its planes) with the mean of each cell, `size`: columns and rows of cells.

    Cost: 0.2 ms for 640 × 480 made 160 × 120.
    """
    import cv2

    while image.shape[1] % (2 * size[0]) == 0 and image.shape[0] % (2 * size[1]) == 0:  # halving is by far the quickest
        half = image.shape[1] // 2, image.shape[0] // 2
        image = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.uint8)
    if image.shape[1::-1] == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def planes_of(image: Image) -> Planes:
    """The colours of a coarse picture, one below the other."""
    import cv2

    return np.concatenate(cv2.split(image)).astype(np.float32)


def far(now: Planes, then: Planes) -> NDArray[np.float32]:
    """By how many grey levels each cell differs, in the colour that differs most.

    >>> float(far(np.zeros((3, 1), np.float32), np.array([[2], [9], [5]], np.float32))[0, 0])
    9.0
    """
    import cv2

    apart = cv2.absdiff(now, then)
    rows = len(apart) // 3
    return np.asarray(cv2.max(cv2.max(apart[:rows], apart[rows : 2 * rows]), apart[2 * rows :]), np.float32)


def draw_near(then: Planes, now: Planes, share: float, where: Mask) -> None:
    """Take in a share of what is seen now, where it is true."""
    import cv2

    cv2.accumulateWeighted(now, then, min(share, 1.0), mask=in_planes(where).view(np.uint8))


def in_planes(mask: Mask) -> Mask:
    """The mask, for each colour.

    >>> in_planes(np.array([[True, False]])).tolist()
    [[True, False], [True, False], [True, False]]
    """
    return np.concatenate((mask, mask, mask))
