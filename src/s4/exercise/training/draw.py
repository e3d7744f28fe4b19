"""Draws people and things into the empty place, nearest last, and knows which pixel shows whom."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from s4.exercise.figures import CLOTHES, FINE, SKIN, TROUSERS, Colour, Image
from s4.exercise.optics import Floats
from s4.exercise.training import body
from s4.exercise.training.place import Place
from s4.exercise.training.postures import HOLDINGS, Moment
from s4.exercise.training.shadow import Shadows
from s4.exercise.training.stage import Hold, Player, Thing

Box = tuple[float, float, float, float]
_HAIR: Final = np.array([[30, 32, 36], [44, 62, 88], [70, 96, 120], [120, 124, 128]], float)
_LIMBS: Final = (  # from, to, radius as a share of the height, what it is clad in
    (body.HIP_L, body.KNEE_L, 0.046, "legs"), (body.KNEE_L, body.FOOT_L, 0.034, "legs"),
    (body.HIP_R, body.KNEE_R, 0.046, "legs"), (body.KNEE_R, body.FOOT_R, 0.034, "legs"),
    (body.SHOULDER_L, body.ELBOW_L, 0.030, "sleeves"), (body.ELBOW_L, body.HAND_L, 0.025, "sleeves"),
    (body.SHOULDER_R, body.ELBOW_R, 0.030, "sleeves"), (body.ELBOW_R, body.HAND_R, 0.025, "sleeves"),
)  # fmt: skip
_TORSO: Final = (body.SHOULDER_L, body.SHOULDER_R, body.HIP_R, body.HIP_L)
_TORSO_RADIUS, _HEAD_RADIUS = 0.058, 0.064


class Seen(NamedTuple):
    """Where somebody or something is in the picture. `box`: x, y, w, h px, hidden parts too; `share`: 0–1, of it that
    is in the picture and not hidden.
    """

    id: int
    box: Box
    share: float


class Drawn(NamedTuple):
    """A picture, uint8[height, width, 3] BGR, and what is in it."""

    image: Image
    people: list[Seen]
    things: list[Seen]


class _Shape(NamedTuple):
    """`points` px, float[n, 2]; `scale`: px for each metre; `depth`: m; `owner`: number in the map of owners."""

    points: Floats
    scale: float
    depth: float
    owner: int


class Painter:
    """Draws a place with people. Cost: about 0.3 ms and 0.25 ms for each person in view."""

    def __init__(self, place: Place, shadows: Shadows) -> None:
        self._place, self._shadows = place, shadows

    def draw(self, players: list[Player], things: list[Thing]) -> Drawn:
        """Everybody who is on the stage now."""
        image = self._place.scenery.image.copy()
        bodies = {player.id: _body(player) for player in players if player.here}
        boxes = {thing.id: corners(thing, bodies) for thing in things if thing.here}
        self._shadows.cast(image, [*bodies.values()], [*boxes.values()])
        owners = np.zeros(image.shape[:2], np.uint16)
        rows: list[tuple[_Shape, Player | Thing]] = []
        for player in (p for p in players if p.id in bodies):
            rows += [(shape, player) for shape in self._shape(bodies[player.id], 2 * player.id)]
        for thing in (t for t in things if t.id in boxes):
            rows += [(shape, thing) for shape in self._shape(boxes[thing.id], 2 * thing.id + 1)]
        whole: dict[int, tuple[Box, int]] = {}
        for shape, one in sorted(rows, key=lambda row: -row[0].depth):
            whole[shape.owner] = self._one(image, owners, shape, one)
        return _told(image, owners, whole)

    def _shape(self, points: Floats, owner: int) -> list[_Shape]:
        pixels = self._place.optics.project(points)
        if pixels[:, 2].min() < 0.5:
            return []
        depth = float(np.median(pixels[:, 2]))
        return [_Shape(pixels[:, :2], self._place.optics.focal_px / depth, depth, owner)]

    def _one(self, image: Image, owners: NDArray[np.uint16], shape: _Shape, one: Player | Thing) -> tuple[Box, int]:
        """Draw one; returns its box and how many pixels it would have in the open."""
        pad = (_HEAD_RADIUS * one.height_m if isinstance(one, Player) else 0.02) * shape.scale + 1
        low, high = shape.points.min(axis=0) - pad, shape.points.max(axis=0) + pad
        box = (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
        x0, y0 = np.floor(low).astype(int)
        x1, y1 = np.ceil(high).astype(int) + 1
        height, width = owners.shape
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height or x1 - x0 > 2 * width or y1 - y0 > 2 * width:
            return box, 0
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        colours = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
        moved = shape._replace(points=shape.points - (x0, y0))
        if isinstance(one, Player):
            _person(colours, mask, moved, one)
        else:
            _parcel(colours, mask, moved, one)
        cut = slice(max(-y0, 0), min(height - y0, y1 - y0)), slice(max(-x0, 0), min(width - x0, x1 - x0))
        there = slice(max(y0, 0), min(y1, height)), slice(max(x0, 0), min(x1, width))
        alpha = np.where(self._place.scenery.depth[there] < shape.depth - 0.5, 0, mask[cut])
        _blend(image[there], colours[cut], alpha)
        owners[there][alpha > 127] = shape.owner
        return box, int(np.count_nonzero(mask > 127))


def _body(player: Player) -> Floats:
    order = player.order
    holding = HOLDINGS[order.posture if isinstance(order, Hold) else "gait"]
    moment = Moment(player.since_s, player.stride, float(np.hypot(*player.velocity)), player.habit)
    points = body.joints(holding(moment), player.height_m, player.heading)
    points[:, :2] += player.at
    return points


def corners(thing: Thing, bodies: dict[int, Floats]) -> Floats:
    """The eight corners, float[8, 3] m: on the ground, or hanging from a hand. `bodies`: joints by player."""
    along, across, high = thing.size_m
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * (along, across)
    at, lift = np.array(thing.at), 0.0
    if thing.holder is not None and thing.holder.id in bodies:
        hand, heading = bodies[thing.holder.id][body.HAND_R], thing.holder.heading
        c, s = np.cos(heading), np.sin(heading)
        flat = flat @ np.array([[c, s], [-s, c]])
        at, lift = hand[:2], max(float(hand[2]) - high, 0.02)
    low = np.column_stack((flat + at, np.full(4, lift)))
    return np.vstack((low, low + np.array((0.0, 0.0, high))))


def _person(colours: Image, mask: Image, shape: _Shape, player: Player) -> None:
    look, tall = player.look, player.height_m * shape.scale
    top, legs, skin, hair = (
        _colour(palette[look // step % len(palette)])
        for palette, step in ((CLOTHES, 1), (TROUSERS, 2), (SKIN, 3), (_HAIR, 5))
    )
    clad = {"legs": legs, "sleeves": _colour(np.array(top) * 0.8)}
    p = shape.points
    for a, b, radius, cloth in _LIMBS[:4]:
        _capsule(colours, mask, p[a], p[b], radius * tall, clad[cloth])
    outline = np.round(p[list(_TORSO)] * 16).astype(np.int32)
    for image, paint in ((colours, top), (mask, (255.0, 255.0, 255.0))):
        cv2.fillPoly(image, [outline], paint, cv2.LINE_AA, FINE)
        cv2.polylines(image, [outline], True, paint, max(1, round(2 * _TORSO_RADIUS * tall)), cv2.LINE_AA, FINE)
    for a, b, radius, cloth in _LIMBS[4:]:
        _capsule(colours, mask, p[a], p[b], radius * tall, clad[cloth])
    for hand in (body.HAND_L, body.HAND_R):
        _disc(colours, mask, p[hand], 0.022 * tall, skin)
    _disc(colours, mask, p[body.HEAD], _HEAD_RADIUS * tall, hair)
    face = p[body.HEAD] + 0.25 * (p[body.NECK] - p[body.HEAD])
    _disc(colours, mask, face, 0.8 * _HEAD_RADIUS * tall, skin)


def _parcel(colours: Image, mask: Image, shape: _Shape, thing: Thing) -> None:
    hull = cv2.convexHull(shape.points.astype(np.float32))[:, 0]
    for outline, shade in ((hull, 0.75), (shape.points[4:], 1.2)):
        points = np.round(outline * 16).astype(np.int32)
        cv2.fillConvexPoly(colours, points, _colour(np.array(thing.colour) * shade), cv2.LINE_AA, FINE)
        cv2.fillConvexPoly(mask, points, (255,), cv2.LINE_AA, FINE)


def _capsule(colours: Image, mask: Image, a: Floats, b: Floats, radius: float, paint: Colour) -> None:
    start, end = ((round(float(q[0]) * 16), round(float(q[1]) * 16)) for q in (a, b))
    width = max(1, round(2 * radius))
    cv2.line(colours, start, end, paint, width, cv2.LINE_AA, FINE)
    cv2.line(mask, start, end, (255,), width, cv2.LINE_AA, FINE)


def _disc(colours: Image, mask: Image, at: Floats, radius: float, paint: Colour) -> None:
    middle = round(float(at[0]) * 16), round(float(at[1]) * 16)
    cv2.circle(colours, middle, round(radius * 16), paint, -1, cv2.LINE_AA, FINE)
    cv2.circle(mask, middle, round(radius * 16), (255,), -1, cv2.LINE_AA, FINE)


def _blend(under: Image, over: Image, alpha: NDArray[np.integer]) -> None:
    """Where the mask is faint, the colours are dark by as much (both were drawn on black): so they add up."""
    faded = under * (1.0 - alpha / 255.0)[..., None]
    under[:] = np.where(alpha[..., None] > 0, np.minimum(faded + over, 255), under).astype(np.uint8)


def _colour(bgr: Floats) -> Colour:
    blue, green, red = bgr.tolist()
    return blue, green, red


def _told(image: Image, owners: NDArray[np.uint16], whole: dict[int, tuple[Box, int]]) -> Drawn:
    counts = np.bincount(owners.ravel(), minlength=max(whole, default=0) + 1)
    seen = {
        owner: Seen(owner // 2, box, min(float(counts[owner]) / all_, 1.0))
        for owner, (box, all_) in whole.items()
        if all_
    }
    return Drawn(
        image,
        [one for owner, one in sorted(seen.items()) if owner % 2 == 0],
        [one for owner, one in sorted(seen.items()) if owner % 2],
    )
