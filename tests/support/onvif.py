"""A camera's device and media services, as the ONVIF specifications say; no camera was at hand."""

import base64
import contextlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

from s4.core.clock import NS_PER_S, RealClock, format_time, parse_time
from s4.sensing.services import soap

USER, PASSWORD = "s4", "hunter2 &"
A, D = "http://schemas.xmlsoap.org/ws/2004/08/addressing", "http://schemas.xmlsoap.org/ws/2005/04/discovery"
TT, TRT = "http://www.onvif.org/ver10/schema", "http://www.onvif.org/ver10/media/wsdl"
LATE = 3600 * NS_PER_S
"""The camera's clock is an hour ahead."""


def envelope(body: str, head: str = "") -> bytes:
    start = f'<?xml version="1.0"?><e:Envelope xmlns:e="{soap.ENVELOPE}" xmlns:a="{A}" xmlns:d="{D}">'
    return f"{start}<e:Header>{head}</e:Header><e:Body>{body}</e:Body></e:Envelope>".encode()


class Service(ThreadingHTTPServer):
    """A camera's device and media services. `streams`: profile → (width, height, address)."""

    daemon_threads = True

    def __init__(self) -> None:
        self.streams = {
            "main": (1920, 1080, "rtsp://10.9.9.9:8554/main?x=1"),
            "sub": (640, 360, "rtsp://10.9.9.9:8554/sub"),
            "tiny": (320, 180, "rtsp://10.9.9.9/tiny"),
        }
        self.media = "http://10.9.9.9:1/onvif/media"
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        root = ET.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        body = root.find(f"{{{soap.ENVELOPE}}}Body")
        assert body is not None
        name = body[0].tag.partition("}")[2]
        self.server.asked.append(f"{self.path} {name}")
        if name == "GetSystemDateAndTime":
            self.answer(200, self.date())
        elif not self.known(root):
            self.answer(400, f'<e:Fault xmlns:e="{soap.ENVELOPE}"><e:Text>Sender not authorized</e:Text></e:Fault>')
        else:
            self.answer(200, getattr(self, name)(body))

    def date(self) -> str:
        said = [int(part) for part in re.findall(r"\d+", format_time(RealClock().now() + LATE))]
        day = "".join(f"<t:{n}>{v}</t:{n}>" for n, v in zip(("Year", "Month", "Day"), said, strict=False))
        hour = "".join(f"<t:{n}>{v}</t:{n}>" for n, v in zip(("Hour", "Minute", "Second"), said[3:], strict=False))
        return f'<t:UTCDateTime xmlns:t="{TT}"><t:Time>{hour}</t:Time><t:Date>{day}</t:Date></t:UTCDateTime>'

    def known(self, root: ET.Element) -> bool:
        """Whether the digest is of the right password, and of this camera's time."""
        found = {one.tag.partition("}")[2]: one.text or "" for one in root.iter()}
        nonce = base64.b64decode(found.get("Nonce", ""))
        created = parse_time(found.get("Created", "1970-01-01T00:00:00Z"))
        fresh = abs(created - RealClock().now() - LATE) < 5 * NS_PER_S
        return fresh and found.get("Password") == soap.digest(nonce, found["Created"], PASSWORD)

    def GetCapabilities(self, body: ET.Element) -> str:  # noqa: N802
        del body
        return f'<t:Media xmlns:t="{TT}"><t:XAddr>{self.server.media}</t:XAddr></t:Media>'

    def GetProfiles(self, body: ET.Element) -> str:  # noqa: N802
        del body
        return "".join(
            f'<m:Profiles xmlns:m="{TRT}" xmlns:t="{TT}" token="{token}"><t:VideoEncoderConfiguration>'
            f"<t:Encoding>H264</t:Encoding><t:Resolution><t:Width>{w}</t:Width><t:Height>{h}</t:Height></t:Resolution>"
            "<t:RateControl><t:FrameRateLimit>25</t:FrameRateLimit></t:RateControl>"
            "</t:VideoEncoderConfiguration></m:Profiles>"
            for token, (w, h, _) in self.server.streams.items()
        )

    def GetStreamUri(self, body: ET.Element) -> str:  # noqa: N802
        token = body.findtext(f".//{{{TRT}}}ProfileToken") or ""
        return f'<t:Uri xmlns:t="{TT}">{self.server.streams[token][2]}</t:Uri>'

    def answer(self, status: int, body: str) -> None:
        data = envelope(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@contextlib.contextmanager
def onvif_service() -> Iterator[Service]:
    """A service that answers on a free port of loopback."""
    server = Service()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
