"""Fight: violent motion on one spot (`turmoil` says what is measured, `verdict` how it is weighed).

On a camera it must last, and stand out from what is usual there: a busy crossing is restless all day. So nothing is
told in the first twelve seconds, and a recording that is shorter is judged by its last seconds when it ends, one of
less than four seconds less strictly. While a crowd flees nothing is told anew: who runs from somewhere moves as in a
fight. Confidence is the chance that the measures give.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.scene import Attributes, Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.turmoil import Measures, Turmoil
from s4.detection.video.verdict import NOTHING, Verdict, chance, learnt

KIND: Final = "fight"
FLIGHT: Final = "panic_dispersal"
ENOUGH: Final = 9  # steps to measure by: 1.8 s
FEWEST: Final = 6  # when the pictures end
LATELY_S: Final = 4.0
LASTING: Final = 0.6  # the mean score of that time
STANDS_OUT: Final = 1.5  # above what is usual
USUAL_AFTER_S: Final = 6.0  # what is newer than this is no part of what is usual
USUAL_SHARE: Final = 0.9
USUAL_KEPT: Final = 300  # one score a second
KNOWN: Final = 4
CLIP_S: Final = 2.0  # since there was enough to measure: no longer is a short recording
SURE: Final = 0.0  # the mean score of one
OVER_S: Final = 2.0


@dataclass(slots=True)
class Brawl:
    """What goes on. `violent`: ns UTC when it was last so."""

    happening: Happening
    measures: Measures
    violent: int

    @property
    def lasted_s(self) -> float:
        """Seconds."""
        return (self.violent - self.happening.began) / NS_PER_S


class Fight:
    """One at a time for each camera. `Settings.update_every_s` applies."""

    card = Card(
        name=KIND,
        version="1",
        title="Fight",
        purpose="Bring help where people are being hurt",
        legal_basis="GDPR Art. 6(1)(e) public task; motion only, no identification",
        limits="Knows violent motion, not its meaning: dancing, sport and a shaken camera look alike; one clip in "
        "five is judged wrongly; nothing in a camera's first twelve seconds; at least 4.5 analysed pictures a second",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone], verdict: Verdict | None = None) -> None:
        self._every_s = settings.update_every_s
        self._verdict = verdict or learnt()
        self._begin()

    def _begin(self) -> None:
        self._live = False
        self._turmoil = Turmoil()
        self._scores: deque[tuple[int, float]] = deque()
        self._usual: deque[float] = deque(maxlen=USUAL_KEPT)
        self._first: int | None = None
        self._noted = 0
        self._measures: Measures | None = None
        self._brawl: Brawl | None = None

    def see(self, scene: Scene) -> list[Statement]:
        """Said when it has lasted, again now and then, and when it has been calm for some seconds."""
        self._live = scene.live
        if scene.flow is None:
            return []
        if FLIGHT in scene.ongoing and self._brawl is None:
            self._look_away(scene.time)
            return []
        self._turmoil.see(scene.flow.motion, scene.view.height, scene.time)
        return self.weigh(self._turmoil.measure(), scene.time) if self._turmoil.lasted >= ENOUGH else []

    def _look_away(self, time: int) -> None:
        """What is usual stays known; what follows must last anew, as if nothing had moved until now."""
        self._turmoil = Turmoil()
        self._scores = deque([(time, NOTHING)])

    def close(self, time: int) -> list[Statement]:
        """The pictures have ended: a short recording is judged. A camera that was lost, or shows pictures of another
        size, is none, and begins anew.
        """
        if self._first is None and self._turmoil.lasted >= FEWEST:
            self._take(self._turmoil.measure(), time)
        said: list[Statement] = []
        score, measures = self._level(time), self._measures
        is_judged = not self._live and self._usually() is None
        if measures is not None and is_judged and score >= (SURE if self._is_clip(time) else LASTING):
            said = self._go_on(measures, score, time)
        said += self._end("No longer in view", time)
        self._begin()
        return said

    def weigh(self, measures: Measures | None, time: int) -> list[Statement]:
        """What one picture's measures (of the two seconds until `time`, ns UTC) say, after those before."""
        self._take(measures, time)
        score = self._level(time)
        usual = self._usually()
        if measures is None or usual is None or score < max(LASTING, usual + STANDS_OUT):
            return self._calm(time)
        return self._go_on(measures, score, time)

    def _take(self, measures: Measures | None, time: int) -> None:
        self._first = time if self._first is None else self._first
        self._measures = measures or self._measures
        self._scores.append((time, self._verdict.score(measures)))
        while time - self._scores[0][0] > USUAL_AFTER_S * NS_PER_S:
            self._note(*self._scores.popleft())

    def _is_clip(self, time: int) -> bool:
        return self._first is not None and time - self._first < CLIP_S * NS_PER_S

    def _level(self, time: int) -> float:
        """The mean score of late."""
        lately = [score for seen, score in self._scores if time - seen <= LATELY_S * NS_PER_S]
        return float(np.mean(lately)) if lately else NOTHING

    def _go_on(self, measures: Measures, score: float, time: int) -> list[Statement]:
        if self._brawl is None:
            self._brawl = Brawl(Happening(KIND, "picture", time), measures, time)
        self._brawl.violent, self._brawl.measures = time, measures
        self._brawl.happening.note(chance(score), measures.box)
        return self._say(time)

    def _note(self, time: int, score: float) -> None:
        """What was seen some seconds ago becomes a part of what is usual, unless it was a fight."""
        if self._brawl is None and time - self._noted >= NS_PER_S:
            self._noted = time
            self._usual.append(score)

    def _usually(self) -> float | None:
        """What is usual here; None when it has not been watched for long enough."""
        return float(np.quantile(self._usual, USUAL_SHARE)) if len(self._usual) >= KNOWN else None

    def _say(self, time: int) -> list[Statement]:
        brawl = self._brawl
        if brawl is None or not brawl.happening.due(time, self._every_s):
            return []
        text = f"People move as in a fight, for {brawl.lasted_s:.0f} s"
        return [brawl.happening.go_on(time, text, _attributes(brawl.measures))]

    def _calm(self, time: int) -> list[Statement]:
        if self._brawl is None or time - self._brawl.violent < OVER_S * NS_PER_S:
            return []
        return self._end("Calm again", time)

    def _end(self, text: str, time: int) -> list[Statement]:
        brawl, self._brawl = self._brawl, None
        if brawl is None:
            return []
        return [brawl.happening.say("end", time, text, _attributes(brawl.measures))]


def _attributes(measures: Measures) -> Attributes:
    return {
        "jerk": round(measures.jerk, 2),
        "stay": round(measures.stay, 2),
        "discord": round(measures.discord, 3),
    }
