"""Spots: where something new stands still in one camera's pictures, and who is there.

Shared by the behaviours that look for things left and taken; worked out once a picture, when one of them asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.detection.video.company import SLOW, Company, Person
from s4.detection.video.heights import Heights
from s4.detection.video.likeness import edge_share, likeness
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import NOWHERE, Box, Image, View, gap, iou, overlap
from s4.detection.video.still import Still, StillMap
from s4.detection.video.track import Track

SMALLEST, LARGEST = 0.16, 0.66  # height against a person's
SHADED: Final = 0.85  # height of a thing with its shadow
WIDEST: Final = 1.2  # skis in their bag, a long case
SAME: Final = 0.6
SEATED: Final = 0.4  # height against a person's, of somebody who sits or crouches, at least
CROUCHING: Final = 0.5
SLENDER: Final = 1.8  # height against width
MOSTLY: Final = 0.6
WALKED: Final = 0.5  # heights
RIM_PX: Final = 4
EDGE_PX: Final = 3.0
LOOK_S: Final = 0.3


class Spot(NamedTuple):
    """`box`: working pixels; `began`: ns UTC since when it stands there; `tall`: height of a person there, px, 0 where
    nobody has walked yet; `plain`: nobody is in front of it or stands in it; `whole`: its box with its shadow.
    """

    box: Box
    began: int
    tall: float
    plain: bool
    whole: Box = NOWHERE


class Shot(NamedTuple):
    """One analysed picture: `image` in even light; `settled`: false while the light changes."""

    time: int
    dt_s: float
    image: Image
    tracks: Sequence[Track]
    size: PersonSize
    settled: bool


class Spots:
    """What stands still in the pictures of one camera (`view`), and who is there. `kept`: boxes of what was said to
    be left, by behaviour: they never become part of the place. Cost: about 1 ms a picture.
    """

    def __init__(self, view: View) -> None:
        self.still = StillMap(view.width, view.height)
        self.company = Company()
        self.kept: dict[str, Sequence[Box]] = {}
        self._view = view
        self._heights = Heights(view.height)
        self._shot: Shot | None = None
        self._found: list[Spot] = []
        self._shown = self._switched = False
        self._waited_s = 0.0

    def show(self, shot: Shot) -> Spots:
        """The next picture; nothing is worked out yet."""
        self._shot, self._shown = shot, True
        return self

    def found(self) -> list[Spot]:
        """What stands still in the picture shown last; nothing while the light changes."""
        if self._shown and self._shot is not None:
            self._shown = False
            self._found = self._see(self._shot) if self._shot.settled else []
            self._switched = not self._shot.settled
        return self._found

    def tall(self, spot: Spot, number: int | None) -> float:
        """How tall a person would be there, px: as others were who walked there, else as the one of that track was; 0
        when nobody knows.
        """
        return spot.tall or (0.0 if number is None else self.company.tall(number))

    def edges(self, box: Box) -> float:
        """The share of the edges around the box that are in the picture and not in the empty scene: c / (c + e)."""
        return edge_share(*self._around(self._shot.image, box)) if self._shot else 0.5

    def likeness(self, box: Box) -> float:
        """How much more like its surroundings the box is than in the empty scene, 0–1; 0.5: the same."""
        return likeness(*self._around(self._shot.image, box)) if self._shot else 0.5

    def _around(self, image: Image, box: Box) -> tuple[Image, Image, Box]:
        """A box with as much around it: the picture there, the empty scene there, and the box in them."""
        x, y, w, h = (int(value) for value in box)
        rim = max(w, h) + RIM_PX
        left, top = max(x - rim, 0), max(y - rim, 0)
        right, bottom = min(x + w + rim, self._view.width), min(y + h + rim, self._view.height)
        empty = self.still.empty(Box(left, top, right - left, bottom - top))
        return image[top:bottom, left:right], empty, Box(box.x - left, box.y - top, box.w, box.h)

    def _see(self, shot: Shot) -> list[Spot]:
        """What stands still, looked at every 0.3 s and more: what stands for seconds is no other 0.2 s later."""
        kept = [box for boxes in self.kept.values() for box in boxes]
        if self._switched:
            self.still.relight(shot.image, [*kept, *(one.box for one in self.company.people)])
        self._waited_s += shot.dt_s
        is_due = self._switched or self._waited_s >= LOOK_S
        if is_due:
            standing = [one.box for one in self.company.people if one.slow and one.travelled >= 1.0]
            people = [one.box for one in self.company.people if one.lost or one.travelled >= WALKED]
            self.still.learn(shot.image, self._waited_s, [*kept, *standing], people)
            self._waited_s = 0.0
        self.company.learn(shot.tracks, shot.time, self.still)
        self._heights.learn([track for track in shot.tracks if track.speed > SLOW])
        return [self._spot(still, shot) for still in self.still.things()] if is_due else self._found

    def _spot(self, still: Still, shot: Shot) -> Spot:
        began = shot.time - int(still.age_s * NS_PER_S)
        is_plain = not self._is_covered(still.box, shot)
        return Spot(still.box, began, self._expected(still.box, shot), is_plain, still.whole)

    def there(self, box: Box) -> list[Person]:
        """Who is there, as far as the thing in the box does not only look as if."""
        return self.company.with_thing(box, self.still)

    def _expected(self, box: Box, shot: Shot) -> float:
        """As the settings say; else the greater of what the camera's pose and the people seen there tell: whose legs
        are lost in a shadow look small.
        """
        row = box.y + box.h
        return shot.size.expected(row) or max(shot.size.tall(row) or 0.0, self._heights.typical(row) or 0.0)

    def _is_covered(self, box: Box, shot: Shot) -> bool:
        return any(overlap(one.box, box) > 0 and self._is_person(one, shot) for one in self.there(box))

    def _is_person(self, one: Person, shot: Shot) -> bool:
        return one.travelled >= WALKED and one.box.h > LARGEST * self._expected(one.box, shot)


def is_small(box: Box, tall: float, whole: Box = NOWHERE) -> bool:
    """Whether somebody `tall` pixels tall could have carried it; with its shadow (`whole`) it may be somewhat higher,
    but not as high as somebody whose legs look like a shadow, nor as high and slender as a part of one.

    >>> [is_small(Box(0, 0, w, h), 60.0) for w, h in ((20, 24), (20, 36), (12, 36), (12, 8))]
    [True, True, False, False]
    """
    if any(one.h > CROUCHING * tall and one.h > SLENDER * one.w for one in (box, whole)):
        return False
    return SMALLEST * tall <= box.h <= LARGEST * tall and box.w <= WIDEST * tall and whole.h <= SHADED * tall


def is_thing(one: Person, box: Box, tall: float, walked: float = SEATED) -> bool:
    """Whether a track follows the thing in the box (with its shadow) itself and not a person. One that has walked may
    have stayed with a bag when its owner left; but what is as high (`walked`) as somebody who sits is rather they.
    Who is no longer seen, and where nothing is but the thing, is the thing when that is lower than who crouches.
    """
    alike, shared = iou(one.box, box), overlap(one.box, box)
    if one.lost and box.h <= CROUCHING * tall and shared >= MOSTLY * one.box.area:
        return True
    stayed = SHADED if alike >= SAME else LARGEST
    low = one.box.h <= (walked if one.travelled >= WALKED else stayed) * tall
    return low and (alike >= 0.3 or shared >= MOSTLY * one.box.area)


def is_cut_off(box: Box, view: View) -> bool:
    """Whether it reaches the edge of the picture: nobody knows how large it is, and who stands there is not all seen.

    >>> view = View.of(640, 480, widest=640, pixel_aspect=1.0)
    >>> is_cut_off(Box(0, 100, 30, 20), view), is_cut_off(Box(20, 100, 30, 20), view)
    (True, False)
    """
    inside = box.x >= EDGE_PX and box.x + box.w <= view.width - EDGE_PX
    return not (inside and box.y >= EDGE_PX and box.y + box.h <= view.height - EDGE_PX)


def together(box: Box, spots: Sequence[Spot], reach: float) -> Box:
    """The smallest box around this one and everything new within `reach` px of it.

    >>> together(Box(0, 0, 4, 4), [Spot(Box(6, 0, 2, 8), 0, 0.0, True)], reach=3.0)
    Box(x=0, y=0, w=8, h=8)
    """
    near = [box, *(spot.box for spot in spots if gap(spot.box, box) <= reach)]
    left, top = min(one.x for one in near), min(one.y for one in near)
    right, bottom = max(one.x + one.w for one in near), max(one.y + one.h for one in near)
    return Box(left, top, right - left, bottom - top)
