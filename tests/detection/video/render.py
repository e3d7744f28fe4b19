"""Clips made by a small painter: a paved square, people with shadows, a bag, noise, light. The truth is exact."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from tests.detection.recordings import START

WIDTH, HEIGHT, FPS = 320, 240, 10.0
TALL, WIDE = 60, 20
BAG = 16


class Person(NamedTuple):
    """Where the feet are (pixels), and how dark the clothes are."""

    x: float
    y: float
    shade: int = 40


class Moment(NamedTuple):
    """Everything there is at one instant. `bag`: the middle of its lower edge; `light`: factor on the whole picture."""

    people: tuple[Person, ...] = ()
    bag: tuple[int, int] | None = None
    light: float = 1.0


Script = Callable[[float], Moment]


@cache
def paving() -> NDArray[np.float64]:
    """Grey slabs of uneven brightness, the same every time."""
    slabs = np.random.default_rng(7).uniform(110, 160, (HEIGHT // 12 + 1, WIDTH // 12 + 1))
    fine = np.random.default_rng(8).normal(0, 5, (HEIGHT, WIDTH))
    return np.kron(slabs, np.ones((12, 12)))[:HEIGHT, :WIDTH] + fine


def paint(moment: Moment, seed: int) -> NDArray[np.uint8]:
    """One picture."""
    ground = paving().copy()
    for person in moment.people:
        x, y = round(person.x), round(person.y)
        _fill(ground, x + WIDE // 2, y - 8, TALL // 2, 10, factor=0.62)  # the shadow falls to the right
    picture = np.repeat(ground[..., np.newaxis], 3, axis=2)
    if moment.bag:
        _fill(picture, moment.bag[0] - BAG // 2, moment.bag[1] - BAG, BAG, BAG, value=(30.0, 30.0, 45.0))
    for person in moment.people:
        x, y = round(person.x), round(person.y)
        _fill(picture, x - WIDE // 2, y - TALL, WIDE, TALL, value=(person.shade, person.shade, person.shade + 20.0))
        _fill(picture, x - 5, y - TALL, 10, 10, value=(120.0, 150.0, 190.0))
    return np.clip(picture * moment.light + noise(seed % 16), 0, 255).astype(np.uint8)


@cache
def noise(seed: int) -> NDArray[np.float64]:
    """Camera noise of 3 grey levels."""
    return np.random.default_rng(seed).normal(0, 3, (HEIGHT, WIDTH, 3))


def _fill(
    picture: NDArray[np.float64],
    x: int,
    y: int,
    w: int,
    h: int,
    *,
    value: tuple[float, ...] | None = None,
    factor: float = 1.0,
) -> None:
    piece = picture[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)]
    if value is None:
        piece *= factor
    else:
        piece[...] = value


def frames(
    script: Script, seconds: float, *, fps: float = FPS, source: str = "cam-1", start: int = START
) -> Iterator[Frame]:
    """The script as a camera would see it."""
    for number in range(round(seconds * fps)):
        second = number / fps
        yield Frame(source, "square", number, start + round(second * NS_PER_S), paint(script(second), number))


def walk(second: float, since: float, until: float, path: tuple[float, float], y: float) -> tuple[Person, ...]:
    """Somebody who walks from x `path[0]` to `path[1]` between two times, and is there only then."""
    if not since <= second <= until:
        return ()
    share = (second - since) / (until - since)
    return (Person(path[0] + share * (path[1] - path[0]), y),)
