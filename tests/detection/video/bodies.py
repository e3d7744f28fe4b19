"""People painted as bodies that lean, bend, sit and fall, before a paved wall; the truth is exact."""

from collections.abc import Callable, Iterator
from math import cos, radians, sin
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from tests.detection.recordings import START
from tests.detection.video.render import HEIGHT, WIDTH, noise, paving

FPS = 5.0


class Body(NamedTuple):
    """Where the feet are (px), how far it leans from upright (degrees to the right), its height (px), and how much of
    that height is left when it sits or squats; `shade`: its grey level.
    """

    x: float
    y: float
    lean: float = 0.0
    tall: float = 110.0
    left: float = 1.0
    shade: int = 40


Bodies = Callable[[float], tuple[Body, ...]]


def between(second: float, since: float, until: float) -> float:
    """How far from one time to another, 0–1."""
    return min(max((second - since) / (until - since), 0.0), 1.0)


def paint(bodies: tuple[Body, ...], seed: int) -> NDArray[np.uint8]:
    """One picture."""
    picture = np.repeat(paving().astype(np.float32)[..., np.newaxis], 3, axis=2)
    for body in bodies:
        _draw(picture, body)
    return np.clip(picture + noise(seed % 16), 0, 255).astype(np.uint8)


def _draw(picture: NDArray[np.float32], body: Body) -> None:
    """Legs, trunk and head along one line."""
    across, up = sin(radians(body.lean)), cos(radians(body.lean))
    tall = body.tall * body.left

    def at(share: float) -> tuple[int, int]:
        return round(body.x + across * share * tall), round(body.y - up * share * tall)

    shade = float(body.shade)
    cv2.line(picture, at(0.05), at(0.45), (shade, shade, shade), round(0.16 * body.tall))
    cv2.line(picture, at(0.45), at(0.8), (shade + 30, shade, shade), round(0.24 * body.tall))
    cv2.circle(picture, at(0.92), round(0.075 * body.tall), (120.0, 150.0, 190.0), -1)


def frames(bodies: Bodies, seconds: float, fps: float = FPS) -> Iterator[Frame]:
    """What a camera sees of them."""
    for number in range(round(seconds * fps)):
        second = number / fps
        picture = paint(bodies(second), number)
        assert picture.shape == (HEIGHT, WIDTH, 3)
        yield Frame("cam-1", "square", number, START + round(second * NS_PER_S), picture)
