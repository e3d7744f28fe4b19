"""LoRaWAN network servers: their JSON, by a real broker and by HTTP push."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import format_time, parse_time
from s4.core.errors import ConfigError, InputError
from s4.core.model import Place
from s4.runtime.sockets import free_port
from s4.sensing.services.lorawan import read_chirpstack, read_things_stack
from tests.sensing.city import NOW
from tests.sensing.services.samples import DEV_EUI, chirpstack, chirpstack_up, text, things_up
from tests.sensing.services.stand import at_work, make_door, read_or_reason, reasons
from tests.sensing.services.test_zigbee import JSON
from tests.support.mosquitto import SECRET, USER, Mosquitto, send

AT = "2026-05-01T18:00:00.775023242+00:00"
EUI = DEV_EUI.lower()
BEARER = "a-secret-of-some-length"


def test_an_uplink_of_chirpstack() -> None:
    parsed = read_chirpstack("up", text(chirpstack_up(AT)))
    assert {(one.property, one.unit): one.value for one in parsed.items} == {
        ("laeq", None): 61.5, ("battery_mV", None): 3604.0, ("state", None): {"value": "ok"},
        ("peaks.0", None): 70.0, ("peaks.1", None): 71.5, ("lorawan.rssi", "[dBm]"): -97.0, ("lorawan.snr", "dB"): 7.5,
        ("lorawan.gateways", "{count}"): 2.0, ("lorawan.frame", "{count}"): 1200.0,
    }  # fmt: skip
    assert {one.device for one in parsed.items} == {EUI}
    assert {one.time for one in parsed.items} == {NOW + 775_023_000}
    assert parsed.wrong == []


def test_other_events_of_chirpstack() -> None:
    status = chirpstack(AT, margin=10, externalPowerSource=False, batteryLevelUnavailable=False, batteryLevel=98.4)
    assert {one.property: one.value for one in read_chirpstack("status", text(status)).items} == {
        "lorawan.margin": 10.0, "lorawan.external_power": 0.0, "battery": 98.4,
    }  # fmt: skip
    (join,) = read_chirpstack("join", text(chirpstack(AT, devAddr="00189440"))).items
    assert (join.property, join.value) == ("lorawan.join", {"devAddr": "00189440"})
    (found,) = read_chirpstack("location", text(chirpstack(AT, location={"latitude": 43.2, "longitude": -2.9}))).items
    assert found.place == Place(43.2, -2.9)
    (log,) = read_chirpstack("log", text(chirpstack(AT, level="ERROR", code="UPLINK_MIC", description="bad"))).items
    assert log.value == {"level": "ERROR", "code": "UPLINK_MIC", "description": "bad"}
    assert read_chirpstack("txack", b"{}").items == []


def test_nobody_decoded_it() -> None:
    fields = chirpstack_up(AT)
    del fields["object"]
    first = read_chirpstack("up", text(fields)).items[0]
    assert (first.property, first.value) == ("lorawan.payload", {"f_port": 2, "data": "AWcA1wJoUA=="})


def test_an_uplink_of_the_things_stack() -> None:
    parsed = read_things_stack(text(things_up("2026-05-01T18:00:00.5Z")))
    assert {(one.property, one.unit): one.value for one in parsed.items} == {
        ("fill", None): 0.8, ("tilted", None): 0.0, ("lid", None): {"value": "open"}, ("lorawan.rssi", "[dBm]"): -35.0,
        ("lorawan.snr", "dB"): 5.2, ("lorawan.gateways", "{count}"): 1.0, ("lorawan.frame", "{count}"): 7.0,
        ("battery", "%"): 88.2,
    }  # fmt: skip
    assert {(one.device, one.time) for one in parsed.items} == {(EUI, NOW + 500_000_000)}


def test_other_messages_of_the_things_stack() -> None:
    ids = {"end_device_ids": {"dev_eui": DEV_EUI}, "received_at": "2026-05-01T18:00:00Z"}
    assert read_things_stack(text({**ids, "downlink_ack": {}})).items == []
    (join,) = read_things_stack(text({**ids, "join_accept": {"session_key_id": "x"}})).items
    assert (join.property, join.time) == ("lorawan.join", NOW)
    solved = {"location": {"latitude": 43.2, "longitude": -2.9, "altitude": 10}}
    (found,) = read_things_stack(text({**ids, "location_solved": solved})).items
    assert found.place == Place(43.2, -2.9, 10.0)


@pytest.mark.parametrize(
    ("event", "fields", "complaint"),
    [
        ("up", {}, "deviceInfo.devEui: is missing or no DevEUI"),
        ("up", {"deviceInfo": {"devEui": "x" * 16}}, "no DevEUI"),
        ("dance", {}, "'dance' is no event"),
        ("up", chirpstack("yesterday"), "time: 'yesterday' is not"),
        ("up", {**chirpstack(AT), "time": 17}, "time: is no text"),
        ("location", chirpstack(AT, location={"latitude": 91, "longitude": 0}), "location"),
    ],
)
def test_what_is_wrong_is_said(event: str, fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_chirpstack(event, text(fields))


def test_a_wrong_value_leaves_the_rest() -> None:
    fields = chirpstack_up(AT)
    fields["fCnt"] = "many"
    parsed = read_chirpstack("up", text(fields))
    assert [str(error) for error in parsed.wrong] == ["lorawan.frame: expected a number, got text"]
    assert len(parsed.items) == 8


@given(st.sampled_from(["up", "status", "join", "location", "log", "ack"]), st.data())
def test_any_part_may_be_anything(event: str, data: st.DataObject) -> None:
    whole = chirpstack_up(AT) | things_up("2026-05-01T18:00:00Z") | {"location": {}, "margin": 1, "batteryLevel": 2}
    keys = data.draw(st.lists(st.sampled_from(sorted(whole)), max_size=4))
    inner = data.draw(st.sampled_from(sorted(whole["uplink_message"])))
    whole |= {key: data.draw(JSON) for key in keys}
    if isinstance(whole.get("uplink_message"), dict):
        whole["uplink_message"][inner] = data.draw(JSON)
    payload = json.dumps(whole).encode()
    read_or_reason(lambda: read_chirpstack(event, payload))
    read_or_reason(lambda: read_things_stack(payload))


async def test_both_by_mqtt(broker: Mosquitto) -> None:
    options = {"host": "127.0.0.1", "port": broker.port, "user": USER, "password": SECRET}
    takes = [{"format": "chirpstack"}, {"format": "things-stack"}]
    door = make_door("mqtt", {**options, "take": takes, "units": {"laeq": "dB[SPL]"}, "names": {EUI: "noise-7"}})
    now = format_time(door.context.clock.now())
    with broker.client() as client:
        async with at_work(door) as record:
            await record.up()
            up = chirpstack_up(now)
            send(client, f"application/17c8/device/{EUI}/event/up", text(up))
            send(client, f"application/17c8/device/{EUI}/event/up", b"{}")
            send(client, "v3/bins@ttn/devices/bin-12/up", text(things_up(now)))
            send(client, "v3/bins@ttn/devices/bin-12/down/queued", text({"downlink_queued": {}}))
            await record.until(lambda: record.values("noise-7", "fill"))
    assert record.values("noise-7", "laeq") == [61.5]
    assert record.unit("noise-7", "laeq") == "dB[SPL]"
    assert {one.time for one in record.readings} == {parse_time(now)}
    assert reasons(door) == [f"application/17c8/device/{EUI}/event/up, deviceInfo.devEui: is missing or no DevEUI of 16"
                             " hexadecimal digits"]  # fmt: skip


async def test_pushed_by_http() -> None:
    port = free_port()
    door = make_door("lorawan-http", {"network": "chirpstack", "port": port, "secret": BEARER})
    now = format_time(door.context.clock.now())
    url, head = f"http://127.0.0.1:{port}/lorawan?event=up", {"Authorization": f"Bearer {BEARER}"}
    async with at_work(door) as record, httpx.AsyncClient() as client:
        await record.up()
        good = await client.post(url, content=text(chirpstack_up(now)), headers=head)
        bad = await client.post(url, content=b"{}", headers=head)
        stranger = await client.post(url, content=text(chirpstack_up(now)), headers={"Authorization": "Bearer x"})
        huge = await client.post(url, content=b" " * 70_000, headers=head)
        elsewhere = await client.post(f"http://127.0.0.1:{port}/", headers=head)
        assert record.values(EUI, "laeq") == [61.5]  # it was recorded before it was answered
    statuses = [one.status_code for one in (good, bad, stranger, huge, elsewhere)]
    assert statuses == [200, 400, 401, 413, 404]
    assert "DevEUI" in bad.text
    assert len(reasons(door)) == 1


async def test_the_things_stack_pushes_too() -> None:
    port = free_port()
    door = make_door("lorawan-http", {"network": "things-stack", "port": port, "secret": BEARER, "path": "/ttn"})
    async with at_work(door) as record, httpx.AsyncClient() as client:
        await record.up()
        content = text(things_up(format_time(door.context.clock.now())))
        done = await client.post(
            f"http://127.0.0.1:{port}/ttn", content=content, headers={"Authorization": f"Bearer {BEARER}"}
        )
        assert done.status_code == 200
        assert record.values(EUI, "fill") == [0.8]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"secret": "short"}, "secret: is missing or shorter than 16"),
        ({"secret": BEARER, "host": "0.0.0.0"}, "would go to 0.0.0.0 unencrypted"),
        ({"secret": BEARER, "path": "no"}, "path"),
        ({"secret": BEARER, "network": "sigfox"}, "network"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("lorawan-http", {"network": "chirpstack", "port": 8090, **options})
