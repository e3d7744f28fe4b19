"""People and bags in a camera's picture: they walk, cast shadows, and are hidden behind what is nearer."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.exercise.light import Sun
from s4.exercise.optics import HEIGHT, WIDTH, Floats, Optics
from s4.exercise.scenery import Scenery
from s4.exercise.shapes import Point

Image = NDArray[np.uint8]
Colour = tuple[float, float, float]
FINE: Final = 4
"""Bits behind the point in which OpenCV is given coordinates."""
_ONE: Final = 1 << FINE
CLOTHES: Final = np.array(
    [[62, 54, 50], [128, 96, 60], [60, 60, 150], [190, 190, 196], [96, 128, 74], [52, 110, 170], [150, 130, 150],
     [80, 70, 110], [200, 170, 120], [70, 150, 190], [40, 40, 44], [120, 60, 60]], float
)  # fmt: skip
TROUSERS: Final = np.array([[58, 46, 40], [92, 72, 54], [48, 48, 50], [96, 104, 116], [70, 56, 48]], float)
SKIN: Final = np.array([[150, 176, 214], [118, 150, 196], [88, 112, 158], [60, 78, 116]], float)
"""Colours of people, BGR: float[n, 3] each."""


class Figures(NamedTuple):
    """People as columns: `at`, `velocity` float[n, 2]; `height_m`, `stride` float[n]; `look` int[n]: their clothes."""

    at: Floats
    velocity: Floats
    height_m: Floats
    stride: Floats
    look: NDArray[np.intp]


class Thing(NamedTuple):
    """A box left on the ground: `size_m` (wide, high); `colour` BGR."""

    at: Point
    size_m: tuple[float, float]
    colour: tuple[float, float, float]


def draw(scenery: Scenery, camera: Optics, sun: Sun, people: Figures, things: tuple[Thing, ...]) -> Image:
    """The scene with everybody in it. Costs about 40 µs for each person in view."""
    image = scenery.image.copy()
    feet = camera.project(np.column_stack((people.at, np.zeros(len(people.at)))))
    heads = camera.project(np.column_stack((people.at, people.height_m)))
    seen = np.flatnonzero(
        (feet[:, 2] > 1.5) & (feet[:, 2] < 140) & (feet[:, 0] > -60) & (feet[:, 0] < WIDTH + 60)
        & (heads[:, 1] < HEIGHT) & (feet[:, 1] > 0)
    )  # fmt: skip
    _shadows(image, scenery, camera, sun, [(people.at[i], people.height_m[i], 0.26) for i in seen], things)
    rows = [(float(feet[i, 2]), i) for i in seen] + [(_depth(camera, t), -1 - k) for k, t in enumerate(things)]
    for depth, i in sorted(rows, reverse=True):
        if i < 0:
            _box(image, scenery, camera, things[-1 - i], sun.gain)
        else:
            _person(image, scenery, (feet[i], heads[i], depth), people, int(i), camera, sun.gain)
    return image


def _depth(camera: Optics, thing: Thing) -> float:
    return float(camera.project(np.array([[*thing.at, 0.0]]))[0, 2])


def _shadows(
    image: Image,
    scenery: Scenery,
    camera: Optics,
    sun: Sun,
    people: list[tuple[Floats, float, float]],
    things: tuple[Thing, ...],
) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    casters = people + [(np.array(t.at), t.size_m[1], t.size_m[0] / 2) for t in things]
    reach = np.array(sun.toward)
    for at, height, half in casters:
        across = np.array([-reach[1], reach[0]]) / np.hypot(*reach) * half
        tip = at + reach * height
        outline = np.array([at + across, tip + across * 0.6, tip - across * 0.6, at - across])
        pixels = camera.project(np.column_stack((outline, np.zeros(4))))
        if (pixels[:, 2] > 1.0).all():
            cv2.fillConvexPoly(
                mask, np.round(pixels[:, :2].clip(-2000, 3000) * _ONE).astype(np.int32), (150,), 16, FINE
            )
    if casters:
        shade = cv2.multiply(cv2.blur(mask, (3, 3)), scenery.lit, scale=1 / 255)
        factor = cv2.merge([cv2.bitwise_not(shade)] * 3)
        cv2.multiply(image, factor, dst=image, scale=1 / 255)


def _fixed(x: float, y: float) -> tuple[int, int]:
    return round(x * _ONE), round(y * _ONE)


class _Walker(NamedTuple):
    """One person as the camera sees them. `tall`: pixels from head to feet; `swing`: pixels by which the legs part;
    `side`: −1 to 1, how much they walk across the picture; `sway`: pixels by which somebody who stands leans over.
    """

    tall: float
    swing: float
    side: float
    sway: float
    top: Colour
    legs: Colour
    skin: Colour


def _person(
    image: Image,
    scenery: Scenery,
    where: tuple[Floats, Floats, float],
    people: Figures,
    i: int,
    camera: Optics,
    gain: float,
) -> None:
    feet, head, depth = where
    tall = float(feet[1] - head[1])
    pad = tall * 0.4 + 2
    x0, x1 = max(0, int(feet[0] - pad)), min(WIDTH, int(feet[0] + pad) + 1)
    y0, y1 = max(0, int(head[1] - 2)), min(HEIGHT, int(feet[1] + tall * 0.08) + 2)
    if x0 >= x1 or y0 >= y1:
        return
    patch = image[y0:y1, x0:x1]
    hidden = scenery.depth[y0:y1, x0:x1] < depth - 0.4
    covered = bool(hidden.any())
    canvas = patch.copy() if covered else patch
    walker = _walker(people, i, tall, camera, gain)
    _legs(canvas, float(feet[0]) - x0, float(feet[1]) - y0, walker)
    _upper(canvas, float(feet[0]) - x0, float(feet[1]) - y0, walker)
    if covered:
        canvas[hidden] = patch[hidden]
        patch[:] = canvas


def _walker(people: Figures, i: int, tall: float, camera: Optics, gain: float) -> _Walker:
    look, speed = int(people.look[i]), float(np.hypot(*people.velocity[i]))
    top, legs, skin = (_colour(palette[look % len(palette)] * gain) for palette in (CLOTHES, TROUSERS, SKIN))
    side = float(people.velocity[i] @ camera.axes[0][:2]) / max(speed, 0.1)
    phase, stands = people.stride[i], max(0.0, 1.0 - speed)
    swing = math.sin(phase) * (min(speed / 1.3, 1.3) + 0.3 * stands) * tall
    sway = 0.06 * stands * math.sin(0.7 * phase + look) * tall
    return _Walker(tall, swing, side, sway, top, legs, skin)


def _legs(canvas: Image, x: float, y: float, w: _Walker) -> None:
    hip, width = _fixed(x + 0.5 * w.sway, y - 0.49 * w.tall), max(1, round(0.088 * w.tall))
    for sign in (1, -1):
        apart = sign * (0.13 * w.swing * w.side + 0.04 * w.tall * (1 - abs(w.side)))
        foot = _fixed(x + apart, y - max(0.0, sign * w.swing) * 0.05)
        cv2.line(canvas, hip, foot, w.legs, width, cv2.LINE_AA, FINE)


def _upper(canvas: Image, x: float, y: float, w: _Walker) -> None:
    x += w.sway
    dark, hair = _colour(np.array(w.top) * 0.68), _colour(np.array(w.skin) * 0.35)
    middle, girth = _fixed(x, y - 0.66 * w.tall), _fixed(0.125 * w.tall, 0.20 * w.tall)
    for start, end, colour in ((0, 360, w.top), (-80, 80, dark)):
        cv2.ellipse(canvas, middle, girth, 0, start, end, colour, -1, cv2.LINE_AA, FINE)
    shoulder = _fixed(x + 0.09 * w.tall, y - 0.78 * w.tall)
    hand = _fixed(x - 0.10 * w.swing * (w.side or 0.5) + 0.1 * w.tall, y - 0.47 * w.tall)
    cv2.line(canvas, shoulder, hand, dark, max(1, round(0.055 * w.tall)), cv2.LINE_AA, FINE)
    ahead = x + 0.6 * w.sway + 0.02 * w.tall * w.side
    face, crown = _fixed(ahead, y - 0.925 * w.tall), _fixed(ahead, y - 0.935 * w.tall)
    cv2.circle(canvas, face, round(0.072 * w.tall * _ONE), w.skin, -1, cv2.LINE_AA, FINE)
    cv2.ellipse(canvas, crown, _fixed(0.076 * w.tall, 0.07 * w.tall), 0, 180, 360, hair, -1, cv2.LINE_AA, FINE)


def _colour(bgr: Floats) -> Colour:
    blue, green, red = bgr.tolist()
    return blue, green, red


def _box(image: Image, scenery: Scenery, camera: Optics, thing: Thing, gain: float) -> None:
    half, high = thing.size_m[0] / 2, thing.size_m[1]
    base = np.array([[-half, -half * 0.6], [half, -half * 0.6], [half, half * 0.6], [-half, half * 0.6]]) + thing.at
    low = camera.project(np.column_stack((base, np.zeros(4))))
    top = camera.project(np.column_stack((base, np.full(4, high))))
    depth = float(low[:, 2].mean())
    hull = cv2.convexHull(np.vstack((low, top))[:, :2].astype(np.float32))[:, 0]
    x0, y0 = np.maximum(np.floor(hull.min(axis=0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(hull.max(axis=0)).astype(int) + 2, (WIDTH, HEIGHT))
    if depth < 1.0 or x0 >= x1 or y0 >= y1:
        return
    patch = image[y0:y1, x0:x1]
    canvas = patch.copy()
    colour = np.array(thing.colour) * gain
    for outline, shade in ((hull, 0.75), (top[:, :2], 1.15)):
        points = np.round((outline - (x0, y0)) * _ONE).astype(np.int32)
        cv2.fillConvexPoly(canvas, points, tuple((colour * shade).tolist()), cv2.LINE_AA, FINE)
    seen = scenery.depth[y0:y1, x0:x1] >= depth - 0.6
    patch[seen] = canvas[seen]
