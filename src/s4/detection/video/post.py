"""The post of one camera: what watches its pictures, films what happens, shows it to who looks, knows its signal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.model import Detection, Frame
from s4.core.ports import Context
from s4.detection.video.behaviours.camera_tampered import KIND
from s4.detection.video.camera import CameraWatch
from s4.detection.video.counting import present
from s4.detection.video.evidence.film import darkroom
from s4.detection.video.evidence.recorder import Recorder
from s4.detection.video.live import LiveView
from s4.detection.video.models.finder import finder_of
from s4.detection.video.privacy import PrivacyMask
from s4.detection.video.settings import Settings
from s4.detection.video.stream import Stream
from s4.detection.video.turns import one_core_each, turns

SILENT_S: Final = 10


class Post:
    """One camera. Evidence is made of it where there is somewhere to keep it, and only then is it shown, since what is
    shown is covered as evidence is.
    """

    def __init__(self, context: Context, source: str, site: str, settings: Settings, zones: Sequence[Zone]) -> None:
        """Raises `ConfigError` for a zone or a model that cannot be used."""
        finder = finder_of(settings, Path(context.folder))
        self._mask = PrivacyMask(zones)
        self._watch = CameraWatch(source, site, settings, zones, context.city.place_of(source), finder)
        self._source, self._policy, self._vault, self._board = source, settings.evidence, context.vault, context.board
        self._stream = Stream() if not settings.behaviours or KIND in settings.behaviours else None
        self._blind = False  # the last picture that was to be analysed could not be decoded
        self._recorder: Recorder | None = None
        self._live: LiveView | None = None
        self._heard: int | None = None

    def see(self, frame: Frame, now: int) -> list[Detection]:
        """The next picture → what is to be said at `now`, ns UTC."""
        frame = self._mask.over(frame)
        found = self._signal(frame, now)
        one_core_each()
        due = self._watch.due(frame.time)
        if frame.live and not due and not frame.jpeg and turns().waiting:
            return found  # to hold it for a film would take an encoding: those who wait to look come first
        if not frame.live or not due:
            return found + self._take(frame, self._watch.look(frame), now)
        with turns().turn():
            newer = frame.newer() if frame.newer is not None else None
            newest = frame if newer is None else self._mask.over(newer)
            seen = self._watch.look(newest)
        self._blind = self._watch.scene is None or self._watch.scene.time != newest.time
        if newest is not frame:  # it was too late for this one, which is held for the film
            found += self._take(frame, [], now)
        return found + self._take(newest, seen, now)

    def _signal(self, frame: Frame, now: int) -> list[Detection]:
        """What is to be said of the signal: pictures that come and cannot be decoded are none."""
        if self._stream is None:
            return []
        said = self._stream.wait(now) if self._blind else self._stream.hear(frame, now)
        return [self._watch.tell(one) for one in said]

    def _take(self, frame: Frame, seen: list[Detection], now: int) -> list[Detection]:
        """What was seen in a frame, and what there is evidence of now."""
        found = seen + self._record(frame, seen)
        self._show(frame)
        self._heard = now
        return found

    def wait(self, now: int) -> list[Detection]:
        """No picture has come: films go on; after 10 s what goes on ends; one that ought to go on is missed."""
        found: list[Detection] = []
        if self._heard is not None and now - self._heard > SILENT_S * NS_PER_S:
            found += self._watch.close()
            if self._recorder is not None:
                found += self._recorder.close(found, now)
            self._heard = None
        if self._recorder is not None:
            found += self._recorder.go_on(now)
        return found + [self._watch.tell(one) for one in (self._stream.wait(now) if self._stream else [])]

    def draw(self, zones: Sequence[Zone]) -> list[Detection]:
        """Other zones from now on. Raises `ConfigError` for one that cannot be used; then nothing has changed."""
        ended, before, self._mask = self._watch.draw(zones), self._mask, PrivacyMask(zones)
        if self._recorder is not None:
            self._recorder.hear(ended)
            if self._mask.outlines != before.outlines:
                self._recorder.forget()
        return ended

    def _record(self, frame: Frame, found: list[Detection]) -> list[Detection]:
        """What there is evidence of now; nothing where none is wanted or there is nowhere to keep it."""
        if self._vault is None or not self._policy.enabled:
            return []
        if self._recorder is None:
            room = darkroom() if frame.live else None
            self._recorder = Recorder(self._source, self._policy, self._vault, room)
        scene = self._watch.scene
        return self._recorder.see(frame, scene if scene is not None and scene.time == frame.time else None, found)

    def _show(self, frame: Frame) -> None:
        """Tell how the camera is doing, and show it to who looks: only where evidence covers people."""
        board, recorder, scene = self._board, self._recorder, self._watch.scene
        if board is None:
            return
        people = present(scene) if scene is not None and scene.settled else None
        why = "" if recorder else "no evidence is made of it, so nobody is covered in its pictures"
        board.tell(self._source, people=people, shows=recorder is not None, why_not=why)
        if recorder is not None:
            self._live = self._live or LiveView(self._source, board)
            self._live.see(frame, self._watch, recorder.cover, recorder.marks)
