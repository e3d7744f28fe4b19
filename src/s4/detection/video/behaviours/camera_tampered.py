"""Camera tampered with: it is covered, sprayed, out of focus, turned away, blinded, or shows no live picture.

Three witnesses: the edges of the place, which stay where they are when the light changes and people pass
(`sight`, `tampering`); pictures that change less than a sensor's noise (frozen); and movements that repeat earlier
ones picture by picture (looped). Confidence is the share of pictures since it began that say so, (n + 1) / (m + 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from s4.core.city import Zone
from s4.core.ports import Card
from s4.detection.video.happening import Happening
from s4.detection.video.picture import Box, View
from s4.detection.video.repeats import Replay, Stillness
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.tampering import ACCEPT_S, How, Views

KIND: Final = "camera_tampered"
FROZEN_S: Final = 3.5
LOOPED_S: Final = 1.8  # of movement, as it was before
OVER_S: Final = 1.0
WORDS: Final[dict[How, str]] = {
    "signal_lost": "shows no picture",
    "blinded": "is blinded by light",
    "covered": "is covered",
    "defocused": "is out of focus",
    "moved": "looks elsewhere",
    "sprayed": "is covered in part",
    "frozen": "shows a frozen picture",
    "looped": "shows an older recording",
}


@dataclass(slots=True)
class Suspicion:
    """`says`: how often each was said since it began; `since_s`: for so long; `over_s`: since when it is not said."""

    happening: Happening
    says: Counter[How] = field(default_factory=Counter)
    pictures: int = 0
    since_s: float = 0.0
    over_s: float = 0.0
    how: How | None = None

    @property
    def likeliest(self) -> How:
        """What it was called, or is said most."""
        return self.how or self.says.most_common(1)[0][0]

    @property
    def confidence(self) -> float:
        """The share of pictures that say so."""
        return (self.says.total() + 1) / (self.pictures + 2)


class CameraTampered:
    """One happening at a time. `Settings.tamper_after_s` and `update_every_s` apply."""

    card = Card(
        name=KIND,
        version="1",
        title="Camera tampered with",
        purpose="Tell when a camera no longer shows its place, so that nobody relies on it and somebody looks after it",
        legal_basis="GDPR Art. 32: security of processing; the picture is judged, not the people in it",
        limits="Fixed cameras; fog, and a dark place where the lamp goes out, are called covered; a repeat is known by "
        "what moves in it, for ten minutes at 5 pictures a second; that a live stream has ended is told by the stage",
    )

    def __init__(self, settings: Settings, zones: Sequence[Zone]) -> None:
        self._after_s, self._every_s = settings.tamper_after_s, settings.update_every_s
        self._views, self._stillness, self._replay = Views(), Stillness(), Replay()
        self._suspicion: Suspicion | None = None

    def see(self, scene: Scene) -> list[Statement]:
        """Said once it is sure, again now and then, and when it is over."""
        grey = scene.grey
        how = self._views.look(grey, scene.dt_s)
        is_frozen = self._stillness.see(grey, scene.dt_s) >= FROZEN_S
        is_looped = self._replay.see(grey, scene.dt_s) >= LOOPED_S
        how = how or ("frozen" if is_frozen else "looped" if is_looped else None)
        suspicion = self._suspicion
        if suspicion is None and how is None:
            return []
        if suspicion is None:
            suspicion = self._suspicion = Suspicion(Happening(KIND, "camera", scene.time))
        self._weigh(suspicion, how, scene)
        if suspicion.over_s >= OVER_S:
            return self._end(suspicion, scene.time, "is as it was")
        suspicion.happening.note(suspicion.confidence, _box(suspicion.likeliest, self._views.spot.where, scene.view))
        return self._say(suspicion, how, scene.time)

    def close(self, time: int) -> list[Statement]:
        """The pictures have ended."""
        return self._end(self._suspicion, time, "has gone") if self._suspicion else []

    def _weigh(self, suspicion: Suspicion, how: How | None, scene: Scene) -> None:
        suspicion.pictures += 1
        suspicion.since_s += scene.dt_s
        suspicion.over_s = 0.0 if how else suspicion.over_s + scene.dt_s
        if how:
            suspicion.says[how] += 1

    def _say(self, suspicion: Suspicion, how: How | None, time: int) -> list[Statement]:
        happening, named = suspicion.happening, suspicion.likeliest
        if how is None or suspicion.since_s < self._sure_s(named) or not happening.due(time, self._every_s):
            return []
        suspicion.how = named
        if suspicion.since_s >= ACCEPT_S.get(named, float("inf")):
            self._views.accept()
            return self._end(suspicion, time, f"{WORDS[named]}, taken as its place from now on")
        text = f"Camera {WORDS[named]}, for {suspicion.since_s:.0f} s"
        return [happening.go_on(time, text, _attributes(suspicion))]

    def _sure_s(self, how: How) -> float:
        """Frozen and looped were watched for long enough before they are said at all."""
        return 0.0 if how in ("frozen", "looped") else self._after_s

    def _end(self, suspicion: Suspicion, time: int, text: str) -> list[Statement]:
        self._suspicion = None
        if not suspicion.happening.started:
            return []
        return [suspicion.happening.say("end", time, f"Camera {text}", _attributes(suspicion))]


def _attributes(suspicion: Suspicion) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {"how": suspicion.likeliest, "for_s": round(suspicion.since_s, 1)}


def _box(how: How, lost: NDArray[np.bool_], view: View) -> Box:
    """The whole picture, or the part that was sprayed."""
    rows, columns = np.nonzero(lost)
    if how != "sprayed" or not len(rows):
        return Box(0.0, 0.0, float(view.width), float(view.height))
    h, w = view.height / lost.shape[0], view.width / lost.shape[1]
    left, top = float(columns.min()) * w, float(rows.min()) * h
    return Box(left, top, float(columns.max() + 1) * w - left, float(rows.max() + 1) * h - top)
