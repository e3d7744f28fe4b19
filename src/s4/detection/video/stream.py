"""The signal of a live camera: that its pictures have stopped, and that they come again. A recording just ends."""

from __future__ import annotations

from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.model import Frame
from s4.detection.video.behaviours.camera_tampered import KIND
from s4.detection.video.happening import Happening
from s4.detection.video.picture import NOWHERE
from s4.detection.video.scene import Statement

LOST_S: Final = 5.0
LONGEST_STEP_S: Final = 2.0
"""What passes between two looks counts for so long at most: a machine that stood still is no camera that did."""
REPEAT_S: Final = 60.0
SURE: Final = 0.99
"""That no picture comes is no guess; whether somebody did it, or the network, is not known."""


class Stream:
    """One camera's signal. Told of every frame, and of the time while none comes."""

    def __init__(self) -> None:
        self._live = False
        self._last_frame = self._last_step = 0
        self._silent_s = 0.0
        self._happening: Happening | None = None

    def hear(self, frame: Frame, now: int) -> list[Statement]:
        """A picture has come. The end of the loss, if one was told."""
        happening, self._happening = self._happening, None
        lost_s, self._silent_s = self._silent_s, 0.0
        self._live, self._last_frame, self._last_step = frame.live, frame.time, now
        if happening is None:
            return []
        return [happening.say("end", frame.time, "Camera shows pictures again", _attributes(lost_s))]

    def wait(self, now: int) -> list[Statement]:
        """No picture has come by `now`, ns UTC. The loss, once it has lasted; an update each minute."""
        if not self._live:
            return []
        passed_s = (now - self._last_step) / NS_PER_S
        self._silent_s += min(max(passed_s, 0.0), LONGEST_STEP_S)
        self._last_step = now
        if self._silent_s < LOST_S:
            return []
        if self._happening is None:
            self._happening = Happening(KIND, "signal", self._last_frame)
        if not self._happening.due(now, REPEAT_S):
            return []
        self._happening.note(SURE, NOWHERE)
        text = f"Camera sends no pictures, for {self._silent_s:.0f} s"
        return [self._happening.go_on(now, text, _attributes(self._silent_s))]


def _attributes(lost_s: float) -> dict[str, float | str | bool | tuple[float, ...]]:
    return {"how": "signal_lost", "for_s": round(lost_s, 1)}
