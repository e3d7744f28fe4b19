"""Formats of log lines: EVE, Zeek's connection log, JSON; on real records where there are any.

There is no real EVE file among the recordings; the records here are built from the fields that the checks of
suricata-verify expect Suricata to write (`match:` blocks of its test.yaml files).
"""

import json
import lzma
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import parse_time
from s4.core.errors import InputError
from s4.sensing.eve import Eve
from s4.sensing.formats import JsonLines, LineFormat, Said
from s4.sensing.zeek import ZeekConn
from tests.sensing.city import NOW

STAMP = "2026-05-01T17:59:59.547251+0000"
TIME = NOW - 452_749_000
ALERT: dict[str, Any] = {
    "timestamp": STAMP, "flow_id": 586497171462735, "in_iface": "eth0", "event_type": "alert",
    "src_ip": "10.0.0.9", "src_port": 50096, "dest_ip": "10.0.0.2", "dest_port": 502, "proto": "TCP",
    "alert": {"action": "allowed", "gid": 1, "signature_id": 2018358, "rev": 10,
              "signature": "Modbus write to a coil", "category": "Misc activity", "severity": 2},
}  # fmt: skip
FLOW: dict[str, Any] = {
    "timestamp": STAMP, "event_type": "flow", "src_ip": "10.0.0.9", "src_port": 50096, "dest_ip": "10.0.0.2",
    "dest_port": 20000, "proto": "TCP", "app_proto": "dnp3",
    "flow": {"pkts_toserver": 6, "pkts_toclient": 7, "bytes_toserver": 424, "bytes_toclient": 464, "age": 8,
             "start": "2026-05-01T17:59:51.000001+0000", "end": "2026-05-01T17:59:59.000000+0000",
             "state": "closed", "reason": "shutdown", "alerted": False},
}  # fmt: skip
NO_MORE_THAN_ONE_LINE = re.compile(r"[^\n]+")


def said(form: LineFormat, record: dict[str, Any] | str | bytes) -> Said:
    text = json.dumps(record).encode() if isinstance(record, dict) else record
    found = form.read(text.encode() if isinstance(text, str) else text, NOW)
    assert found is not None
    return found


def test_an_alert_is_kept_as_it_is() -> None:
    assert said(Eve(), ALERT) == Said("eve.alert", TIME, ALERT)


def test_a_flow_of_suricata() -> None:
    found = said(Eve(), FLOW)
    assert (found.property, found.time) == ("flow", parse_time("2026-05-01T17:59:51.000001Z"))
    assert found.body == {
        "src_ip": "10.0.0.9", "src_port": 50096, "dest_ip": "10.0.0.2", "dest_port": 20000, "proto": "tcp",
        "state": "closed", "bytes": 888, "bytes_out": 424, "bytes_in": 464, "packets": 13, "app_proto": "dnp3",
    }  # fmt: skip


def test_unwanted_records_and_blank_lines_say_nothing() -> None:
    form = Eve(ignore=("stats",))
    assert form.read(b'{"event_type": "stats", "timestamp": 5}', NOW) is None
    assert form.read(b"  ", NOW) is None


