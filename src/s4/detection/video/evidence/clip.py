"""Clip: one piece of evidence in the making: a key picture as soon as it can be blurred, and the film after it."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.ids import derive_id
from s4.core.model import Detection, Evidence, kind_of
from s4.core.ports import Vault
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.movie import Movie
from s4.detection.video.evidence.original import Original
from s4.detection.video.evidence.painter import Painter
from s4.detection.video.evidence.policy import EvidencePolicy
from s4.detection.video.evidence.shot import Shot, encoded
from s4.detection.video.evidence.unfinished import FILM, Begun, film_of

LONGEST_S: Final = 60.0
"""What goes on happening makes a clip longer, up to this after its beginning."""
MOST_WAITING: Final = 2048


class Clip:
    """What `first` started, from the shots `before` on. It ends `after_s` after the last happening that started
    within. Call `add`, `hear` and `work` as time goes on, `finish` when `done`, `drop` to give it up. When the process
    dies meanwhile, what is written is found by the next one (`unfinished`).
    """

    def __init__(self, first: Detection, before: Sequence[Shot], policy: EvidencePolicy, vault: Vault) -> None:
        self.began, self._after = first.time, round(policy.after_s * NS_PER_S)
        self._until = self.began + self._after
        ref = derive_id("ev", "video", first.source, first.happening, first.time)
        start = before[0].time if before else first.time
        self._begun = Begun(ref, kind_of(first.kind).title, start)
        self._source, self._vault, self._draft = first.source, vault, vault.draft(FILM)
        self._waiting, self._written = deque(before), 0
        self._key: list[Shot] | None = None
        self._painter, self._movie = Painter(), Movie(self._draft, in_pieces=True)
        self._closed = False
        self.heard: dict[str, Detection] = {}
        self.hear(first)
        self._original: Original | None = None
        if policy.original is not None:
            self._original = Original(vault, policy.original, f"{ref}{FILM}", first.source, start)
            for shot in before:
                self._original.add(shot)

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
        if detection.phase != "update":
            begun = msgspec.structs.replace(self._begun, heard=tuple(self.heard.values()))
            with contextlib.suppress(ServiceError):  # then an early end costs the clip, and nothing else does
                self._vault.note(self._draft, self._source, msgspec.json.encode(begun))
        return True

    def add(self, shot: Shot) -> None:
        """The next shot, if it still belongs to the clip."""
        self._closed = self._closed or shot.time > self._until or len(self._waiting) >= MOST_WAITING
        if not self._closed:
            self._waiting.append(shot)
            if self._original is not None:
                self._original.add(shot)

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
            self._written += 1

    def finish(self) -> Evidence:
        """Close the film and keep it. Raises `S4Error` when it shows nothing or cannot be kept."""
        self._movie.close()
        if self._original is not None:
            self._original.keep()
        if not self._written:
            raise ServiceError("there was no picture to show")
        kept = film_of(self._vault, self._draft, self._source, self._begun)
        self._vault.discard(self._draft)
        return kept

    def keep_key(self, jpeg: bytes) -> Evidence:
        """Keep the key picture. Raises `S4Error` or `OSError` when it cannot be kept."""
        draft = self._vault.draft(".jpg")
        draft.write_bytes(jpeg)
        what = Evidence(f"{self._begun.ref}.jpg", "frame", "image/jpeg", "", self.began, self.began, self._begun.title)
        return self._vault.keep(draft, what, self._source)

    def drop(self) -> None:
        """Give it up, and leave nothing behind."""
        self._waiting.clear()
        with contextlib.suppress(InputError):  # what it is dropped for may be just that
            self._movie.close()
        if self._original is not None:
            self._original.drop()
        self._vault.discard(self._draft)
