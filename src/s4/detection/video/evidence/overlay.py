"""Overlay: what is to be drawn over a picture: those who are followed, and what is happening."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from s4.core.model import Detection, kind_of
from s4.detection.video.picture import Box, View
from s4.detection.video.scene import Scene

NOBODY: Final = -1


class Mark(NamedTuple):
    """A box over the picture, in fractions of its width and height. `key` is the same for the same thing from picture
    to picture; `text` stands above it; `alarm`: it is a happening, not somebody who is followed.
    """

    key: str
    box: Box
    text: str
    alarm: bool


class Overlay:
    """What is to be drawn over one camera's pictures now."""

    def __init__(self) -> None:
        self._people: tuple[Mark, ...] = ()
        self._happenings: dict[str, Mark] = {}
        self._whose: dict[str, int] = {}

    @property
    def marks(self) -> tuple[Mark, ...]:
        """People first, happenings over them."""
        return *self._people, *self._happenings.values()

    def see(self, scene: Scene | None, found: Iterable[Detection]) -> None:
        """Take in an analysed picture and what was found in it; None: the camera begins anew."""
        if scene is None:
            self._people, self._happenings, self._whose = (), {}, {}
            return
        view = scene.view
        self._people = tuple(
            Mark(f"track {track.number}", _share(track.box, view.width, view.height), str(track.number), alarm=False)
            for track in scene.tracks
        )
        for detection in found:
            box = detection.attributes.get("bbox_px")
            if detection.phase == "end" or not isinstance(box, tuple) or len(box) != 4:
                self._happenings.pop(detection.happening, None)
                self._whose.pop(detection.happening, None)
            else:
                text = f"{kind_of(detection.kind).title} {detection.confidence:.0%}"
                self._happenings[detection.happening] = Mark(
                    detection.happening, upright(Box(*box), view), text, alarm=True
                )
                self._whose[detection.happening] = _track(detection)
        self._go_along(scene)

    def _go_along(self, scene: Scene) -> None:
        """What happens is told every few seconds; who does it walks on, and the box with them."""
        boxes = {track.number: _share(track.box, scene.view.width, scene.view.height) for track in scene.tracks}
        for happening, mark in self._happenings.items():
            box = boxes.get(self._whose.get(happening, NOBODY))
            if box is not None:
                self._happenings[happening] = mark._replace(box=box)


def _track(detection: Detection) -> int:
    """The number of who does it, as the behaviour says; `NOBODY` when it says none."""
    number = detection.attributes.get("track")
    return int(number) if isinstance(number, int | float) else NOBODY


def upright(box: Box, view: View) -> Box:
    """A box in pixels of the file → fractions of the picture as it stands upright.

    >>> view = View.of(64, 48, widest=640, pixel_aspect=1.0, turned=90)
    >>> upright(Box(0.0, 24.0, 16.0, 24.0), view)
    Box(x=0.0, y=0.0, w=0.5, h=0.25)
    """
    x, y, w, h = _share(box, view.file_width, view.file_height)
    if view.turned == 90:
        return Box(1 - y - h, x, h, w)
    if view.turned == 180:
        return Box(1 - x - w, 1 - y - h, w, h)
    if view.turned == 270:
        return Box(y, 1 - x - w, h, w)
    return Box(x, y, w, h)


def _share(box: Box, width: float, height: float) -> Box:
    return Box(box.x / width, box.y / height, box.w / width, box.h / height)
