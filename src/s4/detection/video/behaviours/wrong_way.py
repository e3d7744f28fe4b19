"""Wrong way: somebody crosses a line that is open one way only, from its left to its right, the other way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from s4.core.city import Zone
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.line import lines_of
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.trust import trust

KIND: Final = "wrong_way"


class WrongWay:
    """One happening for each time; start and end are said together."""

    card = Card(
        name=KIND,
        version="1",
        title="Wrong way",
        purpose="Notice who comes in through an exit, or walks against a one-way flow",
        legal_basis="GDPR Art. 6(1)(e) public task; no identification",
        limits="Feet must be visible",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._lines = lines_of(KIND, zones)

    def see(self, scene: Scene) -> list[Statement]:
        """Every crossing from right to left since the picture before."""
        said: list[Statement] = []
        for line in self._lines:
            for track in (one.track for one in line.see(scene) if one.way == "out"):
                happening = Happening(KIND, f"{line.id}/{track.number}", scene.time)
                happening.note(trust(track), track.box)
                text = f"Person goes the wrong way over {line.name}"
                attributes: Attributes = {"zone": line.id, "track": track.number}
                said += [happening.say(phase, scene.time, text, attributes) for phase in ("start", "end")]
        return said

    def close(self, time: int) -> list[Statement]:
        """Nothing is open."""
        return []
