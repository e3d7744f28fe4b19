"""Recorder: the evidence of one camera. It holds the last seconds, and makes a clip of what starts to happen."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, S4Error
from s4.core.model import Detection, Frame
from s4.core.ports import Vault
from s4.detection.video.evidence.annotate import shown_size
from s4.detection.video.evidence.clip import LONGEST_S, Clip
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.overlay import Mark, Overlay
from s4.detection.video.evidence.policy import EvidencePolicy
from s4.detection.video.evidence.ring import Ring
from s4.detection.video.evidence.shot import Shot
from s4.detection.video.evidence.unfinished import take_up, told
from s4.detection.video.scene import Scene

PACE: Final = 2
"""Shots written for each one taken, so that the work is spread over the time that the clip lasts."""
MOST_FILMS: Final = 3
"""Being made at a time."""
MOST_LATE: Final = 64
HOUR_NS: Final = 3600 * NS_PER_S

_log: Final = logging.getLogger(__name__)


class Recorder:
    """Shown every frame of a camera in order, it says of which happenings there is evidence now.

    What is said is the last detection of a happening once more, with the evidence: the key picture a good second
    after the start, the clip when it is finished. They are made in `room`; None: in the caller's thread, a little with
    each frame. A vault that takes nothing costs the evidence, not the detections.
    """

    def __init__(self, source: str, policy: EvidencePolicy, vault: Vault, room: Executor | None = None) -> None:
        self._source, self._policy, self._vault, self._room = source, policy, vault, room
        self._cover = Cover(keep_s=policy.before_s + LONGEST_S, still_s=policy.still_s)
        self._overlay, self._ring = Overlay(), Ring(policy.before_s)
        # A little less than the period: pictures that come as often as is wanted come now and then too soon.
        self._period = round(NS_PER_S / policy.fps * 0.9)
        self._size, self._due = (0, 0), 0
        self._clips: list[Clip] = []
        self._late: list[Detection] = []
        self._made: deque[int] = deque()
        self._seen = 0

    @property
    def cover(self) -> Cover:
        """Where people are, or may be, in the pictures it was shown."""
        return self._cover

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is to be drawn over the last of them."""
        return self._overlay.marks

    def see(self, frame: Frame, scene: Scene | None, found: Sequence[Detection]) -> list[Detection]:
        """The next frame, the scene if it was analysed, and what was found in it → what there is evidence of."""
        left = self._take_up(frame.time)
        if scene is not None:
            self._cover.see(scene)
            self._overlay.see(scene, found)
            self._fit(frame, scene)
        self.hear(found)
        if self._size[0] and (self._late or not self._due - self._period < frame.time < self._due):
            self._take(frame)
            return left + self.go_on(frame.time)
        return left

    def hear(self, found: Sequence[Detection]) -> None:
        """What was found, or said of the camera without a picture. What starts while a clip is being closed waits for
        the next one.
        """
        for detection in found:
            heard = [clip.hear(detection) for clip in self._clips]
            if not any(heard) and detection.phase == "start" and len(self._late) < MOST_LATE:
                self._late.append(detection)

    def forget(self) -> None:
        """What is held of the last seconds may be shown no more."""
        self._ring.clear()

    def close(self, ended: Sequence[Detection], now: int) -> list[Detection]:
        """The camera has gone, and `ended` was said of it: finish what was begun with what there is. What is made of it
        in a room is given by `go_on`.
        """
        self.hear(ended)
        if self._open is not None:
            self._open.close(self._cover.until)
        return self.go_on(now, most=1 << 30)

    def go_on(self, now: int, most: int = PACE) -> list[Detection]:
        """What there is evidence of by now, though no frame has come."""
        found: list[Detection] = []
        for clip in self._clips.copy():
            try:
                for evidence in clip.go_on(self._cover, most):
                    found += told(clip.heard.values(), evidence, now)
            except (S4Error, OSError) as error:
                _log.warning("no evidence of %s: %s", self._source, error)
                clip.drop()
                self._clips.remove(clip)
        self._clips = [clip for clip in self._clips if not clip.done]
        return found

    @property
    def _open(self) -> Clip | None:
        """The clip to which more may come."""
        return self._clips[-1] if self._clips and not self._clips[-1].handed_over else None

    def _take(self, frame: Frame) -> None:
        self._due = frame.time + self._period
        try:
            shot = Shot.of(frame, self._overlay.marks, self._size)
        except InputError:  # damaged on its way: the next one will do
            return
        self._ring.add(shot)
        if self._open is not None:
            self._open.add(shot)
        elif self._late and len(self._clips) < MOST_FILMS:
            starts, self._late = self._late, []
            self._begin(starts, frame.time)

    def _fit(self, frame: Frame, scene: Scene) -> None:
        size = shown_size(frame, scene, self._policy.width_px)
        if size != self._size and self._open is None:
            self._ring.clear()
            self._size = size

    def _begin(self, starts: Sequence[Detection], now: int) -> None:
        while self._made and not now - HOUR_NS < self._made[0] <= now:  # also what a clock set back leaves to come
            self._made.popleft()
        if len(self._made) >= self._policy.most_per_hour:
            return
        self._made.append(now)
        try:
            clip = Clip(starts[0], self._ring.shots(), self._policy, self._vault, self._room)
        except S4Error as error:
            _log.warning("no evidence of %s: %s", self._source, error)
            return
        for other in starts[1:]:
            clip.hear(other)
        self._clips.append(clip)

    def _take_up(self, now: int) -> list[Detection]:
        """What an earlier run left unfinished, at first; and where the clock was set back, what this one had begun."""
        found: list[Detection] = []
        if not self._seen:
            for evidence, heard in take_up(self._vault, self._source):
                found += told(heard, evidence, now)
        elif now < self._seen:
            found, self._late = self.close([], now), []
        self._seen = now
        return found
