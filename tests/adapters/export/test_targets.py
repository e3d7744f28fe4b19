"""Each target against a real server: what arrives, what is tried again, what is refused."""

import asyncio
import gzip
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from s4.adapters.export.envelope import open_envelope
from s4.core.errors import ServiceError
from s4.core.ports import RefusedError
from tests.adapters.export.samples import detection, pipeline, readings
from tests.support.mosquitto import SECRET, USER, Mosquitto, certificates
from tests.support.programs import find_mosquitto
from tests.support.receiver import Receiver, receiving

SIGNING = "sixteen bytes or more"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def webhook(folder: Path, receiver: Receiver, **more: Any) -> Any:
    options = {"url": receiver.url} | more.pop("options", {})
    return pipeline(folder, target="webhook", options=options, **more)


# Webhook


async def test_a_webhook_gets_each_batch_with_all_there_is_to_know(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(SIGNING + "\n")
    monkeypatch.setenv("TOKEN", "t0ken")
    options = {"secret_file": "secret", "token_env": "TOKEN", "headers": {"X-Tenant": "bilbao"}}
    made = webhook(tmp_path, receiver, compress="gzip", options=options)
    for batch in (readings(5), readings(5, first=5)):
        parcels = made.pack([batch])
        await made.target.send(parcels)
    await made.target.close()
    assert [len(gzip.decompress(one.body).splitlines()) for one in receiver.heard] == [5, 5]
    assert receiver.connections == 1, "the connection is kept"
    headers = receiver.heard[1].headers
    assert (
        headers["x-s4-signature"]
        == "sha256=" + hmac.new(SIGNING.encode(), receiver.heard[1].body, hashlib.sha256).hexdigest()
    )
    assert (headers["authorization"], headers["x-tenant"]) == ("Bearer t0ken", "bilbao")
    assert (headers["content-type"], headers["content-encoding"]) == ("application/x-ndjson", "gzip")
    assert (headers["idempotency-key"], headers["s4-id"], headers["s4-rows"]) == (parcels[0].id, parcels[0].id, "5")


async def test_an_encrypted_body_says_which_key(tmp_path: Path, receiver: Receiver) -> None:
    (tmp_path / "key").write_text("ab" * 32)
    made = webhook(
        tmp_path, receiver, compress="zstd", encrypt={"key_id": "k1", "key_file": "key"}, format="json-array"
    )
    await made.target.send(made.pack([readings(5)]))
    await made.target.close()
    (heard,) = receiver.heard
    assert (heard.headers["s4-key-id"], heard.headers["content-type"]) == ("k1", "application/octet-stream")
    assert "content-encoding" not in heard.headers, "what is compressed is inside"
    assert open_envelope(heard.body, {"k1": b"\xab" * 32})[:4] == b"\x28\xb5\x2f\xfd", "Zstandard's mark"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_what_may_pass_is_tried_again(tmp_path: Path, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: status
    made = webhook(tmp_path, receiver)
    with pytest.raises(ServiceError, match=f"answered {status}") as caught:
        await made.target.send(made.pack([readings(1)]))
    assert not isinstance(caught.value, RefusedError)
    await made.target.close()


@pytest.mark.parametrize(
    ("status", "whole"), [(301, True), (400, False), (401, True), (404, True), (413, False), (422, False)]
)
async def test_what_will_not_pass_is_a_refusal_with_its_reason(
    tmp_path: Path, receiver: Receiver, status: int, whole: bool
) -> None:
    receiver.answer = lambda _: status
    made = webhook(tmp_path, receiver)
    with pytest.raises(RefusedError, match=f"answered {status}") as caught:
        await made.target.send(made.pack([readings(1)]))
    assert caught.value.whole is whole
    assert status < 400 or "the field `v` is missing" in str(caught.value)
    await made.target.close()


async def test_a_server_that_was_away_is_reached_again(tmp_path: Path) -> None:
    with receiving() as first:
        made = webhook(tmp_path, first)
        await made.target.send(made.pack([readings(1)]))
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1 does not answer"):
        await made.target.send(made.pack([readings(1, first=1)]))
    with receiving(first.port) as second:
        await made.target.send(made.pack([readings(1, first=2)]))
        await made.target.close()
        assert len(second.heard) == 1


async def test_one_that_hangs_is_let_go_and_its_late_answer_changes_nothing(tmp_path: Path, receiver: Receiver) -> None:
    made = webhook(tmp_path, receiver)
    receiver.hanging.set()
    threads = threading.active_count()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await made.target.send(made.pack([readings(1)]))
    receiver.hanging.clear()
    await asyncio.sleep(0.3)
    late = len(receiver.heard)
    await made.target.send(made.pack([readings(1, first=1)]))
    assert len(receiver.heard) == late + 1
    await made.target.close()
    await asyncio.sleep(0.2)
    assert threading.active_count() <= threads + 4


# MQTT


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    program = find_mosquitto()
    if program is None:
        pytest.skip("Mosquitto is not here")
    one = Mosquitto(program, tmp_path)
    one.start()
    yield one
    one.stop()


def mqtt(folder: Path, broker: Mosquitto, **more: Any) -> Any:
    (folder / "password").write_text(SECRET)
    scheme = "mqtts" if broker.tls else "mqtt"
    options = {"url": f"{scheme}://127.0.0.1:{broker.port}", "user": USER, "password_file": "password"}
    return pipeline(folder, target="mqtt", options=options | more.pop("options", {}), **more)


class Listener:
    """Somebody who listens at the broker."""

    def __init__(self, client: Any, topic: str) -> None:
        self.heard: list[Any] = []
        ready = threading.Event()
        client.on_message = lambda _c, _u, message: self.heard.append(message)
        client.on_subscribe = lambda *_: ready.set()
        client.subscribe(topic, 1)
        assert ready.wait(10)

    async def until(self, count: int) -> list[Any]:
        deadline = time.monotonic() + 10
        while len(self.heard) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        return self.heard


async def test_a_broker_gets_a_message_a_row_on_the_topic_of_the_row(tmp_path: Path, broker: Mosquitto) -> None:
    made = mqtt(tmp_path, broker, format="json", options={"topic": "city/{site}/{word}/{source}"})
    with broker.client() as client:
        listener = Listener(client, "city/#")
        await made.target.send(made.pack([readings(2), detection()]))
        heard = await listener.until(3)
        assert [one.topic for one in heard] == [
            "city/square/observation/co2-1", "city/square/observation/temp-1", "city/square/detection/door-1"
        ]  # fmt: skip
        assert json.loads(heard[0].payload)["value"] == 290.0
        many = made.pack([readings(500)])
        await made.target.send(many)
        assert [json.loads(one.payload)["id"] for one in (await listener.until(503))[3:]] == [
            readings(500).observation_id(i) for i in range(500)
        ]
    await made.target.close()


async def test_mqtt_5_says_what_a_message_is(tmp_path: Path, broker: Mosquitto) -> None:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

    made = mqtt(tmp_path, broker, compress="gzip", options={"version": "5", "qos": 2, "topic": "out/{export}"})
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(USER, SECRET)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        listener = Listener(client, "out/#")
        (parcel,) = made.pack([readings(3)])
        await made.target.send([parcel])
        (heard,) = await listener.until(1)
        assert (heard.topic, heard.properties.ContentType) == ("out/out", "application/x-ndjson")
        assert dict(heard.properties.UserProperty)["s4-id"] == parcel.id
    finally:
        client.disconnect()
        client.loop_stop()
    await made.target.close()


async def test_a_broker_that_goes_and_comes_is_reached_again(tmp_path: Path, broker: Mosquitto) -> None:
    made = mqtt(tmp_path, broker, retry={"timeout_s": 3})
    await made.target.send(made.pack([readings(1)]))
    broker.stop()
    with pytest.raises(ServiceError):
        await made.target.send(made.pack([readings(1, first=1)]))
    broker.start()
    with broker.client() as client:
        listener = Listener(client, "s4/export/#")
        await made.target.send(made.pack([readings(1, first=2)]))
        (heard,) = await listener.until(1)
        assert json.loads(heard.payload)["value"] == 292.0
    await made.target.close()


async def test_a_wrong_password_is_said(tmp_path: Path, broker: Mosquitto) -> None:
    made = mqtt(tmp_path, broker, options={"user": "nobody"})
    with pytest.raises(ServiceError, match=r"refused the connection \(Not authorized\)"):
        await made.target.send(made.pack([readings(1)]))
    await made.target.close()


# Paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed:ResourceWarning")
async def test_mqtt_by_tls_checks_the_broker(tmp_path: Path) -> None:
    program = find_mosquitto()
    if program is None:
        pytest.skip("Mosquitto is not here")
    broker = Mosquitto(program, tmp_path, certificates(tmp_path))
    broker.start()
    try:
        trusting = mqtt(tmp_path, broker, options={"ca_file": "ca.pem"})
        await trusting.target.send(trusting.pack([readings(1)]))
        await trusting.target.close()
        doubting = mqtt(tmp_path, broker)
        with pytest.raises(ServiceError, match="certificate verify failed"):
            await doubting.target.send(doubting.pack([readings(1)]))
        await doubting.target.close()
    finally:
        broker.stop()


# Files


async def test_files_are_read_by_duckdb_and_a_repeat_is_no_second_file(tmp_path: Path) -> None:
    made = pipeline(tmp_path, format="parquet", compress="zstd")
    for first in (0, 5, 0):  # the third is a repeat of the first
        await made.target.send(made.pack([readings(5, first=first), detection(f"det-{first}")]))
    await made.target.close()
    files = sorted((tmp_path / "lake").rglob("*"))
    assert [one.suffix for one in files if one.is_file()] == [".parquet", ".parquet"], "and nothing half written"
    found = (
        duckdb.connect()
        .execute(
            f"SELECT word, count(*), count(DISTINCT id), avg(value) FROM read_parquet('{tmp_path}/lake/**/*.parquet', "
            "hive_partitioning=true) WHERE date='2026-05-01' AND hour='18' GROUP BY word ORDER BY word"
        )
        .fetchall()
    )
    assert found == [("detection", 2, 2, None), ("observation", 10, 10, 294.5)]


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file, no folder")
    made = pipeline(tmp_path)
    with pytest.raises(ServiceError, match="lake cannot be written"):
        await made.target.send(made.pack([readings(1)]))
    (tmp_path / "lake").unlink()
    await made.target.send(made.pack([readings(1)]))
    await made.target.close()


# Object storage: moto's server speaks Amazon's S3 interface over HTTP


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    monkeypatch.setenv("S3_KEY", "key")
    monkeypatch.setenv("S3_SECRET", "secret")
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


async def test_parquet_in_object_storage_is_read_back(tmp_path: Path, storage: str) -> None:
    import pyarrow.dataset as ds
    from pyarrow.fs import S3FileSystem

    options = {"path": "s3://city/raw", "endpoint": storage, "region": "eu-south-2", "access_key_env": "S3_KEY",
               "secret_key_env": "S3_SECRET"}  # fmt: skip
    made = pipeline(tmp_path, format="parquet", compress="zstd", options=options)
    with pytest.raises(ServiceError, match="s3://city/raw cannot be written"):
        await made.target.send(made.pack([readings(5)]))
    own = S3FileSystem(access_key="key", secret_key="secret", endpoint_override=storage.removeprefix("http://"),
                       scheme="http", region="eu-south-2", allow_bucket_creation=True)  # fmt: skip
    own.create_dir("city")
    for first in (0, 5, 0):
        await made.target.send(made.pack([readings(5, first=first)]))
    await made.target.close()
    table = ds.dataset("city/raw", filesystem=own, format="parquet").to_table()
    assert sorted(table.column("value").to_pylist()) == [290.0 + i for i in range(10)]


# Kafka: librdkafka's broker in memory, which speaks Kafka's protocol; a real cluster where S4_KAFKA names one


@pytest.fixture
def kafka() -> Iterator[tuple[str, Any]]:
    confluent = pytest.importorskip("confluent_kafka")
    named = os.environ.get("S4_KAFKA")
    common = {"group.id": f"test-{time.time_ns()}", "auto.offset.reset": "earliest", "log_level": 3}
    where = {"bootstrap.servers": named} if named else {"bootstrap.servers": "", "test.mock.num.brokers": 1}
    consumer = confluent.Consumer(common | where)
    (one, *_) = consumer.list_topics(timeout=10).brokers.values()
    yield named or f"{one.host}:{one.port}", consumer
    consumer.close()


def taken(consumer: Any, topic: str, count: int) -> list[Any]:
    consumer.subscribe([topic])
    found: list[Any] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += [one for one in consumer.consume(count, 0.5) if one.error() is None]
    return found


async def test_a_topic_gets_a_record_a_row_in_order_by_source(tmp_path: Path, kafka: tuple[str, Any]) -> None:
    server, consumer = kafka
    topic = f"s4-{time.time_ns()}"
    options = {"servers": [server], "topic": topic, "tls": False, "allow_plain": True}
    made = pipeline(tmp_path, target="kafka", format="json", options=options)
    await made.target.send(made.pack([readings(100)]))
    await made.target.send(made.pack([detection()]))
    await made.target.close()
    found = await asyncio.to_thread(taken, consumer, topic, 101)
    values = {source: [json.loads(one.value())["value"] for one in found if one.key() == source.encode()]
              for source in ("co2-1", "temp-1")}  # fmt: skip
    assert values == {"co2-1": [290.0 + i for i in range(0, 100, 2)], "temp-1": [290.0 + i for i in range(1, 100, 2)]}
    (fact,) = [one for one in found if one.key() == b"door-1"]
    assert json.loads(fact.value())["kind"] == "door_forced"
    assert dict(fact.headers())["s4-id"] == b"det-1.0"
    assert fact.timestamp()[1] == 1_777_658_400_000


async def test_kafka_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    pytest.importorskip("aiokafka")
    options = {"servers": ["127.0.0.1:9"], "topic": "t", "tls": False}
    made = pipeline(tmp_path, target="kafka", options=options)
    with pytest.raises(ServiceError, match="Kafka"):
        await made.target.send(made.pack([readings(1)]))
    await made.target.close()
