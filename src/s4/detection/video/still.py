"""Where something stands still that was not there before, and for how long: a memory of the empty scene, and an age for
each pixel.

The memory is separate from the background model of the tracks, which takes in within a minute what stands still, and
which passes over dark things as shadows. Here a pixel that looks as before follows the light; one that differs is
taken into the memory only slowly, and not at all where people stand. The age of a pixel grows while it differs and
keeps its colour, and shrinks faster than it grows otherwise: someone who walks past in front costs little, and what
moves never gets old. When the light is switched, the memory is brought into the new light.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.detection.video.beginning import Beginning
from s4.detection.video.blobs import boxes_of
from s4.detection.video.likeness import middle
from s4.detection.video.picture import Box, Image, Mask
from s4.detection.video.shade import shaded
from s4.detection.video.switch import Switch

WIDEST: Final = 320
DIFFERENT: Final = 14  # grey levels, in the colour that differs most
FAINT: Final = 10  # the same in the dark, where everything is less
DARK: Final = 0.15  # of the light there, from the one to the other
EVERY: Final = 10  # pictures between two looks at how light it is
CLEARLY: Final = 2.0  # some part of a thing must differ by as many times more
STEADY: Final = 14  # grey levels
FOLLOW_LIGHT_S: Final = 15.0
TAKE_IN_S: Final = 240.0  # a bag is taken in after some minutes
FOLLOW_S: Final = 1.0
SETTLED_S: Final = 3.0
SHRINK: Final = 2.0
EMPTY_S: Final = 1.0  # where the empty scene is seen again, little age is left: someone in front is not the same
OLDEST_S: Final = 3600.0
GLANCE: Final = 12  # every twelfth pixel tells how bright it is
DEAD_BAND: Final = 0.01
LEAST_AREA: Final = 12.0
BODY: Final = 0.35  # of what is new: less is left of a thing without its shadow, and it was no shadow
AFTER_S: Final = 5.5  # after the light was switched: whatever it brought has settled by then
AROUND: Final = 61  # pixels of the map: how far around the light is judged when it was switched

Colours = NDArray[np.float32]
Sums = NDArray[np.int32]
Rows = tuple[int, int, int, int]


class Still(NamedTuple):
    """A thing that stands still: its box (working pixels), how long it has stood there, and its box with its shadow."""

    box: Box
    age_s: float
    whole: Box


class StillMap:
    """The memory and the ages of one camera, at half the working size. Cost: about 2 ms a picture."""

    def __init__(self, width: int, height: int) -> None:
        self._scale = max(width / WIDEST, 1.0)
        self._shape = round(width / self._scale), round(height / self._scale)
        self._age = np.zeros(self._shape[::-1], np.float32)
        self._memory: Colours | None = None
        self._recent: Colours | None = None
        self._now: Image = np.zeros((*self._shape[::-1], 3), np.uint8)
        self._contrast: Image = np.zeros(self._shape[::-1], np.uint8)
        self._least: Image = np.full(self._shape[::-1], DIFFERENT, np.uint8)
        self._looks = 0
        self._held = np.zeros(self._shape[::-1], np.float32)
        self._watched_s = 0.0
        self._beginning, self._switch = Beginning(), Switch()
        self._since_s = OLDEST_S  # the light was switched
        self._changed = self._settled = _sums(self._age > 0)

    @property
    def known_s(self) -> float:
        """How long this place has been watched in this light."""
        return self._watched_s

    def learn(self, image: Image, dt_s: float, keep: Sequence[Box] = (), people: Sequence[Box] = ()) -> None:
        """Take in the next picture (in even light); what stands in the boxes `keep` never becomes the empty scene, nor
        do those in `people` when the light is switched.
        """
        import cv2

        now = self._small(image)
        if self._memory is None or self._recent is None:
            self._memory, self._recent = now.astype(np.float32), now.astype(np.float32)
        self._watched_s += dt_s
        self._brighten(self._memory, self._recent, now)
        self._now, self._contrast = now, _difference(now, self._memory)
        self._watch_light(self._memory)
        different = self._contrast >= self._least
        self._since_s += dt_s
        if self._switch.see(float(different.mean()), dt_s):
            self._since_s = 0.0
            self._memory = self._relit(self._memory, now, (*keep, *people))
            self._recent = now.astype(np.float32)
            self._contrast = _difference(now, self._memory)
            different = self._contrast >= self._least
        self._changed = _sums(different)
        self._held += np.float32(dt_s) * ~different
        joined = _joined(different)
        standing = joined & (_difference(now, self._recent) < STEADY)
        self._remember(self._memory, now, different, dt_s, keep)
        cv2.accumulateWeighted(now, self._recent, min(dt_s / FOLLOW_S, 1.0))
        self._grow(joined, standing, dt_s)
        if self._since_s - dt_s < AFTER_S <= self._since_s:
            self._accept_light(self._memory, self._recent, keep)

    def relight(self, image: Image, keep: Sequence[Box]) -> None:
        """The light was switched: everything is as it was, in the light of this picture. What stands in the boxes
        `keep`, or stood still, stays new; the empty scene behind it is taken to have changed as its surroundings have.
        """
        if self._memory is not None:
            now = self._small(image)
            self._memory, self._recent = self._relit(self._memory, now, keep), now.astype(np.float32)

    def _relit(self, memory: Colours, now: Image, keep: Sequence[Box]) -> Colours:
        """The empty scene in the light of this picture; ages begin anew but for what is kept."""
        import cv2

        lit = now.astype(np.float32)
        same = (self._age < SETTLED_S).astype(np.float32)
        for box in keep:
            same[self._area(box)] = 0.0
        weight = same[..., np.newaxis]
        size = (AROUND, AROUND)
        usual = np.median((lit + 1.0) / (memory + 1.0))  # where all around is kept, too
        factor = (cv2.blur(lit * weight, size) + usual) / (cv2.blur(memory * weight, size) + 1.0)
        self._age[same > 0] = 0.0
        return np.where(weight > 0, lit, np.minimum(memory * factor, 255.0)).astype(np.float32)

    def _accept_light(self, memory: Colours, recent: Colours, keep: Sequence[Box]) -> None:
        """What has stood still since the light was switched is light."""
        light = (self._age >= SETTLED_S) & (self._age <= AFTER_S)
        for box in keep:
            light[self._area(box)] = False
        memory[light] = recent[light]
        self._age[light] = 0.0

    def accept(self, box: Box) -> None:
        """What is to be seen in the box now belongs to the place from now on."""
        if self._memory is not None and self._recent is not None:
            area = self._area(box)
            self._memory[area] = self._recent[area]
            self._age[area] = 0.0

    def empty(self, area: Box) -> Image:
        """The remembered empty scene in a part of the picture, whole working pixels, in working size."""
        import cv2

        wanted = int(area.w), int(area.h)
        if self._memory is None or min(wanted) <= 0:
            return np.zeros((wanted[1], wanted[0], 3), np.uint8)
        # Pixel centres, as a resize of the whole picture would lay them.
        x, y = ((start + 0.5) / self._scale - 0.5 for start in (area.x, area.y))
        left, top = max(int(x) - 1, 0), max(int(y) - 1, 0)
        right, bottom = (int(at + side / self._scale) + 3 for at, side in zip((x, y), wanted, strict=True))
        small = self._memory[top:bottom, left:right].astype(np.uint8)
        grow = np.array([[1 / self._scale, 0.0, x - left], [0.0, 1 / self._scale, y - top]])
        way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(small, grow, wanted, flags=way, borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def differs(self, box: Box, without: Box | None = None) -> float:
        """The share of a box in which the last picture differs from the empty scene, 0–1; `without`: leave that out."""
        area = self._within(box)
        many, size = _count(self._changed, area)
        if without is not None:
            hidden = _both(area, self._within(without))
            less, part = _count(self._changed, hidden)
            many, size = many - less, size - part
        return many / size if size > 0 else 0.0

    def settled(self, box: Box) -> float:
        """The share of a box that has stood still for `SETTLED_S`, 0–1."""
        many, size = _count(self._settled, self._within(box))
        return many / size if size > 0 else 0.0

    def held(self, box: Box) -> float:
        """The share of the time watched before it changed in which the box looked as the empty scene does, 0–1."""
        ages, held = self._age[self._area(box)], self._held[self._area(box)]
        new = ages >= SETTLED_S
        if not new.any():
            return 0.0
        return float(np.median(held[new] / np.maximum(self._watched_s - ages[new], 1.0)))

    def things(self) -> list[Still]:
        """Everything that has stood still for `SETTLED_S` and is clearly there in some part."""
        old = self._age >= SETTLED_S
        self._settled = _sums(old)
        if not old.any():
            return []
        old = _joined(old, close=5)
        scale = self._scale
        wholes = [box for box, _ in boxes_of(old, LEAST_AREA) if self._is_clear(box)]
        bodies = [self._body(old, whole) for whole in wholes]
        return [
            Still(_times(body, scale), self._age_in(body), _times(whole, scale))
            for body, whole in zip(bodies, wholes, strict=True)
        ]

    def _body(self, old: Mask, box: Box) -> Box:
        """What stands in the box without its shadow; the whole where little else would be left."""
        x, y, w, h = (int(value) for value in box)
        area = slice(y, y + h), slice(x, x + w)
        if self._memory is None:
            return box
        now, empty = self._now[area], self._memory[area]
        shade = shaded(now, empty) | shaded(empty, now)  # of a thing that is there, or that was taken
        body = _joined(old[area] & ~shade)
        parts = boxes_of(body, max(BODY * float(old[area].sum()), LEAST_AREA))
        if len(parts) != 1:
            return box
        part = parts[0][0]
        return Box(x + part.x, y + part.y, part.w, part.h)

    def _grow(self, joined: Mask, standing: Mask, dt_s: float) -> None:
        """The ages after one more picture: of what differs (`joined`), and keeps its colour (`standing`)."""
        import cv2

        age = self._age
        cv2.copyTo(np.minimum(age, np.float32(SETTLED_S + EMPTY_S)), (~joined).view(np.uint8), age)
        age += np.float32((1.0 + SHRINK) * dt_s) * standing
        age -= np.float32(SHRINK * dt_s)
        np.clip(age, np.float32(0.0), np.float32(OLDEST_S), out=age)

    def _brighten(self, memory: Colours, recent: Colours, now: Image) -> None:
        """Follow a change of the light everywhere, each colour by one factor, the median over the picture."""
        before, after = (picture[::GLANCE, ::GLANCE].reshape(-1, 3).T for picture in (memory, now))
        factor = middle((after + np.float32(1.0)) / (before + np.float32(1.0)))
        if np.abs(factor - 1.0).max() > DEAD_BAND:
            for picture in (memory, recent):
                np.minimum(picture * factor.astype(np.float32), np.float32(255.0), out=picture)

    def _watch_light(self, memory: Colours) -> None:
        """By how much what is new differs at least, from how light the empty scene is there."""
        import cv2

        if self._looks % EVERY == 0:
            brightest = _brightest(cv2.convertScaleAbs(memory, alpha=DARK))
            self._least = np.clip(brightest, FAINT, DIFFERENT)
        self._looks += 1

    def _small(self, image: Image) -> Image:
        import cv2

        way = cv2.INTER_LINEAR if self._scale <= 2.0 else cv2.INTER_AREA  # the same at two, and much quicker below
        return np.asarray(cv2.resize(image, self._shape, interpolation=way), np.uint8)

    def _area(self, box: Box) -> tuple[slice, slice]:
        x, y, w, h = (int(value / self._scale) for value in box)
        return slice(max(y, 0), max(y + h + 1, 0)), slice(max(x, 0), max(x + w + 1, 0))

    def _within(self, box: Box) -> Rows:
        """The rows and columns of the map that a box covers: top, bottom, left, right."""
        x, y, w, h = (int(value / self._scale) for value in box)
        columns, rows = self._shape
        top, bottom = (min(max(row, 0), rows) for row in (y, y + h + 1))
        left, right = (min(max(column, 0), columns) for column in (x, x + w + 1))
        return top, bottom, left, right

    def _remember(self, memory: Colours, now: Image, different: Mask, dt_s: float, keep: Sequence[Box]) -> None:
        import cv2

        if not self._beginning.over:
            empty = self._beginning.empty(now, self._watched_s)
            if empty is not None:
                memory[:] = empty
            return
        cv2.accumulateWeighted(now, memory, min(dt_s / FOLLOW_LIGHT_S, 1.0), mask=(~different).view(np.uint8))
        taken_in = different.view(np.uint8).copy()
        for box in keep:
            taken_in[self._area(box)] = 0
        cv2.accumulateWeighted(now, memory, min(dt_s / TAKE_IN_S, 1.0), mask=taken_in)

    def _is_clear(self, box: Box) -> bool:
        x, y, w, h = (int(value) for value in box)
        area = slice(y, y + h), slice(x, x + w)
        return int((self._contrast[area] >= CLEARLY * self._least[area]).sum()) >= LEAST_AREA / 2

    def _age_in(self, box: Box) -> float:
        x, y, w, h = (int(value) for value in box)
        ages = self._age[y : y + h, x : x + w]
        settled = ages[ages >= SETTLED_S]
        return float(np.median(settled)) if len(settled) else SETTLED_S


def _sums(mask: Mask) -> Sums:
    """How many pixels above and to the left of each are set, from which any box is counted by four of them."""
    import cv2

    return np.asarray(cv2.integral(mask.view(np.uint8)), np.int32)


def _count(sums: Sums, rows: Rows) -> tuple[int, int]:
    """How many pixels are set there, and how many there are."""
    top, bottom, left, right = rows
    if bottom <= top or right <= left:
        return 0, 0
    many = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return int(many), (bottom - top) * (right - left)


def _both(one: Rows, other: Rows) -> Rows:
    return max(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), min(one[3], other[3])


def _times(box: Box, scale: float) -> Box:
    return Box(box.x * scale, box.y * scale, box.w * scale, box.h * scale)


def _difference(now: Image, before: Colours) -> Image:
    """How much each pixel differs, in the colour that differs most: uint8[height, width]."""
    import cv2

    return _brightest(cv2.absdiff(now, cv2.convertScaleAbs(before)))


def _brightest(picture: Any) -> Image:
    """The greatest of the three colours of each pixel."""
    import cv2

    blue, green, red = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _joined(mask: Mask, close: int = 3) -> Mask:
    """Without single pixels; gaps of less than `close` pixels closed."""
    import cv2

    grain = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (close, close))
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, grain)
    return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, wide)) > 0
