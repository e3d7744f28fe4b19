"""A camera that speaks RTSP, from a real server: its pictures arrive, and come back after it was switched off."""

import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from s4.core.clock import NS_PER_S, RealClock
from s4.sensing.camera import VideoCamera
from tests.sensing.city import make_context, make_source
from tests.support.rtsp import RtspServer, find_rtsp_python, rtsp_server

WIDTH, HEIGHT, RATE, SECONDS = 320, 240, 10, 120


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes in which a bright bar wanders over a grey square, H.264 as cameras send it."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "g": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(RATE * SECONDS):
            image = np.full((HEIGHT, WIDTH, 3), 80, np.uint8)
            image[:, (8 * number) % WIDTH :][:, :32] = 230
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        out.mux(stream.encode())
    return path


@pytest.fixture
def server(clip: Path) -> Iterator[RtspServer]:
    python = find_rtsp_python()
    if python is None:
        pytest.skip("no GStreamer RTSP server on this machine; scripts/system-packages installs it where possible")
    with rtsp_server(python, clip) as one:
        yield one


def test_pictures_come_and_come_back_after_a_restart(server: RtspServer) -> None:
    clock = RealClock()
    source = make_source("camera", url=server.url, timeout_s=5.0)
    camera = VideoCamera(make_context(source, clock=clock), source)
    before, lost, after = 0, 0, 0
    deadline = time.monotonic() + 90
    for frame in camera.frames():
        assert time.monotonic() < deadline, (before, lost, after, camera.trouble)
        if frame is None:
            if before and not lost:
                server.start()
            lost += bool(before)
            continue
        assert frame.image.shape == (HEIGHT, WIDTH, 3)
        assert abs(clock.now() - frame.time) < 2 * NS_PER_S
        if not lost:
            assert 75 < float(np.median(frame.image)) < 85
            assert float(frame.image.max()) > 200  # the bar is there: it is our picture, not grey noise
            before += 1
            if before == 10:
                server.stop()
        else:
            after += 1
            if after == 10:
                camera.close()
    assert (before >= 10, lost >= 1, after >= 10) == (True, True, True)


def test_a_stream_that_is_not_there_is_said_so(server: RtspServer) -> None:
    source = make_source("camera", url=server.url.replace("stream1", "stream9"), timeout_s=5.0)
    camera = VideoCamera(make_context(source, clock=RealClock()), source)
    assert next(iter(camera.frames())) is None
    deadline = time.monotonic() + 15
    while not camera.trouble and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "stream9" in camera.trouble
    camera.close()
