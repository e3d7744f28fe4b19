"""Opening and decoding video with FFmpeg (PyAV): one file or stream → pictures with the time they stand for."""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError
from s4.sensing.still import Still, Stills

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

MOST_PIXELS: Final = 8192 * 8192
MOST_BYTES: Final = 384 << 20
"""The largest block that FFmpeg may ask for; 8192 × 8192 px in full colour take 192 MiB."""
_MOST_STILL: Final = 64 << 20
"""Bytes of a picture of motion JPEG beyond which it is not held."""
LEAST_SIDE: Final = 16
LONGEST: Final = 8  # times the other side: no lens makes more, and little would be left of it once it is reduced
SLOWEST, FASTEST, USUAL = 0.01, 1000.0, 25.0  # pictures a second: what a container may claim, and what is taken if not
LIVE: Final = re.compile(r"(?:rtsps?|https?|onvifs?)://|/dev/video\d+$", re.IGNORECASE)
_SECRET: Final = re.compile(r"//[^/@]*@|\?.*$")
_PROTOCOLS: Final = {
    "rtsp": "rtsp,rtp,udp,tcp", "rtsps": "rtsps,rtsp,rtp,srtp,udp,tcp,tls,crypto", "http": "http,tcp",
    "https": "https,tls,tcp,crypto", "file": "file",
}  # fmt: skip
_PLAYLISTS: Final = ("hls", "dash", "concat", "imf")
_TEXTS: Final = ("tty", "bin", "xbin", "adf", "idf")
"""What FFmpeg draws as the screen of a terminal: any long text will do for that."""
_DURATION: Final = re.compile(r"(\d{1,6}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)")
_UNITS_S: Final = 3600, 60, 1
_RETRY: Final = 64
"""Damaged packets in a row after which a stream counts as lost."""


def redacted(url: str) -> str:
    """The address without user, password and query, fit for logs.

    >>> redacted("rtsp://admin:1234@10.0.0.7/stream1?token=x")
    'rtsp://10.0.0.7/stream1'
    """
    return _SECRET.sub(lambda match: "//" if match[0].startswith("//") else "", url)


