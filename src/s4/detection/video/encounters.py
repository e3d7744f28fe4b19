"""Two people pass each other: by their colours, see afterwards whether their tracks went on with the wrong ones.

While somebody is near another one, what is known of their looks is not touched; what they look like since is gathered
beside it. When both have been seen freely often enough, the two ways to put them together are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from s4.detection.video.appearance import Look, Memory, unlike
from s4.detection.video.touching import touching
from s4.detection.video.track import Track

MEET: Final = 0.25  # of the smaller box under the other one's
ENOUGH: Final = 3  # clean pictures since
CLEARLY: Final = 0.03  # by so much the other way must be better
WAIT_S: Final = 1.5  # for somebody who is not seen


def learn(track: Track, look: Look, pictures: int = 1) -> None:
    """It was seen, clearly, with this look, which stands for so many `pictures`."""
    if track.met:
        if track.since is None:
            track.since = Memory(look)
        else:
            track.since.take(look, pictures)
    elif track.memory is None:
        track.memory = Memory(look)
    else:
        track.memory.take(look, pictures)


def meet(tracks: Sequence[Track]) -> None:
    """Note who of the tracks, all of them confirmed, covers whom now."""
    known = [track for track in tracks if track.memory is not None]
    if len(known) < 2:
        return
    boxes = [track.box for track in known]
    for one, other, both in touching(boxes, boxes):
        if one >= other or both <= MEET * min(boxes[one].area, boxes[other].area):
            continue
        for track, mate in ((known[one], known[other]), (known[other], known[one])):
            track.met.add(mate.number)
            track.since = None


def part(tracks: Sequence[Track]) -> None:
    """Exchange those that went on with each other's person; for all who have been seen enough, the meeting is over."""
    mates = {track.number: track for track in tracks}
    for track in tracks:
        if not track.met or not _is_clear(track):
            continue
        others = [mates[number] for number in sorted(track.met) if number in mates]
        for other in others:
            if _is_clear(other) and _is_crossed(track, other):
                track.exchange(other)
        if all(_is_clear(other) or other.unseen_s > WAIT_S or track.number not in other.met for other in others):
            _settle(track)


def _is_clear(track: Track) -> bool:
    return track.since is not None and track.since.count >= ENOUGH


def _is_crossed(one: Track, other: Track) -> bool:
    if one.memory is None or other.memory is None or one.since is None or other.since is None:
        return False
    as_they_are = unlike(one.memory.look, one.since.look) + unlike(other.memory.look, other.since.look)
    exchanged = unlike(one.memory.look, other.since.look) + unlike(other.memory.look, one.since.look)
    return exchanged + CLEARLY < as_they_are


def _settle(track: Track) -> None:
    if track.memory is not None and track.since is not None:
        track.memory.take(track.since.look, track.since.count)
    track.met, track.since = set(), None
