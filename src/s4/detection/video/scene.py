"""What a behaviour is shown of one analysed picture, and what it may say about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from s4.core.model.detection import Phase
from s4.core.ports import Card
from s4.detection.video.finder import Recognised
from s4.detection.video.flow import Flow, Glance
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Image, Mask, View
from s4.detection.video.scale import Scale
from s4.detection.video.sight import Grey, grey_of
from s4.detection.video.spots import Spots
from s4.detection.video.track import Track
from s4.detection.video.whereabouts import Whereabouts

Attributes = Mapping[str, float | str | bool | tuple[float, ...]]


class Scene(NamedTuple):
    """`time`: ns UTC; `dt_s`: since the picture before; `image`: working picture in even light; `foreground`: where
    something is; `tracks`: confirmed ones; `settled`: false while the light changes; `raw`: working picture as it came;
    `things`: what a model saw besides people; `flow`: how everything moved since the picture before, None when there
    was none; `scale`: how tall people look at each row; `where`: where on the ground a point lies;
    `spots`: where something new stands still; `ongoing`: the kinds of what was told and had not ended by the picture
    before; `glance`: the raw picture again, made small and grey only once; `live`: of a camera that ought to go on, as
    against a recording, whose end is an end.
    """

    time: int
    dt_s: float
    view: View
    image: Image
    foreground: Mask
    tracks: list[Track]
    size: PersonSize
    settled: bool
    raw: Image
    things: tuple[Recognised, ...] = ()
    flow: Flow | None = None
    scale: Scale | None = None
    where: Whereabouts | None = None
    spots: Spots | None = None
    ongoing: frozenset[str] = frozenset()
    glance: Glance | None = None
    live: bool = False

    @property
    def grey(self) -> Grey:
        """The raw picture in grey, at most 320 px wide. Cost: 0.2 ms when nobody asked before."""
        return self.glance.grey if self.glance else grey_of(self.raw)


class Statement(NamedTuple):
    """What a behaviour says. `key` and `began` (ns UTC) name the happening, `ordinal` counts what was said of it;
    `box`: working pixels.
    """

    kind: str
    key: str
    began: int
    ordinal: int
    phase: Phase
    time: int
    confidence: float
    box: Box
    text: str
    attributes: Attributes


class Behaviour(Protocol):
    """One thing that can be seen happening. Keeps its own state; is shown every analysed picture, in order."""

    card: Card

    def see(self, scene: Scene) -> list[Statement]:
        """What follows from this picture."""

    def close(self, time: int) -> list[Statement]:
        """The camera has gone: end what is open."""
