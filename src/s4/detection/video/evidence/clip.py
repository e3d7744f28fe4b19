"""Clip: one piece of evidence in the making: what belongs to it, and to whom it is handed to be made a film of."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Final

import msgspec

from s4.core.clock import NS_PER_S
from s4.core.errors import ServiceError
from s4.core.ids import derive_id
from s4.core.model import Detection, Evidence, kind_of
from s4.core.ports import Vault
from s4.detection.video.evidence.cover import Cover
from s4.detection.video.evidence.film import LATE_NS, Film
from s4.detection.video.evidence.original import Original
from s4.detection.video.evidence.policy import EvidencePolicy
from s4.detection.video.evidence.shot import Shot
from s4.detection.video.evidence.unfinished import FILM, Begun

LONGEST_S: Final = 60.0
"""What goes on happening makes a clip longer, up to this after its beginning."""
MOST_WAITING: Final = 2048


class Clip:
    """What `first` started, from the shots `before` on. It ends `after_s` after the last happening that started
    within. Call `add`, `hear` and `go_on` as time goes on, until `done`, or `drop` to give it up. When the process
    dies meanwhile, what is written is found by the next one (`unfinished`). `room`: where the film is made.
    """

    def __init__(
        self,
        first: Detection,
        before: Sequence[Shot],
        policy: EvidencePolicy,
        vault: Vault,
        room: Executor | None = None,
    ) -> None:
        self._began, self._after = first.time, round(policy.after_s * NS_PER_S)
        self._until = self._began + self._after
        ref = derive_id("ev", "video", first.source, first.happening, first.time)
        start = before[0].time if before else first.time
        self._begun = Begun(ref, kind_of(first.kind).title, start)
        self._source, self._vault = first.source, vault
        self._waiting = deque(before)
        self._key = [shot for shot in before if shot.time <= self._began]
        self.closed = False
        self.heard: dict[str, Detection] = {}
        self._original: Original | None = None
        if policy.original is not None:
            self._original = Original(vault, policy.original, f"{ref}{FILM}", first.source, start)
        late = self._began - start + LATE_NS
        self._film = Film(self._begun, self._source, vault, original=self._original, room=room, late=late)
        self.hear(first)
        if self._original is not None:
            for shot in before:
                self._original.add(shot)

    @property
    def handed_over(self) -> bool:
        """Whether all that belongs to it is with who makes the film."""
        return self.closed and not self._waiting

    @property
    def done(self) -> bool:
        """Whether all that comes of it was given."""
        return self._film.done

    def hear(self, detection: Detection) -> bool:
        """Whether what was said meanwhile belongs to the clip; what starts makes it longer while it is not closed."""
        if detection.happening not in self.heard and (detection.phase != "start" or self.closed):
            return False
        if detection.phase == "start" and not self.closed:
            self._until = min(detection.time + self._after, self._began + round(LONGEST_S * NS_PER_S))
        self.heard[detection.happening] = detection
        if detection.phase != "update" and not self.handed_over:
            begun = msgspec.structs.replace(self._begun, heard=tuple(self.heard.values()))
            with contextlib.suppress(ServiceError):  # then an early end costs the clip, and nothing else does
                self._vault.note(self._film.draft, self._source, msgspec.json.encode(begun))
        return True

    def add(self, shot: Shot) -> None:
        """The next shot, if it still belongs to the clip."""
        many = len(self._waiting) + self._film.waiting >= MOST_WAITING
        self.closed = self.closed or shot.time > self._until or many
        if not self.closed:
            self._waiting.append(shot)
            if self._original is not None:
                self._original.add(shot)

    def close(self, until: int) -> None:
        """No more shots come; those later than `until` (ns UTC), of which too little is known, are left out."""
        self.closed = True
        while self._waiting and self._waiting[-1].time > until:
            self._waiting.pop()

    def go_on(self, cover: Cover, most: int) -> list[Evidence]:
        """Hand over the shots of which it is known whom to cover; gives what is finished: the key picture, the film.

        `most`: shots to work on, where the film is made in this thread, at about 6 ms each for 640 × 480. Raises
        `S4Error` or `OSError` when it shows nothing or cannot be kept.
        """
        if self._key and self._key[-1].time <= cover.until:
            shots, self._key = self._key, []
            self._film.key(shots, cover.at(shots[-1].time), self._began)
        while self._waiting and self._waiting[0].time <= cover.until:
            shot = self._waiting.popleft()
            self._film.add(shot, cover.at(shot.time))
        if self.handed_over:
            self._film.end()
        return self._film.go_on(most)

    def drop(self) -> None:
        """Give it up, and leave nothing behind."""
        self._waiting.clear()
        self._film.drop()
