"""Sparkplug B: Google's Protocol Buffers write, we read; births, deaths, aliases, gaps, at a real broker."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.sparkplug import Sparkplug
from s4.sensing.services.sparkplug_wire import read_payload, rebirth_command, signed
from tests.sensing.city import NOW
from tests.sensing.services.sparkplug_proto import Payload, payload
from tests.sensing.services.stand import at_work, make_door, read_or_reason, reasons
from tests.support.mosquitto import SECRET, USER, Mosquitto, send

MS = NOW // 1_000_000
BIRTH = payload(
    0,
    {"name": "bdSeq", "datatype": 8, "long_value": 3},
    {"name": "Node Control/Rebirth", "datatype": 11, "boolean_value": False},
    {"name": "Supply/Voltage", "alias": 1, "datatype": 9, "float_value": 230.5, "unit": "V", "timestamp": MS - 5},
    timestamp=MS,
)
DEVICE_BIRTH = payload(
    1,
    {"name": "level", "alias": 2, "datatype": 2, "int_value": 2**16 - 7, "unit": "°C"},
    {"name": "serial", "alias": 3, "datatype": 12, "string_value": "A-17"},
    {"name": "open", "alias": 4, "datatype": 11, "boolean_value": True},
    {"name": "unknown", "alias": 5, "datatype": 10, "is_null": True},
    timestamp=MS,
)


def hear(reader: Sparkplug, kind: str, data: bytes, device: str = "", received: int = NOW) -> Parsed:
    topic = f"spBv1.0/City/{kind}/Edge 1" + (f"/{device}" if device else "")
    return reader.read(topic, data, received, retained=False)


def born(**options: Any) -> Sparkplug:
    reader = Sparkplug(**options)
    assert hear(reader, "NBIRTH", BIRTH).wrong == []
    assert hear(reader, "DBIRTH", DEVICE_BIRTH, "pit").wrong == []
    assert reader.asks() == []
    return reader


def test_births_name_what_there_is() -> None:
    reader = Sparkplug()
    node = hear(reader, "NBIRTH", BIRTH).items
    assert [(one.device, one.property, one.value, one.unit, one.time) for one in node] == [
        ("City/Edge 1", "sparkplug.state", {"state": "online"}, None, MS * 1_000_000),
        ("City/Edge 1", "Supply/Voltage", 230.5, "V", (MS - 5) * 1_000_000),
    ]
    device = hear(reader, "DBIRTH", DEVICE_BIRTH, "pit").items
    assert [(one.device, one.property, one.value, one.unit) for one in device] == [
        ("City/Edge 1/pit", "sparkplug.state", {"state": "online"}, None),
        ("City/Edge 1/pit", "level", -7.0, "Cel"),
        ("City/Edge 1/pit", "serial", {"value": "A-17"}, None),
        ("City/Edge 1/pit", "open", 1.0, None),
    ]


def test_data_by_alias_keeps_name_sign_and_unit() -> None:
    reader = born()
    (one,) = hear(reader, "DDATA", payload(2, {"alias": 2, "int_value": 2**16 - 20}, timestamp=MS), "pit").items
    assert (one.property, one.value, one.unit) == ("level", -20.0, "Cel")
    (two,) = hear(reader, "NDATA", payload(3, {"name": "Supply/Voltage", "float_value": 229.0, "datatype": 9})).items
    assert (two.value, two.unit, two.time) == (229.0, "V", NOW)
    wrong = hear(reader, "DDATA", payload(4, {"alias": 99, "int_value": 1}, {"alias": 2, "int_value": 5}), "pit")
    assert [one.value for one in wrong.items] == [5.0]
    assert [str(error) for error in wrong.wrong] == ["the alias 99 is not known from a birth"]
    assert len(reader.asks()) == 1


def test_a_gap_asks_for_a_rebirth_once_in_ten_seconds() -> None:
    reader = born()
    late = hear(reader, "NDATA", payload(7, {"alias": 1, "float_value": 1.0}))
    assert late.items[0][1:3] == ("sparkplug.gap", {"expected": 2, "got": 7})
    assert late.items[1].value == 1.0
    ((topic, command),) = reader.asks()
    assert topic == "spBv1.0/City/NCMD/Edge 1"
    metric = Payload.FromString(command).metrics[0]
    assert (metric.name, metric.boolean_value, metric.datatype) == ("Node Control/Rebirth", True, 11)
    hear(reader, "NDATA", payload(9, {"alias": 1, "float_value": 1.0}), received=NOW + 9_000_000_000)
    assert reader.asks() == []
    hear(reader, "NDATA", payload(11, {"alias": 1, "float_value": 1.0}), received=NOW + 11_000_000_000)
    assert len(reader.asks()) == 1
    quiet = born(rebirth=False)
    hear(quiet, "NDATA", payload(7, {"alias": 1, "float_value": 1.0}))
    assert quiet.asks() == []


def test_the_count_turns_over() -> None:
    reader = Sparkplug()
    hear(reader, "NBIRTH", BIRTH)
    for seq in [*range(1, 256), 0, 1]:
        assert len(hear(reader, "NDATA", payload(seq, {"alias": 1, "float_value": 1.0})).items) == 1
    assert reader.asks() == []


def test_deaths() -> None:
    reader = born()
    assert hear(reader, "NDEATH", payload(None, {"name": "bdSeq", "datatype": 8, "long_value": 2})).items == []
    gone = hear(reader, "NDEATH", payload(None, {"name": "bdSeq", "datatype": 8, "long_value": 3}))
    assert [(one.device, one.value) for one in gone.items] == [
        ("City/Edge 1", {"state": "offline"}), ("City/Edge 1/pit", {"state": "offline"}),
    ]  # fmt: skip
    after = hear(reader, "DDATA", payload(4, {"alias": 2, "int_value": 1}), "pit")
    assert [str(error) for error in after.wrong] == ["came before the birth of its edge node, which was asked for"]
    assert len(reader.asks()) == 1
    reader = born()
    (death,) = hear(reader, "DDEATH", payload(2, timestamp=MS), "pit").items
    assert death.value == {"state": "offline"}
    assert "birth of its device" in str(hear(reader, "DDATA", payload(3, {"alias": 2, "int_value": 1}), "pit").wrong[0])


def test_what_cannot_be_taken_is_said() -> None:
    reader = born()
    not_plain = {"name": "t", "dataset_value": 2}, {"name": "b", "bytes_value": b"x"}
    floats = {"alias": 1, "float_value": float("nan")}, {"alias": 1, "float_value": 3.0}
    mixed = hear(reader, "NDATA", payload(2, *not_plain, *floats))
    assert [one.value for one in mixed.items] == [3.0]
    assert len(mixed.wrong) == 3
    with pytest.raises(InputError, match="cut short"):
        hear(reader, "NDATA", BIRTH[:-3])
    with pytest.raises(InputError, match="does not go with"):
        reader.read("spBv1.0/City/NDATA/Edge/pit", BIRTH, NOW, retained=False)
    assert reader.read("spBv1.0/STATE/scada", b"{}", NOW, retained=True).items == []


PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "int_value": st.integers(0, 2**32 - 1),
    "long_value": st.integers(0, 2**64 - 1),
    "float_value": st.floats(width=32, allow_nan=False),
    "double_value": st.floats(allow_nan=False),
    "boolean_value": st.booleans(),
    "string_value": st.text(),
    "bytes_value": st.binary(),
}
VALUE = st.sampled_from(sorted(PLAIN)).flatmap(lambda field: st.tuples(st.just(field), PLAIN[field]))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(TEXT, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), TEXT, VALUE), max_size=5),
       st.integers(0, 255) | st.none(), st.integers(0, 2**64 - 1))  # fmt: skip
def test_what_protocol_buffers_write_is_read_back(metrics: list[Any], seq: int | None, timestamp: int) -> None:
    rows = [{"name": n, "alias": a, "timestamp": t, "unit": u, field: v} for n, a, t, u, (field, v) in metrics]
    said = read_payload(payload(seq, *rows, timestamp=timestamp))
    assert (said.seq, said.timestamp) == (seq, timestamp)
    assert [(m.name, m.alias, m.timestamp, m.unit, m.value) for m in said.metrics] == [
        (n, a, t, u, v) for n, a, t, u, (_, v) in metrics
    ]


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from([1, 2, 3, 4]))
def test_signs(value: int, datatype: int) -> None:
    bits = 4 * 2**datatype
    cut = ((value + 2 ** (bits - 1)) % 2**bits) - 2 ** (bits - 1)
    assert signed(cut % 2**64, datatype) == cut


@given(st.lists(st.tuples(
    st.sampled_from(["NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"]), st.sampled_from(["", "pit"]),
    st.binary(max_size=40) | st.sampled_from([BIRTH, DEVICE_BIRTH, rebirth_command(MS)])
    | st.builds(lambda i, b: BIRTH[:i] + b + BIRTH[i + 1 :], st.integers(0, len(BIRTH)), st.binary(max_size=3)),
), max_size=8))  # fmt: skip
def test_any_bytes_in_any_order(messages: list[tuple[str, str, bytes]]) -> None:
    reader = Sparkplug()
    for kind, device, data in messages:
        read_or_reason(lambda k=kind, v=device, d=data: hear(reader, k, d, v))  # type: ignore[misc]
        assert len(reader.asks()) <= 1


async def test_at_a_broker_a_rebirth_is_really_asked_for(broker: Mosquitto) -> None:
    """We come after the birth: the node is asked for another one, gives it, and dies by its will."""
    options = {"host": "127.0.0.1", "port": broker.port, "user": USER, "password": SECRET, "max_age_s": 3e9}
    door = make_door("mqtt", {**options, "take": [{"format": "sparkplug"}], "names": {"City/Edge 1/pit": "pit-1"}})
    will = ("spBv1.0/City/NDEATH/Edge 1", payload(None, {"name": "bdSeq", "datatype": 8, "long_value": 3}))
    with broker.client(will) as node:

        def rebirth(client: Any, userdata: object, message: Any) -> None:
            if Payload.FromString(message.payload).metrics[0].boolean_value:
                client.publish("spBv1.0/City/NBIRTH/Edge 1", BIRTH)
                client.publish("spBv1.0/City/DBIRTH/Edge 1/pit", DEVICE_BIRTH)

        node.on_message = rebirth
        node.subscribe("spBv1.0/City/NCMD/Edge 1")
        async with at_work(door) as record:
            await record.up()
            send(node, "spBv1.0/City/DDATA/Edge 1/pit", payload(7, {"alias": 2, "int_value": 1}), qos=0)
            await record.until(lambda: record.values("pit-1", "level"))
            send(node, "spBv1.0/City/DDATA/Edge 1/pit", payload(2, {"alias": 2, "int_value": 12}, timestamp=MS), qos=0)
            await record.until(lambda: record.values("pit-1", "level") == [-7.0, 12.0])
            node._sock_close()  # pulls the plug, so that the broker publishes the will
            await record.until(
                lambda: record.bodies("pit-1", "sparkplug.state") == [{"state": "online"}, {"state": "offline"}]
            )
    assert record.unit("pit-1", "level") == "Cel"
    assert record.values("city-edge-1", "Supply.Voltage") == [230.5]
    assert reasons(door) == [
        "spBv1.0/City/DDATA/Edge 1/pit: came before the birth of its edge node, which was asked for"
    ]
