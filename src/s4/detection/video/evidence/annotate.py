"""Annotate: a recording as it may be shown, with everybody blurred and what was found drawn in, as one MP4."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np

from s4.core.errors import InputError
from s4.core.model import Detection, Frame
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.movie import Movie
from s4.detection.video.evidence.overlay import Overlay
from s4.detection.video.evidence.painter import Painter
from s4.detection.video.evidence.shot import Shot
from s4.detection.video.picture import Mask
from s4.detection.video.scene import Scene

WIDEST: Final = 1920
MOST_WAITING: Final = 600
"""Pictures that wait for the next analysed one; what has to go before is covered wholly."""
EVERYTHING: Final[Mask] = np.ones((1, 1), np.bool_)


class Annotator:
    """Writes every picture of a recording to `path`; use it in `with`. Pictures of another size than the first are
    brought to its size; none is wider than 1920 px.

    Raises `InputError` when the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._movie: Movie | None = None
        self._cover, self._overlay, self._painter = Cover(keep_s=0.0), Overlay(), Painter()
        self._waiting: deque[Shot] = deque()
        self._size, self._source = (0, 0), ""

    def __enter__(self) -> Annotator:
        self._movie = Movie(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        movie, self._movie = self._movie, None
        if movie is not None:
            with movie:
                while self._waiting:
                    self._write(movie, self._waiting.popleft())

    def show(self, frame: Frame, scene: Scene | None, found: Sequence[Detection]) -> None:
        """The next picture, the scene if it was analysed, and what was found in it."""
        if scene is not None:
            self._cover.see(scene)
            self._overlay.see(scene, found)
        if not self._size[0]:
            self._size, self._source = shown_size(frame, scene, WIDEST), frame.source
        self._waiting.append(Shot.of(frame, self._overlay.marks, self._size))
        while self._movie and self._waiting and self._may_go(self._waiting[0]):
            self._write(self._movie, self._waiting.popleft())

    def _may_go(self, shot: Shot) -> bool:
        return shot.time <= self._cover.until or len(self._waiting) > MOST_WAITING

    def _write(self, movie: Movie, shot: Shot) -> None:
        late = shot.time > self._cover.until and len(self._waiting) >= MOST_WAITING
        cover = EVERYTHING if late else self._cover.at(shot.time)
        image = shot.shown(cover, self._painter, self._source)
        if image is not None:
            movie.add(image, shot.time)


@contextlib.contextmanager
def annotating(path: Path | None, recordings: Sequence[Path]) -> Iterator[Callable[..., None] | None]:
    """`Annotator.show` for a movie at `path`; None without one. Raises `InputError` when it is one of `recordings`."""
    if path is None:
        yield None
        return
    if path.exists() and any(one.exists() and one.samefile(path) for one in recordings):
        raise InputError("is the recording itself: choose another file", file=str(path))
    with Annotator(path) as annotator:
        yield annotator.show


def shown_size(frame: Frame, scene: Scene | None, widest: int) -> tuple[int, int]:
    """The size (width, height) at which a frame has square pixels and is at most `widest` px wide; even numbers."""
    height, width = frame.shape[:2]
    across, down = (scene.view.width, scene.view.height) if scene else (width, height)
    wide = min(width, widest)
    return max(wide // 2 * 2, 2), max(round(wide * down / across) // 2 * 2, 2)
