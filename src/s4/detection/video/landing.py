"""Whether what sank was somebody who fell and stays on the ground, by measures and limits.

It was one upright body whose feet stayed where they were; it sank fast and far; nothing rises there again; the place
where it was is free; and something lies where there was nothing before, so that nobody has only walked out of the
picture. The limits are in `fall.toml`, which `benchmarks/detection/falls.py --fit` chooses.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from s4.core.clock import NS_PER_S
from s4.detection.video.descent import UPRIGHT, Descent, Step, steps_in
from s4.detection.video.outlines import differs, extent, smoothed
from s4.detection.video.picture import Box, Mask
from s4.detection.video.sight import Grey

ROSE: Final = 0.40  # who bends down comes up above this again
IMPACT_S: Final = 0.65
SETTLES: Final = 2  # pictures with some motion after
AT_SIDE: Final = 0.02  # of the picture's width
NARROW: Final = 0.5  # width of what goes out at the side of the picture
LONGEST: Final = 2.0
"""Heights from side to side: nobody reaches 1.5, with arms stretched out; beyond this, several things lie there."""

Share = Annotated[float, Meta(ge=0.0, le=3.0)]


class Landing(NamedTuple):
    """One descent, measured when it had been watched; lengths ÷ its height, areas ÷ the square of it.

    `deep`: how far its top is down in the end, sitting on a chair is 0.3, on the ground 0.47; `fast`: the most of that
    within 0.85 s; `feet`: how far below its highest top something moved before; `wide`: before it sank; `body`: its
    greatest area; `impact`: the share of that which moves when it is low; `moves`: and in the end; `settles`: pictures
    with some motion after; `rose`: the highest it came again; `left`: only a narrow rest of it is to be seen, at the
    side of the picture; `free`: share of where it was that looks otherwise; `lies`: area of what was not there before;
    `long`: from its left to its right end; `box`: of that, px of the grey picture.
    """

    deep: float
    fast: float
    feet: float
    wide: float
    body: float
    impact: float
    moves: float
    settles: int
    rose: float
    left: bool
    free: float
    lies: float
    long: float
    box: Box | None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a fall must reach (see `Landing`), or, `wide` and `moves`, must not pass; `plunge`: depth and half of the
    speed together, so that who sinks more slowly must sink deeper.
    """

    deep: Share
    fast: Share
    plunge: Share
    feet: Share
    wide: Share
    body: Share
    impact: Share
    moves: Share
    free: Share
    lies: Share

    def allow(self, one: Landing) -> bool:
        """Whether it was a fall."""
        lies = one.box is not None and one.long <= LONGEST and one.lies >= self.lies
        stays = one.rose >= ROSE and one.settles >= SETTLES and not one.left
        fell = one.deep >= self.deep and one.fast >= self.fast and one.deep + one.fast / 2 >= self.plunge
        upright = one.feet >= self.feet and one.wide <= self.wide and one.body >= self.body
        settled = one.impact >= self.impact and one.moves <= self.moves
        return stays and fell and upright and settled and lies and one.free >= self.free


@cache
def limits() -> Limits:
    """Those that come with the project."""
    text = files("s4.detection.video").joinpath("fall.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Limits)


def landing_of(descent: Descent, grey: Grey, time: int) -> Landing:
    """Measures a descent by all that came after. `grey`: the picture of this time (ns UTC). Cost: about 1 ms."""
    firm = descent.firm()
    low = int(max(step.extent.top for step in firm))
    now = in_light_of(smoothed(grey), descent.old[-1])
    lying = _lying(descent, firm, now, low)
    box = extent(lying, descent.around)
    return Landing(
        deep=descent.height(low),
        fast=descent.fast,
        feet=descent.height(descent.feet),
        wide=_wide(descent),
        body=descent.area / descent.tall**2,
        impact=_impact(descent),
        moves=descent.moves(time),
        settles=len(descent.after),
        rose=min(descent.height(step.extent.top) for step in firm),
        left=any(_goes_out(one.left, one.right, descent.tall, now.shape[1]) for one in (firm[-1].extent, box) if one),
        free=_free(descent, now, low),
        lies=float(lying.sum()) / descent.tall**2,
        long=(box.right - box.left) / descent.tall if box else 0.0,
        box=box and Box(box.left, box.top, box.right - box.left, box.bottom - box.top),
    )


def _wide(descent: Descent) -> float:
    """In the middle of the time before it sank; nothing else moved near it."""
    first = [step.outline for step in descent.before if descent.began - step.outline.time > 0.1 * NS_PER_S]
    near = [step.extent for step in steps_in(first, descent.around)]
    return float(np.median([one.right - one.left for one in near])) / descent.tall


def _impact(descent: Descent) -> float:
    soon = [step for step in descent.after if step.outline.time - descent.began <= IMPACT_S * NS_PER_S]
    return max(step.extent.area for step in (descent.before[-1], *soon)) / descent.area


def _goes_out(left: float, right: float, tall: float, width: int) -> bool:
    """Whether what lies between two columns is a narrow rest at the side of the picture."""
    side = AT_SIDE * width
    return (left <= side or right >= width - side) and right - left < NARROW * tall


def in_light_of(now: Grey, old: Grey) -> Grey:
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
