"""An MQTT sender that costs next to nothing: its packets are made beforehand and sent by the thousand.

It runs in a process of its own, so that only the cores are shared with those who are measured.
"""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Sequence

import msgspec

from s4.exercise import mqtt

_TURN_S = 0.005


class Sent(msgspec.Struct, frozen=True):
    """How many readings left, in how many seconds (until the server had taken the last)."""

    readings: int
    took_s: float


class Flood(msgspec.Struct, frozen=True):
    """Who sends what: bare numbers, one reading a message. `per_s` 0: as fast as the server takes them."""

    port: int
    device: str
    secret: str
    readings: int
    per_s: int = 0
    qos: int = 0

    def send(self) -> Sent:
        """Send it all; with QoS 1, until all is acknowledged."""
        packets = self._packets()
        with socket.create_connection(("127.0.0.1", self.port), 10) as link:
            link.sendall(mqtt.connect(f"bench-{self.device}", self.device, self.secret, 60))
            answer = link.recv(4)
            if answer[:1] != b"\x20" or answer[3:4] != b"\x00":
                raise RuntimeError(f"the server refused the connection: {answer!r}")
            link.settimeout(120)
            started = time.perf_counter()
            sent = self._paced(link, packets) if self.per_s else self._flat_out(link, packets)
            link.sendall(mqtt.PING)
            _await(link, 2)  # the answer comes behind everything before it
            took = time.perf_counter() - started
            link.sendall(mqtt.GOODBYE)
            time.sleep(0.2)
        return Sent(sent, took)

    def _packets(self) -> list[bytes]:
        topic = f"s4/in/{self.device}/level"
        values = (b"%d.%02d" % (n % 90, n % 100) for n in range(self.readings))
        if self.qos:
            return [mqtt.publish(topic, value, n % 65_535 + 1) for n, value in enumerate(values)]
        head = len(topic).to_bytes(2, "big") + topic.encode()
        return [b"\x30" + bytes([len(head) + len(value)]) + head + value for value in values]

    def _flat_out(self, link: socket.socket, packets: Sequence[bytes]) -> int:
        most = 2_000 if self.qos else 5_000
        for i in range(0, len(packets), most):
            held = packets[i : i + most]
            link.sendall(b"".join(held))
            if self.qos:
                _await(link, 4 * len(held))
        return len(packets)

    def _paced(self, link: socket.socket, packets: Sequence[bytes]) -> int:
        started, sent = time.perf_counter(), 0
        while sent < len(packets):
            due = min(int((time.perf_counter() - started) * self.per_s) + 1, len(packets))
            link.sendall(b"".join(packets[sent:due]))
            if self.qos:
                _await(link, 4 * (due - sent))
            sent = due
            time.sleep(_TURN_S)
        return sent


def _await(link: socket.socket, octets: int) -> None:
    """A PUBACK has four, a PINGRESP two."""
    while octets > 0:
        heard = len(link.recv(octets))
        if not heard:
            raise RuntimeError("the server hung up")
        octets -= heard


def send(flood: Flood) -> Sent:
    """Send from a process of its own, and wait for it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(flood.send)
