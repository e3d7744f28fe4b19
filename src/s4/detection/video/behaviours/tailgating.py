"""Tailgating: somebody goes through a door close behind another one, so that it was opened once for two.

The door is a line. Confidence is how far both tracks are to be believed people.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import dist
from typing import Final, NamedTuple

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.line import Crossing, LineInPicture, lines_of
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.track import Track
from s4.detection.video.trust import trust

KIND: Final = "tailgating"
CLOSE: Final = 1.5  # person heights: two or three steps


class Passage(NamedTuple):
    """The last who went through, and when (ns UTC)."""

    track: Track
    way: str
    time: int


class Tailgating:
    """One happening for each who follows; start and end are said together. `Settings.tailgating_within_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Tailgating at a door",
        purpose="Notice who slips in behind a person who was let in",
        legal_basis="GDPR Art. 6(1)(f): legitimate interest in a door that is closed to the public; no identification",
        limits="Draw the line on the floor at the door; two people seen as one are one",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._within = round(settings.tailgating_within_s * NS_PER_S)
        self._lines = lines_of(KIND, zones)
        self._last: dict[str, Passage] = {}

    def see(self, scene: Scene) -> list[Statement]:
        """Everybody who followed since the picture before."""
        said: list[Statement] = []
        for line in self._lines:
            for one in line.see(scene):
                before = self._last.get(line.id)
                self._last[line.id] = Passage(one.track, one.way, scene.time)
                if before is not None and self._follows(one, before, scene.time):
                    said += _statements(line, one, before, scene.time)
        return said

    def close(self, time: int) -> list[Statement]:
        """Nothing is open."""
        return []

    def _follows(self, one: Crossing, before: Passage, time: int) -> bool:
        ahead = before.track
        is_other = ahead.number != one.track.number and before.way == one.way
        apart = dist((ahead.x.position, ahead.y.position), one.place)
        return is_other and time - before.time <= self._within and apart <= CLOSE * one.track.h


def _statements(line: LineInPicture, one: Crossing, before: Passage, time: int) -> list[Statement]:
    after_s = (time - before.time) / NS_PER_S
    happening = Happening(KIND, f"{line.id}/{one.track.number}", time)
    happening.note(trust(one.track) * trust(before.track), one.track.box)
    text = f"Person followed another one through {line.name} after {after_s:.1f} s, going {one.way}"
    attributes: Attributes = {"zone": line.id, "track": one.track.number, "way": one.way, "after_s": round(after_s, 2)}
    return [happening.say(phase, time, text, attributes) for phase in ("start", "end")]
