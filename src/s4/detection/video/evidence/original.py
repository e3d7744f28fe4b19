"""Original: the un-blurred pictures of one clip, sealed while they come; and how they become a film once opened."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, S4Error
from s4.core.model import Evidence
from s4.core.ports import Vault
from s4.detection.video.evidence.movie import Movie
from s4.detection.video.evidence.policy import OriginalPolicy
from s4.detection.video.evidence.shot import Shot
from s4.shield.sealed import ORIGINAL, About, Sealer

DAY_NS: Final = 86_400 * NS_PER_S
_TIME: Final = 8  # bytes before the picture: its time

_log: Final = logging.getLogger(__name__)


class Original:
    """The original of the clip `ref` of camera `source`. What goes wrong with it costs the original, not the clip.

    Cost: about 0.1 ms a picture, and its size as JPEG on the disk.
    """

    def __init__(self, vault: Vault, policy: OriginalPolicy, ref: str, source: str, start: int) -> None:
        self._vault, self._source = vault, source
        self._about = About(ref, source, start, start + round(policy.keep_days * DAY_NS))
        self._end = start
        self.draft: Path | None = None
        self._sealer: Sealer | None = None
        try:
            self.draft = vault.draft(ORIGINAL)
            self._sealer = Sealer(self.draft, self._about, policy.holders)
            vault.note(self.draft, source, b"")
        except S4Error as error:
            self._give_up(error)

    def add(self, shot: Shot) -> None:
        """The next picture."""
        if self._sealer is not None:
            try:
                self._sealer.add(shot.time.to_bytes(_TIME, "big", signed=True) + shot.jpeg)
                self._end = shot.time
            except S4Error as error:
                self._give_up(error)

    def keep(self) -> None:
        """No more pictures come: keep it, signed."""
        if self._sealer is None or self.draft is None:
            return
        try:
            self._sealer.close()
            self._vault.keep(self.draft, piece_of(self._about, self._end), self._source)
            self._sealer = self.draft = None
        except S4Error as error:
            self._give_up(error)

    def drop(self) -> None:
        """Give it up, and leave nothing behind."""
        if self._sealer is not None:
            self._sealer.abandon()
            self._sealer = None
        if self.draft is not None:
            self._vault.discard(self.draft)
            self.draft = None

    def _give_up(self, error: S4Error) -> None:
        _log.warning("no original of %s: %s", self._source, error)
        self.drop()


def piece_of(about: About, end: int) -> Evidence:
    """What a sealed original is to the vault: evidence that never leaves its site. `end`: of it, ns UTC."""
    name = Path(about.ref).stem + ORIGINAL
    return Evidence(name, "clip", "application/octet-stream", "", about.start, end, "Original", anonymised=False)


def develop(records: Iterable[bytes], path: Path) -> int:
    """Write the pictures of an opened original as an MP4 to `path`; returns how many there are.

    Raises `InputError` for a record that is no picture, and what `records` raises, after what came before is written.
    """
    import cv2

    count = 0
    with Movie(path) as movie:
        for record in records:
            image = cv2.imdecode(np.frombuffer(record[_TIME:] or b"\0", np.uint8), cv2.IMREAD_COLOR)
            if image is None:
                raise InputError(f"record {count} is no picture")
            movie.add(np.asarray(image, np.uint8), int.from_bytes(record[:_TIME], "big", signed=True))
            count += 1
    return count
