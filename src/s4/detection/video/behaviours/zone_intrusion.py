"""Zone intrusion: somebody's feet are inside a forbidden zone, and stay.

Confidence is the product of three rates, each with Laplace's rule (n + 1) / (m + 2), so that little evidence
never gives certainty: in how many pictures of the track something was really seen there; in how many of those it
had a person's shape; in how many pictures since entering the feet were inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from s4.detection.video.trust import rate, trust
from s4.detection.video.zone import ZoneInPicture

KIND: Final = "zone_intrusion"
LEAVE_S: Final = 1.0  # outside for this long means gone: a foot point trembles on the line


@dataclass(slots=True)
class Visit:
    """One track in one zone. `inside`, `pictures`: counted since it entered; `last`: ns UTC it was inside."""

    happening: Happening
    track: int
    zone: str
    last: int
    inside: int = 0
    pictures: int = 0
    speed: float = 0.0

    def dwell_s(self) -> float:
        """From entering to the last time inside, seconds."""
        return (self.last - self.happening.began) / NS_PER_S


class ZoneIntrusion:
    """One happening for each person and zone. `Settings.zone_dwell_s` and `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="Person in a forbidden zone",
        purpose="Protect people and property by noticing who enters an area that is closed to the public",
        legal_basis="GDPR Art. 6(1)(e) public task, or 6(1)(f) legitimate interest; no identification",
        limits="Feet must be visible; people who stand still for minutes fade into the background",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._dwell_s, self._every_s = settings.zone_dwell_s, settings.update_every_s
        self._zones = [ZoneInPicture(zone) for zone in zones if zone.kind == KIND]
        self._visits: dict[tuple[str, int], Visit] = {}

    def see(self, scene: Scene) -> list[Statement]:
        """Visits start after the dwell time and end when the person left or was lost."""
        said: list[Statement] = []
        tracks = {track.number: track for track in scene.tracks}
        for zone in self._zones:
            for track in scene.tracks:
                said += self._visit(zone, track, scene)
        for key, visit in list(self._visits.items()):
            gone = visit.track not in tracks or scene.time - visit.last > LEAVE_S * NS_PER_S
            if gone:
                del self._visits[key]
                said += self._end(visit, scene.time)
        return said

    def close(self, time: int) -> list[Statement]:
        """Everybody is gone from sight."""
        visits, self._visits = list(self._visits.values()), {}
        return [statement for visit in visits for statement in self._end(visit, time)]

    def _visit(self, zone: ZoneInPicture, track: Track, scene: Scene) -> list[Statement]:
        point = scene.view.fraction(track.x.position, track.y.position)
        is_inside = track.unseen_s == 0.0 and zone.holds(point, scene.time)
        key = zone.id, track.number
        visit = self._visits.get(key)
        if visit is None:
            if not is_inside:
                return []
            happening = Happening(KIND, f"{zone.id}/{track.number}", scene.time)
            visit = self._visits[key] = Visit(happening, track.number, zone.name, scene.time)
        visit.pictures += 1
        if not is_inside:
            return []
        visit.inside += 1
        visit.last, visit.speed = scene.time, track.speed
        visit.happening.note(_confidence(visit, track), track.box)
        if visit.dwell_s() < self._dwell_s or not visit.happening.due(scene.time, self._every_s):
            return []
        return [visit.happening.go_on(scene.time, _sentence(visit, "in"), _attributes(visit))]

    def _end(self, visit: Visit, time: int) -> list[Statement]:
        if not visit.happening.started:
            return []
        return [visit.happening.say("end", min(visit.last, time), _sentence(visit, "left"), _attributes(visit))]


def _confidence(visit: Visit, track: Track) -> float:
    return trust(track) * rate(visit.inside, visit.pictures)


def _sentence(visit: Visit, verb: str) -> str:
    after = "for" if verb == "in" else "after"
    return f"Person {verb} {visit.zone} {after} {visit.dwell_s():.0f} s"


def _attributes(visit: Visit) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {
        "zone": visit.happening.key.split("/", maxsplit=1)[0],
        "track": visit.track,
        "dwell_s": round(visit.dwell_s(), 2),
        "speed_heights_s": round(visit.speed, 2),
    }
