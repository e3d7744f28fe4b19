"""Recordings of one camera, one after the other → its frames, for work off line: as fast as they are consumed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.model import Frame
from s4.sensing.video import Size, Video, to_bgr


class Recording:
    """The frames of some files as if one camera had taken them without a break.

    `fps`: true pictures a second where the container lies (0: by the container's own times). `trouble` is told of a
    file that cannot be read, or breaks off; what could be decoded of it stays, and the others go on. Frames are never
    dropped; one is in memory at a time.
    """

    def __init__(self, files: Sequence[Path], *, fps: float = 0.0, trouble: Callable[[InputError], None]) -> None:
        self._files, self._fps, self._trouble = files, fps, trouble
        self._number, self._next = 0, 0

    def frames(self) -> Iterator[Frame]:
        """Every picture, at its file's size; `number` counts from 0 over all files, `time` from 0 ns."""
        for file in self._files:
            before = self._number
            try:
                yield from self._of(file)
            except InputError as error:
                self._trouble(error)
            except ServiceError as error:
                self._trouble(InputError(str(error).removeprefix(f"{file}: "), file=str(file)))
            else:
                if self._number == before:
                    self._trouble(InputError("holds no picture", file=str(file)))

    def _of(self, file: Path) -> Iterator[Frame]:
        with Video(os.fspath(file), 10.0) as video:
            start, interval = self._next, round(NS_PER_S / self._fps) if self._fps else video.interval
            for index, (since, picture) in enumerate(video.pictures()):
                time = start + (index * interval if self._fps else since)
                number, self._number, self._next = self._number, self._number + 1, time + interval
                yield Frame(file.stem, "", number, time, to_bgr(picture, Size()))
