"""Recordings of one camera, one after the other → its frames, for work off line: as fast as they are consumed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.core.model import Frame
from s4.sensing.convert import NOTHING, Size, frame_of, turn_of
from s4.sensing.video import Video

SLACK_S: Final = 1.0  # that a file may end before it says: its last picture may stand for as long
SHORT: Final = 0.98  # share of the pictures promised by a container below which the file counts as cut off


class Recording:
    """The frames of some files as if one camera had taken them without a break.

    `fps`: true pictures a second where the container lies (0: by the container's own times); `width`: pictures are
    handed on at most so wide, px (0: as they are). `trouble` is told of a file that cannot be read, breaks off, or is
    damaged; what could be decoded of it stays, and the others go on. Frames are never dropped; one is in memory at a
    time.
    """

    def __init__(
        self, files: Sequence[Path], *, fps: float = 0.0, width: int = 0, trouble: Callable[[InputError], None]
    ) -> None:
        self._files, self._fps, self._trouble = files, fps, trouble
        self._size = Size(width=width)
        self._number, self._next = 0, 0

    def frames(self) -> Iterator[Frame]:
        """Every picture, upright; `number` counts from 0 over all files, `time` from 0 ns."""
        for file in self._files:
            try:
                yield from self._of(file)
            except InputError as error:
                self._trouble(error)
            except ServiceError as error:
                self._trouble(InputError(str(error).removeprefix(f"{file}: "), file=str(file)))

    def _of(self, file: Path) -> Iterator[Frame]:
        with Video(os.fspath(file), 10.0) as video:
            before, since = self._number, 0
            start, interval = self._next, round(NS_PER_S / self._fps) if self._fps else video.interval
            for index, (since, picture) in enumerate(video.pictures()):
                time = start + (index * interval if self._fps else since)
                number, self._number, self._next = self._number, self._number + 1, time + interval
                size, aspect = (picture.width, picture.height), video.pixel_aspect
                frame = Frame(file.stem, "", number, time, NOTHING, size, turn_of(picture), aspect)
                yield frame_of(frame, picture, self._size)
            self._judge(file, video, self._number - before, (since + video.interval) / NS_PER_S)

    def _judge(self, file: Path, video: Video, count: int, lasted_s: float) -> None:
        """Say what was wrong with a file that was read to its end."""
        if not count:
            raise InputError(
                "holds no picture that can be decoded" if video.damaged else "holds no picture", file=str(file)
            )
        if count < SHORT * video.promised - 1:
            raise InputError(f"breaks off after {count} of {video.promised} pictures", file=str(file))
        if lasted_s < SHORT * video.promised_s - SLACK_S:
            raise InputError(f"breaks off after {lasted_s:.1f} of {video.promised_s:.1f} s", file=str(file))
        if video.damaged:
            raise InputError(f"{video.damaged} damaged pictures were left out, {count} read", file=str(file))
