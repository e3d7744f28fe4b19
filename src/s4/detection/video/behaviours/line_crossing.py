"""Line crossing: somebody's feet go over a line, and how many have, each way.

A crossing is over as soon as it is seen, so its start and its end are said together. Confidence is how far the track
is to be believed a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from s4.core.city import Zone
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.line import Crossing, lines_of
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.trust import trust

KIND: Final = "line_crossing"


class LineCrossing:
    """One happening for each crossing. The lines are zones of this kind; their counts begin with the camera."""

    card = Card(
        name=KIND,
        version="1",
        title="Line crossed, counted both ways",
        purpose="Know how many people are in a place, so that it is closed before it is too full",
        legal_basis="GDPR Art. 6(1)(e) public task; counts only, no identification",
        limits="Feet must be visible; people side by side who are seen as one count as one",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._lines = [(line, Counter[str]()) for line in lines_of(KIND, zones)]

    def see(self, scene: Scene) -> list[Statement]:
        """Every crossing since the picture before."""
        said: list[Statement] = []
        for line, counts in self._lines:
            for crossing in line.see(scene):
                counts[crossing.way] += 1
                said += _statements(crossing, line.id, line.name, counts, scene.time)
        return said

    def close(self, time: int) -> list[Statement]:
        """Nothing is open."""
        return []


def _statements(crossing: Crossing, line: str, name: str, counts: Counter[str], time: int) -> list[Statement]:
    track, way = crossing.track, crossing.way
    happening = Happening(KIND, f"{line}/{track.number}/{counts.total()}", time)
    happening.note(trust(track), track.box)
    text = f"Person crossed {name} going {way}: {counts['in']} in, {counts['out']} out"
    attributes: Attributes = {"zone": line, "track": track.number, "way": way, "in": counts["in"], "out": counts["out"]}
    return [happening.say(phase, time, text, attributes) for phase in ("start", "end")]
