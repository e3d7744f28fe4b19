"""A camera as it may be looked at now: each picture waits a second, until it is clear whom to cover in it."""

from __future__ import annotations

import contextlib
from collections import deque
from typing import Final, NamedTuple

import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.live import LiveBoard, Look, LookMark, Wish
from s4.core.model import Frame
from s4.detection.video.camera import CameraWatch
from s4.detection.video.evidence.blur import blurred
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.overlay import Mark
from s4.detection.video.grid import Grid, ground_grid
from s4.detection.video.picture import Image
from s4.detection.video.scene import Scene

QUALITY: Final = 75  # of the JPEG, of 100
GRID_EVERY_NS: Final = 10 * NS_PER_S
MOST_WAITING: Final = 16


class _Waiting(NamedTuple):
    time: int
    image: Image
    marks: tuple[Mark, ...]


class LiveView:
    """What one camera shows to who looks. Cost: nothing while nobody does; else about 2.5 ms of
    one core for each picture of 480 × 360 that is shown.

    The picture is the one of a second ago, covered like evidence is (`Cover`): from a second before somebody is seen to
    a second after. It never shows what evidence would not.
    """

    def __init__(self, camera: str, board: LiveBoard) -> None:
        self._camera, self._board = camera, board
        self._waiting: deque[_Waiting] = deque()
        self._due = 0
        self._grid, self._grid_at = Grid(), 0

    def see(self, frame: Frame, watch: CameraWatch, cover: Cover, marks: tuple[Mark, ...]) -> None:
        """The next frame, which `watch` and `cover` have seen; `marks`: what is to be drawn over it."""
        wish = self._board.wanted(self._camera)
        if wish is None:
            self._waiting.clear()
            return
        if self._waiting and frame.time <= self._waiting[-1].time:
            self._waiting.clear()
            self._due = 0
        scene = watch.scene
        if scene is not None and (not self._due or frame.time >= self._due):
            self._due = frame.time + round(NS_PER_S / wish.per_s * 0.9)  # a little less: or every second one is missed
            with contextlib.suppress(InputError):  # damaged on its way: the next one will do
                self._waiting.append(_Waiting(frame.time, _reduced(frame, scene, wish), marks))
        self._show(watch, scene, cover)

    def _show(self, watch: CameraWatch, scene: Scene | None, cover: Cover) -> None:
        """The newest picture of which it is known whom to cover; older ones are passed over."""
        ready = None
        while self._waiting and (self._waiting[0].time <= cover.until or len(self._waiting) > MOST_WAITING):
            ready = self._waiting.popleft()
        if ready is None or ready.time > cover.until:
            return
        image = blurred(ready.image, cover.at(ready.time))
        grid = self._grid_now(watch, scene, ready.time)
        height, width = image.shape[:2]
        marks = tuple(LookMark(mark.key, _rounded(mark.box), mark.text, mark.alarm) for mark in ready.marks)
        look = Look(self._camera, ready.time, width, height, _jpeg(image), marks, grid.lines, grid.spacing_m)
        self._board.show(look)

    def _grid_now(self, watch: CameraWatch, scene: Scene | None, time: int) -> Grid:
        if scene is not None and abs(time - self._grid_at) >= GRID_EVERY_NS:
            self._grid, self._grid_at = ground_grid(watch.whereabouts, scene.view), time
        return self._grid


def _reduced(frame: Frame, scene: Scene, wish: Wish) -> Image:
    """The frame with square pixels, as wide as it is wished and no wider than it came."""
    import cv2

    image = frame.image
    width = min(wish.width, image.shape[1])
    size = width, max(round(width * scene.view.height / scene.view.width), 1)
    if image.shape[1::-1] == size:
        return image.copy()  # it is the camera's own, which may be used again
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x, y, w, h = box
    return round(x, 4), round(y, 4), round(w, 4), round(h, 4)


def _jpeg(image: Image) -> bytes:
    import cv2

    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ServiceError("a picture cannot be encoded as JPEG")
    return bytes(jpeg)
