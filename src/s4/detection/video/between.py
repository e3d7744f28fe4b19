"""People in the pictures between two that were analysed: they walked straight from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from s4.core.model import Frame
from s4.detection.video.picture import Box
from s4.detection.video.scene import Scene
from s4.detection.video.track import Track


class Spot(NamedTuple):
    """Where somebody was in a picture that was not analysed: `frame` as decoded, `time` in ns, working pixels."""

    frame: int
    time: int
    track: Track
    box: Box


class Between:
    """The pictures since the one analysed last. Told of each frame, in order; answers one analysed picture later."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int]] = []
        self._time = 0
        self._seen: list[tuple[Track, Box]] = []

    def wait(self, frame: Frame) -> None:
        """A frame that is not analysed."""
        if self._seen:
            self._waiting.append((frame.number, frame.time))

    def arrive(self, scene: Scene) -> Iterator[Spot]:
        """The next analysed picture: everybody who is seen in both, in each picture between."""
        seen = [track for track in scene.tracks if track.unseen_s == 0.0]
        # The very same track, not one of the same number: when a camera begins anew, it counts from one again.
        both = [(track, box) for track, box in self._seen if any(track is other for other in seen)]
        for number, time in self._waiting:
            share = (time - self._time) / (scene.time - self._time)
            for track, box in both:
                yield Spot(number, time, track, _between(box, track.box, share))
        self._waiting, self._time = [], scene.time
        self._seen = [(track, track.box) for track in seen]


def _between(before: Box, after: Box, share: float) -> Box:
    """The box at a share (0–1) of the way.

    >>> _between(Box(0, 0, 10, 20), Box(10, 0, 10, 30), 0.5)
    Box(x=5.0, y=0.0, w=10.0, h=25.0)
    """
    x, y, w, h = (a + share * (b - a) for a, b in zip(before, after, strict=True))
    return Box(x, y, w, h)
