"""The stage of video detection: frames in, detections out; each camera by itself."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from s4.core.city import Zone
from s4.core.errors import ConfigError, InputError
from s4.core.model import Detection, Frame, LateFrame, Word
from s4.core.ports import Card, Context, Room, Stage
from s4.detection.video.name import STAGE, VERSION
from s4.detection.video.settings import Settings, read_settings

if TYPE_CHECKING:
    from s4.detection.video.evidence.retention import Retention
    from s4.detection.video.post import Post

_log: Final = logging.getLogger(__name__)


class VideoWatch(Stage):
    """Watches the pictures of fixed cameras (`Settings` says how; zones come from the city).

    The state is not in the snapshot: frames are never recorded, so nothing could be replayed onto it, and the
    background is a picture of the place that must not be stored. After a restart a camera learns for some seconds and
    numbers its happenings anew; their names contain the time of their beginning, so none is taken for an older one.
    """

    card: ClassVar[Card] = Card(
        name=STAGE,
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
        self._posts: dict[str, Post] = {}
        self._drawn = context.zones.generation if context.zones else 0
        self._retention = self._make_retention()
        modelled = {source for source, settings in self._settings.items() if settings.models}
        for source in sorted({zone.source for zone in self._zones()} | modelled):
            self._make(source, "")  # so that a wrong zone or setting is complained about before the first frame

    def step(self, facts: Sequence[Word], now: int) -> list[Detection]:
        """Analyse the frames in order, and look after the cameras of which none has come."""
        frames = [fact for fact in facts if isinstance(fact, Frame)]
        for frame in frames:
            _check(frame)
        if self._retention is not None:
            self._retention.tidy(now)
        found = self._redraw()
        for frame in frames:
            post = self._posts.get(frame.source)
            if post is None:
                post = self._posts[frame.source] = self._make(frame.source, frame.site)
            found += post.see(frame, now)
        here = {frame.source for frame in frames}
        return found + [one for source, post in self._posts.items() if source not in here for one in post.wait(now)]

    def _zones(self) -> tuple[Zone, ...]:
        return self.context.zones.zones() if self.context.zones else self.context.city.zone

    def _redraw(self) -> list[Detection]:
        """What people drew since holds from now on; a zone that cannot be used leaves its camera as it was."""
        book = self.context.zones
        if book is None or book.generation == self._drawn:
            return []
        self._drawn = book.generation
        found: list[Detection] = []
        for source, post in self._posts.items():
            try:
                found += post.draw(book.of(source))
            except ConfigError as error:
                _log.warning("the zones of %s stay as they were: %s", source, error)
        return found

    def _make_retention(self) -> Retention | None:
        if self.context.vault is None:
            return None
        from s4.detection.video.evidence.retention import Retention

        policies = {source: settings.evidence for source, settings in self._settings.items()}
        return Retention(self.context.vault, policies, read_settings(self.context.options, "").evidence)

    def _make(self, source: str, site: str) -> Post:
        from s4.detection.video.post import Post  # with all that sees: 5 MB that a site without cameras does not need

        zones = [zone for zone in self._zones() if zone.source == source]
        return Post(self.context, source, site, self._settings.get(source, Settings()), zones)


def _check(frame: Frame) -> None:
    shape = frame.shape
    kind = "uint8" if isinstance(frame, LateFrame) else frame.image.dtype.name
    if len(shape) != 3 or shape[2] != 3 or min(shape[:2]) < 16 or kind != "uint8":
        raise InputError(f"is no colour picture: {kind} {shape}", field=f"{frame.source}.image")
