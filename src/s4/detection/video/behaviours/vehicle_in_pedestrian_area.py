"""Vehicle in a pedestrian area: something wider than people and faster than they walk, where only people may be.

Measured in heights of a person standing there, from the camera's perspective or from those who walked there before; a
place where nobody ever walked and whose perspective was not given is not judged. Confidence is the share of pictures
in which it had a vehicle's size and was in the zone, (n + 1) / (m + 2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import dist
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.blobs import boxes_of
from s4.detection.video.happening import Happening
from s4.detection.video.heights import Heights
from s4.detection.video.picture import Box, overlap
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.trust import rate
from s4.detection.video.zone import ZoneInPicture

KIND: Final = "vehicle_in_pedestrian_area"
LEAST_W, LEAST_H, LEAST_AREA = 0.9, 0.6, 1.2  # person heights, and their square: a small car from the front
SOLID: Final = 0.55  # of the box: people side by side leave gaps between heads and legs
FAST: Final = 1.2  # person heights a second, about 2 m/s: faster than a group walks
ENOUGH_S: Final = 0.5
GONE_S: Final = 1.0
MOST: Final = 64


@dataclass(slots=True)
class Mover:
    """Something large. `way`: (ns UTC, centre in working pixels) of the last second; `fitting`: pictures in which it
    was like a vehicle in the zone, of `pictures`; `fast_s`: for so long it has been fast.
    """

    happening: Happening
    box: Box
    seen: int
    way: deque[tuple[int, float, float]] = field(default_factory=deque)
    fitting: int = 0
    pictures: int = 0
    fast_s: float = 0.0
    speed: float = 0.0

    def take(self, box: Box, tall: float, time: int) -> None:
        """It is here now. Speed: over the last second, by the middle of the box, in person heights a second."""
        self.box, self.seen = box, time
        self.way.append((time, box.x + box.w / 2, box.y + box.h / 2))
        while time - self.way[0][0] > NS_PER_S:
            self.way.popleft()
        first, last = self.way[0], self.way[-1]
        passed_s = (last[0] - first[0]) / NS_PER_S
        self.speed = dist(first[1:], last[1:]) / tall / passed_s if passed_s >= ENOUGH_S else 0.0


class VehicleInPedestrianArea:
    """One happening for each vehicle and stay in a zone of this kind. `Settings.update_every_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Vehicle among pedestrians",
        purpose="Notice at once a vehicle that drives where only people walk",
        legal_basis="GDPR Art. 6(1)(e) public task: protection of life; number plates are not read",
        limits="Cars and larger, not bicycles; one that drives straight at the camera is noticed late; standing or "
        "crawling ones are not; needs the perspective, or people who walked there before",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._every_s = settings.update_every_s
        self._zones = [ZoneInPicture(zone) for zone in zones if zone.kind == KIND]
        self._heights: Heights | None = None
        self._movers: list[Mover] = []

    def see(self, scene: Scene) -> list[Statement]:
        """Said when it has been fast for half a second, again now and then, and when it has gone."""
        if not self._zones:
            return []
        self._heights = self._heights or Heights(scene.view.height)
        self._heights.learn(scene.tracks)
        said: list[Statement] = []
        for box, area in self._large(scene):
            said += self._follow(box, area, scene)
        for mover in [one for one in self._movers if scene.time - one.seen > GONE_S * NS_PER_S]:
            said += self._end(mover)
        return said

    def close(self, time: int) -> list[Statement]:
        """The camera has gone."""
        return [statement for mover in list(self._movers) for statement in self._end(mover)]

    def _large(self, scene: Scene) -> list[tuple[Box, float]]:
        if not scene.settled:
            return []
        least, _ = scene.size.bounds(0.0)
        return boxes_of(scene.foreground, LEAST_AREA * SOLID * least * least)

    def _tall(self, box: Box, scene: Scene) -> float | None:
        row = box.y + box.h
        return scene.size.expected(row) or (self._heights.typical(row) if self._heights else None)

    def _follow(self, box: Box, area: float, scene: Scene) -> list[Statement]:
        tall = self._tall(box, scene)
        if tall is None:
            return []
        is_large = box.w >= LEAST_W * tall and box.h >= LEAST_H * tall and box.area >= LEAST_AREA * tall**2
        fits = is_large and area >= SOLID * box.area
        mover = self._known(box, scene.time)
        if mover is None:
            if not fits or len(self._movers) >= MOST:
                return []
            key = f"{round(box.x)}/{round(box.y)}"
            mover = Mover(Happening(KIND, key, scene.time), box, scene.time)
            self._movers.append(mover)
        mover.take(box, tall, scene.time)
        zone = next((one for one in self._zones if one.holds(scene.view.fraction(*box.foot), scene.time)), None)
        return self._judge(mover, zone if fits else None, scene)

    def _known(self, box: Box, time: int) -> Mover | None:
        """The one that this is, by where it was in the picture before."""
        near = [one for one in self._movers if one.seen < time and overlap(one.box, box) > 0]
        return max(near, key=lambda one: overlap(one.box, box), default=None)

    def _judge(self, mover: Mover, zone: ZoneInPicture | None, scene: Scene) -> list[Statement]:
        mover.pictures += 1
        mover.fitting += zone is not None
        mover.fast_s = mover.fast_s + scene.dt_s if zone is not None and mover.speed >= FAST else 0.0
        mover.happening.note(rate(mover.fitting, mover.pictures), mover.box)
        is_sure = mover.fast_s >= ENOUGH_S or (mover.happening.started and zone is not None)
        if zone is None or not is_sure or not mover.happening.due(scene.time, self._every_s):
            return []
        text = f"Vehicle in {zone.name}, at {mover.speed:.1f} person heights a second"
        return [mover.happening.go_on(scene.time, text, _attributes(mover))]

    def _end(self, mover: Mover) -> list[Statement]:
        self._movers.remove(mover)
        if not mover.happening.started:
            return []
        return [mover.happening.say("end", mover.seen, "Vehicle is out of sight", _attributes(mover))]


def _attributes(mover: Mover) -> Attributes:
    return {"speed_heights_s": round(mover.speed, 2), "pictures": mover.pictures}
