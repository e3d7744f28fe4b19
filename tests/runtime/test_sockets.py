"""Ports to listen on: the one that is wanted where it is free, and none that an outgoing connection could take."""

import socket
from pathlib import Path

import pytest

from s4.runtime.sockets import free_port

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not RANGE.is_file(), reason="this system does not say which ports outgoing connections get")
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_no_outgoing_connection_takes_it(kind: socket.SocketKind) -> None:
    first = int(RANGE.read_text().split()[0])
    if first < 21_000:
        pytest.skip("outgoing connections get nearly all ports here")
    assert all(1024 < free_port(kind=kind) < first for _ in range(20))


def test_the_wanted_one_when_nobody_listens_there() -> None:
    port = free_port()
    assert free_port(wanted=port) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert free_port(wanted=port) != port
