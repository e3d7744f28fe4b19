"""Movie: pictures → an H.264 MP4 that browsers play, each picture at its own time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import numpy as np

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.detection.video.picture import Image

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

TICKS: Final = 90_000
"""A second, in the times of the file."""
NOMINAL_FPS: Final = 25
QUALITY: Final = 26  # x264's constant rate factor: smaller is better and larger
KEY_EVERY: Final = 50  # pictures
_INDEX_FIRST: Final = {"movflags": "+faststart"}
"""The index goes to the front, so that a browser can begin before it has everything."""
_IN_PIECES: Final = {
    "movflags": "+frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000", "flush_packets": "1",
}  # fmt: skip
"""A piece a second (µs), each readable without those after it and on its way to the disk at once."""
_OPTIONS: Final = {
    "preset": "ultrafast", "tune": "zerolatency", "x264-params": "cabac=1:deblock=1,0,0", "crf": str(QUALITY),
    "g": str(KEY_EVERY),
}  # fmt: skip
"""Most of a fixed camera's picture stays, and takes no search. Nothing is held back, in memory or from a kill."""


class Movie:
    """A file being written; use it in `with`. All pictures must have the size of the first. `in_pieces`: what is
    written can be read though it is never finished (`mended` makes a usual file of it).

    An odd size loses its last row or column: H.264 halves the colours. Raises `InputError` when the file cannot be
    written. Cost: about 2 ms a picture of 640 × 480 on one core.
    """

    def __init__(self, path: Path, *, in_pieces: bool = False) -> None:
        self._path, self._options = path, _IN_PIECES if in_pieces else _INDEX_FIRST
        self._container = self._open()
        self._stream: VideoStream | None = None
        self._first, self._last, self._size = 0, -1, (0, 0)

    def _open(self) -> av.container.OutputContainer:
        import av

        with self._explained():
            self._path.write_bytes(b"")  # FFmpeg opens it only with the first picture: too late to complain
            return av.open(os.fspath(self._path), "w", format="mp4", options=self._options)

    def __enter__(self) -> Movie:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, image: Image, time: int) -> None:
        """The picture (uint8[height, width, 3], BGR) that is shown from `time` (ns) on; one not later is left out."""
        import av
        import cv2

        height, width = (side - side % 2 for side in image.shape[:2])
        halved = np.asarray(cv2.cvtColor(image[:height, :width], cv2.COLOR_BGR2YUV_I420), np.uint8)
        self.add_frame(av.VideoFrame.from_ndarray(halved, format="yuv420p"), time)

    def add_frame(self, frame: av.VideoFrame, time: int) -> None:
        """The same with a picture that is halved already: yuv420p, of even sides."""
        width, height = frame.width, frame.height
        if self._stream is None:
            self._stream = self._begin(width, height)
            self._first, self._size = time, (width, height)
        tick = round((time - self._first) * TICKS / NS_PER_S)
        if tick <= self._last:
            return
        if (width, height) != self._size:
            raise InputError(f"is of {width} × {height} px, not {self._size[0]} × {self._size[1]}", field="picture")
        self._last = tick
        frame.pts, frame.time_base = tick, Fraction(1, TICKS)
        with self._explained():
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file; without a picture there is none."""
        with self._explained():
            if self._stream is not None:
                self._container.mux(self._stream.encode())
            self._container.close()
            if self._stream is None:
                self._path.unlink(missing_ok=True)

    def _begin(self, width: int, height: int) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=NOMINAL_FPS, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS)
        stream.thread_count = 1  # the city has more cameras than cores
        return stream

    def _explained(self) -> contextlib.AbstractContextManager[None]:
        return _explained(self._path)


def mended(path: Path, new: Path) -> float:
    """Write what can be read of a film in pieces to `new`, as a usual one, without encoding it anew; returns the time
    (s) of its last picture after the first. Raises `InputError` when there is no picture in it.
    """
    import av

    first, last = -1, 0.0
    with (
        _explained(path),
        av.open(os.fspath(path)) as old,
        av.open(os.fspath(new), "w", format="mp4", options=_INDEX_FIRST) as made,
    ):
        if old.streams.video:
            stream = made.add_stream_from_template(old.streams.video[0])
            for pts, dts, packet in _packets(old):
                first = pts if first < 0 else first  # it came later by as much as the encoder holds back
                packet.pts, packet.dts, packet.stream = pts - first, dts - first, stream
                last = max(last, float((pts - first) * packet.time_base))
                made.mux(packet)
    if first < 0:
        raise InputError("has no picture", file=str(path))
    return last


def _packets(film: av.container.InputContainer) -> Iterator[tuple[int, int, av.Packet[VideoStream]]]:
    """What can be read, with its times; a piece that was cut off is where it ends."""
    import av

    with contextlib.suppress(av.error.FFmpegError):
        for packet in film.demux(film.streams.video[0]):
            if packet.pts is not None and packet.dts is not None and not packet.is_corrupt:
                yield packet.pts, packet.dts, packet


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    import av

    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=str(path)) from error
