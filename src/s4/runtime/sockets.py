"""Which port to listen on, when nobody said."""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path
from typing import Final

from s4.core.errors import ServiceError

_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST, _LEAST = 20_000, 1_000
_TRIES: Final = 50
_picker = random.SystemRandom()


def free_port(host: str = "127.0.0.1", wanted: int = 0, *, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """`wanted` if nobody listens there, else a free port.

    It lies below those from which the system gives outgoing connections theirs: one of those could take it between
    this answer and the moment somebody listens there. Raises `ServiceError` when nothing is free.

    >>> 1024 <= free_port() <= 65535
    True
    """
    for port in (*([wanted] if wanted else ()), *_candidates(), 0):
        with contextlib.suppress(OSError):
            return _bound(host, port, kind)
    raise ServiceError(f"no free port on {host}")


def _candidates() -> list[int]:
    """Some below the system's own range; none where that leaves no room."""
    try:
        end = int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return []
    return _picker.sample(range(_FIRST, end), _TRIES) if end - _FIRST >= _LEAST else []


def _bound(host: str, port: int, kind: socket.SocketKind) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])
