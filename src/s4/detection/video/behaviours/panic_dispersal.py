"""Panic: many people who walked or stood begin to run at once.

No track is needed, since in such a moment tracks break. What moves in the foreground is weighed in people (by how tall
they look there) and its speed is told in their heights a second. Against what is usual here lately, panic is when for
0.6 s several things apart from each other are clearly faster than nearly all were before. Each counts by how much it is
faster, so that somebody whose speed is seen badly, as happens to who is small and runs, still counts in part; together
it must come to more than one and a half people who are twice as fast, and to more than a sixth of all that moves.
Confidence is the share of pictures since it began that say so, (n + 1) / (m + 2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.crowd import Moving, moving
from s4.detection.video.happening import Happening
from s4.detection.video.picture import Box
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.trust import rate
from s4.detection.video.usual import Usual

KIND: Final = "panic_dispersal"
SLOWEST: Final = 0.4  # heights a second, as flow tells it (which is less than people do): no usual speed is lower
FASTEST: Final = 1.5  # and where it is higher, people do not walk: it is a road
FASTER: Final = 1.25  # times what nine of ten did before
SURPLUS: Final = 1.6  # people, each counted by how much faster they are than usual, in full when twice as fast
GROUP: Final = 3.0  # people: as so many each piece counts at most
SHARE: Final = 0.15  # the surplus of all that moves
PIECES: Final = 2.4  # fast things, apart from each other: one vehicle is no crowd
CROWD: Final = 4.0  # people: so much moves at all; somebody who walks comes to about 1.5, with shadow and swing
KNOWN: Final = 15.0  # people-seconds of usual movement, before anything can be unusual
LASTS_S: Final = 0.6
OVER_S: Final = 3.0
NEAREST: Final = 0.4  # of the picture's height: where people look taller, there is no room for a crowd
NEAR: Final = 0.2  # and where they look taller than this
CUT: Final = 0.2  # and so much of the picture's lowest row is mostly somebody: feet are below it, they are nearer still
MOSTLY_S: Final = 10.0


class _Moment(NamedTuple):
    """What moved at a time, in people; `surplus`, `counted`: with each piece in full, and at most as a group; `pieces`:
    fast things apart from each other; `fast`, `all`: what is fast, and all; `box`: around what is fast.
    """

    time: int
    surplus: float
    counted: float
    pieces: float
    fast: float
    all: float
    box: Box


class PanicDispersal:
    """One happening from the moment a crowd runs until nobody has for 3 s. `Settings.update_every_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Crowd in flight",
        purpose="Notice within a second or two that a crowd runs, so that help comes and ways out are kept open",
        legal_basis="GDPR Art. 6(1)(e) public task; no person is followed",
        limits="At least three people, each smaller than 0.4 of the picture, or than 0.2 where most are cut off by its "
        "lower edge, seen for some seconds before; a group that runs for sport is told too",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._every_s = settings.update_every_s
        self._usual = Usual()
        self._moments: deque[_Moment] = deque()
        self._happening: Happening | None = None
        self._last = 0
        self._cut, self._crowded_s = 0.0, 0.0
        self._yes = self._all = 0

    def see(self, scene: Scene) -> list[Statement]:
        """Compare with what is usual, then learn, but not from a flight."""
        seen = moving(scene)
        if seen is None:
            return self._over(scene.time)
        self._moments.append(self._moment(seen, scene.time))
        while scene.time - self._moments[0].time >= LASTS_S * NS_PER_S:
            self._moments.popleft()
        self._learn_cut(seen, scene.dt_s)
        flight = self._flight(seen, scene.dt_s)
        if self._happening is None:
            self._usual.learn(scene.time, scene.dt_s, seen.speed, seen.people)
        if flight:
            return self._go_on(scene)
        self._all += 1
        return self._over(scene.time)

    def _learn_cut(self, seen: Moving, dt_s: float) -> None:
        """How much of the lowest row people mostly take, while there are any."""
        if seen.total > 0.0:
            self._crowded_s = min(self._crowded_s + dt_s, MOSTLY_S)
            self._cut += min(dt_s / self._crowded_s, 1.0) * (seen.cut - self._cut)

    def close(self, time: int) -> list[Statement]:
        """The camera has gone."""
        return self._end(time)

    def _moment(self, seen: Moving, time: int) -> _Moment:
        usual = max(SLOWEST, self._usual.nine_of_ten)
        fast = seen.faster(FASTER * usual)
        pieces = fast.pieces(usual)
        surplus = [piece.surplus for piece in pieces]
        counted = sum(min(one, GROUP) for one in surplus)
        people = sum(piece.people for piece in pieces)
        return _Moment(time, sum(surplus), counted, len(pieces), people, seen.total, fast.box)

    def _lately(self) -> _Moment:
        """The mean of the last moments, in the last one's place."""
        last = self._moments[-1]
        surplus, counted, pieces, fast, everything = np.mean([one[1:-1] for one in self._moments], axis=0).tolist()
        return _Moment(last.time, surplus, counted, pieces, fast, everything, last.box)

    def _flight(self, seen: Moving, dt_s: float) -> bool:
        several = len(self._moments) * dt_s >= LASTS_S - dt_s / 2
        near = seen.tallest > (NEAREST if self._cut <= CUT else NEAR)
        if not several or self._usual.weight < KNOWN or self._usual.nine_of_ten > FASTEST or near:
            return False
        now = self._lately()
        many = now.counted >= SURPLUS and now.pieces >= PIECES and now.all >= CROWD
        return many and now.surplus >= SHARE * now.all

    def _go_on(self, scene: Scene) -> list[Statement]:
        if self._happening is None:
            self._happening = Happening(KIND, "crowd", scene.time)
            self._yes = self._all = 0
        now, self._last = self._lately(), scene.time
        self._yes, self._all = self._yes + 1, self._all + 1
        self._happening.note(rate(self._yes, self._all), now.box)
        if not self._happening.due(scene.time, self._every_s):
            return []
        text = f"About {max(round(now.fast), 3)} people run, {now.fast / now.all:.0%} of what moves"
        return [self._happening.go_on(scene.time, text, self._attributes(now))]

    def _attributes(self, now: _Moment) -> Attributes:
        return {
            "people_fast": round(now.fast, 1),
            "share_fast": round(now.fast / now.all, 2),
            "usual_heights_s": round(self._usual.nine_of_ten, 2),
        }

    def _over(self, time: int) -> list[Statement]:
        if self._happening is None or time - self._last < OVER_S * NS_PER_S:
            return []
        return self._end(self._last)

    def _end(self, time: int) -> list[Statement]:
        happening, self._happening = self._happening, None
        self._moments.clear()
        return [happening.say("end", time, "Nobody runs any more", {})] if happening else []
