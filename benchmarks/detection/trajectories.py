"""Real people's paths in metres (ETH, Hotel, Zara, Students) as the tracks of a camera that looks straight down.

Nobody is painted: behaviours that look only at who is where are shown tracks, five times a second, with feet that
tremble as a detector's do. Between the annotated instants (0.4 s) people go straight on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.geo import LocalFrame
from s4.detection.video.blobs import Blob
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, View
from s4.detection.video.scale import PERSON_M
from s4.detection.video.scene import Behaviour, Scene, Statement
from s4.detection.video.settings import Settings, TiePoint
from s4.detection.video.track import Track
from s4.detection.video.whereabouts import Whereabouts

STEP_S: Final = 0.2
PX_M: Final = 24.0
TALL: Final = PERSON_M * PX_M
START: Final = 1_777_658_400 * NS_PER_S
FRAMES_A_SECOND: Final = {"eth": 15.0, "hotel": 25.0, "zara01": 25.0, "students03": 25.0}
NOBODY_S: Final = 4.0  # a path that is not annotated for longer has ended
Floats = NDArray[np.float64]


class Path2D(NamedTuple):
    """`seconds`[n] and `metres`[n, 2] of one person."""

    seconds: Floats
    metres: Floats


def read_paths(folder: Path, name: str) -> list[Path2D]:
    """The paths of `obsmat.txt`: frame, person, x, z, y, and speeds that are not used."""
    rows = np.loadtxt(folder / name / "obsmat.txt")
    paths = []
    for person in np.unique(rows[:, 1]):
        own = rows[rows[:, 1] == person]
        own = own[np.argsort(own[:, 0], kind="stable")]
        paths.append(Path2D(own[:, 0] / FRAMES_A_SECOND[name], own[:, [2, 4]]))
    return paths


def scenes_of(paths: list[Path2D], tremble: float = 0.04, seed: int = 1) -> Iterator[Scene]:
    """What a camera over the place would see. `tremble`: 1 sigma of a foot point, of a person's height."""
    rng = np.random.default_rng(seed)
    low = np.min([path.metres.min(axis=0) for path in paths], axis=0) - 1.0
    wide, high = ((np.max([path.metres.max(axis=0) for path in paths], axis=0) + 1.0 - low) * PX_M).astype(int).tolist()
    high += int(TALL)
    where = Whereabouts(Settings(ground=_ties(wide / PX_M, high / PX_M)), None)
    view, size = View(wide, high, wide, high), PersonSize(Settings(), high)
    empty, image = np.zeros((8, 8), np.bool_), np.zeros((8, 8, 3), np.uint8)
    here = _present(paths)
    tracks: dict[int, Track] = {}
    for number in range(min(here), max(here) + 1):
        time = START + round(number * STEP_S * NS_PER_S)
        seen = {}
        for person, metres in here.get(number, []):
            x, y = (metres - low) * PX_M + rng.normal(0, tremble * TALL, 2)
            blob = Blob(Box(x - 0.2 * TALL, y, 0.4 * TALL, TALL), 0.7, person=True)
            seen[person] = _follow(tracks.get(person), blob, person, time)
        tracks = seen
        confirmed = [track for track in tracks.values() if track.confirmed]
        yield Scene(time, STEP_S, view, image, empty, confirmed, size, settled=True, raw=image, where=where)


def _follow(track: Track | None, blob: Blob, person: int, time: int) -> Track:
    if track is None:
        return Track.of(person, blob, time)
    track.predict(STEP_S)
    track.take(blob, time)
    return track


def _present(paths: list[Path2D]) -> dict[int, list[tuple[int, Floats]]]:
    """Step → (person, metres) of everybody there."""
    here: dict[int, list[tuple[int, Floats]]] = defaultdict(list)
    number = 0
    for path in paths:
        breaks = np.flatnonzero(np.diff(path.seconds) > NOBODY_S) + 1
        for seconds, metres in zip(np.split(path.seconds, breaks), np.split(path.metres, breaks), strict=True):
            number += 1
            for step in range(int(np.ceil(seconds[0] / STEP_S)), int(seconds[-1] / STEP_S) + 1):
                at = step * STEP_S
                place = np.array([np.interp(at, seconds, metres[:, axis]) for axis in (0, 1)])
                here[step].append((number, place))
    return here


def _ties(wide_m: float, high_m: float) -> tuple[TiePoint, TiePoint, TiePoint, TiePoint]:
    frame = LocalFrame(48.0, 11.0)
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    found = [(x, y, *frame.to_degrees(x * wide_m, -y * high_m)) for x, y in corners]
    return found[0], found[1], found[2], found[3]


def shown(behaviour: Behaviour, scenes: Iterator[Scene]) -> tuple[list[Statement], float]:
    """All that a behaviour says, and how many hours it was shown."""
    said: list[Statement] = []
    pictures = time = 0
    for scene in scenes:
        said += behaviour.see(scene)
        pictures, time = pictures + 1, scene.time
    return said + behaviour.close(time), pictures * STEP_S / 3600.0
