"""Cameras: recordings replayed by their own times, and live streams that come back after every loss."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Annotated, ClassVar, Final
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from s4.core.city import Source
from s4.core.clock import NS_PER_S, Clock
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.core.model import Frame
from s4.core.ports import Camera, Card, Context
from s4.sensing.convert import NOTHING, Size, frame_of, turn_of
from s4.sensing.options import read_options
from s4.sensing.pace import Pace, start_of
from s4.sensing.video import LIVE, Video

if TYPE_CHECKING:
    from av import VideoFrame

    from s4.sensing.still import Still

FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
TELL_S: Final = 1.0
"""How often a lost connection is reported (None)."""
LATE_S: Final = 0.5
"""A replayed picture that is overdue by more than this, real seconds, is dropped: the consumer is too slow for it."""


_ONVIF: Final = re.compile(
    r"onvif(?P<tls>s?)://(?:(?P<user>[^:@/]*):(?P<password>[^@/]*)@)?(?P<host>[^@/?#]+)(?P<path>/\S*)?", re.IGNORECASE
)


class CameraOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said of a camera in `city.toml`.

    `url`: a file, `rtsp://`, `http(s)://` (MJPEG or anything FFmpeg reads), `/dev/video0`, or `onvif(s)://` with the
    camera's address, which then says itself where its stream is: the smallest that is `width` wide. `fps`: true
    pictures a second, for recordings whose container lies. `aspect`: factor on the height. `width`: widest picture
    handed on, px (0 = as it is). `analysed_fps`: at most so many pictures a second are handed on (0 = all).
    `timeout_s`: a stream that says nothing for so long is lost. `key_frames_only`: decode only pictures that stand by
    themselves, mostly one in a second or two. For recordings: `loop`; `start`: RFC 3339 time that the first picture
    stands for (empty = now); `realtime`: by its own times, dropping what comes too late, or else as fast as it is
    consumed.
    """

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    fps: Annotated[float, Meta(ge=0, le=1000)] = 0.0
    aspect: Annotated[float, Meta(ge=0.05, le=20)] = 1.0
    width: Annotated[int, Meta(ge=0, le=8192)] = 0
    analysed_fps: Annotated[float, Meta(ge=0, le=1000)] = 0.0
    timeout_s: Annotated[float, Meta(gt=0, le=600)] = 10.0
    key_frames_only: bool = False
    loop: bool = False
    start: str = ""
    realtime: bool = True


