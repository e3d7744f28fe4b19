"""MQTT packets: what is encoded can be read, in pieces of any size, and nonsense is refused."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.exercise import mqtt
from s4.exercise.mqtt import Packet, Packets, Published, Type

TOPICS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
MESSAGES = st.tuples(TOPICS, st.binary(max_size=400), st.integers(1, 0xFFFF))


@given(st.lists(MESSAGES, max_size=8), st.integers(1, 90))
@example([("a", b"x" * 127, 1), ("a", b"x" * 16_384, 2)], 1000)
def test_messages_survive_any_cut(messages: list[tuple[str, bytes, int]], size: int) -> None:
    stream = b"".join(mqtt.publish(*message) for message in messages)
    cutter, found = Packets(), list[Packet]()
    for start in range(0, len(stream), size):
        found += cutter.feed(stream[start : start + size])
    assert [mqtt.read_publish(p) for p in found] == [Published(t, body, 1, n) for t, body, n in messages]


@given(st.binary(max_size=300))
def test_any_bytes_are_packets_or_refused(data: bytes) -> None:
    with contextlib.suppress(InputError):
        for packet in Packets(largest=1000).feed(data):
            if packet.type == Type.PUBLISH:
                assert len(mqtt.read_publish(packet).payload) <= len(data)


def test_a_length_of_five_bytes_is_refused() -> None:
    with pytest.raises(InputError, match="more than four bytes"):
        Packets().feed(b"\x30\xff\xff\xff\xff\x01")


def test_too_large_a_packet_is_refused_before_it_came() -> None:
    with pytest.raises(InputError, match="larger than the 100"):
        Packets(largest=100).feed(b"\x30\xff\x7f")


def test_a_repeated_message_says_so() -> None:
    first, again = (Packets().feed(mqtt.publish("t", b"1", 5, again=mark))[0] for mark in (False, True))
    assert (first.flags & 0b1000, again.flags & 0b1000) == (0, 0b1000)
    assert mqtt.read_publish(first) == mqtt.read_publish(again)


def test_connect_carries_the_credential() -> None:
    (packet,) = Packets().feed(mqtt.connect("c", "gate-1", "geheim", 30))
    assert packet.type == Type.CONNECT
    assert packet.body == b"\x00\x04MQTT\x04\xc2\x00\x1e\x00\x01c\x00\x06gate-1\x00\x06geheim"
