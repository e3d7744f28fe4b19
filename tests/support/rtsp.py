"""A real RTSP server on a free port, stopped and started at the same one like a camera that loses its power."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = Path(__file__).with_name("rtsp_server.py")
NEEDS = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer;"
    " Gst.init(None); assert all(map(Gst.ElementFactory.find, ('qtdemux', 'rtph264pay')))"
)


def find_rtsp_python() -> str | None:
    """The system's Python if it has GStreamer's RTSP server (Debian: gir1.2-gst-rtsp-server-1.0); else None."""
    for name in ("/usr/bin/python3", shutil.which("python3")):
        if name and subprocess.run([name, "-c", NEEDS], capture_output=True, timeout=60, check=False).returncode == 0:
            return name
    return None


class RtspServer:
    """Serves `clip` at `url`."""

    def __init__(self, python: str, clip: Path) -> None:
        self._command = [python, str(SERVER), str(clip)]
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where the stream is."""
        return f"rtsp://127.0.0.1:{self.port}/stream1"

    def start(self) -> None:
        """Listen: on a free port at first, on the same one afterwards."""
        self._process = subprocess.Popen([*self._command, str(self.port)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """Break off, as if the plug were pulled."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@contextmanager
def rtsp_server(python: str, clip: Path) -> Iterator[RtspServer]:
    """A server that is stopped in the end."""
    server = RtspServer(python, clip)
    server.start()
    try:
        yield server
    finally:
        server.stop()
