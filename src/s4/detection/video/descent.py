"""Something that moves sinks, far and not slowly, and is watched for a while after: `landing` says whether it fell.

It is followed by its upper edge. All lengths are shares of its height, from its highest top to its lowest bottom: no
calibration is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.detection.video.outlines import Extent, Outline, Outlines, extent
from s4.detection.video.picture import Box
from s4.detection.video.sight import Grey

LATELY_S: Final = 1.2  # what moves within this time, at one place, is one body
FAST_S: Final = 0.85
SUNK, SUNK_FAST = 0.40, 0.25  # the top, since it was highest, and of that within `FAST_S`: worth watching
WORTH: Final = 0.2  # less, against all that moved there lately: not worth a closer look
SINKS_S: Final = 2.6
WATCH_S: Final = 2.0  # who picks something up has risen again
LONGEST_WATCH_S: Final = 3.5
SHORTEST_WATCH_S: Final = 0.8  # when the pictures end
FIRM: Final = 0.15  # of its greatest area: less is a hand
UPRIGHT: Final = 0.25  # its top is no lower than this
SLIGHT: Final = 0.008  # area ÷ height²: less tells nothing of a body
STILL: Final = 0.5  # of its greatest area, moving on the ground: watched for longer
TALLER: Final = 1.3  # the same body, seen whole
REACH: Final = 0.6  # heights to either side where the body may lie
ABOVE: Final = 0.6  # what moves there belongs to a taller body
BELOW: Final = 0.25


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

    def moves(self, time: int) -> float:
        """How much has moved there lately, of the area that moved when it sank. `time`: ns UTC."""
        lately = [step.extent.area for step in self.after if time - step.outline.time <= 0.7 * NS_PER_S]
        return sum(lately) / (self.area * len(lately)) if lately else 0.0

    def firm(self) -> list[Step]:
        """When it had sunk, and since then those in which more than a hand moves."""
        return [self.before[-1], *(step for step in self.after if step.extent.area >= FIRM * self.area)]


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

    @property
    def now(self) -> Grey | None:
        """The newest picture, smoothed."""
        return self._outlines.now

    def see(self, grey: Grey, time: int) -> list[Descent]:
        """Those that have been watched for long enough with this picture, `WATCH_S` after somebody sank."""
        outline = self._outlines.see(grey, time)
        if outline is None:
            self._watched = []
            return []
        for descent in self._watched:
            _follow(descent, outline)
        ripe = self._ripe(time, WATCH_S)
        for region in self._outlines.regions(LATELY_S):
            self._look(region, outline)
        return ripe

    def close(self, time: int) -> list[Descent]:
        """The pictures have ended: who had just fallen is not coming up any more."""
        return self._ripe(time, SHORTEST_WATCH_S)

    def _ripe(self, time: int, after_s: float) -> list[Descent]:
        ripe = [descent for descent in self._watched if _is_ripe(descent, time, after_s)]
        self._watched = [descent for descent in self._watched if not any(descent is one for one in ripe)]
        return ripe

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
    steps = [step for step in steps_in(lately, region) if step.extent.area >= SLIGHT * region.h**2]
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


def steps_in(outlines: list[Outline], box: Box) -> list[Step]:
    """Those in which something moves within a box."""
    seen = ((outline, extent(outline.mask, box)) for outline in outlines)
    return [Step(outline, one) for outline, one in seen if one is not None]


def _feet(past: list[Outline], region: Box, top: float) -> float:
    """The lowest row that moved while the top was as high: legs move now and then, not in every picture."""
    band = region._replace(h=2 * region.h)
    upright = [step for step in steps_in(past, band) if abs(step.extent.top - top) <= UPRIGHT * region.h]
    return max((step.extent.bottom for step in upright), default=top)


def _follow(descent: Descent, outline: Outline) -> None:
    one = extent(outline.mask, descent.around)
    if one is not None:
        descent.after.append(Step(outline, one))


def _is_ripe(descent: Descent, time: int, after_s: float) -> bool:
    """Whether it was watched for long enough; longer while much still moves."""
    watched_s = (time - descent.began) / NS_PER_S
    return watched_s >= LONGEST_WATCH_S or (watched_s >= after_s and descent.moves(time) <= STILL)


def _abreast(a: Box, b: Box) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w
