"""How far somebody stands from a thing, over the ground.

In the picture who walks straight away from the camera, or towards it, hardly leaves a thing: their boxes go on touching
it. On the ground they do. So a distance to the side is taken between the boxes, and one in depth between the rows on
which the two stand, stretched by how short a step away from the camera looks there.
"""

from __future__ import annotations

from math import dist, hypot
from typing import Final

from s4.detection.video.picture import Box, View
from s4.detection.video.scale import PERSON_M
from s4.detection.video.walkers import FORESHORTENED
from s4.detection.video.whereabouts import Whereabouts

FLATTEST, STEEPEST = 0.2, 1.0
STEP: Final = 0.25  # heights
DEEP: Final = 0.1  # heights on the picture: a thing reaches back so far, where it stands
CUT: Final = 0.85  # of the expected height: who looks smaller may have their legs hidden, or be small
LONG: Final = 1.2  # of the expected height: longer, and it is somebody with their shadow, or two behind each other
SLACK: Final = 0.2  # heights: where exactly somebody stands is not known better


def foreshortening(where: Whereabouts | None, view: View, box: Box, tall: float) -> float:
    """How long a step away from the camera looks there against one to the side, 0.2 to 1; as with a camera that looks
    down by about 24° where nothing is known of it. `tall`: height of a person there, px.
    """
    if where is None or not where.known or tall <= 0.0:
        return FORESHORTENED
    across, down = box.foot
    here, there = (where.find(view, (across, row)) for row in (down, down - STEP * tall))
    if here is None or there is None:
        return FLATTEST
    metres = dist(here.metres, there.metres)
    return min(max(STEP * PERSON_M / metres, FLATTEST), STEEPEST) if metres > 0.0 else STEEPEST


def heights_apart(person: Box, thing: Box, tall: float, short: float) -> float:
    """From somebody to a thing, in heights of a person; `tall` px is one there, `short` how long a step away looks.

    Whose legs may be hidden, or whose shadow may be in the box, stands anywhere between the end of the box and where
    the feet ought to be. A fifth of a height in depth counts as nothing.

    >>> bag, tall = Box(100, 190, 10, 10), 60.0
    >>> [round(heights_apart(Box(x, foot - 60, 20, 60), bag, tall, 0.4), 1) for x, foot in ((60, 200), (95, 158))]
    [0.3, 1.3]
    """
    aside = max(thing.x - person.x - person.w, person.x - thing.x - thing.w, 0.0) / tall
    end, stands = person.y + person.h, thing.y + thing.h
    ought = person.y + tall
    far, near = (min(end, ought), max(end, ought)) if not CUT <= person.h / tall <= LONG else (end, end)
    away = max(stands - DEEP * tall - near, far - stands, 0.0) / (tall * short)
    return hypot(aside, max(away - SLACK, 0.0))
