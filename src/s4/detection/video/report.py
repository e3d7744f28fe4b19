"""Frames of one recording → the lines of `s4 detect video`, one dictionary each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.model import Detection, Frame, Place
from s4.detection.video.between import Between, Spot
from s4.detection.video.camera import CameraWatch
from s4.detection.video.counting import Count, PeopleCount
from s4.detection.video.finder import PeopleFinder
from s4.detection.video.picture import Box, View
from s4.detection.video.privacy import PrivacyMask
from s4.detection.video.scene import Scene
from s4.detection.video.settings import Settings
from s4.detection.video.track import CONFIRMED_AFTER, Track
from s4.detection.video.whereabouts import Whereabouts

Line = dict[str, Any]
Seen = Callable[[Frame, Scene | None, Sequence[Detection]], None]
"""Told of every frame: its scene if it was analysed, and what was found with it."""
CLIP: Final = "clip"


def report(
    frames: Iterable[Frame],
    settings: Settings,
    zones: Sequence[Zone] = (),
    place: Place | None = None,
    seen: Seen | None = None,
    finder: PeopleFinder | None = None,
) -> Iterator[Line]:
    """One line for each detection and for each person in each picture. Between two analysed pictures, and while they
    are not seen for up to a second, people are where the straight way leads; such lines come when they are seen again,
    all others in the order of the frames.

    A line is `{"t", "frame", "kind", "phase", "id", "confidence", "bbox", "place", "text"}`: `t` seconds since the
    first frame, `frame` counted from 0 as decoded, `bbox` (x, y, w, h) pixels of the file, `place` degrees with
    their ellipse, or null. Once a second a line of the kind `person_count` says in `count` how many people are in view.
    """
    watch: CameraWatch | None = None
    mask = PrivacyMask(zones)
    first = last = 0
    between, counts = Between(), PeopleCount()
    for frame in map(mask.over, frames):
        if watch is None:
            watch, first = CameraWatch(frame.source, frame.site, settings, zones, place, finder), frame.time
        found = watch.look(frame)
        last = frame.number
        scene = watch.scene if watch.scene is not None and watch.scene.time == frame.time else None
        if seen is not None:
            seen(frame, scene, found)
        if scene is None:
            between.wait(frame)
        else:
            where = watch.whereabouts
            yield from (_between_line(one, scene, first, where) for one in between.arrive(scene, frame.number))
        yield from (detection_line(one, last, first) for one in found)
        if scene is not None:
            yield from people_lines(scene, last, first, watch.whereabouts)
            if count := counts.see(scene):
                yield count_line(count, scene.view, last, first)
    if watch is not None:
        yield from (detection_line(one, last, first) for one in watch.close())


def detection_line(detection: Detection, frame: int, first: int) -> Line:
    """The line of one detection. `first`: ns UTC of the recording's first frame."""
    place = detection.place
    return {
        "t": _seconds(detection.time - first),
        "frame": frame,
        "kind": detection.kind,
        "phase": detection.phase,
        "id": detection.happening,
        "confidence": detection.confidence,
        "bbox": detection.attributes["bbox_px"],
        "place": place_line(place),
        "text": detection.text,
    }


def count_line(count: Count, view: View, frame: int, first: int) -> Line:
    """The line of how many people were in view in the second before `frame`; the box is the whole picture."""
    return {
        "t": _seconds(count.time - first),
        "frame": frame,
        "kind": "person_count",
        "phase": "update",
        "id": f"{CLIP}/people",
        "confidence": round(count.confidence, 4),
        "bbox": view.to_file(Box(0.0, 0.0, float(view.width), float(view.height))),
        "place": None,
        "text": "1 person" if count.people == 1 else f"{count.people} people",
        "count": count.people,
    }


def place_line(place: Place | None) -> Line | None:
    """Degrees, and the 95 % ellipse (semi axes in metres, bearing of the major one) where it is known."""
    if place is None:
        return None
    where: Line = {"lat": round(place.lat, 7), "lon": round(place.lon, 7)}
    if place.ellipse is not None:
        one = place.ellipse
        where |= {
            "semi_major_m": round(one.semi_major_m, 2),
            "semi_minor_m": round(one.semi_minor_m, 2),
            "bearing_deg": round(one.bearing_deg, 1),
        }
    return where


def people_lines(scene: Scene, frame: int, first: int, where: Whereabouts) -> Iterator[Line]:
    """A line for every person seen in this picture; `id` is the track's number. The confidence is the share of
    pictures of the track with something there, (n + 1) / (m + 2).
    """
    for track in scene.tracks:
        if track.unseen_s == 0.0:
            phase = "start" if track.hits == CONFIRMED_AFTER else "update"
            yield _person(track, track.box, scene.view, where, frame=frame, since=scene.time - first, phase=phase)


def _between_line(one: Spot, scene: Scene, first: int, where: Whereabouts) -> Line:
    return _person(one.track, one.box, scene.view, where, frame=one.frame, since=one.time - first, phase="update")


def _person(track: Track, box: Box, view: View, where: Whereabouts, *, frame: int, since: int, phase: str) -> Line:
    spot = where.find(view, box.foot)
    return {
        "t": _seconds(since),
        "frame": frame,
        "kind": "person",
        "phase": phase,
        "id": f"{CLIP}/{track.number}",
        "confidence": round((track.hits + 1) / (track.hits + track.misses + 2), 4),
        "bbox": view.to_file(box),
        "place": place_line(spot.place) if spot else None,
        "text": "",
    }


def _seconds(ns: int) -> float:
    return round(ns / NS_PER_S, 3)
