"""Unattended object: somebody put something down, went away, and nobody has been with it since.

A thing is a candidate when it is new, stands still, is small compared with the people there, has edges of its own
(where something was taken away, the edges are in the empty scene instead), and a person was beside it when it
appeared. It is attended while somebody stays near. Confidence is a product of rates (n + 1) / (m + 2): pictures in
which it was still there, and pictures since it was alone in which it was in plain sight; times the contrast of its
edges against those of the empty scene, c / (c + e).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.heights import Heights
from s4.detection.video.picture import Box, Image, gap, iou, overlap
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.still import Still, StillMap
from s4.detection.video.track import Track

KIND: Final = "unattended_object"
SMALLEST, LARGEST = 0.1, 0.6  # height against a person's
WIDEST: Final = 0.8
NEAR: Final = 0.6  # of a person's height: arm's length and a little
BESIDE: Final = 0.35  # the owner's box at the moment the thing appears
SLOW: Final = 0.35  # heights a second; faster ones only walk past
REMEMBER_S: Final = 20.0
GONE_S: Final = 3.0
MOST: Final = 64


@dataclass(slots=True)
class Thing:
    """`alone`: ns UTC since when nobody is near; `seen`: last in the still map; `pictures`, `present`: counted since
    it was first seen, and seen; `pictures_alone`, `plain`: since it is alone, and seen with nobody in front; `edges`:
    contrast, 0–1.
    """

    happening: Happening
    box: Box
    tall: float
    alone: int
    seen: int
    pictures: int = 1
    present: int = 1
    pictures_alone: int = 0
    plain: int = 0
    edges: float = 0.0


class UnattendedObject:
    """One happening for each thing. `Settings.unattended_after_s` and `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="Left bag",
        purpose="Notice luggage left behind in a public space, so that a person can look at it",
        legal_basis="GDPR Art. 6(1)(e) public task; no identification",
        limits="Things hidden in a dense crowd or of the colour of the ground are not seen",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._after_s, self._every_s = settings.unattended_after_s, settings.update_every_s
        self._still: StillMap | None = None
        self._heights: Heights | None = None
        self._things: list[Thing] = []
        self._walks: deque[tuple[int, list[Box]]] = deque()

    def see(self, scene: Scene) -> list[Statement]:
        """Things appear, are attended or alone, and go."""
        if self._still is None or self._heights is None:
            self._still = StillMap(scene.view.width, scene.view.height)
            self._heights = Heights(scene.view.height)
        if not scene.settled:
            return []
        kept = [thing.box for thing in self._things if thing.happening.started]
        self._still.learn(scene.image, scene.dt_s, kept)
        self._heights.learn(scene.tracks)
        self._remember(scene)
        found = self._still.things()
        for still in found:
            self._take(still, scene, self._still, self._heights)
        said = [statement for thing in self._things for statement in self._judge(thing, scene)]
        self._things = [thing for thing in self._things if not thing.happening.ended and self._kept(thing, scene.time)]
        return said

    def close(self, time: int) -> list[Statement]:
        """What was left is out of sight now."""
        things, self._things = self._things, []
        return [
            thing.happening.say("end", time, "Left object: the camera has gone", _attributes(thing, time))
            for thing in things
            if thing.happening.started
        ]

    def _remember(self, scene: Scene) -> None:
        self._walks.append((scene.time, [track.box for track in scene.tracks if track.travelled >= 0.5]))
        while self._walks and scene.time - self._walks[0][0] > REMEMBER_S * NS_PER_S:
            self._walks.popleft()

    def _take(self, still: Still, scene: Scene, memory: StillMap, heights: Heights) -> None:
        for thing in self._things:
            if overlap(thing.box, still.box) >= 0.4 * min(thing.box.area, still.box.area):
                if _is_small(still.box, thing.tall):  # else it was part of something large, as a patch of light
                    thing.seen, thing.box = scene.time, still.box
                return
        began = scene.time - int(still.age_s * NS_PER_S)
        owner = self._owner(still.box)
        if owner is None or len(self._things) >= MOST:
            return
        typical = heights.typical(still.box.y + still.box.h)
        tall = scene.size.expected(still.box.y + still.box.h) or typical or owner.h
        if not _is_small(still.box, tall):
            return
        edges = _edges(scene.image, memory.empty(scene.view), still.box)
        if edges > 0.5:
            key = f"{began}/{round(still.box.x)}/{round(still.box.y)}"
            happening = Happening(KIND, key, began)
            self._things.append(Thing(happening, still.box, tall, scene.time, scene.time, edges=edges))

    def _owner(self, box: Box) -> Box | None:
        """Who was beside it shortly before it was first seen by itself: the nearest one."""
        walkers = [walker for _, boxes in self._walks for walker in boxes]
        near = [(gap(walker, box) / walker.h, walker) for walker in walkers]
        distance, walker = min(near, default=(1.0, None), key=lambda pair: pair[0])
        return walker if distance <= BESIDE else None

    def _judge(self, thing: Thing, scene: Scene) -> list[Statement]:
        thing.pictures += 1
        is_present = thing.seen == scene.time
        thing.present += is_present
        people = [track for track in scene.tracks if not _is_thing(track, thing)]
        hidden = any(overlap(track.box, thing.box) > 0 for track in people)
        thing.pictures_alone += 1
        thing.plain += is_present and not hidden
        if any(_attends(track, thing) for track in people):
            thing.alone, thing.pictures_alone, thing.plain = scene.time, 0, 0
        if is_present:
            thing.happening.note(_confidence(thing), thing.box)
        elif thing.happening.started and not hidden and scene.time - thing.seen > GONE_S * NS_PER_S:
            text = f"Left object was taken after {_alone_s(thing, thing.seen):.0f} s alone"
            return [thing.happening.say("end", thing.seen, text, _attributes(thing, thing.seen))]
        alone_s = _alone_s(thing, scene.time)
        is_steady = 2 * thing.present > thing.pictures  # a flicker is no thing
        if not (
            is_present and is_steady and alone_s >= self._after_s and thing.happening.due(scene.time, self._every_s)
        ):
            return []
        text = f"Object left behind, nobody near it for {alone_s:.0f} s"
        return [thing.happening.go_on(scene.time, text, _attributes(thing, scene.time))]

    def _kept(self, thing: Thing, time: int) -> bool:
        return thing.happening.started or time - thing.seen <= 2 * GONE_S * NS_PER_S


def _is_small(box: Box, tall: float) -> bool:
    """Whether somebody `tall` pixels tall could have carried it."""
    return SMALLEST * tall <= box.h <= LARGEST * tall and box.w <= WIDEST * tall


def _is_thing(track: Track, thing: Thing) -> bool:
    """Whether the track follows the thing itself and not a person."""
    return track.h <= LARGEST * thing.tall and iou(track.box, thing.box) >= 0.3


def _attends(track: Track, thing: Thing) -> bool:
    return gap(track.box, thing.box) <= NEAR * thing.tall and (track.speed <= SLOW or track.unseen_s > 0.0)


def _alone_s(thing: Thing, time: int) -> float:
    return max(time - thing.alone, 0) / NS_PER_S


def _confidence(thing: Thing) -> float:
    present = (thing.present + 1) / (thing.pictures + 2)
    plain = (thing.plain + 1) / (thing.pictures_alone + 2)
    return present * plain * thing.edges


def _edges(image: Image, empty: Image, box: Box) -> float:
    """The share of edges around the box that is in the picture and not in the empty scene: c / (c + e)."""
    here, before = (_gradient(picture, box) for picture in (image, empty))
    return here / (here + before) if here + before > 0 else 0.0


def _gradient(picture: Image, box: Box) -> float:
    import cv2

    margin = 3
    x, y = max(int(box.x) - margin, 0), max(int(box.y) - margin, 0)
    piece = picture[y : int(box.y + box.h) + margin, x : int(box.x + box.w) + margin]
    grey = cv2.cvtColor(piece, cv2.COLOR_BGR2GRAY)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx, ksize=3) for dx in (1, 0))
    return float(np.mean(np.hypot(across, down)))


def _attributes(thing: Thing, time: int) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {
        "alone_s": round(_alone_s(thing, time), 1),
        "there_s": round((time - thing.happening.began) / NS_PER_S, 1),
        "edges": round(thing.edges, 2),
    }
