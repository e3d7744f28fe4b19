"""Film: the work on one clip, which may wait: key picture and film are made and kept while the camera goes on."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.model import Evidence
from s4.core.ports import Vault
from s4.detection.video.evidence.movie import Movie
from s4.detection.video.evidence.original import Original
from s4.detection.video.evidence.painter import Painter
from s4.detection.video.evidence.sheet import Sheets
from s4.detection.video.evidence.shot import Shot, encoded, stamp
from s4.detection.video.evidence.unfinished import FILM, Begun, film_of
from s4.detection.video.picture import Mask

AT_ONCE: Final = 16
"""Pictures of one film before another camera's turn."""
LATE_NS: Final = 10 * NS_PER_S
"""How far behind a film may be, beside what it shows of the time before the start."""
NICENESS: Final = 10


@cache
def darkroom() -> Executor:
    """The one thread in which this process makes the films of all its live cameras, after those who detect."""
    return ThreadPoolExecutor(1, "films", initializer=_step_back)


def _step_back() -> None:
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class _Exposed(NamedTuple):
    shot: Shot
    cover: bytes
    shape: tuple[int, ...]

    @classmethod
    def of(cls, shot: Shot, cover: Mask) -> _Exposed:
        return cls(shot, np.packbits(cover).tobytes(), cover.shape)

    def mask(self) -> Mask:
        bits = np.unpackbits(np.frombuffer(self.cover, np.uint8), count=int(np.prod(self.shape)))
        return bits.reshape(self.shape).view(np.bool_)


class Film:
    """What is made of the shots of a clip, at `draft` first. `room`: where it is made; None: by `go_on`, a little each
    time. `original`: is kept when the film is. A film that falls behind by `late` (ns) gets every second picture only.

    Its methods are called by the camera's thread alone.
    """

    def __init__(
        self, begun: Begun, source: str, vault: Vault, *, original: Original | None, room: Executor | None, late: int
    ) -> None:
        self._begun, self._source, self._vault, self._original = begun, source, vault, original
        self._room, self._late = room, late
        self.draft = vault.draft(FILM)
        self._movie, self._painter, self._sheets = Movie(self.draft, in_pieces=True), Painter(), Sheets()
        self._exposed: deque[_Exposed] = deque()
        self._key: tuple[Sequence[Shot], _Exposed, int] | None = None
        self._made: deque[Evidence] = deque()
        self._ended = self._over = self._left_out = False
        self._until, self._written = begun.start, 0
        self._working: Future[None] | None = None

    @property
    def waiting(self) -> int:
        """How many shots are not in the film yet."""
        return len(self._exposed)

    @property
    def done(self) -> bool:
        """Whether all that came of it was given."""
        return self._over and not self._made

    def key(self, shots: Sequence[Shot], cover: Mask, time: int) -> None:
        """Make a picture of the last of these, which stands for `time`; the others tell the ways that lead there."""
        self._key = shots, _Exposed.of(shots[-1], cover), time

    def add(self, shot: Shot, cover: Mask) -> None:
        """The next shot, and what is to be covered in it."""
        self._left_out = shot.time - self._until > self._late and not self._left_out
        if not self._left_out:
            self._exposed.append(_Exposed.of(shot, cover))

    def end(self) -> None:
        """No more shots come."""
        self._ended = True

    def go_on(self, most: int) -> list[Evidence]:
        """Work on `most` shots, or see that it is worked on; gives what is finished.

        Raises what went wrong meanwhile: `S4Error`, `OSError`.
        """
        if self._room is None:
            self._work(most)
        elif self._working is None or self._working.done():
            if self._working is not None:
                self._working.result()
            if self._key or self._exposed or (self._ended and not self._over):
                self._working = self._room.submit(self._work, AT_ONCE)
        return [self._made.popleft() for _ in range(len(self._made))]

    def drop(self) -> None:
        """Give it up, once nobody works on it, and leave nothing behind."""
        self._exposed.clear()
        if self._working is not None:
            wait((self._working,))
        with contextlib.suppress(InputError):  # what it is dropped for may be just that
            self._movie.close()
        if self._original is not None:
            self._original.drop()
        self._vault.discard(self.draft)

    # In whatever thread has the time

    def _work(self, most: int) -> None:
        if self._key is not None:
            key, self._key = self._key, None
            self._keep_key(*key)
        for _ in range(most):
            if not self._exposed:
                break
            self._write(self._exposed.popleft())
        if self._ended and not self._exposed and not self._over:
            self._made.append(self._finished())
            self._over = True

    def _write(self, one: _Exposed) -> None:
        shot = one.shot
        sheet = self._sheets.of(shot.jpeg)
        if sheet is not None:
            sheet.cover(one.mask())
            self._painter.paint(sheet.layers, shot.marks, shot.time, stamp(self._source, shot.time))
            self._movie.add_frame(sheet.frame, shot.time)
            self._written += 1
        self._until = shot.time

    def _keep_key(self, shots: Sequence[Shot], last: _Exposed, time: int) -> None:
        painter = Painter()
        for shot in shots:
            painter.follow(shot.marks, shot.time)
        image = last.shot.shown(last.mask(), painter, self._source)
        if image is None:
            return
        draft = self._vault.draft(".jpg")
        draft.write_bytes(encoded(image))
        what = Evidence(f"{self._begun.ref}.jpg", "frame", "image/jpeg", "", time, time, self._begun.title)
        self._made.append(self._vault.keep(draft, what, self._source))

    def _finished(self) -> Evidence:
        self._movie.close()
        if self._original is not None:
            self._original.keep()
        if not self._written:
            raise ServiceError("there was no picture to show")
        kept = film_of(self._vault, self.draft, self._source, self._begun)
        self._vault.discard(self.draft)
        return kept
