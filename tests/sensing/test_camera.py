"""Cameras: recordings by their own times, live streams that come back."""

import resource
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from s4.core.clock import NS_PER_S, ManualClock, RealClock, ScaledClock
from s4.core.errors import ConfigError, InputError
from s4.core.model import Frame
from s4.sensing.camera import VideoCamera
from s4.sensing.still import size_of
from tests.sensing.city import NOW, make_context, make_source

WIDTH, HEIGHT, RATE, COUNT = 64, 48, 10, 20


def picture(number: int) -> np.ndarray:
    """A flat picture whose grey level tells its number."""
    return np.full((HEIGHT, WIDTH, 3), 10 * number, np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for number in range(COUNT):
            frame = av.VideoFrame.from_ndarray(picture(number), "bgr24").reformat(format="yuvj420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def camera(clock: object = None, **options: object) -> VideoCamera:
    source = make_source("camera", **options)
    return VideoCamera(make_context(source, clock=clock or ManualClock(NOW)), source)  # type: ignore[arg-type]


def every_frame(one: VideoCamera) -> list[Frame]:
    return [frame for frame in one.frames() if frame is not None]


def test_frames_carry_the_recordings_own_times(clip: Path) -> None:
    frames = every_frame(camera(url=str(clip), realtime=False))
    assert [frame.number for frame in frames] == list(range(COUNT))
    assert [frame.time for frame in frames] == [NOW + n * NS_PER_S // RATE for n in range(COUNT)]
    assert {(frame.source, frame.site) for frame in frames} == {("camera-1", "square")}
    for frame in frames:
        assert frame.image.shape == (HEIGHT, WIDTH, 3)
        assert abs(float(frame.image.mean()) - 10 * frame.number) < 4


def test_true_rate_start_aspect_and_width(clip: Path) -> None:
    one = camera(url=str(clip), realtime=False, fps=4.0, start="2009-06-01T10:00:00Z", aspect=0.5, width=32)
    frames = every_frame(one)
    assert [f.time - frames[0].time for f in frames] == [n * NS_PER_S // 4 for n in range(COUNT)]
    assert frames[0].time == 1_243_850_400 * NS_PER_S
    assert frames[0].image.shape == (HEIGHT // 4, WIDTH // 2, 3)


def test_fewer_pictures_are_analysed_but_all_are_counted(clip: Path) -> None:
    frames = every_frame(camera(url=str(clip), realtime=False, analysed_fps=5.0))
    assert [frame.number for frame in frames] == list(range(0, COUNT, 2))


def test_a_loop_goes_on_in_time(clip: Path) -> None:
    one, frames = camera(url=str(clip), realtime=False, loop=True), list[Frame]()
    for frame in one.frames():
        assert frame is not None
        frames.append(frame)
        if len(frames) == 2 * COUNT + 3:
            one.close()
    assert [f.time for f in frames] == [NOW + n * NS_PER_S // RATE for n in range(2 * COUNT + 3)]


@pytest.mark.alone
def test_replay_follows_a_fast_clock(clip: Path) -> None:
    clock = ScaledClock(start=NOW, speed=10.0)
    began = time.perf_counter()
    frames = every_frame(camera(clock, url=str(clip)))
    took = time.perf_counter() - began
    assert 0.15 <= took < 2.0  # two seconds of pictures, ten times as fast
    assert len(frames) > COUNT // 2
    assert all(clock.now() >= frame.time for frame in frames)


def test_a_slow_consumer_of_a_replay_drops_pictures(clip: Path) -> None:
    numbers = []
    one = camera(RealClock(), url=str(clip))
    for frame in one.frames():
        assert frame is not None
        numbers.append(frame.number)
        time.sleep(0.9 if frame.number == 0 else 0)
    assert numbers[0] == 0
    assert numbers[1] >= 3
    assert numbers[-1] == COUNT - 1
    assert len(numbers) + one.dropped == COUNT


def test_close_ends_a_waiting_replay(clip: Path) -> None:
    one = camera(ManualClock(NOW), url=str(clip))
    threading.Timer(0.2, one.close).start()
    began = time.perf_counter()
    assert len(every_frame(one)) == 1
    assert time.perf_counter() - began < 2


def test_what_is_no_video_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.avi: there is no such video"):
        every_frame(camera(url=str(tmp_path / "nothing.avi")))
    text = tmp_path / "text.avi"
    text.write_text("not a video")
    with pytest.raises(Exception, match=r"text\.avi"):
        every_frame(camera(url=str(text)))


def test_a_playlist_does_not_open_other_files(clip: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "list.ffconcat"
    playlist.write_text(f"ffconcat version 1.0\nfile '{clip}'\n")
    with pytest.raises(Exception, match="list"):
        every_frame(camera(url=str(playlist)))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, r"source\[camera-1\]\.options\.url: is missing"),
        ({"url": "ftp://x/y.avi"}, r"options\.url: must be a file, rtsp"),
        ({"url": "x.avi", "fps": "fast"}, r"options\.fps: expected a number, got text"),
        ({"url": "x.avi", "fsp": 5}, r"options\.fsp: is not known here"),
        ({"url": "x.avi", "start": "yesterday"}, r"options\.start: 'yesterday' is not an ISO 8601 time"),
    ],
)
def test_bad_settings_are_named(options: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        camera(**options)


def test_config_errors_are_config_errors() -> None:
    with pytest.raises(ConfigError):
        camera(url="ftp://x")


class Mjpeg(ThreadingHTTPServer):
    """A network camera: sends JPEG pictures in parts; `broken` makes it refuse and cut, `stalled` say nothing while
    it holds the line, `larger` makes its pictures larger, `endless` never ends one.
    """

    def __init__(self) -> None:
        self.broken, self.stalled, self.larger = threading.Event(), threading.Event(), threading.Event()
        self.endless = threading.Event()
        self.sent = 0
        super().__init__(("127.0.0.1", 0), MjpegHandler)

    @property
    def url(self) -> str:
        return f"http://user:hunter2@127.0.0.1:{self.server_address[1]}/stream"


class MjpegHandler(BaseHTTPRequestHandler):
    server: Mjpeg

    def do_GET(self) -> None:
        if self.server.broken.is_set():
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        try:
            while not self.server.broken.is_set():
                if self.server.stalled.is_set():
                    time.sleep(0.05)
                    continue
                shown = np.repeat(picture(5), 2, axis=1) if self.server.larger.is_set() else picture(5)
                jpeg = cv2.imencode(".jpg", shown)[1].tobytes()
                length = 2_000_000_000 if self.server.endless.is_set() else len(jpeg)
                head = f"--part\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                while self.server.endless.is_set():
                    self.wfile.write(bytes(1 << 20))
                self.server.sent += 1
                time.sleep(0.02)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def peak_mib() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.fixture
def mjpeg() -> Iterator[Mjpeg]:
    server = Mjpeg()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.broken.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_live_stream_is_lost_and_found_again(mjpeg: Mjpeg) -> None:
    clock = RealClock()
    one = camera(clock, url=mjpeg.url, timeout_s=5.0)
    before, lost, after = 0, 0, 0
    deadline = time.monotonic() + 60
    for frame in one.frames():
        assert time.monotonic() < deadline, (before, lost, after, one.trouble)
        if frame is not None:
            assert abs(clock.now() - frame.time) < 2 * NS_PER_S
            assert abs(float(frame.image.mean()) - 50) < 4
        if frame is not None and not lost:
            before += 1
            if before == 5:
                mjpeg.broken.set()
        elif frame is None and before:
            lost += 1
            assert "hunter2" not in one.trouble
            mjpeg.broken.clear()
        elif frame is not None:
            after += 1
            if after == 5:
                one.close()
    assert before >= 5
    assert lost >= 1
    assert after >= 5


def test_a_stream_that_stalls_is_lost_and_found_again(mjpeg: Mjpeg) -> None:
    one, before, after, lost = camera(RealClock(), url=mjpeg.url, timeout_s=1.0), 0, 0, ""
    deadline = time.monotonic() + 30
    for frame in one.frames():
        assert time.monotonic() < deadline, (before, after, one.trouble)
        if frame is None and before:
            lost = one.trouble
            mjpeg.stalled.clear()
        elif frame is not None and lost:
            after += 1
            one.close()
        elif frame is not None:
            before += 1
            mjpeg.stalled.set()
    assert (before > 0, after > 0) == (True, True)
    assert lost.startswith(f"http://127.0.0.1:{mjpeg.server_address[1]}/stream: ")
    assert "\n" not in lost


def test_a_stream_may_change_its_resolution(mjpeg: Mjpeg) -> None:
    one, sizes = camera(RealClock(), url=mjpeg.url, timeout_s=5.0), list[tuple[int, int]]()
    deadline = time.monotonic() + 30
    for frame in one.frames():
        assert time.monotonic() < deadline, (sizes, one.trouble)
        if frame is not None:
            assert frame.size == frame.image.shape[1::-1] == size_of(frame.jpeg)
            sizes.append(frame.size)
            mjpeg.larger.set()
            if frame.size != sizes[0]:
                one.close()
    assert (sizes[0], sizes[-1]) == ((WIDTH, HEIGHT), (2 * WIDTH, HEIGHT))


@pytest.mark.slow
def test_a_picture_without_an_end_does_not_fill_the_memory(mjpeg: Mjpeg) -> None:
    """It is given up at 384 MiB, and the camera connects again."""
    one, lost, before = camera(RealClock(), url=mjpeg.url, timeout_s=20.0), False, peak_mib()
    deadline = time.monotonic() + 120
    for frame in one.frames():
        assert time.monotonic() < deadline, one.trouble
        if frame is not None and not lost:
            mjpeg.endless.set()
        if one.trouble:
            mjpeg.endless.clear()
            lost = True
        elif frame is not None and lost:
            one.close()
    assert lost
    assert peak_mib() - before < 900


def test_a_late_consumer_of_a_live_stream_gets_the_newest(mjpeg: Mjpeg) -> None:
    clock = RealClock()
    one = camera(clock, url=mjpeg.url)
    got = []
    for frame in one.frames():
        if frame is None:
            continue
        assert clock.now() - frame.time < NS_PER_S
        assert frame.newer is not None
        time.sleep(0.25)
        later = frame.newer()
        assert later is not None
        assert later.number > frame.number
        got.append(later.number)
        time.sleep(0.25)
        if len(got) == 4:
            one.close()
    assert all(later - sooner > 5 for sooner, later in pairwise(got[1:]))
    assert one.dropped >= got[-1] - len(got)


def test_closing_a_camera_that_does_not_answer_is_quick() -> None:
    one = camera(RealClock(), url="rtsp://user:hunter2@127.0.0.1:9/stream")
    threading.Timer(1.5, one.close).start()
    began = time.perf_counter()
    assert set(one.frames()) == {None}
    assert time.perf_counter() - began < 4
    assert "hunter2" not in one.trouble
    assert "127.0.0.1:9" in one.trouble


@pytest.mark.parametrize(
    ("name", "options", "shape", "count", "last_s"),
    [
        ("video/vtest/vtest.avi", {"fps": 7.0}, (360, 480), 795, 794 / 7),
        ("video/aboda/video4.avi", {"width": 360}, (240, 360), 1169, 1168 / 29.97),
        ("video/pets2006/pets2006_3.mp4", {"fps": 12.5, "aspect": 0.5}, (576, 720), None, None),
    ],
)
def test_real_recordings(
    data_dir: Path, name: str, options: dict[str, float], shape: tuple[int, int], count: int | None, last_s: float
) -> None:
    frames, first, last = 0, 0, 0
    for frame in camera(url=str(data_dir / name), realtime=False, **options).frames():
        assert frame is not None
        assert frame.image.shape == (*shape, 3)
        assert frame.time > last
        first, last = first or frame.time, frame.time
        frames += 1
        if count is None and frames == 200:
            return
    assert frames == count
    if last_s:
        assert (last - first) / NS_PER_S == pytest.approx(last_s, abs=0.1)
