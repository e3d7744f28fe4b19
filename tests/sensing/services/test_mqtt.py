"""The MQTT client at a real Mosquitto: plain JSON by mapping, losses, TLS, passwords, what is wrong."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from s4.core.city import Source
from s4.core.errors import ConfigError
from s4.sensing.services.service import Service
from tests.sensing.services.stand import at_work, make_door, reasons
from tests.support.mosquitto import SECRET, USER, Mosquitto, certificates, send

AIR = {
    "topic": "air/+/state", "device": "air-{1}", "time": "/ts", "time_unit": "s",
    "values": {
        "temperature": {"at": "/env/t", "unit": "Cel"},
        "pm2.5": {"at": "/env/pm/0", "unit": "ug/m3", "scale": 0.1},
        "fan": {"at": "/fan", "words": {"ON": 1, "OFF": 0}},
        "note": {"at": "/note", "event": True},
    },
}  # fmt: skip


def options(broker: Mosquitto, *takes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": broker.port, "user": USER, "password": SECRET, "take": list(takes), **more}


async def test_json_by_mapping(broker: Mosquitto) -> None:
    known = Source("air-north", "stadium", "device", options={"ranges": {"temperature": [-40.0, 60.0]}})
    door = make_door("mqtt", options(broker, AIR), known)
    now = door.context.clock.now() // 1_000_000_000
    with broker.client() as client:
        async with at_work(door) as record:
            await record.up()
            full = {"ts": now, "env": {"t": 21.5, "pm": [123]}, "fan": "ON", "note": {"by": "key 4"}}
            send(client, "air/north/state", json.dumps(full))
            send(client, "air/South 2/state", json.dumps({"ts": now, "env": {"t": 19}}))
            send(client, "air/north/other", "ignored: nobody subscribed")
            send(client, "air/north/state", "{broken")
            send(client, "air/north/state", json.dumps({"ts": now, "env": {"t": 850}}))
            send(client, "air/north/state", json.dumps({"ts": "soon", "env": {"t": 1}}))
            send(client, "air/north/state", json.dumps({"ts": now, "env": {"t": "warm"}, "fan": "OFF"}))
            send(client, "air/north/state", json.dumps({"ts": now, "other": 1}))
            await record.until(lambda: len(record.values("air-north", "fan")) == 2)
            await record.until(lambda: len(record.values("air-south-2", "temperature")) == 1)
            said: list[str] = []

            def all_is_said() -> bool:
                said.extend(reasons(door))
                return len(said) >= 5

            await record.until(all_is_said)
    assert record.values("air-north", "temperature") == [21.5]
    assert record.values("air-north", "pm2.5") == [12.3]
    assert record.unit("air-north", "pm2.5") == "ug/m3"
    assert record.values("air-north", "fan") == [1.0, 0.0]
    assert record.bodies("air-north", "note") == [{"by": "key 4"}]
    assert {one.time for one in record.readings} == {now * 1_000_000_000}
    assert record.sites == {"gateway-1": "square", "air-north": "stadium", "air-south-2": "square"}
    assert sorted(one.partition(":")[0] for one in said) == [
        "air/north/state", "air/north/state", "air/north/state, /ts", "air/north/state, temperature",
        "air/north/state, temperature",
    ]  # fmt: skip
    assert any("850 Cel is outside -40 to 60 Cel" in one for one in said)


async def test_everything_in_a_message_without_a_mapping(broker: Mosquitto) -> None:
    with broker.client() as client:
        async with at_work(make_door("mqtt", options(broker, {"topic": "plant/#", "device": "plant"}))) as record:
            await record.up()
            send(client, "plant/1", '{"flow": {"in": 3, "out": 2.5}, "ok": true, "mode": "auto", "gone": null}')
            send(client, "plant/2", "42.5")
            await record.until(lambda: record.values("plant", "value"))
    assert {one.series.property: one.value for one in record.readings} == {
        "flow.in": 3.0, "flow.out": 2.5, "ok": 1.0, "value": 42.5,
    }  # fmt: skip
    assert record.bodies("plant", "mode") == [{"value": "auto"}]


async def test_the_broker_goes_and_comes_back(broker: Mosquitto) -> None:
    async with at_work(make_door("mqtt", options(broker, {"topic": "a/#", "device": "a"}))) as record:
        await record.up()
        with broker.client() as client:
            send(client, "a/1", "1")
            await record.until(lambda: record.values("a", "value") == [1.0])
        broker.stop()
        await record.until(lambda: len(record.links) == 2)
        broker.start()
        await record.up(2)
        with broker.client() as client:
            send(client, "a/1", "2")
            await record.until(lambda: record.values("a", "value") == [1.0, 2.0])
    assert record.links[1].startswith("down: the broker ended the connection")


async def test_what_is_published_while_we_are_away_or_behind_is_not_missed(broker: Mosquitto) -> None:
    """With QoS 1 a message is acknowledged when it is recorded, and kept by the broker until then."""
    take = {"topic": "a/#", "device": "a"}
    async with at_work(make_door("mqtt", options(broker, take))) as record:
        await record.up()
        record.closed = True
        with broker.client() as client:
            for number in range(200):
                send(client, "a/1", str(number))
        await asyncio.sleep(0.3)
        assert record.readings == []
    async with at_work(make_door("mqtt", options(broker, take))) as record:
        await record.until(lambda: len(record.readings) >= 200)
    assert record.values("a", "value")[-200:] == [float(number) for number in range(200)]


async def test_a_flood_is_slowed_to_the_rate(broker: Mosquitto) -> None:
    door = make_door("mqtt", options(broker, {"topic": "a/#", "device": "a"}, rate_per_s=100.0))
    with broker.client() as client:
        async with at_work(door) as record:
            await record.up()
            for number in range(400):
                client.publish("a/1", str(number), 1)
            await asyncio.sleep(1.5)
            some = len(record.readings)
            assert 100 <= some <= 320  # a second's worth at once, and then as many a second
            await record.until(lambda: len(record.readings) == 400)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_retained_messages_count_only_with_a_time_of_their_own(broker: Mosquitto, version: str) -> None:
    with broker.client() as client:
        send(client, "a/old", "1", retain=True)
        send(client, "b/old", json.dumps({"v": 2, "ts": "2026-05-01T18:00:00Z"}), retain=True)
        takes = (
            {"topic": "a/#", "device": "a"},
            {"topic": "b/#", "device": "b", "time": "/ts", "values": {"v": {"at": "/v"}}},
        )
        door = make_door("mqtt", options(broker, *takes, max_age_s=3e9, version=version))
        async with at_work(door) as record:
            await record.up()
            send(client, "a/new", "3")
            await record.until(lambda: len(record.readings) == 2)
    assert record.values("b", "v") == [2.0]
    assert record.values("a", "value") == [3.0]


async def test_tls_and_a_password_from_a_file(broker: Mosquitto, tmp_path: Path) -> None:
    broker.stop()
    broker.tls = certificates(tmp_path)
    broker.start()
    (tmp_path / "password").write_text(SECRET + "\n")
    good = options(broker, {"topic": "a/#", "device": "a"}, tls=True, ca_file="ca.pem", password_file="password")
    del good["password"]
    with broker.client() as client:
        async with at_work(make_door("mqtt", good, folder=tmp_path)) as record:
            await record.up()
            send(client, "a/1", "1")
            await record.until(lambda: record.readings)


@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")  # Paho leaves it to the garbage collector
async def test_a_broker_whose_certificate_nobody_knows_is_not_spoken_to(broker: Mosquitto, tmp_path: Path) -> None:
    broker.stop()
    broker.tls = certificates(tmp_path)
    broker.start()
    async with at_work(make_door("mqtt", options(broker, {"topic": "a/#"}, tls=True))) as record:
        await record.until(lambda: record.links)
    assert "certificate verify failed" in record.links[0]


async def test_a_wrong_password_is_said_and_not_shown(broker: Mosquitto) -> None:
    door = make_door("mqtt", options(broker, {"topic": "a/#"}) | {"password": "hunter2"})
    async with at_work(door) as record:
        await record.until(lambda: record.links)
    assert record.links[0].startswith("down: the broker refused the connection: Not authorized")
    assert "hunter2" not in " ".join(record.links)


async def test_a_broker_that_is_not_there(broker: Mosquitto) -> None:
    broker.stop()
    async with at_work(make_door("mqtt", options(broker, {"topic": "a/#"}))) as record:
        await record.until(lambda: record.links)
    assert f"the broker 127.0.0.1:{broker.port} cannot be reached" in record.links[0]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, r"options\.take: is missing"),
        ({"take": [{}]}, r"take\[0\]\.topic: '' is no topic filter"),
        ({"take": [{"topic": "a/b#"}]}, r"take\[0\]\.topic: 'a/b#' is no topic filter"),
        ({"take": [{"topic": "a", "values": {"t": {"at": "x"}}}]}, r"values\.t\.at: 'x' is not a JSON pointer"),
        ({"take": [{"topic": "a", "values": {"t": {"at": "/x", "unit": "blob"}}}]}, r"values\.t\.unit: 'blob'"),
        (
            {"take": [{"topic": "a"}], "password": "x", "host": "10.0.0.1"},
            r"password: would go to 10.0.0.1 unencrypted",
        ),
        ({"take": [{"topic": "a"}], "password_file": "nothing"}, r"password_file: 'nothing' cannot be read"),
        ({"take": [{"topic": "a"}], "tls": True, "ca_file": "nothing"}, r"tls: the certificates cannot be used"),
        ({"take": [{"topic": "a"}], "names": {"x": "No Id"}}, r"options\.names\.x: 'No Id' is not a name"),
        ({"take": [{"topic": "a"}], "hots": 1}, r"options\.hots: is not known here"),
    ],
)
def test_bad_settings_are_named(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("mqtt", {"host": "127.0.0.1", **given})


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.sensing.services.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 's4allcities\[mqtt\]'"):
        make_door("mqtt", {"host": "127.0.0.1", "take": [{"topic": "a"}]})


def test_it_is_a_service() -> None:
    assert isinstance(make_door("mqtt", {"host": "127.0.0.1", "take": [{"topic": "a"}]}), Service)
