"""Happening: something that starts, goes on, and ends; said once when it starts and ends, now and then in between."""

from __future__ import annotations

from dataclasses import dataclass

from s4.core.clock import NS_PER_S
from s4.core.model.detection import Phase
from s4.detection.video.picture import NOWHERE, Box
from s4.detection.video.scene import Attributes, Statement


@dataclass(slots=True)
class Happening:
    """`key`: what it is about, within its kind; `began`: ns UTC of its first sight; the last things said are kept,
    so that its end can be told after it is gone.
    """

    kind: str
    key: str
    began: int
    ordinal: int = 0
    said: int = 0
    ended: bool = False
    confidence: float = 0.0
    box: Box = NOWHERE

    @property
    def started(self) -> bool:
        """Whether its start was said."""
        return self.ordinal > 0

    def note(self, confidence: float, box: Box) -> None:
        """How it stands now."""
        self.confidence, self.box = confidence, box

    def due(self, time: int, update_every_s: float) -> bool:
        """Whether something may be said of it: its start, or an update after long enough."""
        return not self.started or time - self.said >= update_every_s * NS_PER_S

    def say(self, phase: Phase, time: int, text: str, attributes: Attributes) -> Statement:
        """The next statement."""
        statement = Statement(
            self.kind, self.key, self.began, self.ordinal, phase, time, self.confidence, self.box, text, attributes
        )
        self.ordinal += 1
        self.said = time
        self.ended = phase == "end"
        return statement

    def go_on(self, time: int, text: str, attributes: Attributes) -> Statement:
        """Its start, or else an update."""
        return self.say("update" if self.started else "start", time, text, attributes)
