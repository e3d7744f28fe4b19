"""The stage of video detection: frames in, detections out; each camera by itself."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError, InputError
from s4.core.model import Detection, Frame, LateFrame, Word
from s4.core.ports import Card, Context, Room, Stage
from s4.detection.video.behaviours.camera_tampered import KIND
from s4.detection.video.camera import VERSION, CameraWatch
from s4.detection.video.counting import present
from s4.detection.video.evidence.film import darkroom
from s4.detection.video.evidence.recorder import Recorder
from s4.detection.video.evidence.retention import Retention
from s4.detection.video.live import LiveView
from s4.detection.video.models.finder import finder_of
from s4.detection.video.settings import Settings, read_settings
from s4.detection.video.stream import Stream

SILENT_S: Final = 10

_log: Final = logging.getLogger(__name__)


class VideoWatch(Stage):
    """Watches the pictures of fixed cameras (`Settings` says how; zones come from the city).

    The state is not in the snapshot: frames are never recorded, so nothing could be replayed onto it, and the
    background is a picture of the place that must not be stored. After a restart a camera learns for some seconds and
    numbers its happenings anew; their names contain the time of their beginning, so none is taken for an older one.
    """

    card: ClassVar[Card] = Card(
        name="video",
        version=VERSION,
        title="Video detection without weights",
        purpose="Notice people in closed areas and things left behind, so that an operator can look and decide",
        legal_basis="GDPR Art. 6(1)(e) public task; no biometric data; people are blurred in what is kept",
        limits="Fixed cameras only; people under 8 % of the picture's height are not seen",
    )
    room: ClassVar[Room] = "detection"
    consumes: ClassVar[tuple[type, ...]] = (Frame,)
    produces: ClassVar[tuple[type, ...]] = (Detection,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._settings = {source.id: read_settings(context.options, source.id) for source in context.city.source}
        self._cameras: dict[str, CameraWatch] = {}
        self._recorders: dict[str, Recorder] = {}
        self._live: dict[str, LiveView] = {}
        self._drawn = context.zones.generation if context.zones else 0
        self._heard: dict[str, int] = {}
        self._streams: dict[str, Stream] = {}
        self._retention = self._make_retention()
        modelled = {source for source, settings in self._settings.items() if settings.models}
        for source in sorted({zone.source for zone in self._zones()} | modelled):
            self._make(source, "")  # so that a wrong zone or setting is complained about before the first frame

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """Analyse the frames in order; end what is open on cameras that have been silent for 10 s, and say so of those
        that ought to go on.
        """
        frames = [fact for fact in facts if isinstance(fact, Frame)]
        for frame in frames:
            _check(frame)
        if self._retention is not None:
            self._retention.tidy(now)
        found = self._redraw()
        for frame in frames:
            camera = self._cameras.get(frame.source)
            if camera is None:
                camera = self._cameras[frame.source] = self._make(frame.source, frame.site)
            found += self._hear(frame, camera, now)
            seen = camera.look(frame)
            found += seen + self._record(frame, camera, seen)
            self._show(frame, camera)
            self._heard[frame.source] = now
        for source, heard in list(self._heard.items()):
            if now - heard > SILENT_S * NS_PER_S:
                ended = self._cameras[source].close()
                found += ended
                if source in self._recorders:
                    found += self._recorders[source].close(ended, now)
                del self._heard[source]
        here = {frame.source for frame in frames}
        for source, recorder in self._recorders.items():
            if source not in here:
                found += recorder.go_on(now)
        return found + self._miss(here, now)

    def _hear(self, frame: Frame, camera: CameraWatch, now: int) -> list[Detection]:
        """A picture has come: the camera's signal is there."""
        wanted = self._settings.get(frame.source, Settings()).behaviours
        if wanted and KIND not in wanted:
            return []
        stream = self._streams.setdefault(frame.source, Stream())
        return [camera.tell(one) for one in stream.hear(frame, now)]

    def _miss(self, heard: set[str], now: int) -> list[Detection]:
        """Cameras whose pictures ought to come and do not."""
        silent = [(source, stream) for source, stream in self._streams.items() if source not in heard]
        return [self._cameras[source].tell(one) for source, stream in silent for one in stream.wait(now)]

    def _record(self, frame: Frame, camera: CameraWatch, found: list[Detection]) -> list[Detection]:
        """What there is evidence of now; nothing where none is wanted or there is nowhere to keep it."""
        policy, vault = self._settings.get(frame.source, Settings()).evidence, self.context.vault
        if vault is None or not policy.enabled:
            return []
        recorder = self._recorders.get(frame.source)
        if recorder is None:
            room = darkroom() if frame.live else None
            recorder = self._recorders[frame.source] = Recorder(frame.source, policy, vault, room)
        analysed = camera.scene if camera.scene is not None and camera.scene.time == frame.time else None
        return recorder.see(frame, analysed, found)

    def _show(self, frame: Frame, camera: CameraWatch) -> None:
        """Tell how the camera is doing, and show it to who looks: only where evidence covers people."""
        board, recorder = self.context.board, self._recorders.get(frame.source)
        if board is None:
            return
        people = present(camera.scene) if camera.scene is not None and camera.scene.settled else None
        why = "" if recorder else "no evidence is made of it, so nobody is covered in its pictures"
        board.tell(frame.source, people=people, shows=recorder is not None, why_not=why)
        if recorder is not None:
            live = self._live.setdefault(frame.source, LiveView(frame.source, board))
            live.see(frame, camera, recorder.cover, recorder.marks)

    def _zones(self) -> tuple[Zone, ...]:
        return self.context.zones.zones() if self.context.zones else self.context.city.zone

    def _redraw(self) -> list[Detection]:
        """What people drew since holds from now on; a zone that cannot be used leaves its camera as it was."""
        book = self.context.zones
        if book is None or book.generation == self._drawn:
            return []
        self._drawn = book.generation
        found: list[Detection] = []
        for source, camera in self._cameras.items():
            try:
                found += camera.draw(book.of(source))
            except ConfigError as error:
                _log.warning("the zones of %s stay as they were: %s", source, error)
        return found

    def _make_retention(self) -> Retention | None:
        if self.context.vault is None:
            return None
        policies = {source: settings.evidence for source, settings in self._settings.items()}
        return Retention(self.context.vault, policies, read_settings(self.context.options, "").evidence)

    def _make(self, source: str, site: str) -> CameraWatch:
        city = self.context.city
        zones = [zone for zone in self._zones() if zone.source == source]
        settings = self._settings.get(source, Settings())
        finder = finder_of(settings, Path(self.context.folder))
        return CameraWatch(source, site, settings, zones, city.place_of(source), finder)


def _check(frame: Frame) -> None:
    shape = frame.shape
    kind = "uint8" if isinstance(frame, LateFrame) else frame.image.dtype.name
    if len(shape) != 3 or shape[2] != 3 or min(shape[:2]) < 16 or kind != "uint8":
        raise InputError(f"is no colour picture: {kind} {shape}", field=f"{frame.source}.image")
