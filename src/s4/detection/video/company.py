"""Who is there, and who was: the people of the last seconds, and those who stand where the tracker has lost them.

Somebody who walked in, stands still or sits down and is lost by the tracker has not gone: as long as the place where
they were last seen differs from the empty scene nearly as much as then, they are taken to be there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.detection.video.picture import Box, overlap
from s4.detection.video.still import StillMap
from s4.detection.video.track import Track

REMEMBER_S: Final = 20.0
LONGEST_S: Final = 300.0  # somebody lost is taken to stand there for so long at most
SLOW: Final = 0.35  # heights a second; faster ones only walk past
PAUSE_S: Final = 1.0  # a group that is seen as one jumps about, and seems slow when it passes
WALKED: Final = 0.5  # heights: less far, and it may be a thing
STILL_THERE: Final = 0.6  # of what differed when they were last seen: who sits down covers less
COVERED: Final = 0.25  # of their box, at least
WHOLLY: Final = 0.7  # of their box
TRACE: Final = 0.2  # of their box, beside a thing: who never walked and differs less is nobody
NOBODY: Final = 0.05  # of their box: who never walked, and where the empty scene is seen, is a change of the light
GONE_S: Final = 1.0  # so long nothing of them was to be seen: who comes there later is somebody else, or light
MOST: Final = 64


class Person(NamedTuple):
    """`number`: of the track; `box`: where; `slow`: stands or strolls; `travelled`: heights; `lost`: not seen in this
    picture, but taken to stand there.
    """

    number: int
    box: Box
    slow: bool
    travelled: float
    lost: bool = False


class Visit(NamedTuple):
    """Which track was somewhere, and when last, ns UTC."""

    number: int
    time: int


@dataclass(slots=True)
class Seen:
    """A track as it was last really seen; `tall`: its greatest height, px; `covered`: how much of it differed;
    `empty_s`: for how long nobody was there when the place was looked at since, seconds.
    """

    box: Box
    time: int
    travelled: float
    tall: float
    covered: float
    empty_s: float = 0.0


class Company:
    """The people of one camera, over the last 20 s."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self._seen: dict[int, Seen] = {}
        self._rows: deque[tuple[int, NDArray[np.float64]]] = deque()

    def learn(self, tracks: Sequence[Track], time: int, still: StillMap) -> None:
        """Take in who is seen now (ns UTC), and who must still be there."""
        seen = {track.number: track for track in tracks if track.unseen_s == 0.0}
        dt_s = (time - self._rows[-1][0]) / NS_PER_S if self._rows else 0.0
        for track in seen.values():
            self._note(track, time, still)
        self.people = [
            Person(number, track.box, _stays(track), track.travelled)
            for number, track in seen.items()
            if track.travelled >= WALKED or self._seen[number].covered >= NOBODY
        ]
        for number, last in list(self._seen.items()):
            if number in seen:
                continue
            if self._stands(last, still, time, dt_s):
                self.people.append(Person(number, last.box, True, last.travelled, lost=True))
            elif time - last.time > REMEMBER_S * NS_PER_S:
                del self._seen[number]
        self._keep(time)

    def beside(self, box: Box, reach: float, *, until: int | None = None) -> Visit | None:
        """The last one who was, until a time, within `reach` of their own height of the box, and who has walked."""
        for time, rows in reversed(self._rows):
            if not len(rows) or (until is not None and time > until):
                continue
            far = _gaps(rows, box) / rows[:, 4]
            near = [
                (float(far[i]), int(rows[i, 0])) for i in np.flatnonzero(far <= reach) if self._walked(int(rows[i, 0]))
            ]
            if near:
                return Visit(min(near)[1], time)
        return None

    def around(self, box: Box, reach: float, since: int) -> dict[int, float]:
        """Everybody who has stood or strolled, since a time, within `reach` of their own height of the box: how near
        they came, in their heights, by number.
        """
        near: dict[int, float] = {}
        for time, rows in self._rows:
            if time < since or not len(rows):
                continue
            far = _gaps(rows, box) / rows[:, 4]
            for at in np.flatnonzero((far <= reach) & (rows[:, 5] > 0)).tolist():
                number = int(rows[at, 0])
                near[number] = min(float(far[at]), near.get(number, reach))
        return near

    def stayed(self, is_near: Callable[[Person], bool]) -> int:
        """When somebody last stood or strolled near something, and had walked there, ns UTC; 0 when nobody did."""
        for time, rows in reversed(self._rows):
            for number, x, y, w, h, _ in rows[rows[:, 5] > 0].tolist():
                last = self._seen.get(int(number))
                if last is None or last.travelled < WALKED:
                    continue
                if is_near(Person(int(number), Box(x, y, w, h), True, last.travelled)):
                    return time
        return 0

    def with_thing(self, box: Box, still: StillMap) -> list[Person]:
        """Those who are there when a thing in the box is left out of what differs: it must not keep somebody there who
        is lost, nor make somebody of the place where its owner stood.
        """
        return [one for one in self.people if self._stands_without(one, box, still)]

    def tall(self, number: int) -> float:
        """The greatest height at which that track was seen, px; 0 when it is forgotten."""
        last = self._seen.get(number)
        return last.tall if last else 0.0

    def _walked(self, number: int) -> bool:
        last = self._seen.get(number)
        return last is not None and last.travelled >= WALKED

    def _note(self, track: Track, time: int, still: StillMap) -> None:
        last = self._seen.get(track.number)
        tall = max(track.h, last.tall) if last else track.h
        if last is None and len(self._seen) >= MOST:
            del self._seen[min(self._seen, key=lambda number: self._seen[number].time)]
        self._seen[track.number] = Seen(track.box, time, track.travelled, tall, still.differs(track.box))

    def _stands(self, last: Seen, still: StillMap, time: int, dt_s: float) -> bool:
        if last.travelled < WALKED or last.empty_s >= GONE_S or time - last.time > LONGEST_S * NS_PER_S:
            return False
        if any(overlap(other.box, last.box) >= 0.5 * last.box.area for other in self.people):
            return False
        stands = still.differs(last.box) >= max(STILL_THERE * last.covered, COVERED)
        last.empty_s = 0.0 if stands else last.empty_s + dt_s
        return stands

    def _stands_without(self, one: Person, box: Box, still: StillMap) -> bool:
        """Who lies all but wholly in the box may be the thing, or what was taken for one: that is not told here."""
        shared = overlap(one.box, box)
        if not 0.0 < shared < WHOLLY * one.box.area or (not one.lost and one.travelled >= WALKED):
            return True
        least = max(STILL_THERE * self._seen[one.number].covered, COVERED) if one.lost else TRACE
        return still.differs(one.box, box) >= least

    def _keep(self, time: int) -> None:
        rows = [(one.number, *one.box[:3], one.box.h, float(one.slow)) for one in self.people]
        self._rows.append((time, np.array(rows, np.float64).reshape(-1, 6)))
        while time - self._rows[0][0] > REMEMBER_S * NS_PER_S:
            self._rows.popleft()


def _stays(track: Track) -> bool:
    return track.speed <= SLOW and track.standing_s >= PAUSE_S


def _gaps(rows: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """The distances of a box from each row (number, x, y, w, h, …), px."""
    x, y, w, h = rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4]
    dx = np.maximum(np.maximum(x - box.x - box.w, box.x - x - w), 0.0)
    dy = np.maximum(np.maximum(y - box.y - box.h, box.y - y - h), 0.0)
    return np.hypot(dx, dy)
