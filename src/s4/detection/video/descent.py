"""Somebody who stood or sat sinks to the ground at once, and stays there.

What moves is followed by its upper edge. It must sink fast and far against its own height while its feet stay where
they are; then nothing rises there again, the place where the body was is free, and something lies where there was
nothing before, so that nobody has only walked out of the picture. All lengths are shares of that height, from its
highest top to its lowest bottom: no calibration is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from s4.core.clock import NS_PER_S
from s4.detection.video.outlines import Extent, Outline, Outlines, differs, extent, smoothed
from s4.detection.video.picture import Box, Mask
from s4.detection.video.sight import Grey

LATELY_S: Final = 1.2  # what moves within this time, at one place, is one body
FAST_S: Final = 0.85
SUNK, SUNK_FAST = 0.40, 0.32  # the top, since it was highest, and of that within `FAST_S`: worth watching
WORTH: Final = 0.2  # less, against all that moved there lately: not worth a closer look
FELL, FELL_FAST = 0.48, 0.37  # in the end: sitting down on a chair is 0.3, on the ground 0.47
FELL_HARD: Final = 0.74  # the depth and half of the speed
SINKS_S: Final = 2.6
WATCH_S: Final = 1.5
LONGEST_WATCH_S: Final = 3.0
SHORTEST_WATCH_S: Final = 0.5  # when the pictures end
ROSE: Final = 0.40  # who bends down comes up above this again
FIRM: Final = 0.15  # of its greatest area: less is a hand
SLIGHT: Final = 0.008  # area ÷ height²: less tells nothing of a body
BODY: Final = 0.03  # area ÷ height² of a falling body, at its greatest
STOOD: Final = 0.7  # share of the height that moved before it sank: the feet were there, nothing came down
STOUTEST: Final = 0.75  # width ÷ height before it sank
UPRIGHT: Final = 0.25  # its top is no lower than this
FREE: Final = 0.75  # share of where it was that is free now
LIES: Final = 0.05  # area ÷ height² of what is there now and was not
IMPACT: Final = 0.14  # of its greatest area, moving when it is low
IMPACT_S: Final = 0.65
SETTLES: Final = 2  # pictures with some motion after
STILL: Final = 0.5  # of its greatest area, moving on the ground
TALLER: Final = 1.3  # the same body, seen whole
REACH: Final = 0.6  # heights to either side where the body may lie
ABOVE: Final = 0.6  # what moves there belongs to a taller body
BELOW: Final = 0.25
AT_SIDE: Final = 0.02  # of the picture's width
NARROW: Final = 0.5  # width of what goes out at the side of the picture


class Step(NamedTuple):
    """One picture of a moving body."""

    outline: Outline
    extent: Extent


@dataclass(slots=True)
class Descent:
    """`began`: ns UTC when it had sunk; `region`: where it moved, px of the grey picture; `top`, `tall`, `feet`: its
    highest top, its height, and its lowest row while it was upright; `fast`: the greatest sinking within `FAST_S`;
    `before`: its steps until then; `old`: pictures of before it sank; `after`: its steps since.
    """

    began: int
    region: Box
    top: float
    tall: float
    feet: float
    fast: float
    before: list[Step]
    old: list[Grey]
    after: list[Step] = field(default_factory=list)

    @property
    def around(self) -> Box:
        """Where the body may lie or rise again."""
        left = max(self.region.x - REACH * self.tall, 0.0)
        top = max(self.top - ABOVE * self.tall, 0.0)
        bottom = self.top + (1.0 + BELOW) * self.tall
        return Box(left, top, self.region.x + self.region.w + REACH * self.tall - left, bottom - top)

    @property
    def area(self) -> int:
        """The greatest that moved until it had sunk."""
        return max(step.extent.area for step in self.before)

    def height(self, row: float) -> float:
        """A row → how far below its highest top."""
        return (row - self.top) / self.tall

    def firm(self) -> list[Step]:
        """When it had sunk, and since then those in which more than a hand moves."""
        return [self.before[-1], *(step for step in self.after if step.extent.area >= FIRM * self.area)]


class Fallen(NamedTuple):
    """A descent that was a fall. `box`: where the body lies, px of the grey picture; `sure`: 0–1."""

    descent: Descent
    box: Box
    sure: float


class Descents:
    """Everybody who sinks in view of one camera. Cost: about 1 ms a picture of 320 × 240."""

    def __init__(self, least: float) -> None:
        self._least = least  # height, as a share of the picture's
        self._outlines = Outlines()
        self._watched: list[Descent] = []

    @property
    def last(self) -> Outline | None:
        """The newest outline."""
        return self._outlines.past[-1] if self._outlines.past else None

    def see(self, grey: Grey, time: int) -> list[Fallen]:
        """The falls that are certain with this picture, `WATCH_S` after somebody sank."""
        outline = self._outlines.see(grey, time)
        if outline is None:
            self._watched = []
            return []
        for descent in self._watched:
            _follow(descent, outline)
        fallen = self._judge(grey, time, WATCH_S)
        for region in self._outlines.regions(LATELY_S):
            self._look(region, outline)
        return fallen

    def close(self, grey: Grey, time: int) -> list[Fallen]:
        """The pictures have ended: who had just fallen is not coming up any more."""
        return self._judge(grey, time, SHORTEST_WATCH_S)

    def _judge(self, grey: Grey, time: int, after_s: float) -> list[Fallen]:
        ripe = [descent for descent in self._watched if _is_ripe(descent, time, after_s)]
        self._watched = [descent for descent in self._watched if not any(descent is one for one in ripe)]
        now = smoothed(grey) if ripe else grey
        return [fall for descent in ripe if (fall := judge(descent, now, time)) is not None]

    def _look(self, region: Box, outline: Outline) -> None:
        least = self._least * len(outline.grey)
        now = extent(outline.mask, region) if region.h >= least else None
        if now is None or now.top - region.y < WORTH * region.h:
            return
        descent = descent_of(list(self._outlines.past), region)
        if descent is None or descent.tall < least:
            return
        same = [one for one in self._watched if _abreast(one.region, region)]
        if any(descent.tall < TALLER * one.tall for one in same):
            for one in same:
                one.fast = max(one.fast, descent.fast)
            return
        self._watched = [one for one in self._watched if not any(one is other for other in same)] + [descent]


def descent_of(past: list[Outline], region: Box) -> Descent | None:
    """What moves in a region, if its top has just sunk fast and far. `past`: oldest first."""
    now = past[-1].time
    lately = [outline for outline in past if now - outline.time <= SINKS_S * NS_PER_S]
    steps = [step for step in _steps(lately, region) if step.extent.area >= SLIGHT * region.h**2]
    if len(steps) < 3 or steps[-1].outline is not past[-1]:
        return None
    last = steps[-1].extent.top
    highest = min(steps, key=lambda step: step.extent.top)
    top, low = highest.extent.top, max(step.extent.bottom for step in steps)
    fast = last - min(step.extent.top for step in steps if now - step.outline.time <= FAST_S * NS_PER_S)
    if not _sank(last - top, fast, low - top):
        return None
    feet = _feet(past, region, top)
    tall = max(feet, low) - top
    if not _sank(last - top, fast, tall):
        return None
    until = max(now - 0.75 * NS_PER_S, highest.outline.time)
    old = [outline.grey for outline in lately if outline.time <= until]
    return Descent(now, region, top, tall, feet, fast / tall, steps, old)


def _sank(deep: float, fast: float, tall: float) -> bool:
    return deep >= SUNK * tall and fast >= SUNK_FAST * tall


def _steps(outlines: list[Outline], box: Box) -> list[Step]:
    seen = ((outline, extent(outline.mask, box)) for outline in outlines)
    return [Step(outline, one) for outline, one in seen if one is not None]


def _feet(past: list[Outline], region: Box, top: float) -> float:
    """The lowest row that moved while the top was as high: legs move now and then, not in every picture."""
    band = region._replace(h=2 * region.h)
    upright = [step for step in _steps(past, band) if abs(step.extent.top - top) <= UPRIGHT * region.h]
    return max((step.extent.bottom for step in upright), default=top)


def judge(descent: Descent, now: Grey, time: int) -> Fallen | None:
    """Whether it was a fall, by all that came after. `now`: the smoothed picture of this time (ns UTC)."""
    firm = descent.firm()
    low = max(step.extent.top for step in firm)
    if not _fell(descent, low) or not _stood(descent):
        return None
    if any(descent.height(step.extent.top) < ROSE for step in firm) or not _went_down_whole(descent):
        return None
    if _is_restless(descent, time) or _left(descent, firm, now):
        return None
    now = _in_light_of(now, descent.old[-1])
    free = _free(descent, now, int(low))
    lying = _lying(descent, firm, now, int(low))
    box = extent(lying, descent.around)
    if free < FREE or box is None or lying.sum() < LIES * descent.tall**2:
        return None
    where = Box(box.left, box.top, box.right - box.left, box.bottom - box.top)
    watched = len(descent.after)
    return Fallen(descent, where, free * (watched + 1) / (watched + 2))


def _follow(descent: Descent, outline: Outline) -> None:
    one = extent(outline.mask, descent.around)
    if one is not None:
        descent.after.append(Step(outline, one))


def _fell(descent: Descent, low: float) -> bool:
    deep, fast = descent.height(low), descent.fast
    return deep >= FELL and fast >= FELL_FAST and deep + fast / 2 >= FELL_HARD


def _stood(descent: Descent) -> bool:
    """Whether it was one upright body, with nobody near it, and its feet where it fell."""
    first = [step.outline for step in descent.before if descent.began - step.outline.time > 0.1 * NS_PER_S]
    near = [step.extent for step in _steps(first, descent.around)]
    wide = float(np.median([one.right - one.left for one in near])) / descent.tall
    return descent.area >= BODY * descent.tall**2 and wide <= STOUTEST and descent.height(descent.feet) >= STOOD


def _went_down_whole(descent: Descent) -> bool:
    """Whether much of the body was still moving when it was low, and something after that, as until it lies."""
    soon = [step for step in descent.after if step.outline.time - descent.began <= IMPACT_S * NS_PER_S]
    most = max(step.extent.area for step in (descent.before[-1], *soon))
    return most >= IMPACT * descent.area and len(descent.after) >= SETTLES


def _is_restless(descent: Descent, time: int) -> bool:
    """Whether as much moves there now as when it fell."""
    lately = [step.extent.area for step in descent.after if time - step.outline.time <= 0.7 * NS_PER_S]
    return bool(lately) and sum(lately) > STILL * descent.area * len(lately)


def _left(descent: Descent, firm: list[Step], now: Grey) -> bool:
    """Whether the last of it went out at the side of the picture."""
    last = firm[-1].extent
    side = AT_SIDE * now.shape[1]
    at_side = last.left <= side or last.right >= now.shape[1] - side
    return at_side and last.right - last.left < NARROW * descent.tall


def _is_ripe(descent: Descent, time: int, after_s: float) -> bool:
    """Whether it was watched for long enough; longer while much still moves."""
    watched_s = (time - descent.began) / NS_PER_S
    return watched_s >= LONGEST_WATCH_S or (watched_s >= after_s and not _is_restless(descent, time))


def _in_light_of(now: Grey, old: Grey) -> Grey:
    """As bright as the other picture: a body that moves makes a camera correct its exposure."""
    shift = float(np.median(old.astype(np.int16) - now))
    return np.asarray(np.clip(now + shift, 0, 255), np.uint8)


def _free(descent: Descent, now: Grey, low: int) -> float:
    """Of the place where it was last upright, above where it is now: the share that looks otherwise."""
    upright = [step.outline for step in descent.before if descent.height(step.extent.top) <= UPRIGHT][-2:]
    part = _part(descent.around, int(descent.top), low)
    was = sum(int(one.mask[part].sum()) for one in upright)
    changed = sum(int((differs(now, one.grey) & one.mask)[part].sum()) for one in upright)
    return changed / max(was, 1)


def _lying(descent: Descent, firm: list[Step], now: Grey, low: int) -> Mask:
    """Where it moved last and there is something that none of the pictures of before shows."""
    import cv2

    union = np.logical_or.reduce([step.outline.mask for step in firm])
    near = cv2.dilate(union.view(np.uint8), np.ones((7, 7), np.uint8)) > 0
    new = np.logical_and.reduce([differs(now, old) for old in descent.old])
    part = _part(descent.around, low, int(descent.top + 1.1 * descent.tall))
    lying: Mask = np.zeros(now.shape, np.bool_)
    lying[part] = (new & near)[part]
    return lying


def _part(box: Box, top: int, bottom: int) -> tuple[slice, slice]:
    return slice(max(top, 0), max(bottom, 0)), slice(int(box.x), int(box.x + box.w))


def _abreast(a: Box, b: Box) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w
