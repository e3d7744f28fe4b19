"""A bad line: passes TCP on to a real server, and can be cut, hang half-open, be slow, or break at random."""

import random
import socket
import threading
import time
from contextlib import suppress


class BadLine:
    """Listens on a free port of 127.0.0.1. `rate`: bytes a second and direction (0 = as fast as it goes); `delay_s`:
    added to each piece; `breaks_s`: connections are broken at random, after so long on average (0 = never).
    """

    def __init__(self, target: int, seed: int = 1) -> None:
        self.target = target
        self.rate, self.delay_s, self.breaks_s = 0, 0.0, 0.0
        self.accepted = 0
        self._chance = random.Random(seed)
        self._cut, self._hangs = False, False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection and take none."""
        self._cut = True
        self._break()

    def hang(self) -> None:
        """Keep every connection open, take new ones, and forward nothing; what comes in meanwhile is lost."""
        self._hangs = True

    def mend(self) -> None:
        """New connections work again; those that hung stay as dead as they are."""
        self._cut = self._hangs = False

    def close(self) -> None:
        """Break it for good."""
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _break(self) -> None:
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.accepted += 1
                if self._cut:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # or the kernel holds a long queue
                until = time.monotonic() + self._chance.expovariate(1 / self.breaks_s) if self.breaks_s else 0.0
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink, until), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, until: float) -> None:
        dead = False
        with self._lock:
            self._open.add(source)
        with suppress(OSError):
            while data := source.recv(16_384):
                dead = dead or self._hangs  # a connection that hung never comes back to life
                if dead:
                    continue
                if until and time.monotonic() > until:
                    break
                if self.rate or self.delay_s:
                    time.sleep(self.delay_s + (len(data) / self.rate if self.rate else 0.0))
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()
