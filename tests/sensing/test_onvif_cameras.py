"""Finding cameras and their streams, against a responder and a device service of our own, as the specifications say.

No camera was at hand. The responder and the service run on loopback, on free ports.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import NS_PER_S, RealClock
from s4.core.errors import ConfigError, InputError, ServiceError
from s4.sensing.camera import VideoCamera
from s4.sensing.onvif.discovery import Device, answers, discover, probe
from s4.sensing.onvif.media import OnvifCamera, Stream, choose
from s4.sensing.services import soap
from tests.sensing.city import make_context, make_source
from tests.support.clips import flat, write_clip
from tests.support.onvif import PASSWORD, USER, A, D, Service, envelope, onvif_service


def match(name: str, urls: str, scopes: str = "") -> str:
    return (
        f"<d:ProbeMatch><a:EndpointReference><a:Address>{name}</a:Address></a:EndpointReference>"
        f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{urls}</d:XAddrs></d:ProbeMatch>"
    )


def matches(ask: str, *found: str) -> bytes:
    head = f"<a:RelatesTo>{ask}</a:RelatesTo>"
    return envelope(f"<d:ProbeMatches>{''.join(found)}</d:ProbeMatches>", head)


@contextlib.contextmanager
def responder(answer: Callable[[str], list[bytes]]) -> Iterator[tuple[str, int]]:
    """Hears one question and sends what `answer` makes of its id."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(5)

        def hear() -> None:
            data, asker = line.recvfrom(65535)
            root = ET.fromstring(data)
            assert root.find(f".//{{{D}}}Types") is not None
            for part in answer(root.findtext(f".//{{{A}}}MessageID") or ""):
                line.sendto(part, asker)

        thread = threading.Thread(target=hear, daemon=True)
        thread.start()
        yield line.getsockname()
        thread.join(5)


SCOPES = (
    "onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/X-100 "
    "onvif://www.onvif.org/location/country/es onvif://www.onvif.org/location/Bilbao other://name/no"
)


def test_cameras_answer_and_noise_does_not_matter() -> None:
    def answer(ask: str) -> list[bytes]:
        front = match(
            "urn:uuid:1", "http://10.0.0.9/onvif/device_service http://127.0.0.1/onvif/device_service", SCOPES
        )
        return [
            b"\x00\xff noise",
            matches("urn:uuid:another", match("urn:uuid:7", "http://127.0.0.1/x")),
            matches(ask, front, match("urn:uuid:2", "https://[fe80::1]:8443/onvif")),
            matches(ask, front),
            matches(ask, match("urn:uuid:3", "ftp://no http://user:word@127.0.0.1/x")),
            b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        ]

    with responder(answer) as address:
        began = time.monotonic()
        found = discover(0.5, to=address, interface="127.0.0.1")
        assert time.monotonic() - began < 2
    assert found == [
        Device(
            "urn:uuid:1",
            ("http://127.0.0.1/onvif/device_service", "http://10.0.0.9/onvif/device_service"),
            "Front door",
            "X-100",
            "country/es, Bilbao",
            "127.0.0.1",
        ),
        Device("urn:uuid:2", ("https://[fe80::1]:8443/onvif",), "", "", "", "127.0.0.1"),
    ]


def test_nobody_there_is_no_fault_but_no_network_is() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert discover(0.1, to=silent.getsockname(), interface="127.0.0.1") == []
    with pytest.raises(ServiceError, match="cameras cannot be looked for"):
        discover(0.1, interface="203.0.113.7")


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: matches("q", match(text, "http://h/", text))))
def test_any_datagram_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(InputError):
        for device in answers(data, "q", "h"):
            assert device.urls
            assert all("\n" not in part for part in (device.name, device.hardware, device.location))


def test_the_question_is_sound_and_names_itself() -> None:
    root = soap.read(probe("urn:uuid:5"))
    assert root.findtext(f".//{{{A}}}MessageID") == "urn:uuid:5"


