"""Recognised: a model saw something that its card wants to be stated, as a weapon.

A model errs, so this never alarms alone: the detection says `needs_human_confirmation`, its severity is Minor and its
confidence at most 1/2, so that by itself it makes nothing likelier than before. Confidence is half the share of the
pictures looked at in which the thing was seen, (n + 1) / (m + 2); the score, which is no probability, stands beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.model import Severity
from s4.core.ports import Card
from s4.detection.video.finder import Recognised
from s4.detection.video.happening import Happening
from s4.detection.video.picture import Box, iou
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings

PICTURES: Final = 3  # seen in so many before it is said: a model's slip is gone in the next
GONE_S: Final = 3.0
SAME: Final = 0.2  # of the boxes, from picture to picture
MOST: Final = 64


@dataclass(slots=True)
class Thing:
    """One thing. `seen`: last, ns UTC; `pictures`: looked at since it was first seen, `hits`: of those, with it;
    `scores`: their sum; `sure`: whether one of them was.
    """

    happening: Happening
    label: str
    box: Box
    seen: int
    pictures: int = 1
    hits: int = 1
    scores: float = 0.0
    sure: bool = False

    def note(self, one: Recognised, time: int) -> None:
        """It was seen again."""
        self.box, self.seen = one.box, time
        if one.fresh:  # else the model has not said so again: nothing moved there
            self.hits, self.pictures = self.hits + 1, self.pictures + 1
            self.scores, self.sure = self.scores + one.score, self.sure or one.sure

    @property
    def confidence(self) -> float:
        """At most 1/2."""
        return 0.5 * (self.hits + 1) / (self.pictures + 2)


class RecognisedThing:
    """One happening for each thing, under the kind of its card."""

    card = Card(
        name="recognised",
        version="1",
        title="Recognised by a model",
        purpose="Show an operator what a model of the city's own choice seems to see, so that a person can look at it",
        legal_basis="GDPR Art. 6(1)(e) public task; no identification",
        limits="As good as the model; never an alarm by itself, a person has to confirm",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._every_s = settings.update_every_s
        self._things: list[Thing] = []

    def see(self, scene: Scene) -> list[Statement]:
        """Things appear, stay and go."""
        if not scene.settled:
            return []
        for one in scene.things:
            self._take(one, scene.time)
        for thing in self._things:
            thing.pictures += thing.seen < scene.time
        said = [statement for thing in self._things for statement in self._judge(thing, scene.time)]
        self._things = [thing for thing in self._things if not _gone(thing, scene.time)]
        return said

    def close(self, time: int) -> list[Statement]:
        """What was seen is out of sight now."""
        things, self._things = self._things, []
        return [_end(thing, time) for thing in things if thing.happening.started]

    def _take(self, one: Recognised, time: int) -> None:
        same = [thing for thing in self._things if thing.happening.kind == one.kind and thing.label == one.label]
        near = max(same, key=lambda thing: iou(thing.box, one.box), default=None)
        if near is not None and near.seen < time and iou(near.box, one.box) >= SAME:
            near.note(one, time)
        elif len(self._things) < MOST:
            key = f"{one.label}/{time}/{round(one.box.x)}/{round(one.box.y)}"
            happening = Happening(one.kind, key, time)
            self._things.append(Thing(happening, one.label, one.box, time, scores=one.score, sure=one.sure))

    def _judge(self, thing: Thing, time: int) -> list[Statement]:
        if _gone(thing, time):
            return [_end(thing, thing.seen)] if thing.happening.started else []
        if thing.seen < time:
            return []
        thing.happening.note(thing.confidence, thing.box)
        if thing.hits < PICTURES or not thing.sure or not thing.happening.due(time, self._every_s):
            return []
        text = f"A model sees: {thing.label}; a person has to confirm it"
        return [thing.happening.go_on(time, text, _attributes(thing))]


def _gone(thing: Thing, time: int) -> bool:
    return time - thing.seen > GONE_S * NS_PER_S


def _end(thing: Thing, time: int) -> Statement:
    return thing.happening.say("end", time, f"A model no longer sees: {thing.label}", _attributes(thing))


def _attributes(thing: Thing) -> Attributes:
    return {
        "label": thing.label,
        "score": round(thing.scores / thing.hits, 4),
        "needs_human_confirmation": True,
        "severity": str(Severity.MINOR),
    }
