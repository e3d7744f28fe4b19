"""Bytes of MQTT, cut anywhere, become packets or one reason."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.exercise import mqtt
from s4.sensing.mqtt import frames
from s4.sensing.mqtt.frames import Frames, Packet, Published, connack, pubacks, read_connect, refuse_filters

TOPICS = st.text(min_size=1, max_size=20)
PUBLISHED = st.tuples(TOPICS, st.binary(max_size=300), st.integers(0, 65_535))


def encoded(topic: str, payload: bytes, number: int) -> bytes:
    if number:
        return mqtt.publish(topic, payload, number)
    body = len(topic.encode()).to_bytes(2, "big") + topic.encode() + payload
    return bytes([0x30]) + mqtt._length(len(body)) + body


@given(st.lists(PUBLISHED, max_size=8), st.lists(st.integers(0, 2500), max_size=6))
def test_whatever_the_pieces_the_packets_are_the_same(sent: list[tuple[str, bytes, int]], cuts: list[int]) -> None:
    stream = b"".join(encoded(*one) for one in sent) + mqtt.PING
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    reader, published, others = Frames(), list[Published](), list[Packet]()
    for start, stop in pairwise(edges):
        more = reader.feed(stream[start:stop])
        published += more[0]
        others += more[1]
    assert published == [Published(topic.encode(), payload, number) for topic, payload, number in sent]
    assert others == [Packet(frames.PINGREQ, b"")]


@given(st.binary(max_size=200))
@example(b"\x30\x00")
@example(b"\x30\x01\x00")
@example(b"\x32\x05\x00\x01a\x00\x00")
@example(b"\x34\x07\x00\x01a\x00\x01xx")
@example(b"\x30\xff\xff\xff\xff\x01")
@example(b"\x30\xff\xff\xff\x7f")
@example(b"\x10\x02\x00\x05")
def test_any_bytes_give_packets_or_one_reason(data: bytes) -> None:
    with contextlib.suppress(InputError):
        published, others = Frames().feed(data)
        assert sum(len(one.topic) + len(one.payload) for one in published) <= len(data)
        for packet in others:
            with contextlib.suppress(InputError):
                read_connect(packet.body)
            with contextlib.suppress(InputError):
                refuse_filters(frames.SUBSCRIBE, packet.body)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x34\x07\x00\x01a\x00\x01xx", "QoS 2"),
        (b"\x30\x01\x00", "cut short"),
        (b"\x32\x05\x00\x01a\x00\x00", "no packet number"),
        (b"\x30\xff\xff\xff\x7f", "larger than"),
        (b"\x30\xff\xff\xff\xff", "more than four bytes"),
    ],
)
def test_what_mqtt_does_not_have_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Frames().feed(data)


def test_who_connects() -> None:
    ((packet,), rest) = (Frames().feed(mqtt.connect("c-1", "air-1", "sesam", 60))[1], b"")
    assert not rest
    told = read_connect(packet.body)
    assert (told.client, told.user, told.password, told.keep_alive_s) == ("c-1", "air-1", "sesam", 60)
    with_will = b"\x00\x04MQTT\x04\xc6\x00\x00" + b"\x00\x01c\x00\x01t\x00\x01m\x00\x01u\x00\x01p"
    assert read_connect(with_will)[2:4] == ("u", "p")
    assert read_connect(b"\x00\x04MQTT\x05\xc2\x00\x3c").level == 5
    for broken in (b"", b"\x00\x04HTTP\x04\x00\x00\x00", b"\x00\x04MQTT\x04\xc2\x00\x3c\x00\x09c"):
        with pytest.raises(InputError):
            read_connect(broken)


def test_answers() -> None:
    assert connack(4) == b"\x20\x02\x00\x04"
    assert pubacks([1, 258]) == b"\x40\x02\x00\x01\x40\x02\x01\x02"
    two = mqtt.subscribe(7, "a")[2:] + b"\x00\x01b\x00"
    assert refuse_filters(frames.SUBSCRIBE, two) == b"\x90\x04\x00\x07\x80\x80"
    assert refuse_filters(frames.UNSUBSCRIBE, b"\x00\x07\x00\x01a") == b"\xb0\x02\x00\x07"
