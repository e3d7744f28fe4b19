"""People in the pictures between two in which they were seen: they walked straight from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from math import dist
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from s4.detection.video.picture import Box
from s4.detection.video.scene import Scene
from s4.detection.video.track import Track

BRIDGED_S: Final = 1.0  # unseen for longer, somebody may have gone another way
FASTEST: Final = 4.0  # own heights a second; who is farther off was taken for somebody else in between


class Spot(NamedTuple):
    """Where somebody was in a picture in which they were not seen: `frame` as decoded, `time` in ns, working pixels."""

    frame: int
    time: int
    track: Track
    box: Box


class _Seen(NamedTuple):
    """A track when it was last seen; `time` in ns."""

    time: int
    track: Track
    box: Box


class Between:
    """The pictures of the last second. Told of each frame, in order; answers with the next analysed picture in which
    somebody is seen again.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int]] = []
        self._seen: list[_Seen] = []

    def wait(self, frame: Frame) -> None:
        """A frame that is not analysed."""
        if self._seen:
            self._waiting.append((frame.number, frame.time))

    def arrive(self, scene: Scene, frame: int) -> Iterator[Spot]:
        """The next analysed picture, which is the one of number `frame`: where everybody who is seen in it was since
        they were last seen.
        """
        seen = [_Seen(scene.time, track, track.box) for track in scene.tracks if track.unseen_s == 0.0]
        for fresh in seen:
            # The very same track, not one of the same number: when a camera begins anew, it counts from one again.
            before = next((one for one in self._seen if one.track is fresh.track), None)
            if before is not None and _can_walk(before, fresh):
                yield from self._spots(before, fresh)
        self._keep(seen, scene, frame)

    def _spots(self, before: _Seen, now: _Seen) -> Iterator[Spot]:
        for number, time in self._waiting:
            if time > before.time:
                share = (time - before.time) / (now.time - before.time)
                yield Spot(number, time, now.track, _between(before.box, now.box, share))

    def _keep(self, seen: list[_Seen], scene: Scene, frame: int) -> None:
        """Those not seen now may be seen again soon, and then this picture lies between, too."""
        oldest = scene.time - round(BRIDGED_S * NS_PER_S)
        here = [fresh.track for fresh in seen]
        away = [one for one in self._seen if one.time >= oldest and not any(one.track is track for track in here)]
        self._seen = seen + away
        self._waiting = [one for one in self._waiting if one[1] > oldest] + [(frame, scene.time)] if away else []


def _can_walk(before: _Seen, now: _Seen) -> bool:
    seconds = (now.time - before.time) / NS_PER_S
    return seconds > 0 and dist(before.box.foot, now.box.foot) <= (0.5 + FASTEST * seconds) * now.box.h


def _between(before: Box, after: Box, share: float) -> Box:
    """The box at a share (0–1) of the way.

    >>> _between(Box(0, 0, 10, 20), Box(10, 0, 10, 30), 0.5)
    Box(x=5.0, y=0.0, w=10.0, h=25.0)
    """
    x, y, w, h = (a + share * (b - a) for a, b in zip(before, after, strict=True))
    return Box(x, y, w, h)
