"""What was found in one picture → the tracks it belongs to.

A track goes on with what lies where it should be and looks like it (`association`); when two have passed each other, it
is seen whether they went on rightly (`encounters`); one that ended goes on when it comes back soon (`lost`). A track
that another's box covers is taken as hidden and waits longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

from s4.detection.video import encounters
from s4.detection.video.association import Pairs, associate
from s4.detection.video.blobs import Blob
from s4.detection.video.lost import Lost
from s4.detection.video.picture import Image, Mask
from s4.detection.video.sightings import Sightings
from s4.detection.video.touching import touching
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
        if looked_at:
            seen.looks(seen.clean)
        pairs = associate(self._tracks, seen)
        for row, column in pairs:
            self._tracks[row].take(blobs[column], time)
        if looked_at:
            self._learn(pairs, seen)
        self._miss(pairs, seen, dt_s)
        self._tracks = self._lost.back(self._tracks)
        if looked_at:
            self._compare()
        self._end(time, inf if image is None else image.shape[1])
        self._begin(pairs, seen, time)
        return [track for track in self._tracks if track.confirmed]

    def rest(self, dt_s: float) -> list[Track]:
        """Nothing can be seen (the light changes): tracks wait where they are."""
        for track in self._tracks:
            track.miss(dt_s, hidden=False)
        self._tracks = [track for track in self._tracks if self._alive(track)]
        return [track for track in self._tracks if track.confirmed]

    def _learn(self, pairs: Pairs, seen: Sightings) -> None:
        """What those look like who stand free of the others."""
        looks = seen.looks(seen.clean)
        for row, column in pairs:
            if column in seen.clean:
                encounters.learn(self._tracks[row], looks[column], LOOK_EVERY)

    def _miss(self, pairs: Pairs, seen: Sightings, dt_s: float) -> None:
        """Those not seen may be hidden by those that were."""
        if len(pairs) == len(self._tracks):
            return
        rows = {row for row, _ in pairs}
        missed = [track for row, track in enumerate(self._tracks) if row not in rows]
        boxes = [track.box for track in missed]
        over = touching(boxes, [seen.boxes[column] for _, column in pairs])
        hidden = {at for at, _, both in over if both >= COVERED * boxes[at].area}
        for at, track in enumerate(missed):
            track.miss(dt_s, hidden=at in hidden)

    def _compare(self) -> None:
        confirmed = [track for track in self._tracks if track.confirmed]
        encounters.meet(confirmed)
        encounters.part(confirmed)

    def _end(self, time: int, width: float) -> None:
        """Who has walked out of the picture, `width` px wide, is not waited for, nor looked for where others enter."""
        inside = [track for track in self._tracks if track.unseen_s == 0.0 or 0.0 <= track.x.position <= width]
        kept = []
        for track in inside:
            if track.unseen_s == 0.0 or self._alive(track):
                kept.append(track)
            elif track.confirmed:
                self._lost.put(track)
        self._lost.forget(time)
        self._tracks = kept

    def _alive(self, track: Track) -> bool:
        if not track.confirmed:
            return track.unseen_s <= self._gap_s / 2
        return track.unseen_s <= self._gap_s * (HIDDEN_LONGER if track.hidden else 1.0)

    def _begin(self, pairs: Pairs, seen: Sightings, time: int) -> None:
        if len(pairs) == len(seen.blobs):
            return
        taken = {column for _, column in pairs}
        people = [blob for column, blob in enumerate(seen.blobs) if blob.person and column not in taken]
        for blob in people[: max(MOST_TRACKS - len(self._tracks), 0)]:
            self._tracks.append(Track.of(self._next, blob, time))
            self._next += 1