class Video:
    """An open video; `damaged` counts the pictures that could not be decoded. Close it, or use it in `with`.

    `keys_only`: only pictures that stand by themselves are decoded, mostly one a second or two, for much less work.
    `stills`: pictures of motion JPEG are handed on as they came, to be decoded by who looks at them.
    Raises `ServiceError` when it cannot be opened or breaks off, `InputError` when it holds no video we take.
    """

    def __init__(self, url: str, timeout_s: float, *, keys_only: bool = False, stills: bool = False) -> None:
        self.name, self.damaged = redacted(url), 0
        self._container = _open(url, self.name, timeout_s)
        try:
            self._stream = self._video_stream()
            if keys_only:
                self._stream.codec_context.skip_frame = "NONKEY"
            jpegs = stills and self._stream.codec_context.name == "mjpeg"
            self._stills = Stills(self.name) if jpegs else None
        except InputError:
            self._container.close()
            raise

    def _video_stream(self) -> Any:
        kind = self._container.format.name.split(",")[0]
        if kind in _PLAYLISTS:
            raise InputError("is a playlist that names other files, not a video", file=self.name)
        if kind in _TEXTS:
            raise InputError("is text, not a video", file=self.name)
        stream: Any = next((one for one in self._container.streams.video if not _is_sleeve(one)), None)
        if stream is None:
            raise InputError("holds no video", file=self.name)
        if stream.codec_context is None or not (stream.width and stream.height):
            raise InputError("holds video in a coding that cannot be decoded here", file=self.name)
        self._check_size(stream.width, stream.height)
        stream.thread_count = 1  # the city has more cameras than cores
        return stream

    def _check_size(self, width: int, height: int) -> None:
        if width * height > MOST_PIXELS:
            raise InputError(f"pictures of {width} × {height} px are too large", file=self.name)
        if min(width, height) < LEAST_SIDE:
            raise InputError(f"pictures of {width} × {height} px are too small to show anything", file=self.name)
        if max(width, height) > LONGEST * min(width, height):
            raise InputError(f"pictures of {width} × {height} px are too narrow to show anything", file=self.name)

    def __enter__(self) -> Video:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or connection."""
        self._container.close()

    @property
    def interval(self) -> int:
        """Nanoseconds from one picture to the next by the container's average rate; 1/25 s when it has none."""
        for rate in (self._stream.average_rate, self._stream.guessed_rate):
            if rate and SLOWEST <= rate <= FASTEST:
                return int(NS_PER_S / rate + 0.5)
        return int(NS_PER_S / USUAL)

    @property
    def pixel_aspect(self) -> float:
        """Width ÷ height of one pixel, as the container or the codec declares it; 0 when neither does."""
        return float(self._stream.sample_aspect_ratio or 0.0)

    @property
    def promised(self) -> int:
        """How many pictures the container says it holds; 0 when it does not say."""
        return max(int(self._stream.frames), 0)

    @property
    def promised_s(self) -> float:
        """How long the video lasts, seconds, as Matroska says of each of its streams; 0 where nothing does."""
        found = _DURATION.fullmatch(self._stream.metadata.get("DURATION", ""))
        parts = found.groups() if found else ()
        return sum(float(part) * unit for part, unit in zip(parts, _UNITS_S, strict=False))

    def pictures(self) -> Iterator[tuple[int, av.VideoFrame | Still]]:
        """Yield (ns since the first picture, picture); times grow strictly. Damaged packets are skipped."""
        first, last = None, -1
        for picture in self._decoded():
            if picture.pts is None or picture.time_base is None:
                since = last + self.interval if last >= 0 else 0
            else:
                at = int(picture.pts * picture.time_base * NS_PER_S)
                first = at if first is None else first
                since = at - first
            last = since if since > last else last + self.interval
            yield last, picture

    def _decoded(self) -> Iterator[av.VideoFrame | Still]:
        import av

        packets, in_a_row = self._container.demux(self._stream), 0
        while True:
            try:
                pictures = self._pictures_of(next(packets))
            except (StopIteration, av.error.EOFError):
                return
            except av.error.InvalidDataError as error:
                self.damaged, in_a_row = self.damaged + 1, in_a_row + 1
                if in_a_row > _RETRY:
                    raise ServiceError(f"{self.name}: too many damaged pictures in a row") from error
                packets = self._container.demux(self._stream)  # the one that failed has ended
                continue
            except (av.error.FFmpegError, OSError) as error:
                raise ServiceError(f"{self.name}: the video broke off ({_said(error)})") from error
            for picture in pictures:
                in_a_row = 0
                self._check_size(picture.width, picture.height)
                yield picture

    def _pictures_of(self, packet: av.Packet[VideoStream]) -> Sequence[av.VideoFrame | Still]:
        held = self._stills is not None and 0 < packet.size <= _MOST_STILL
        still = self._stills.of(bytes(packet)) if self._stills is not None and held else None
        return packet.decode() if still is None else [still]


def _open(url: str, name: str, timeout_s: float) -> InputContainer:
    import av

    _bound_memory()
    scheme = url.partition("://")[0].lower() if "://" in url else "file"
    options = {"protocol_whitelist": _PROTOCOLS.get(scheme, "file")}
    if scheme in {"rtsp", "rtsps"}:
        options |= {"rtsp_transport": "tcp", "fflags": "nobuffer"}
    kind = "v4l2" if url.startswith("/dev/video") else None
    if scheme == "file" and kind is None:
        _check_file(url, name)
    address = f"file:{url}" if scheme == "file" and kind is None else url  # a colon in a file's name is no protocol
    try:
        wait = timeout_s, timeout_s
        return av.open(address, format=kind, options=options, metadata_errors="replace", timeout=wait)
    except (av.error.FFmpegError, OSError) as error:
        raise ServiceError(f"{name}: cannot be opened ({_said(error)})") from error


def _check_file(path: str, name: str) -> None:
    """A pipe would be waited for without an end, and a pattern would open other files than the one that is named."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError as error:
        raise InputError("there is no such video", file=name) from error
    except (OSError, ValueError) as error:
        raise ServiceError(f"{name}: cannot be opened ({_said(error)})") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"is a {'folder' if stat.S_ISDIR(mode) else 'pipe or device'}, not a video", file=name)


def _is_sleeve(stream: VideoStream) -> bool:
    """Whether it is the picture that goes with a sound recording."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


@cache
def _bound_memory() -> None:
    """Of a stream that says that a picture of 2 GB comes, or never ends one, FFmpeg would hold all that comes.

    Its own bound (`av_max_alloc`) is for the whole process and not among what PyAV offers; where it cannot be found,
    there is none.
    """
    import ctypes

    import av

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(av._core.__file__).av_max_alloc(ctypes.c_size_t(MOST_BYTES))


def _said(error: Exception) -> str:
    import av

    if isinstance(error, av.error.ExitError):
        return "nothing came in time"
    return (getattr(error, "strerror", None) or type(error).__name__)[:120]
