"""What leaves: selected, changed, formatted, compressed, encrypted; and what is refused before anything runs."""

import gzip
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.adapters.export.envelope import open_envelope, seal
from s4.adapters.export.select import Selection
from s4.adapters.export.transform import Change
from s4.core.errors import ConfigError, InputError
from s4.core.export import FIELDS, Transform
from s4.core.model import ObservationBatch, Reading, Series
from s4.core.ports import Produced
from s4.core.units import convert
from tests.adapters.export.samples import START, detection, event, export, pipeline, readings

KEY = bytes(range(32))


def unpack(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


# Selecting


def test_only_what_fits_every_filter_goes() -> None:
    chosen = Selection(export(sources=["co2-*", "door-1"], properties=["co2", "door.*"], kinds=["gas"]))
    batch = chosen.of(readings(4))
    assert isinstance(batch, ObservationBatch)
    assert [(one.series, one.value) for one in batch] == [
        (("co2-1", "co2", "[ppm]"), 290.0), (("co2-1", "co2", "[ppm]"), 292.0),
    ]  # fmt: skip
    assert batch.series == (("co2-1", "co2", "[ppm]"),)
    assert chosen.of(readings(4, source="hum-1")) is None
    assert chosen.of(event(1)) == event(1)
    assert chosen.of(detection()) is None
    assert chosen.of(detection(kind="gas")) == detection(kind="gas")
    assert Selection(export(sites=["harbour"])).of(detection()) is None
    assert Selection(export(words=["detection"])).of(readings()) is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xy"), st.floats(-1e6, 1e6)), max_size=30))
def test_a_selection_is_what_one_would_pick_by_hand(rows: list[tuple[str, str, float]]) -> None:
    given = [Reading(Series(source, name, "1"), i, value) for i, (source, name, value) in enumerate(rows)]
    chosen = Selection(export(sources=["a", "b"], properties=["x"])).of(ObservationBatch.of("square", 0, given))
    assert chosen is None or isinstance(chosen, ObservationBatch)
    assert list(chosen or ()) == [one for one in given if one.series.source in "ab" and one.series.property == "x"]


# Formats


def test_json_lines_hold_readings_and_facts_each_with_its_id(tmp_path: Path) -> None:
    batch = readings(2)
    (parcel,) = pipeline(tmp_path).pack([batch, event(7, open=True), detection()])
    rows = unpack(parcel.body)
    assert rows[0] == {
        "id": batch.observation_id(0), "word": "observation", "site": "square", "source": "co2-1", "property": "co2",
        "time": START, "received": START, "value": 290.0, "unit": "[ppm]",
    }  # fmt: skip
    assert (rows[2]["id"], rows[2]["word"], rows[2]["body"]) == ("obs-000007", "observation", {"open": True})
    assert (rows[3]["word"], rows[3]["kind"], rows[3]["evidence"][0]["ref"]) == ("detection", "door_forced", "clip-1")
    assert (parcel.rows, parcel.first, parcel.last) == (4, START, START + 10**9)
    assert parcel.headers == {"s4-export": "out", "s4-format": "jsonl", "s4-id": parcel.id, "s4-rows": "4"}


def test_the_same_rows_have_the_same_name_and_others_another(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    assert made.pack([readings(3)])[0].id == made.pack([readings(3)])[0].id
    assert made.pack([readings(3)])[0].id != made.pack([readings(2)])[0].id
    assert made.pack([readings(3)])[0].id != made.pack([readings(3, first=1)])[0].id


def test_json_is_one_message_a_row(tmp_path: Path) -> None:
    parcels = pipeline(tmp_path, format="json", target="mqtt", options={"url": "mqtt://127.0.0.1"}).pack(
        [readings(2), detection()]
    )
    assert [json.loads(one.body)["id"] + ".0" for one in parcels] == [one.id for one in parcels]
    assert [one.key for one in parcels] == ["co2-1", "temp-1", "door-1"]
    assert parcels[2].about == {
        "export": "out", "word": "detection", "site": "square", "source": "door-1", "kind": "door_forced"
    }  # fmt: skip


def test_a_json_array(tmp_path: Path) -> None:
    (parcel,) = pipeline(tmp_path, format="json-array").pack([readings(3)])
    assert [row["value"] for row in json.loads(parcel.body)] == [290.0, 291.0, 292.0]


@pytest.mark.parametrize("compress", ["", "zstd"])
def test_arrow_and_parquet_have_the_same_columns_whatever_is_in_them(tmp_path: Path, compress: str) -> None:
    several: list[list[Produced]] = [[readings(3)], [detection()], [event(1, open=True), readings(1)]]
    for words in several:
        (arrow,) = pipeline(tmp_path, format="arrow", compress=compress).pack(words)
        (parquet,) = pipeline(tmp_path, format="parquet", compress=compress).pack(words)
        tables = [pa.ipc.open_stream(arrow.body).read_all(), pq.read_table(io.BytesIO(parquet.body))]
        assert tables[0].equals(tables[1])
        assert tables[0].schema.names == [
            "id", "word", "revision", "site", "source", "property", "kind", "time", "received", "value", "unit", "body"
        ]  # fmt: skip
    assert tuple(tables[0].schema.names) == FIELDS
    bodies, times = tables[0].column("body").to_pylist(), tables[0].column("time").cast("int64").to_pylist()
    assert json.loads(bodies[0])["body"] == {"open": True}
    assert (tables[0].column("value").to_pylist(), bodies[1], times) == ([None, 290.0], None, [START + 1, START])


@pytest.mark.parametrize(("name", "suffix"), [("gzip", ".jsonl.gz"), ("zstd", ".jsonl.zst")])
def test_compressed_bodies_open_with_others_tools(tmp_path: Path, name: str, suffix: str) -> None:
    plain = pipeline(tmp_path).pack([readings(200)])[0].body
    (parcel,) = pipeline(tmp_path, compress=name).pack([readings(200)])
    assert len(parcel.body) < len(plain) / 3
    assert (parcel.suffix, parcel.headers["s4-compression"]) == (suffix, name)
    if name == "gzip":
        assert gzip.decompress(parcel.body) == plain
    else:
        assert pa.CompressedInputStream(io.BytesIO(parcel.body), "zstd").read() == plain
    assert pipeline(tmp_path, compress=name).pack([readings(200)])[0].body == parcel.body


# Transform


def test_fields_are_converted_dropped_renamed_and_added(tmp_path: Path) -> None:
    change = {"units": {"K": "Cel"}, "drop": ["received", "site"], "rename": {"value": "v"}, "add": {"city": "bilbao"},
              "times": "rfc3339"}  # fmt: skip
    (parcel,) = pipeline(tmp_path, transform=change).pack([readings(2), detection()])
    ppm, air, fact = unpack(parcel.body)
    assert ppm["v"] == 290.0
    assert (air["v"], air["unit"]) == (pytest.approx(291.0 - 273.15), "Cel")
    assert air["time"] == "2026-05-01T18:00:01.000000000Z"
    for row in (ppm, air, fact):
        assert row["city"] == "bilbao"
        assert not {"received", "site", "value"} & set(row)


def test_a_table_changes_its_columns_likewise(tmp_path: Path) -> None:
    change = {
        "drop": ["body", "kind"],
        "rename": {"value": "v"},
        "add": {"lane": 3, "live": True},
        "units": {"K": "Cel"},
    }
    (parcel,) = pipeline(tmp_path, format="parquet", transform=change).pack([readings(2), detection()])
    table = pq.read_table(io.BytesIO(parcel.body))
    assert table.column("v").to_pylist() == [290.0, pytest.approx(17.85), None]
    assert table.column("lane").to_pylist() == [3, 3, 3]
    assert str(table.schema.field("live").type) == "bool"
    assert not {"body", "kind", "value"} & set(table.schema.names)


@given(st.floats(-1e9, 1e9), st.sampled_from([("K", "Cel"), ("Cel", "[degF]"), ("m/s", "km/h"), ("Pa", "hPa")]))
def test_units_are_converted_as_everywhere_else(value: float, units: tuple[str, str]) -> None:
    (row,) = Change(Transform(units=dict([units]))).of([{"id": "x", "value": value, "unit": units[0]}])
    assert row["value"] == pytest.approx(convert(value, *units), rel=1e-9, abs=1e-6)
    assert row["unit"] == units[1]


# Encryption


@given(st.binary(max_size=2000), st.text("abcXYZ019._-", min_size=1, max_size=64))
def test_what_is_sealed_opens_with_its_key_only(body: bytes, name: str) -> None:
    envelope = seal(body, KEY, name)
    assert open_envelope(envelope, {"old": bytes(32), name: KEY}) == body
    with pytest.raises(InputError, match="changed, or sealed with another key"):
        open_envelope(envelope, {name: bytes(32)})
    with pytest.raises(InputError, match="which is not here"):
        open_envelope(envelope, {})


@given(st.binary(min_size=1, max_size=60), st.data())
def test_no_bit_can_be_changed(body: bytes, data: st.DataObject) -> None:
    envelope = bytearray(seal(body, KEY, "k"))
    envelope[data.draw(st.integers(0, len(envelope) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InputError):
        open_envelope(bytes(envelope), {"k": KEY})


@given(st.binary(max_size=80))
def test_anything_else_is_no_envelope(junk: bytes) -> None:
    with pytest.raises(InputError):
        open_envelope(junk, {"k": KEY})


@pytest.mark.parametrize(
    "written", [KEY.hex(), KEY.hex().upper() + "\n", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
)
def test_a_key_is_read_as_hex_or_base64(tmp_path: Path, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(written)
    monkeypatch.setenv("EXPORT_KEY", written)
    for where in ({"key_file": "key"}, {"key_env": "EXPORT_KEY"}):
        (parcel,) = pipeline(tmp_path, compress="gzip", encrypt={"key_id": "2026-11", **where}).pack([readings(1)])
        assert unpack(gzip.decompress(open_envelope(parcel.body, {"2026-11": KEY})))[0]["value"] == 290.0
        assert (parcel.headers["s4-key-id"], parcel.media_type) == ("2026-11", "application/octet-stream")
        assert parcel.suffix == ".jsonl.gz.s4e"


@pytest.mark.parametrize("written", ["", "00" * 31, "00" * 33, "no key at all", "AAEC", "é" * 64])
def test_a_key_that_is_none_is_refused_without_being_shown(tmp_path: Path, written: str) -> None:
    (tmp_path / "key").write_bytes(written.encode())
    with pytest.raises(ConfigError, match=r"export\[out\]\.encrypt\.key_file: holds no key of 32 bytes") as caught:
        pipeline(tmp_path, encrypt={"key_id": "k", "key_file": "key"})
    assert not written or written not in str(caught.value)


def test_openssl_agrees(tmp_path: Path) -> None:
    """The ciphertext is plain AES-256-GCM: its CTR part decrypts with any tool (the counter of GCM begins at 2)."""
    envelope = seal(b"door open", KEY, "k")
    nonce, rest = envelope[6:18], envelope[18:-16]
    command = ["openssl", "enc", "-d", "-aes-256-ctr", "-K", KEY.hex(), "-iv", nonce.hex() + "00000002"]
    try:
        done = subprocess.run(command, input=rest, capture_output=True, check=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("openssl is not here")
    assert done.stdout == b"door open"


# Settings


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"words": []}, r"export\[0\]\.words: must name at least one word"),
        ({"words": ["detection", "detection"]}, r"export\[0\]\.words"),
        ({"format": "arrow", "compress": "gzip"}, r"export\[0\]\.compress: Arrow knows zstd"),
        ({"encrypt": {"key_id": "k"}}, r"export\[0\]\.encrypt: needs either key_file or key_env"),
        ({"transform": {"units": {"K": "m"}}}, r"export\[0\]\.transform\.units: 'K' cannot become 'm'"),
        ({"transform": {"units": {"K": "furlong"}}}, r"transform\.units: 'furlong' is not a UCUM unit"),
        ({"transform": {"drop": ["id"]}}, r"transform\.drop: 'id' cannot be dropped"),
        ({"transform": {"rename": {"value": "v"}, "add": {"v": 1}}}, r"two fields would be called 'v'"),
        ({"transform": {"rename": {"value": "unit"}}}, r"two fields would be called 'unit'"),
        ({"retry": {"first_s": 10, "most_s": 1}}, r"retry\.most_s: is less than first_s"),
    ],
)
def test_exports_that_cannot_be_are_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        export(**change)


@pytest.mark.parametrize(
    ("target", "options", "complaint"),
    [
        ("webhook", {}, r"export\[out\]\.options: .*`url`"),
        ("webhook", {"url": "http://example.org/"}, r"options\.url: would go to example\.org unencrypted"),
        ("webhook", {"url": "https://u:p@example.org/"}, r"options\.url: must not hold a user or password"),
        ("webhook", {"url": "ftp://x"}, r"options\.url: must start with https://"),
        ("webhook", {"url": "http://127.0.0.1/", "token_env": "NOT_SET"}, r"token_env: 'NOT_SET' holds no secret"),
        ("webhook", {"url": "http://127.0.0.1/", "secret_file": "gone"}, r"secret_file: 'gone' cannot be read"),
        ("webhook", {"url": "http://127.0.0.1/", "headers": {"a b": "c"}}, r"options"),
        ("webhook", {"url": "http://127.0.0.1/", "method": "PUT"}, r"unknown field `method`"),
        ("mqtt", {"url": "http://127.0.0.1"}, r"options\.url: must be mqtts://"),
        ("mqtt", {"url": "mqtt://broker.example"}, r"options\.url: would go to broker\.example unencrypted"),
        ("mqtt", {"url": "mqtt://127.0.0.1", "topic": "a/#"}, r"options\.topic"),
        ("mqtt", {"url": "mqtt://127.0.0.1", "topic": "a/{site}"}, r"\{site\} is not known here .*\"json\""),
        ("mqtt", {"url": "mqtt://127.0.0.1", "qos": 0}, r"options\.qos"),
        ("kafka", {"servers": [], "topic": "t"}, r"must name at least one server"),
        ("kafka", {"servers": ["k.example:9092"], "topic": "t", "tls": False}, r"k\.example unencrypted"),
        ("kafka", {"servers": ["nowhere"], "topic": "t"}, r"options\.servers"),
        ("parquet", {"path": "ftp://x/y"}, r"options\.path: must be a folder or s3://"),
        ("parquet", {"path": "s3://"}, r"options\.path: names no bucket"),
        ("parquet", {"path": "s3://b", "endpoint": "http://s3.example"}, r"s3\.example unencrypted"),
        ("parquet", {"path": "s3://b", "access_key_env": "PATH"}, r"an access key needs its secret key"),
    ],
)
def test_targets_that_cannot_be_are_refused(
    tmp_path: Path, target: str, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        pipeline(tmp_path, target=target, options=options)


def test_a_file_a_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one file a row is too many"):
        pipeline(tmp_path, format="json")


def test_no_pixel_can_leave(tmp_path: Path) -> None:
    """Evidence is named, never carried: the only bytes that a word may hold are text."""
    (parcel,) = pipeline(tmp_path).pack([detection()])
    evidence = unpack(parcel.body)[0]["evidence"][0]
    assert set(evidence) == {"ref", "type", "media_type", "sha256", "start", "end"}
    assert os.path.sep not in evidence["ref"]
