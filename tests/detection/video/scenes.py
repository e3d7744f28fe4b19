"""Scenes made of tracks, without pictures: for behaviours that look only at who is where."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from s4.core.clock import NS_PER_S
from s4.detection.video.blobs import Blob
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, View
from s4.detection.video.scene import Behaviour, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from tests.detection.recordings import START

VIEW = View(320, 240, 320, 240)
TALL = 60.0
STEP_S = 0.2
Feet = tuple[float, float]
Walk = Callable[[float], Feet | None]
"""Seconds → where the feet are, as fractions of the picture; None when not in view."""


def scenes(walks: Mapping[int, Walk], seconds: float) -> Iterator[Scene]:
    """What a camera would see of some people, five times a second, without any error."""
    tracks: dict[int, Track] = {}
    empty, image = np.zeros((240, 320), np.bool_), np.zeros((240, 320, 3), np.uint8)
    for number in range(round(seconds / STEP_S)):
        second = number * STEP_S
        time = START + round(second * NS_PER_S)
        for person, walk in walks.items():
            feet = walk(second)
            if feet is None:
                tracks.pop(person, None)
                continue
            blob = Blob(Box(feet[0] * 320 - 12, feet[1] * 240 - TALL, 24, TALL), 0.7, person=True)
            if person not in tracks:
                tracks[person] = Track.of(person, blob, time)
            else:
                tracks[person].predict(STEP_S)
                tracks[person].take(blob, time)
        seen = [track for track in tracks.values() if track.confirmed]
        size = PersonSize(Settings(), 240)
        yield Scene(time, STEP_S, VIEW, image, empty, seen, size, settled=True, raw=image)


def said(behaviour: Behaviour, walks: Mapping[int, Walk], seconds: float) -> list[Statement]:
    """Everything that a behaviour says of them, and when the camera goes."""
    found = [one for scene in scenes(walks, seconds) for one in behaviour.see(scene)]
    return found + behaviour.close(START + round(seconds * NS_PER_S))


def second_of(statement: Statement) -> float:
    """When it was said, seconds after the start."""
    return (statement.time - START) / NS_PER_S


def path(*points: tuple[float, float, float]) -> Walk:
    """Straight from point to point, each (second, x, y); in view from the first to the last."""

    def walk(second: float) -> Feet | None:
        if not points[0][0] <= second <= points[-1][0]:
            return None
        times, xs, ys = zip(*points, strict=True)
        return float(np.interp(second, times, xs)), float(np.interp(second, times, ys))

    return walk
