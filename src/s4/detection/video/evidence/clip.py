"""Clip: one piece of evidence in the making: a key picture as soon as it can be blurred, and the film after it."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.ids import derive_id
from s4.core.model import Detection, Evidence, kind_of
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.movie import Movie
from s4.detection.video.evidence.painter import Painter
from s4.detection.video.evidence.shot import Shot, encoded

LONGEST_S: Final = 60.0
"""What goes on happening makes a clip longer, up to this after its beginning."""
MOST_WAITING: Final = 2048


class Clip:
    """What `first` started, from the shots `before` on. It ends `after_s` after the last happening that started
    within. Call `add`, `hear` and `work` as time goes on, `finish` when `done`, `drop` to give it up.
    """

    def __init__(self, first: Detection, before: Sequence[Shot], after_s: float, draft: Path) -> None:
        self.began, self._after = first.time, round(after_s * NS_PER_S)
        self.ref = derive_id("ev", "video", first.source, first.happening, first.time)
        self._title, self.draft = kind_of(first.kind).title, draft
        self._until = self.began + self._after
        self._waiting = deque(before)
        self._key: list[Shot] | None = None
        self._painter, self._movie = Painter(), Movie(draft)
        self._shown: list[int] = []
        self._closed = False
        self.heard: dict[str, Detection] = {}
        self.hear(first)

    @property
    def done(self) -> bool:
        """Whether all that belongs to it is written."""
        return self._closed and not self._waiting

    def hear(self, detection: Detection) -> bool:
        """Whether what was said meanwhile belongs to the clip; what starts makes it longer while it is not closed."""
        if detection.happening not in self.heard and (detection.phase != "start" or self._closed):
            return False
        if detection.phase == "start" and not self._closed:
            self._until = min(detection.time + self._after, self.began + round(LONGEST_S * NS_PER_S))
        self.heard[detection.happening] = detection
        return True

    def add(self, shot: Shot) -> None:
        """The next shot, if it still belongs to the clip."""
        self._closed = self._closed or shot.time > self._until or len(self._waiting) >= MOST_WAITING
        if not self._closed:
            self._waiting.append(shot)

    def close(self, until: int) -> None:
        """No more shots come; those later than `until` (ns UTC), of which too little is known, are left out."""
        self._closed = True
        while self._waiting and self._waiting[-1].time > until:
            self._waiting.pop()

    def key_picture(self, cover: Cover) -> bytes | None:
        """The picture in which it started, as JPEG, the first time that it is asked for and can be blurred."""
        if self._key is None:
            self._key = [shot for shot in self._waiting if shot.time <= self.began]
        if not self._key or self._key[-1].time > cover.until:
            return None
        shots, self._key = self._key, []
        painter = Painter()
        for shot in shots:
            painter.follow(shot.marks, shot.time)
        return encoded(shots[-1].shown(cover.at(shots[-1].time), painter, self._source))

    def work(self, cover: Cover, most: int) -> None:
        """Blur, draw and write up to `most` of the shots that wait. Cost: about 12 ms each for 640 × 480."""
        for _ in range(most):
            if not self._waiting or self._waiting[0].time > cover.until:
                return
            shot = self._waiting.popleft()
            self._movie.add(shot.shown(cover.at(shot.time), self._painter, self._source), shot.time)
            self._shown.append(shot.time)

    def finish(self) -> Evidence:
        """Close the film and say what it is; the draft is then whole. Raises `ServiceError` when it shows nothing."""
        self._movie.close()
        if not self._shown:
            raise ServiceError("there was no picture to show")
        return Evidence(
            f"{self.ref}.mp4", "clip", "video/mp4", "", self._shown[0], self._shown[-1], self._title
        )  # fmt: skip

    def key_evidence(self) -> Evidence:
        """What the key picture is."""
        return Evidence(f"{self.ref}.jpg", "frame", "image/jpeg", "", self.began, self.began, self._title)

    def drop(self) -> None:
        """Give it up, and leave nothing behind."""
        self._waiting.clear()
        with contextlib.suppress(InputError):  # what it is dropped for may be just that
            self._movie.close()
        self.draft.unlink(missing_ok=True)

    @property
    def _source(self) -> str:
        return next(iter(self.heard.values())).source
