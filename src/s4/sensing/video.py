"""Opening and decoding video with FFmpeg (PyAV): one file or stream → pictures with the time they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError, ServiceError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

MOST_PIXELS: Final = 8192 * 8192
LIVE: Final = re.compile(r"(?:rtsps?|https?)://|/dev/video\d+$", re.IGNORECASE)
_SECRET: Final = re.compile(r"//[^/@]*@|\?.*$")
_PROTOCOLS: Final = {
    "rtsp": "rtsp,rtp,udp,tcp", "rtsps": "rtsps,rtsp,rtp,srtp,udp,tcp,tls,crypto", "http": "http,tcp",
    "https": "https,tls,tcp,crypto", "file": "file",
}  # fmt: skip
_PLAYLISTS: Final = ("hls", "dash", "concat", "imf")
_RETRY: Final = 64
"""Damaged packets in a row after which a stream counts as lost."""


class Size(NamedTuple):
    """How pictures are resized: `aspect` is a factor on the height, `width` the widest allowed (0 = as it is)."""

    aspect: float = 1.0
    width: int = 0

    def of(self, width: int, height: int) -> tuple[int, int]:
        """The size of a picture that comes as `width` × `height`, px, never enlarged.

        >>> Size(aspect=0.5, width=360).of(720, 1152)
        (360, 288)
        """
        scale = min(1.0, self.width / width) if self.width else 1.0
        return max(1, round(width * scale)), max(1, round(height * scale * self.aspect))


def redacted(url: str) -> str:
    """The address without user, password and query, fit for logs.

    >>> redacted("rtsp://admin:1234@10.0.0.7/stream1?token=x")
    'rtsp://10.0.0.7/stream1'
    """
    return _SECRET.sub(lambda match: "//" if match[0].startswith("//") else "", url)


class Video:
    """An open video. `times`: ns since its first picture. Close it, or use it in `with`.

    Raises `ServiceError` when it cannot be opened or breaks off, `InputError` when it holds no video we take.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self.name = redacted(url)
        self._container = _open(url, self.name, timeout_s)
        try:
            self._stream = self._video_stream()
        except InputError:
            self._container.close()
            raise

    def _video_stream(self) -> Any:
        if self._container.format.name.split(",")[0] in _PLAYLISTS:
            raise InputError("is a playlist that names other files, not a video", file=self.name)
        if not self._container.streams.video:
            raise InputError("holds no video", file=self.name)
        stream = self._container.streams.video[0]
        if stream.width * stream.height > MOST_PIXELS:
            raise InputError(f"pictures of {stream.width} × {stream.height} px are too large", file=self.name)
        stream.thread_count = 1  # the city has more cameras than cores
        return stream

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
        rate = self._stream.average_rate or self._stream.guessed_rate or 25
        return round(NS_PER_S / rate)

    def pictures(self) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield (ns since the first picture, decoded picture); times grow strictly. Damaged packets are skipped."""
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

    def _decoded(self) -> Iterator[av.VideoFrame]:
        import av

        damaged = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                yield from packet.decode()
                damaged = 0
            except StopIteration:
                return
            except av.error.EOFError:
                return
            except av.error.InvalidDataError as error:
                damaged += 1
                if damaged > _RETRY:
                    raise ServiceError(f"{self.name}: too many damaged pictures in a row") from error
            except (av.error.FFmpegError, OSError) as error:
                raise ServiceError(f"{self.name}: the video broke off ({_said(error)})") from error


def to_bgr(picture: av.VideoFrame, size: Size) -> NDArray[np.uint8]:
    """A decoded picture → uint8[height, width, 3], BGR, resized in the same pass. Cost: about 1 ms for 720 × 576."""
    width, height = size.of(picture.width, picture.height)
    bgr = picture.reformat(width=width, height=height, format="bgr24")
    return np.asarray(bgr.to_ndarray(), np.uint8)


def _open(url: str, name: str, timeout_s: float) -> InputContainer:
    import av

    scheme = url.partition("://")[0].lower() if "://" in url else "file"
    options = {"protocol_whitelist": _PROTOCOLS.get(scheme, "file")}
    if scheme in {"rtsp", "rtsps"}:
        options |= {"rtsp_transport": "tcp", "fflags": "nobuffer"}
    kind = "v4l2" if url.startswith("/dev/video") else None
    try:
        return av.open(url, format=kind, options=options, timeout=(timeout_s, timeout_s))
    except FileNotFoundError as error:
        raise InputError("there is no such video", file=name) from error
    except (av.error.FFmpegError, OSError) as error:
        raise ServiceError(f"{name}: cannot be opened ({_said(error)})") from error


def _said(error: Exception) -> str:
    return (getattr(error, "strerror", None) or type(error).__name__)[:120]
