"""Fall: somebody goes to the ground at once and stays there (`descent` and `landing` say how it is known, `collapse` of
those who lie dead still).

Confidence is the share of the place where the body was upright that is free now, times (n + 1) / (n + 2) for the n
pictures since in which something moved there without coming up again; of who lies still, times the share of where they
lie that looks otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.collapse import Collapse, Collapses
from s4.detection.video.descent import ABOVE, FAST_S, REACH, Descent, Descents
from s4.detection.video.happening import Happening
from s4.detection.video.landing import ROSE, Landing, Limits, landing_of, limits
from s4.detection.video.outlines import Outline, extent
from s4.detection.video.picture import Box, overlap
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.sight import Grey

KIND: Final = "fall"
FORGET_S: Final = 300.0  # nobody came, nobody rose: it was said often enough
UPRIGHT: Final = 0.5  # of the area that moved when they fell: somebody stands there again
MOVES: Final = 0.3  # of the area that stood, who rises


class Place(NamedTuple):
    """Where they went down, px of the grey picture. `around`: where they may rise again; `top`, `tall`: highest row and
    height while they stood; `moved`: area that has to move for somebody to stand there; `speed`: heights a second.
    """

    around: Box
    top: float
    tall: float
    moved: float
    speed: float


@dataclass(slots=True)
class Lying:
    """Somebody on the ground. `time`: ns UTC, the last picture."""

    happening: Happening
    place: Place
    time: int

    @property
    def lasted_s(self) -> float:
        """Since the fall, seconds."""
        return (self.time - self.happening.began) / NS_PER_S


class Fall:
    """One happening for each fall. `Settings.person_height` (the least) and `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="Person fell",
        purpose="Send help to who has fallen and does not rise",
        legal_basis="GDPR Art. 6(1)(d) vital interests; no identification",
        limits="Who falls must be seen whole, or nearly, and apart from others who move; at least 4 analysed pictures "
        "a second; who lies down fast has fallen, who sinks slowly has not; who lies dead still must have come in "
        "after the camera began to look, have stood for a second, and fall across the view",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone], within: Limits | None = None) -> None:
        self._limits = within or limits()
        self._every_s = settings.update_every_s
        self._least = settings.person_height[0]
        self._descents = Descents(self._least)
        self._collapses = Collapses(self._least)
        self._grey: Grey | None = None
        self._scale = 1.0
        self._lying: list[Lying] = []

    def see(self, scene: Scene) -> list[Statement]:
        """Said when nobody rises after a fall, again now and then, and when somebody stands there."""
        self._grey = scene.grey
        self._scale = scene.view.width / self._grey.shape[1]
        sunk = self._descents.see(self._grey, scene.time)
        still = self._still(scene)
        outline, said = self._descents.last, list[Statement]()
        for lying in list(self._lying):
            lying.time = scene.time
            if lying.lasted_s > FORGET_S or (outline is not None and _is_upright(lying.place, outline)):
                self._lying.remove(lying)
                said.append(lying.happening.say("end", scene.time, "Nobody lies there any more", _attributes(lying)))
            elif lying.happening.due(scene.time, self._every_s):
                said.append(self._say(lying))
        return said + self._judge(sunk, scene.time) + [self._begin_still(one, scene.time) for one in still]

    def close(self, time: int) -> list[Statement]:
        """The pictures have ended."""
        said = self._judge(self._descents.close(time), time)
        lying, self._lying, self._grey = self._lying, [], None
        self._descents, self._collapses = Descents(self._least), Collapses(self._least)
        return said + [one.happening.say("end", time, "No longer in view", _attributes(one)) for one in lying]

    def _judge(self, sunk: list[Descent], time: int) -> list[Statement]:
        if self._grey is None:
            return []
        seen = [(descent, landing_of(descent, self._grey, time)) for descent in sunk]
        return [
            self._begin(descent, landing, landing.box, time)
            for descent, landing in seen
            if landing.box is not None and self._limits.allow(landing)
        ]

    def _still(self, scene: Scene) -> list[Collapse]:
        """Those who lie dead still, but of whom it was not told that they fell."""
        now = self._descents.now
        if not scene.settled or now is None:
            self._collapses.forget()
            return []
        found = self._collapses.see(scene.foreground, now, scene.time)
        return [one for one in found if not any(overlap(one.box, lying.place.around) > 0 for lying in self._lying)]

    def _begin(self, descent: Descent, landing: Landing, box: Box, time: int) -> Statement:
        place = Place(descent.around, descent.top, descent.tall, UPRIGHT * descent.area, descent.fast / FAST_S)
        sure = landing.free * (landing.settles + 1) / (landing.settles + 2)
        return self._tell(place, box, descent.began, sure, time)

    def _begin_still(self, one: Collapse, time: int) -> Statement:
        top = one.box.y + one.box.h - one.tall
        left, right = one.box.x - REACH * one.tall, one.box.x + one.box.w + REACH * one.tall
        around = Box(max(left, 0.0), max(top - ABOVE * one.tall, 0.0), right - max(left, 0.0), (1 + ABOVE) * one.tall)
        sank = 1 - one.box.h / one.tall
        place = Place(around, top, one.tall, MOVES * one.area, sank / max(one.took_s, 0.2))
        return self._tell(place, one.box, one.since, one.sure, time)

    def _tell(self, place: Place, box: Box, began: int, sure: float, time: int) -> Statement:
        lying = Lying(Happening(KIND, f"{box.x:.0f}/{box.y:.0f}", began), place, time)
        x, y, w, h = (value * self._scale for value in box)
        lying.happening.note(sure, Box(x, y, w, h))
        self._lying.append(lying)
        return self._say(lying)

    def _say(self, lying: Lying) -> Statement:
        text = f"Person fell and has not risen for {lying.lasted_s:.0f} s"
        return lying.happening.go_on(lying.time, text, _attributes(lying))


def _is_upright(place: Place, outline: Outline) -> bool:
    one = extent(outline.mask, place.around)
    return one is not None and one.area >= place.moved and one.top - place.top < ROSE * place.tall


def _attributes(lying: Lying) -> Attributes:
    return {"for_s": round(lying.lasted_s, 1), "sank_heights_s": round(lying.place.speed, 2)}