class VideoCamera(Camera):
    """A camera that FFmpeg can read."""

    card: ClassVar = Card(
        name="camera",
        version="1",
        title="Video camera",
        purpose="Takes in pictures for detection on the same machine; only blurred evidence is kept or leaves it.",
        legal_basis="GDPR Art. 6(1)(e): public task, as the city's own assessment says for each camera",
        limits="Up to 8192 × 8192 px; pictures are dropped, never queued, when detection is slower than the camera.",
    )

    def __init__(self, context: Context, source: Source) -> None:
        super().__init__(context, source)
        owner = f"source[{source.id}]"
        self.options = read_options(CameraOptions, source.options, owner)
        if "://" in self.options.url and not LIVE.match(self.options.url):
            raise ConfigError("must be a file, rtsp, http, https, onvif or /dev/videoN", field=f"{owner}.options.url")
        if self.options.key_frames_only and self.options.fps:
            raise ConfigError("goes by the file's own times: not with fps", field=f"{owner}.options.key_frames_only")
        self._start = start_of(self.options.start, context.clock, field=f"{owner}.options.start")
        self._size = Size(self.options.aspect, self.options.width)
        self._closed = Event()
        self._mailbox: _Mailbox | None = None

    @property
    def live(self) -> bool:
        """Whether it is a stream or device, as against a recording."""
        return LIVE.match(self.options.url) is not None

    def frames(self) -> Iterator[Frame | None]:
        """Yield frames as they come, None about once a second while the connection is lost; return at the end.

        Raises `InputError` for a recording that is not there or is no video.
        """
        return self._live() if self.live else self._recording()

    def close(self) -> None:
        """Stop `frames` soon."""
        self._closed.set()
        if self._mailbox is not None:
            self._mailbox.close()

    # Recordings

    def _recording(self) -> Iterator[Frame]:
        clock, number, after = self.context.clock, 0, 0
        path = os.fspath(Path(self.context.folder) / self.options.url)
        start, pace, gate = self._start or clock.now(), None, _Gate(self.options.analysed_fps)
        while not self._closed.is_set():
            with Video(path, self.options.timeout_s, keys_only=self.options.key_frames_only) as video:
                interval = round(NS_PER_S / self.options.fps) if self.options.fps else video.interval
                for index, (since, picture) in enumerate(video.pictures()):
                    time = start + after + (index * interval if self.options.fps else since)
                    pace = pace or Pace(clock, time)
                    if self._closed.is_set() or not self._in_time(pace, time):
                        break
                    if gate.passes(time):
                        if self._late(pace, time, clock):
                            self.dropped += 1
                        else:
                            yield self._frame(number, time, picture, video)
                    number += 1
                    last = time
            if number == 0:
                raise InputError("holds no picture", file=video.name)
            if not self.options.loop:
                return
            after = last - start + interval

    def _frame(self, number: int, time: int, picture: VideoFrame | Still, video: Video) -> Frame:
        size, turned = (picture.width, picture.height), turn_of(picture)
        aspect = 1 / self.options.aspect if self.options.aspect != 1.0 else video.pixel_aspect
        frame = Frame(self.source.id, self.source.site, number, time, NOTHING, size, turned, aspect, self.live)
        return frame_of(frame, picture, self._size)

    def _in_time(self, pace: Pace, time: int) -> bool:
        """Wait until `time` is due; False when closed meanwhile."""
        while self.options.realtime and (nap := pace.nap_s(time)) > 0:
            if self._closed.wait(nap):
                return False
        return True

    def _late(self, pace: Pace, time: int, clock: Clock) -> bool:
        return self.options.realtime and pace.lag_s(time) > LATE_S * clock.speed

    # Live streams

    def _live(self) -> Iterator[Frame | None]:
        self._mailbox = mailbox = _Mailbox()
        reader = Thread(target=self._read, args=(mailbox,), name=f"camera {self.source.id}", daemon=True)
        reader.start()
        try:
            while not self._closed.is_set():
                frame = mailbox.take(TELL_S)
                if not self._closed.is_set() and (frame is not None or mailbox.lost):
                    yield frame
        finally:
            self._closed.set()

    def _read(self, mailbox: _Mailbox) -> None:
        """Decode into the mailbox, and connect again whenever the stream is lost."""
        number, backoff, gate = 0, FIRST_BACKOFF_S, _Gate(self.options.analysed_fps)
        while not self._closed.is_set():
            before = number
            try:
                url, keys_only = self._address(), self.options.key_frames_only
                with Video(url, self.options.timeout_s, keys_only=keys_only, stills=True) as video:
                    mailbox.found()
                    for _, picture in video.pictures():
                        time = self.context.clock.now()
                        if self._closed.is_set():
                            return
                        if gate.passes(time):
                            frame = self._frame(number, time, picture, video)._replace(newer=mailbox.newer)
                            self.dropped += mailbox.put(frame)
                        number += 1
                mailbox.lose("the stream ended")
            except (ServiceError, InputError) as error:
                mailbox.lose(str(error))
            backoff = FIRST_BACKOFF_S if number > before else min(2 * backoff, LONGEST_BACKOFF_S)
            self._closed.wait(backoff)

    def _address(self) -> str:
        """Where the stream is; an ONVIF camera is asked for it each time. Raises `ServiceError`, `InputError`."""
        found = _ONVIF.fullmatch(self.options.url)
        if found is None:
            return self.options.url
        from s4.sensing.onvif.media import OnvifCamera, choose

        scheme = "https" if found["tls"] else "http"
        url = f"{scheme}://{found['host']}{found['path'] or '/onvif/device_service'}"
        user, password = unquote(found["user"] or ""), unquote(found["password"] or "")
        camera = OnvifCamera(
            url, self.context.clock, user=user, password=password, timeout_s=min(self.options.timeout_s, 10.0)
        )
        streams = camera.streams()
        stream = choose(streams, self.options.width) if self.options.width else streams[0]
        return camera.with_secret(stream.url)

    @property
    def trouble(self) -> str:
        """Why the stream is lost at the moment; empty when it is not."""
        return self._mailbox.trouble if self._mailbox is not None else ""


class _Gate:
    """Lets at most `rate` pictures a second through, evenly; 0 lets all through."""

    def __init__(self, rate: float) -> None:
        self._step = int(NS_PER_S / rate) if rate else 0
        self._next: int | None = None

    def passes(self, time: int) -> bool:
        if not self._step:
            return True
        if self._next is None or time > self._next + self._step:
            self._next = time
        if time < self._next:
            return False
        self._next += self._step
        return True


class _Mailbox:
    """Holds the newest frame only: a late consumer drops frames, never memory."""

    def __init__(self) -> None:
        self.lost, self.trouble = True, ""
        self._frame: Frame | None = None
        self._closed = False
        self._changed = Condition()

    def put(self, frame: Frame) -> bool:
        """Returns whether one that nobody had taken was dropped for it."""
        with self._changed:
            dropped, self._frame = self._frame is not None, frame
            self._changed.notify()
        return dropped

    def found(self) -> None:
        with self._changed:
            self.lost, self.trouble = False, ""

    def lose(self, trouble: str) -> None:
        with self._changed:
            self.lost, self.trouble = True, trouble

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def newer(self) -> Frame | None:
        """The frame that has come since the last one was taken, if one has."""
        with self._changed:
            frame, self._frame = self._frame, None
            return frame

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame, waiting for one; None when there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._closed, timeout_s)
            frame, self._frame = self._frame, None
            return frame
