"""Loitering: somebody stays where people pass, for longer than one who waits for a moment does.

In a zone of this kind it is enough to be inside. Where a camera has none, the whole picture counts, but only who keeps
to one spot, within a few steps of it. Confidence is how far the track is to be believed a person, times the share of
the time it was seen there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
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

KIND: Final = "loitering"
AWAY_S: Final = 2.0  # outside for this long means gone
SPOT: Final = 1.5  # person heights: who goes further from where they stood passes through
PICTURE: Final = Zone("picture", "", "the picture", ((-0.01, -0.01), (1.01, -0.01), (1.01, 1.01), (-0.01, 1.01)))


@dataclass(slots=True)
class Stay:
    """One track in one place. `spot`: where it began, working pixels; `last`: ns UTC it was there."""

    happening: Happening
    track: Track
    zone: ZoneInPicture
    spot: tuple[float, float]
    last: int
    seen: int = 0
    pictures: int = 0

    @property
    def lasted_s(self) -> float:
        """From its beginning to the last time it was seen there, seconds."""
        return (self.last - self.happening.began) / NS_PER_S


class Loitering:
    """One happening for each person and place. `Settings.loitering_after_s`, `loitering_anywhere_after_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="Loitering",
        purpose="Notice who stays where nobody has a reason to, as at a cash machine by night or beside a track",
        legal_basis="GDPR Art. 6(1)(e) public task, for places and hours that were assessed; no identification",
        limits="Who is lost from sight for longer than gap_s is somebody new; who waits for a friend loiters too",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._zones = [ZoneInPicture(zone) for zone in zones if zone.kind == KIND]
        self._is_anywhere = not self._zones
        self._after_s = settings.loitering_anywhere_after_s if self._is_anywhere else settings.loitering_after_s
        self._every_s = settings.update_every_s
        self._zones = self._zones or [ZoneInPicture(PICTURE)]
        self._stays: dict[tuple[str, int], Stay] = {}

    def see(self, scene: Scene) -> list[Statement]:
        """Said after long enough, again now and then, and when the person has gone."""
        said: list[Statement] = []
        followed = {track.number for track in scene.tracks}
        for zone in self._zones:
            for track in scene.tracks:
                said += self._stay(zone, track, scene)
        for key, stay in list(self._stays.items()):
            if stay.track.number not in followed or scene.time - stay.last > AWAY_S * NS_PER_S:
                del self._stays[key]
                said += _end(stay)
        return said

    def close(self, time: int) -> list[Statement]:
        """Everybody is gone from sight."""
        stays, self._stays = list(self._stays.values()), {}
        return [statement for stay in stays for statement in _end(stay)]

    def _stay(self, zone: ZoneInPicture, track: Track, scene: Scene) -> list[Statement]:
        foot = track.x.position, track.y.position
        stay = self._stays.get((zone.id, track.number))
        is_here = track.unseen_s == 0.0 and zone.holds(scene.view.fraction(*foot), scene.time)
        if stay is not None and self._is_anywhere:
            is_here = is_here and dist(foot, stay.spot) <= SPOT * track.h
        if stay is None:
            if not is_here:
                return []
            happening = Happening(KIND, f"{zone.id}/{track.number}", scene.time)
            stay = self._stays[zone.id, track.number] = Stay(happening, track, zone, foot, scene.time)
        stay.pictures += 1
        if not is_here:
            return []
        stay.seen, stay.last = stay.seen + 1, scene.time
        stay.happening.note(trust(track) * rate(stay.seen, stay.pictures), track.box)
        if stay.lasted_s < self._after_s or not stay.happening.due(scene.time, self._every_s):
            return []
        text = f"Person stays in {zone.name} for {stay.lasted_s:.0f} s"
        return [stay.happening.go_on(scene.time, text, _attributes(stay))]


def _end(stay: Stay) -> list[Statement]:
    if not stay.happening.started:
        return []
    text = f"Person who stayed in {stay.zone.name} for {stay.lasted_s:.0f} s has gone"
    return [stay.happening.say("end", stay.last, text, _attributes(stay))]


def _attributes(stay: Stay) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {"zone": stay.zone.id, "track": stay.track.number, "stays_s": round(stay.lasted_s, 1)}
