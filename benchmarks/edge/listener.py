"""A subscriber of the bus that does nothing but count: what hearing costs before anything is understood."""

from __future__ import annotations

import json
import socket
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit

import msgspec

_QUIET_S = 3.0


class Counted(msgspec.Struct, frozen=True):
    """Messages heard, and the CPU that hearing them took, seconds."""

    messages: int
    cpu_s: float


class Listener:
    """Reads blocks from a socket in a thread of its own. Every message of the bus has one `s4.in.` in its head."""

    def __init__(self, url: str, user: str, password: str, subject: str) -> None:
        where = urlsplit(url)
        self._link = socket.create_connection((where.hostname or "", where.port or 4222), 10)
        self._link.recv(4096)
        said = {
            "user": user,
            "pass": password,
            "headers": True,
            "verbose": False,
            "pedantic": False,
            "no_responders": True,
        }
        self._link.sendall(f"CONNECT {json.dumps(said)}\r\nSUB {subject} 1\r\nPING\r\n".encode())
        while b"PONG" not in self._link.recv(4096):
            pass
        self._messages, self._cpu, self._heard = 0, 0.0, time.monotonic()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        started, tail = time.thread_time(), b""
        while block := self._link.recv(1 << 18):
            if block == b"PING\r\n":
                self._link.sendall(b"PONG\r\n")
                continue
            text = tail + block
            self._messages += text.count(b" s4.in.")
            tail = text[-6:]
            self._heard, self._cpu = time.monotonic(), time.thread_time() - started

    def count(self, expected: int) -> Counted:
        """Wait until all have come, or nothing more comes for 3 s."""
        while self._messages < expected and time.monotonic() - self._heard < _QUIET_S:
            time.sleep(0.05)
        return Counted(self._messages, self._cpu)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._link.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._link.close()
