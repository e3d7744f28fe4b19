"""Those who went out of sight: a new track that begins where one of them can have come, in the same colours, is theirs.

It is asked once, when the new track is confirmed: by then it has been seen three times and nothing was said of it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final, NamedTuple

from s4.core.clock import NS_PER_S
from s4.detection.video.appearance import unlike
from s4.detection.video.track import CONFIRMED_AFTER, Track

KEPT_S: Final = 8.0
MOST: Final = 256
REACH: Final = 0.6  # heights
REACH_PER_S: Final = 0.8  # heights more for each second unseen
MOST_UNLIKE: Final = 0.2
LEAST_GOOD: Final = 1.2  # of distance ÷ reach and difference of looks ÷ the most, together


class _Pair(NamedTuple):
    worse: float
    lost: Track
    young: Track


class Lost:
    """The tracks of one camera that ended in the last `KEPT_S`."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def put(self, track: Track) -> None:
        """This one is not followed any more."""
        self._tracks = [*self._tracks[-MOST + 1 :], track]

    def forget(self, now: int) -> None:
        """Those gone for too long. `now`: ns UTC."""
        self._tracks = [track for track in self._tracks if now - track.seen <= KEPT_S * NS_PER_S]

    def back(self, tracks: Sequence[Track]) -> list[Track]:
        """The same tracks, oldest first, but for a young one the lost one that it goes on with."""
        young = [track for track in tracks if _is_young(track)] if self._tracks else []
        pairs = [pair for track in young for pair in self._pairs(track)]
        if not pairs:
            return list(tracks)
        pairs.sort(key=lambda pair: (pair.worse, pair.lost.number, pair.young.number))
        found: dict[int, Track] = {}
        for pair in pairs:
            if pair.young.number not in found and pair.lost in self._tracks:
                self._tracks.remove(pair.lost)
                found[pair.young.number] = pair.lost
                pair.lost.go_on_as(pair.young)
        return sorted((found.get(track.number, track) for track in tracks), key=lambda track: track.number)

    def _pairs(self, young: Track) -> list[_Pair]:
        scores = [(_worse(lost, young), lost) for lost in self._tracks if lost.seen < young.born]
        return [_Pair(worse, lost, young) for worse, lost in scores if worse <= LEAST_GOOD]


def _is_young(track: Track) -> bool:
    return track.hits == CONFIRMED_AFTER and track.confirmed and track.unseen_s == 0.0


def _worse(lost: Track, young: Track) -> float:
    """0 for the same look at the place where it should be, more than `LEAST_GOOD` for what cannot be."""
    if lost.memory is None or young.memory is None or not 0.5 < young.h / lost.h < 2.0:
        return LEAST_GOOD + 1.0
    gone_s = (young.born - lost.seen) / NS_PER_S
    reach = REACH + REACH_PER_S * gone_s
    far = min(_far(lost, young, gone_s * share) for share in (0.0, 0.5, 1.0)) / lost.h
    strange = unlike(lost.memory.look, young.memory.look)
    if far > reach or strange > MOST_UNLIKE:
        return LEAST_GOOD + 1.0
    return far / reach + strange / MOST_UNLIKE


def _far(lost: Track, young: Track, seconds: float) -> float:
    """From where the young one began to where the lost one was, had it walked on for so long, px."""
    x, y = young.birthplace
    (last_x, last_y), (across, down) = lost.last_foot, lost.last_velocity
    return hypot(x - last_x - across * seconds, y - last_y - down * seconds)
