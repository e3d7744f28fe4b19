"""Who finds people in a picture: blobs of foreground, or a model of the user's. One small port for both."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from s4.detection.video.blobs import Blob, find_people
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Image, Mask


class Shown(NamedTuple):
    """What there is to look at. `image`: working picture as it came, BGR; `foreground`: clean mask of what stands out;
    `size`: how large people may be; `dt_s`: since the picture before.
    """

    image: Image
    foreground: Mask
    size: PersonSize
    dt_s: float


class Recognised(NamedTuple):
    """Something else than a person that a model saw. `kind`: of detection (`core.model.kinds`); `label`: the model's
    word; `score`: 0–1, no probability; `sure`: whether it counts by itself; `fresh`: whether the model looked at this
    picture, or nothing moved there since it did; `box`: working pixels.
    """

    kind: str
    label: str
    score: float
    sure: bool
    fresh: bool
    box: Box


class Findings(NamedTuple):
    """What was found: `people` as blobs, of which those marked `person` may begin a track; `things`: all else."""

    people: list[Blob]
    things: tuple[Recognised, ...] = ()


class PeopleFinder(Protocol):
    """Shown every settled picture of one camera, in order; the same pictures give the same answers."""

    def find(self, shown: Shown) -> Findings:
        """What is in this picture."""

    def forget(self) -> None:
        """Another view or time begins."""


class BlobFinder:
    """People without weights: foreground of a person's size and shape."""

    def find(self, shown: Shown) -> Findings:
        """Cost: about 1 ms for 640 × 480."""
        return Findings(find_people(shown.foreground, shown.size))

    def forget(self) -> None:
        """It remembers nothing."""
