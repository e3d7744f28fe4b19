"""Blobs of one picture → the tracks they belong to. Greedy, in two rounds, the same for the same input.

First by overlap of the predicted box, then, for those left over, by distance of the feet, so that a person who
was missed in a few pictures is found again. A track that another's blob covers is taken as hidden and waits longer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot
from typing import Final

from s4.detection.video.blobs import Blob
from s4.detection.video.picture import iou, overlap
from s4.detection.video.track import Track

LEAST_IOU: Final = 0.25
REACH: Final = 0.5  # heights
REACH_PER_S: Final = 0.6  # heights more for each second unseen
HIDDEN_LONGER: Final = 3.0  # times `gap_s`
MOST_TRACKS: Final = 256

Score = Callable[[Track, Blob], float]


class Tracker:
    """All tracks of one camera. `gap_s`: how long a track survives unseen."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._next = 1
        self._tracks: list[Track] = []

    @property
    def tracks(self) -> list[Track]:
        """Those alive, oldest first, unconfirmed ones too."""
        return list(self._tracks)

    def follow(self, blobs: list[Blob], time: int, dt_s: float) -> list[Track]:
        """Move on by `dt_s` to `time` (ns UTC) and take in what was seen; the confirmed tracks come back."""
        for track in self._tracks:
            track.predict(dt_s)
        tracks, free = list(self._tracks), list(range(len(blobs)))
        taken: list[int] = []
        for score in (_by_overlap, _by_distance):
            for track, index in _match(tracks, blobs, free, score):
                track.take(blobs[index], time)
                tracks.remove(track)
                free.remove(index)
                taken.append(index)
        for track in tracks:
            track.miss(dt_s, hidden=any(_covers(blobs[index], track) for index in taken))
        self._tracks = [track for track in self._tracks if self._alive(track)]
        self._begin([blobs[index] for index in free], time)
        return [track for track in self._tracks if track.confirmed]

    def rest(self, dt_s: float) -> list[Track]:
        """Nothing can be seen (the light changes): tracks wait where they are."""
        for track in self._tracks:
            track.miss(dt_s, hidden=False)
        self._tracks = [track for track in self._tracks if self._alive(track)]
        return [track for track in self._tracks if track.confirmed]

    def _alive(self, track: Track) -> bool:
        if not track.confirmed:
            return track.unseen_s <= self._gap_s / 2
        return track.unseen_s <= self._gap_s * (HIDDEN_LONGER if track.hidden else 1.0)

    def _begin(self, blobs: list[Blob], time: int) -> None:
        for blob in blobs[: max(MOST_TRACKS - len(self._tracks), 0)]:
            if blob.person:
                self._tracks.append(Track.of(self._next, blob, time))
                self._next += 1


def _by_overlap(track: Track, blob: Blob) -> float:
    share = iou(track.box, blob.box)
    return share if share >= LEAST_IOU else 0.0


def _by_distance(track: Track, blob: Blob) -> float:
    x, y = blob.box.foot
    far = hypot(x - track.x.position, y - track.y.position) / track.h
    reach = REACH + REACH_PER_S * track.unseen_s
    alike = 0.5 <= blob.box.h / track.h <= 2.0
    return 1.0 - far / reach if alike and far < reach else 0.0


def _match(tracks: list[Track], blobs: list[Blob], free: list[int], score: Score) -> list[tuple[Track, int]]:
    """Best pairs first; confirmed tracks before new ones; ties by age, then by the blob's place in the list."""
    pairs = [
        (not track.confirmed, -value, track.number, index, track)
        for track in tracks
        for index in free
        if (value := score(track, blobs[index])) > 0.0
    ]
    pairs.sort(key=lambda pair: pair[:4])
    used_tracks, used_blobs, matched = set[int](), set[int](), list[tuple[Track, int]]()
    for _, _, number, index, track in pairs:
        if number not in used_tracks and index not in used_blobs:
            used_tracks.add(number)
            used_blobs.add(index)
            matched.append((track, index))
    return matched


def _covers(blob: Blob, track: Track) -> bool:
    return overlap(blob.box, track.box) >= 0.4 * track.box.area
