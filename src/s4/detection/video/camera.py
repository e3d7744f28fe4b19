"""One camera, picture by picture: background → blobs → tracks → behaviours → detections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from s4.core.city import Zone
from s4.core.clock import NS_PER_S
from s4.core.ids import derive_id
from s4.core.model import Detection, Frame, Place
from s4.detection.video.background import Background
from s4.detection.video.behaviours import make_behaviours
from s4.detection.video.blobs import clean
from s4.detection.video.finder import BlobFinder, Findings, PeopleFinder, Shown
from s4.detection.video.flow import Flows, Glance
from s4.detection.video.look import image_of, view_of
from s4.detection.video.name import STAGE, VERSION
from s4.detection.video.people import PersonSize
from s4.detection.video.picture import Box, Image, View
from s4.detection.video.privacy import PrivacyMask
from s4.detection.video.scale import Scale
from s4.detection.video.scene import Scene, Statement
from s4.detection.video.settings import Settings
from s4.detection.video.spots import Shot, Spots
from s4.detection.video.track import Track
from s4.detection.video.tracker import Tracker
from s4.detection.video.whereabouts import Spot, Whereabouts

SHORTEST_STAND_S, LONGEST_STAND_S = 2.0, 300.0  # who came on foot and stands still is no part of the place
LONGEST_GAP_S: Final = 5.0  # without pictures for longer, whoever was there may have gone anywhere

WHOLE: Final = 0.9  # of the picture's width


class CameraWatch:
    """All that is known of one camera. `place`: where it stands; `zones`: those drawn in its picture; `finder`: who
    finds people in it, by itself from the foreground.
    """

    def __init__(
        self,
        source: str,
        site: str,
        settings: Settings,
        zones: Sequence[Zone],
        place: Place | None,
        finder: PeopleFinder | None = None,
    ) -> None:
        self.source, self.site, self._settings, self._zones, self._place = source, site, settings, zones, place
        self._behaviours = make_behaviours(settings, zones)
        self.whereabouts = Whereabouts(settings, place)
        self._finder = finder or BlobFinder()
        self._last: int | None = None
        self._due = 0
        self._view: View | None = None
        self._ongoing: set[tuple[str, str]] = set()
        self.scene: Scene | None = None

    def look(self, frame: Frame) -> list[Detection]:
        """What follows from a frame; nothing when it comes sooner than `analysed_fps` asks, or twice."""
        view = view_of(frame, self._settings)
        ended: list[Detection] = []
        dt_s = (frame.time - self._last) / NS_PER_S if self._last is not None else 0.0
        if self._last is None or view != self._view or not 0.0 <= dt_s <= LONGEST_GAP_S:
            ended = self.close()
            self._begin(view)
            dt_s = 0.0
        elif frame.time < self._due or dt_s == 0.0:
            return ended
        image = image_of(frame)
        if image is None:
            return ended
        self._keep_pace(frame.time)
        scene = self._see(view, view.reduce(image), frame.time, dt_s or 1 / self._settings.analysed_fps)
        self.scene = scene._replace(live=frame.live)
        said = [statement for behaviour in self._behaviours for statement in behaviour.see(self.scene)]
        self._note(said)
        return ended + [self._detection(statement) for statement in said]

    def due(self, time: int) -> bool:
        """Whether a picture of `time` (ns UTC) is to be analysed: one that is not costs nothing."""
        return self._last is None or time >= self._due or time < self._last

    def close(self) -> list[Detection]:
        """The camera has gone: end what is open, and forget who was there."""
        if self._last is None:
            return []
        said = [statement for behaviour in self._behaviours for statement in behaviour.close(self._last)]
        detections = [self._detection(statement) for statement in said]
        self._last = self.scene = None
        self._ongoing.clear()
        self._behaviours = make_behaviours(self._settings, self._zones)
        return detections

    def draw(self, zones: Sequence[Zone]) -> list[Detection]:
        """Other zones from now on: what is open ends and behaviours begin anew; the background stays, and so does who
        is followed, unless something else of the picture is masked. Raises `ConfigError` for a zone that cannot be
        used; then nothing has changed.
        """
        if tuple(zones) == tuple(self._zones):
            return []
        behaviours = make_behaviours(self._settings, zones)
        said = [] if self._last is None else [one for old in self._behaviours for one in old.close(self._last)]
        ended = [self._detection(statement) for statement in said]
        if PrivacyMask(zones).outlines != PrivacyMask(self._zones).outlines:
            self._last = self._view = self.scene = None  # another picture from now on
        self._zones, self._behaviours = zones, behaviours
        self._ongoing.clear()
        return ended

    def _begin(self, view: View) -> None:
        """A new picture or a new time: learn from the start."""
        if view != self._view:
            self._background = Background(self._settings.learning_s)
        self._view = view
        self._finder.forget()
        self._size = PersonSize(self._settings, view.height)
        self._tracker = Tracker(self._settings.gap_s)
        self._flows = Flows()
        self._scale = Scale(view.height)
        self._spots = Spots(view)
        self._due = 0

    def _note(self, said: Sequence[Statement]) -> None:
        """Which happenings go on now."""
        for one in said:
            if one.phase == "end":
                self._ongoing.discard((one.kind, one.key))
            else:
                self._ongoing.add((one.kind, one.key))

    def _keep_pace(self, time: int) -> None:
        """The next picture is due one period after this one was, not after it came: so the mean rate is kept."""
        period = round(NS_PER_S / self._settings.analysed_fps)
        self._due = max(self._due + period, time + period // 2) if self._due else time + period
        self._last = time

    def _see(self, view: View, image: Image, time: int, dt_s: float) -> Scene:
        standing = [track.box for track in self._tracker.tracks if _stands(track)]
        glance = Glance(image)
        foreground = self._background.learn(image, dt_s, standing, glance.grey)
        mask = clean(foreground.mask)
        findings = Findings([])
        if foreground.settled:
            findings = self._finder.find(Shown(image, mask, self._size, dt_s))
            tracks = self._tracker.follow(findings.people, time, dt_s, foreground.image, mask)
        else:
            tracks = self._tracker.rest(dt_s)
        self.whereabouts.learn(tracks, view)
        found = self.whereabouts.calibration
        self._size.learn(found.pose if found else None)
        self._scale.learn(tracks)
        return Scene(
            time,
            dt_s,
            view,
            foreground.image,
            mask,
            tracks,
            self._size,
            foreground.settled,
            image,
            findings.things,
            self._flows.next(glance if foreground.image is image else foreground.image, dt_s),
            self._scale,
            self.whereabouts,
            spots=self._spots.show(Shot(time, dt_s, foreground.image, tracks, self._size, foreground.settled)),
            ongoing=frozenset(kind for kind, _ in self._ongoing),
            glance=glance,
        )

    def tell(self, statement: Statement) -> Detection:
        """A statement about the camera itself, whose whole picture it concerns."""
        width, height = (self._view.width, self._view.height) if self._view else (0, 0)
        return self._detection(statement._replace(box=Box(0.0, 0.0, float(width), float(height))))

    def _detection(self, statement: Statement) -> Detection:
        happening = derive_id("hap", STAGE, self.source, statement.kind, statement.key, statement.began)
        bbox = self._view.to_file(statement.box) if self._view else (0.0, 0.0, 0.0, 0.0)
        spot = self._spot(statement.box)
        return Detection(
            id=derive_id("det", STAGE, VERSION, self.source, happening, statement.ordinal),
            kind=statement.kind,
            time=statement.time,
            site=self.site,
            source=self.source,
            detector=f"{STAGE}/{VERSION}",
            happening=happening,
            confidence=round(min(max(statement.confidence, 0.0), 1.0), 4),
            phase=statement.phase,
            place=(spot and spot.place) or self._place,
            text=statement.text,
            attributes={"bbox_px": bbox, **({spot.frame: spot.metres} if spot else {}), **statement.attributes},
        )

    def _spot(self, box: Box) -> Spot | None:
        """Where on the ground it is; what concerns the picture from side to side is at no one spot."""
        if self._view is None or box.w >= WHOLE * self._view.width:
            return None
        return self.whereabouts.find(self._view, box.foot)


def _stands(track: Track) -> bool:
    return track.travelled >= 1.0 and SHORTEST_STAND_S <= track.standing_s <= LONGEST_STAND_S and track.unseen_s == 0.0