def change(record: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    out = json.loads(json.dumps(record))
    *names, last = path.split(".")
    inner = out
    for name in names:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return dict(out)


@pytest.mark.parametrize(
    ("record", "path", "value", "reason"),
    [
        (ALERT, "timestamp", None, "timestamp: is missing"),
        (ALERT, "timestamp", 1777658400, "timestamp: is missing or no text"),
        (ALERT, "timestamp", "now", "timestamp: 'now' is not an ISO 8601 time"),
        (ALERT, "event_type", None, "event_type: is missing"),
        (ALERT, "event_type", "al ert", "event_type"),
        (ALERT, "src_ip", "10.0.0", "src_ip: '10.0.0' is not an IP address"),
        (ALERT, "dest_port", 70000, "dest_port: '70000' is not a port"),
        (ALERT, "dest_port", True, "dest_port"),
        (ALERT, "alert", None, "alert: is missing"),
        (ALERT, "alert.signature_id", "2018358", "alert.signature_id: '2018358' is not a count"),
        (ALERT, "alert.signature", 5, "alert.signature: is no text"),
        (FLOW, "flow", None, "flow: is missing"),
        (FLOW, "flow.bytes_toserver", -1, "flow.bytes_toserver"),
        (FLOW, "flow.state", 5, "flow.state: is no text"),
        (FLOW, "src_ip", None, "src_ip: '' is not an IP address"),
        (FLOW, "flow.start", "?", "flow.start"),
    ],
)
def test_eve_records_are_checked(record: dict[str, Any], path: str, value: object, reason: str) -> None:
    with pytest.raises(InputError, match=re.escape(reason)):
        said(Eve(), change(record, path, value))


@pytest.mark.parametrize("line", [b"[]", b"{", b"\xff", b"5", b'{"a":' * 3000, b'{"x":"' + b"y" * 70_000 + b'"}'])
@pytest.mark.parametrize("form", [Eve(), ZeekConn(), JsonLines(property="log", property_field="", time_field="time",
                                                               time_unit="ns")])  # fmt: skip
def test_lines_that_are_no_record_get_one_reason(form: LineFormat, line: bytes) -> None:
    with pytest.raises(InputError) as caught:
        form.read(line, NOW)
    assert NO_MORE_THAN_ONE_LINE.fullmatch(str(caught.value))


def unfold(match: dict[str, Any]) -> dict[str, Any]:
    """`{"dnp3.objects[0].count": 1}` → `{"dnp3": {"objects": [{"count": 1}]}}`."""
    out: dict[str, Any] = {}
    for path, value in match.items():
        steps = [int(s) if s.isdigit() else s for s in re.findall(r"[^.\[\]]+", path)]
        inner: Any = out
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            fresh = value if following is None else [] if isinstance(following, int) else {}
            if isinstance(step, int) and isinstance(inner, list):
                inner.extend({} for _ in range(step + 1 - len(inner)))
                inner[step] = inner[step] or fresh
            elif isinstance(inner, dict) and not (step in inner and following is not None):
                inner[step] = fresh
            inner = inner[step]
    return out


def expected_records(data_dir: Path) -> list[dict[str, Any]]:
    """The records that suricata-verify's checks describe, made whole with a time and two ends."""
    records = []
    with tarfile.open(data_dir / "cyber" / "suricata_verify_dev.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith("test.yaml") else None
            checks = (yaml.safe_load(file) or {}).get("checks", []) if file else []
            matches = [check["filter"].get("match", {}) for check in checks if "filter" in check]
            records += [unfold(match) for match in matches if "event_type" in match]
    ends = {"timestamp": STAMP, "src_ip": "10.0.0.9", "dest_ip": "10.0.0.2"}
    return [{**ends, **record} for record in records]


def test_every_record_that_suricata_is_expected_to_write_is_understood(data_dir: Path) -> None:
    records, kinds = expected_records(data_dir), dict[str, int]()
    for record in records:
        if record["event_type"] == "flow":
            record.setdefault("flow", {})
        if record["event_type"] == "alert":
            record.setdefault("alert", {}).setdefault("signature_id", 1)
        found = said(Eve(), record)
        kinds[found.property] = kinds.get(found.property, 0) + 1
        if found.property == "flow":
            assert found.body["bytes_in"] == record["flow"].get("bytes_toclient", 0)
            assert found.body["packets"] >= record["flow"].get("pkts_toserver", 0)
        else:
            assert found.body == record
    assert kinds["eve.alert"] >= 60
    assert kinds["eve.dnp3"] >= 60
    assert kinds["eve.mqtt"] >= 90
    assert kinds["flow"] >= 5


HEADER = (
    "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tconn",
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\torig_bytes\tresp_bytes\t"
    "conn_state\torig_pkts\tresp_pkts",
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tcount\tcount\tstring\tcount\tcount",
)  # fmt: skip
ROW = "1545403816.962094\tCrDn63\t192.168.1.195\t41040\t185.244.25.235\t80\ttcp\thttp\t149\t128252\tSF\t94\t96"
BODY = {
    "src_ip": "192.168.1.195", "src_port": 41040, "dest_ip": "185.244.25.235", "dest_port": 80, "proto": "tcp",
    "state": "SF", "bytes": 128401, "bytes_out": 149, "bytes_in": 128252, "packets": 190, "uid": "CrDn63",
    "service": "http",
}  # fmt: skip


def zeek(*header: str) -> ZeekConn:
    form = ZeekConn()
    for line in header:
        assert form.read(line.encode(), NOW) is None
    return form


def test_a_row_of_zeek() -> None:
    assert said(zeek(*HEADER), ROW) == Said("flow", 1545403816962094000, BODY)


def test_a_line_of_zeek_in_json() -> None:
    record = {
        "ts": 1545403816.962094, "uid": "CrDn63", "id.orig_h": "192.168.1.195", "id.orig_p": 41040,
        "id.resp_h": "185.244.25.235", "id.resp_p": 80, "proto": "tcp", "service": "http", "orig_bytes": 149,
        "resp_bytes": 128252, "conn_state": "SF", "orig_pkts": 94, "resp_pkts": 96,
    }  # fmt: skip
    assert said(ZeekConn(), record) == Said("flow", 1545403816962094000, BODY)
    record["ts"] = "2018-12-21T14:50:16.962094Z"
    assert said(ZeekConn(), record) == Said("flow", 1545403816962094000, BODY)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW + "\tmore", "has 14 columns, not the 13"),
        (ROW.replace("185.244.25.235", "nobody"), "dest_ip: 'nobody' is not an IP address"),
        (ROW.replace("\t80\t", "\t-\t"), "id.resp_p: is missing"),
        (ROW.replace("\t80\t", "\t80.5\t"), "dest_port: '80.5' is not a port"),
        (ROW.replace("\t149\t", "\t-149\t"), "orig_bytes: '-149' is not a count"),
        (ROW.replace("1545403816.962094", "yesterday"), "ts: 'yesterday' is not an ISO 8601 time"),
    ],
)
def test_rows_of_zeek_are_checked(row: str, reason: str) -> None:
    with pytest.raises(InputError, match=re.escape(reason)):
        said(zeek(*HEADER), row)


