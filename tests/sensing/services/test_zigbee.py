"""Zigbee2MQTT: units and words as the bridge tells them, through a real broker."""

import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.zigbee import Zigbee2Mqtt
from tests.sensing.city import NOW
from tests.sensing.services.samples import BRIDGE_DEVICES, text
from tests.sensing.services.stand import at_work, make_door, read_or_reason, reasons
from tests.support.mosquitto import SECRET, USER, Mosquitto, send


async def test_a_bridge_and_its_devices(broker: Mosquitto) -> None:
    options = {"host": "127.0.0.1", "port": broker.port, "user": USER, "password": SECRET}
    names = {"hall/door 1": "door-1"}
    with broker.client() as client:
        send(client, "zigbee2mqtt/bridge/devices", text(BRIDGE_DEVICES), retain=True)
        send(client, "zigbee2mqtt/bridge/state", '{"state": "online"}', retain=True)
        send(client, "zigbee2mqtt/lamp", '{"state": "ON"}', retain=True)
        async with at_work(
            make_door("mqtt", {**options, "names": names, "take": [{"format": "zigbee2mqtt"}]})
        ) as record:
            await record.until(lambda: record.bodies("gateway-1", "bridge.state"))
            send(client, "zigbee2mqtt/hall/door 1", '{"contact": false, "voltage": 3005, "device_temperature": 21,'
                 ' "battery": 100, "linkquality": 120, "action": "", "update": {"state": "idle"}}')  # fmt: skip
            send(client, "zigbee2mqtt/hall/door 1/availability", '{"state": "offline"}')
            send(client, "zigbee2mqtt/lamp", '{"state": "OFF", "brightness": 20, "color": {"x": 0.3, "y": 0.4}}')
            send(client, "zigbee2mqtt/lamp/set", '{"state": "ON"}')
            send(client, "zigbee2mqtt/knob", '{"action": "rotate_left"}')
            send(client, "zigbee2mqtt/bridge/event", text({"type": "device_joined", "data": {"friendly_name": "0xa4"}}))
            await record.until(lambda: record.bodies("0xa4", "zigbee.device_joined"))
    got = {(one.series.source, one.series.property, one.series.unit): one.value for one in record.readings}
    assert got == {
        ("door-1", "contact", "1"): 0.0, ("door-1", "voltage", "mV"): 3005.0, ("door-1", "battery", "%"): 100.0,
        ("door-1", "device_temperature", "Cel"): 21.0, ("door-1", "linkquality", "1"): 120.0,
        ("lamp", "state", "1"): 0.0, ("lamp", "brightness", "1"): 20.0, ("lamp", "color.x", "1"): 0.3,
        ("lamp", "color.y", "1"): 0.4,
    }  # fmt: skip
    assert record.bodies("door-1", "availability") == [{"state": "offline"}]
    assert record.bodies("knob", "action") == [{"value": "rotate_left"}]


def read(topic: str, payload: bytes, *, retained: bool = False) -> Parsed:
    return Zigbee2Mqtt("z").read(topic, payload, NOW, retained=retained)


def test_when_it_was_last_seen() -> None:
    for seen in (NOW // 1_000_000, "2026-05-01T18:00:00Z", "2026-05-01T20:00:00+02:00"):
        (item,) = read("z/a", text({"battery": 1, "last_seen": seen}), retained=True).items
        assert (item.value, item.time) == (1.0, NOW)
    with pytest.raises(InputError, match="last_seen: 'yesterday' is not an ISO 8601 time"):
        read("z/a", text({"battery": 1, "last_seen": "yesterday"}))


@pytest.mark.parametrize(
    ("topic", "payload", "complaint"),
    [
        ("z/a", b"21.5", "expected an object"),
        ("z/a/availability", b"gone", "neither online nor offline"),
        ("z/bridge/state", b"\xff", "not UTF-8"),
        ("z/bridge/devices", b'{"a": 1}', "no list"),
        ("z/a", b"{" * 100_000, "longer than 65536"),
        ("z/a", b'{"a":' * 17 + b"1" + b"}" * 17, "deeper than 16"),
    ],
)
def test_what_is_wrong_is_said(topic: str, payload: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read(topic, payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
EXPOSES = st.fixed_dictionaries({}, optional={
    "type": st.sampled_from(["binary", "numeric", "light"]), "property": JSON, "unit": JSON, "value_on": JSON,
    "value_off": JSON, "features": JSON,
})  # fmt: skip


@given(JSON, st.lists(EXPOSES), st.dictionaries(st.text(max_size=8), JSON))
def test_whatever_the_bridge_says(anything: object, exposes: list[object], state: dict[str, object]) -> None:
    reader = Zigbee2Mqtt("z")
    devices = [anything, {"friendly_name": "a", "definition": {"exposes": exposes}}]
    for topic, payload in (("z/bridge/devices", devices), ("z/a", state), ("z/a/availability", anything)):
        read_or_reason(partial(reader.read, topic, json.dumps(payload).encode(), NOW, retained=False))


def test_the_base_topic_may_be_another(tmp_path: Path) -> None:
    options = {"host": "127.0.0.1", "take": [{"format": "zigbee2mqtt", "topic": "home/zigbee/#"}]}
    assert reasons(make_door("mqtt", options, folder=tmp_path)) == []
    assert len(Zigbee2Mqtt("home/zigbee").read("home/zigbee/a", b'{"t": 1}', NOW, retained=False).items) == 1