@pytest.fixture
def service() -> Iterator[Service]:
    with onvif_service() as server:
        yield server


def onvif(service: Service, password: str = PASSWORD) -> OnvifCamera:
    url = f"http://{service.host}/onvif/device_service"
    return OnvifCamera(url, RealClock(), user=USER, password=password, timeout_s=2.0)


def test_streams_are_found_on_the_host_that_was_configured(service: Service) -> None:
    camera = onvif(service)
    streams = camera.streams()
    assert streams == [
        Stream("main", 1920, 1080, 25.0, "H264", "rtsp://127.0.0.1:8554/main?x=1"),
        Stream("sub", 640, 360, 25.0, "H264", "rtsp://127.0.0.1:8554/sub"),
        Stream("tiny", 320, 180, 25.0, "H264", "rtsp://127.0.0.1/tiny"),
    ]
    assert camera.with_secret(streams[1].url) == "rtsp://s4:hunter2%20%26@127.0.0.1:8554/sub"
    assert service.asked[0] == "/onvif/device_service GetSystemDateAndTime"
    assert service.asked[2] == "/onvif/media GetProfiles"
    assert choose(streams, 500).profile == "sub"


def test_what_a_camera_refuses_or_garbles_is_said_without_the_password(service: Service) -> None:
    with pytest.raises(ServiceError, match="Sender not authorized") as refused:
        onvif(service, "wrong").streams()
    assert "wrong" not in str(refused.value)
    service.streams["sub"] = (640, 360, "file:///etc/passwd")
    with pytest.raises(ServiceError, match="a stream that cannot be played"):
        onvif(service).streams()
    service.streams = {}
    with pytest.raises(ServiceError, match="offers no stream"):
        onvif(service).streams()
    service.media = "gopher://x"
    with pytest.raises(ServiceError, match="names no media service"):
        onvif(service).streams()
    with pytest.raises(ServiceError, match=r"http://127\.0\.0\.1:9/x: "):
        OnvifCamera("http://127.0.0.1:9/x", RealClock(), timeout_s=1.0).streams()


class Files(BaseHTTPRequestHandler):
    """Gives the recording that the camera's stream is."""

    clip: Path

    def do_GET(self) -> None:
        data = self.clip.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def test_a_camera_is_played_by_its_onvif_address(service: Service, tmp_path: Path) -> None:
    Files.clip = write_clip(tmp_path / "sub.avi", [flat(70, 64, 48)] * 20, codec="mjpeg")
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as player:
        threading.Thread(target=player.serve_forever, args=(0.02,), daemon=True).start()
        service.streams["sub"] = (640, 360, f"http://10.9.9.9:{player.server_address[1]}/sub.avi")
        source = make_source("camera", url=f"onvif://s4:hunter2%20%26@{service.host}", width=640, timeout_s=2.0)
        camera = VideoCamera(make_context(source, clock=RealClock()), source)
        deadline = time.monotonic() + 20
        for frame in camera.frames():
            assert time.monotonic() < deadline, camera.trouble
            if frame is not None:
                assert frame.image.shape == (48, 64, 3)
                camera.close()
        player.shutdown()
    assert "/onvif/media GetStreamUri" in service.asked


def test_key_frames_only_are_fewer_and_at_their_own_times(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", (flat(10 * n) for n in range(20)))  # every fifth stands by itself
    source = make_source("camera", url=str(clip), realtime=False, key_frames_only=True)
    frames = [frame for frame in VideoCamera(make_context(source, clock=RealClock()), source).frames() if frame]
    assert [round((frame.time - frames[0].time) / NS_PER_S, 3) for frame in frames] == [0.0, 0.5, 1.0, 1.5]
    source = make_source("camera", url=str(clip), fps=5.0, key_frames_only=True)
    with pytest.raises(ConfigError, match=r"key_frames_only: goes by the file's own times"):
        VideoCamera(make_context(source, clock=RealClock()), source)