def test_a_row_before_its_header_is_refused() -> None:
    with pytest.raises(InputError, match="before the header line #fields"):
        said(ZeekConn(), ROW)


def test_a_real_connection_log(data_dir: Path) -> None:
    form, found, states = ZeekConn(), 0, dict[str, int]()
    with lzma.open(data_dir / "cyber" / "iot23" / "conn.log.labeled.xz") as lines:
        for line in lines:
            one = form.read(line.rstrip(b"\n"), NOW)
            if one is None:
                assert line.startswith(b"#")
                continue
            cells = line.split()
            assert one.body["src_ip"] == cells[2].decode()
            assert one.time == int(cells[0].replace(b".", b"")) * 1000
            states[one.body["state"]] = states.get(one.body["state"], 0) + 1
            found += 1
    assert found == 23_145
    assert states["S0"] > 1000


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"a": 1}, ("log", NOW)),
        ({"kind": "door.open", "at": "2026-05-01T17:59:59.547251Z"}, ("door.open", TIME)),
        ({"at": 1777658399.547251}, ("log", TIME)),
        ({"at": 1777658399}, ("log", NOW - 10**9)),
    ],
)
def test_json_lines(record: dict[str, Any], expected: tuple[str, int]) -> None:
    form = JsonLines(property="log", property_field="kind", time_field="at", time_unit="s")
    found = said(form, record)
    assert (found.property, found.time, found.body) == (*expected, record)


@pytest.mark.parametrize("record", [{"kind": 5}, {"kind": "a b"}, {"at": True}, {"at": 1e300}, {"at": 10**18}])
def test_json_lines_are_checked(record: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        said(JsonLines(property="log", property_field="kind", time_field="at", time_unit="s"), record)


SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("10.0.0.1")


@given(st.sampled_from([ALERT, FLOW]), st.data())
def test_any_change_of_a_record_gives_a_record_or_a_reason(record: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(record))
    part = changed[record["event_type"]] if data.draw(st.booleans()) else changed
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(SCALAR | st.dictionaries(st.text(max_size=4), SCALAR))
    for form in (Eve(), ZeekConn()):
        try:
            form.read(json.dumps(changed).encode(), NOW)
        except InputError as error:
            reason = str(error)
        else:
            reason = "none"
        assert NO_MORE_THAN_ONE_LINE.fullmatch(reason)


@given(st.lists(st.sampled_from([*ROW.split("\t"), "-", "(empty)", "", "x", "\x00", "99999999999999999999"]),
                min_size=13, max_size=13))  # fmt: skip
def test_any_row_of_zeek_gives_a_flow_or_a_reason(cells: list[str]) -> None:
    try:
        reason = str(zeek(*HEADER).read("\t".join(cells).encode(), NOW))
    except InputError as error:
        reason = str(error)
    assert NO_MORE_THAN_ONE_LINE.fullmatch(reason)
