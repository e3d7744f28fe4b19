"""What was found in one picture → the tracks it belongs to.

A track goes on with what lies where it should be and looks like it (`association`); when two have passed each other, it
is seen whether they went on rightly (`encounters`); one that ended goes on when it comes back soon (`lost`). A track
that another's box covers is taken as hidden and waits longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

import numpy as np

from s4.detection.video import encounters
from s4.detection.video.association import associate
from s4.detection.video.blobs import Blob
from s4.detection.video.lost import Lost
from s4.detection.video.picture import Image, Mask
from s4.detection.video.sightings import Floats, Sightings, areas, shared, table
from s4.detection.video.track import Track

HIDDEN_LONGER: Final = 3.0  # times `gap_s`
COVERED: Final = 0.4  # of a track's box under what somebody else was seen as
MOST_TRACKS: Final = 256
LOOK_EVERY: Final = 2  # pictures: clothes do not change, and looking at them costs as much as all the rest


class Tracker:
    """All tracks of one camera. `gap_s`: how long a track survives unseen."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._next = 1
        self._pictures = 0
        self._tracks: list[Track] = []
        self._lost = Lost()

    @property
    def tracks(self) -> list[Track]:
        """Those alive, oldest first, unconfirmed ones too."""
        return list(self._tracks)

    def follow(
        self,
        blobs: Sequence[Blob],
        time: int,
        dt_s: float,
        image: Image | None = None,
        foreground: Mask | None = None,
    ) -> list[Track]:
        """Move on by `dt_s` to `time` (ns UTC) and take in what was seen; the confirmed tracks come back.

        With the working picture in even light, and its foreground, people are told apart by what they wear, too.
        """
        for track in self._tracks:
            track.predict(dt_s)
        self._pictures += 1
        seen = Sightings(blobs, image, foreground)
        looked_at = image is not None and self._pictures % LOOK_EVERY == 0
        pairs = associate(self._tracks, seen)
        for row, column in pairs:
            self._tracks[row].take(blobs[column], time)
        if looked_at:
            _learn([(self._tracks[row], column) for row, column in pairs], seen)
        rows, columns = {row for row, _ in pairs}, [column for _, column in pairs]
        self._miss([track for row, track in enumerate(self._tracks) if row not in rows], seen.boxes[columns], dt_s)
        self._tracks = self._lost.back(self._tracks)
        if looked_at:
            self._compare()
        self._end(time, inf if image is None else image.shape[1])
        self._begin(sorted(set(range(len(blobs))).difference(columns)), seen, time)
        return [track for track in self._tracks if track.confirmed]

    def rest(self, dt_s: float) -> list[Track]:
        """Nothing can be seen (the light changes): tracks wait where they are."""
        for track in self._tracks:
            track.miss(dt_s, hidden=False)
        self._tracks = [track for track in self._tracks if self._alive(track)]
        return [track for track in self._tracks if track.confirmed]

    def _miss(self, tracks: list[Track], others: Floats, dt_s: float) -> None:
        """Those not seen, and the boxes of those that were."""
        if not tracks:
            return
        boxes = table([track.box for track in tracks])
        covered = shared(boxes, others) >= COVERED * areas(boxes)[:, None]
        for track, hidden in zip(tracks, np.any(covered, axis=1).tolist(), strict=True):
            track.miss(dt_s, hidden=hidden)

    def _compare(self) -> None:
        confirmed = [track for track in self._tracks if track.confirmed]
        encounters.meet(confirmed)
        encounters.part(confirmed)

    def _end(self, time: int, width: float) -> None:
        """Who has walked out of the picture, `width` px wide, is not waited for, nor looked for where others enter."""
        inside = [track for track in self._tracks if track.unseen_s == 0.0 or 0.0 <= track.x.position <= width]
        for track in inside:
            if track.confirmed and not self._alive(track):
                self._lost.put(track)
        self._lost.forget(time)
        self._tracks = [track for track in inside if self._alive(track)]

    def _alive(self, track: Track) -> bool:
        if not track.confirmed:
            return track.unseen_s <= self._gap_s / 2
        return track.unseen_s <= self._gap_s * (HIDDEN_LONGER if track.hidden else 1.0)

    def _begin(self, free: list[int], seen: Sightings, time: int) -> None:
        people = [index for index in free if seen.blobs[index].person]
        for index in people[: max(MOST_TRACKS - len(self._tracks), 0)]:
            self._tracks.append(Track.of(self._next, seen.blobs[index], time))
            self._next += 1


def _learn(taken: list[tuple[Track, int]], seen: Sightings) -> None:
    """What those look like who stand free of the others."""
    due = [(track, at) for track, at in taken if seen.is_clean(at)]
    looks = seen.looks(at for _, at in due)
    for track, at in due:
        encounters.learn(track, looks[at], LOOK_EVERY)
