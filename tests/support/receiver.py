"""Another system that takes HTTP POSTs: a real server on a free port that keeps what came, and does as it is told."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Heard(NamedTuple):
    """One POST that was answered with 2xx: path, headers in small letters, body."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """`answer`: the status for a POST, given before it is sent; may wait. `refused`: how many got another than 2xx."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.heard: list[Heard] = []
        self.refused = 0
        self.connections = 0
        self.sockets: list[socket.socket] = []
        self.answer: Callable[[Heard], int] = lambda _: 204
        self.hanging = threading.Event()
        """While set, nobody gets an answer."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hung up before the answer is not worth a word."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.server.sockets.append(self.connection)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        one = Heard(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        while self.server.hanging.is_set():
            time.sleep(0.02)
        status = self.server.answer(one)
        if 200 <= status < 300:
            self.server.heard.append(one)
        else:
            self.server.refused += 1
        said = b"" if 200 <= status < 300 else b"the field `v` is missing"
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver at work."""
    server = Receiver(port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.hanging.clear()
        server.shutdown()
        server.server_close()
        for one in server.sockets:  # connections that are kept would go on being served
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        thread.join(5)
