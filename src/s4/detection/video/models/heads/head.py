"""What a head is: one way in which detectors give their boxes, told by the shapes of the outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from s4.detection.video.models.candidates import Array, Candidates

Outputs = Mapping[str, Array]
Shapes = Mapping[str, tuple[int, ...]]


class Reading(NamedTuple):
    """What has to be known to read outputs: the input's `width`, `height`, px; how many `classes`; the `least` score;
    and `cell_offset`, `decoded` of the card.
    """

    width: int
    height: int
    classes: int
    least: float
    cell_offset: float = 0.5
    decoded: bool = False


class Head(NamedTuple):
    """`title`: as people know it; `outputs`: what it needs, for a complaint; `classes`: shapes of the outputs, input's
    width and height, number of labels where it is known → how many classes there are, None when these are not outputs
    of this head; `decode`: outputs → candidates before doubles are left out; `shown`: how inputs are usually made
    (fields of `card.Input`), `cell_offset`, `sure`, `least`: as in the card, where nobody says otherwise.
    """

    title: str
    outputs: str
    classes: Callable[[Shapes, int, int, int | None], int | None]
    decode: Callable[[Outputs, Reading], Candidates]
    shown: Mapping[str, object]
    cell_offset: float = 0.5
    sure: float = 0.5
    least: float = 0.4


def flat(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The last two sizes of an output for one picture, (1, n, k); None when it has another form."""
    return (shape[1], shape[2]) if len(shape) == 3 and shape[0] == 1 else None


def agreed(found: int, known: int | None) -> int | None:
    """The number of classes that the shapes tell, unless the labels tell another."""
    return found if found >= 1 and known in (None, found) else None
