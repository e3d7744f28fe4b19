"""EVE: the JSON log of Suricata. Source: Suricata user guide, "Eve JSON Format" (common section, alert, flow)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from s4.core.errors import InputError
from s4.sensing.flow import FLOW, check_address, check_count, check_port, flow_body
from s4.sensing.formats import Said, read_object, time_of
from s4.sensing.payload import Event

_TYPE: Final = re.compile(r"[a-z0-9_]{1,40}")


class Eve:
    """Every record becomes a property `eve.<event_type>` with its fields as given, but `flow` records become `flow`
    (see `flow_body`), the same as from other sensors. `ignore`: event types that are not wanted.
    """

    def __init__(self, ignore: Collection[str] = ()) -> None:
        self._ignore = frozenset(ignore)

    def read(self, text: bytes, received: int) -> Said | None:
        """One line → one record. Raises `InputError` naming the field that is missing or wrong."""
        if not text.strip():
            return None
        record = read_object(text)
        kind = record.get("event_type")
        if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
            raise InputError("is missing or no event type", field="event_type")
        if kind in self._ignore:
            return None
        if not isinstance(record.get("timestamp"), str):
            raise InputError("is missing or no text", field="timestamp")
        time = time_of(record["timestamp"], "ns", received, field="timestamp")
        _check_ends(record)
        if kind == FLOW:
            return _flow(record, time, received)
        if kind == "alert":
            _check_alert(_part(record, "alert"))
        return Said(f"eve.{kind}", time, record)


def _part(record: Event, name: str) -> dict[str, Any]:
    part = record.get(name)
    if not isinstance(part, dict):
        raise InputError("is missing or no object", field=name)
    return part


def _check_ends(record: Event) -> None:
    """Both ends of the connection where they are given; a `stats` record has none, ICMP has no ports."""
    for name in ("src_ip", "dest_ip"):
        if name in record:
            check_address(record[name], field=name)
    for name in ("src_port", "dest_port"):
        if name in record:
            check_port(record[name], field=name)


def _check_alert(alert: dict[str, Any]) -> None:
    check_count(alert.get("signature_id"), field="alert.signature_id")
    for name in ("signature", "category", "action"):
        if not isinstance(alert.get(name, ""), str):
            raise InputError("is no text", field=f"alert.{name}")
    check_count(alert.get("severity", 3), field="alert.severity")


def _flow(record: Event, logged: int, received: int) -> Said:
    """A finished flow; it is about the instant at which it started."""
    flow = _part(record, "flow")
    number = {
        name: check_count(flow.get(name, 0), field=f"flow.{name}")
        for name in ("pkts_toserver", "pkts_toclient", "bytes_toserver", "bytes_toclient")
    }
    proto, state = record.get("proto", ""), flow.get("state", "")
    if not isinstance(proto, str) or not isinstance(state, str):
        raise InputError("is no text", field="flow.state" if isinstance(proto, str) else "proto")
    body = flow_body(
        src=(record.get("src_ip", ""), record.get("src_port", 0)),
        dest=(record.get("dest_ip", ""), record.get("dest_port", 0)),
        proto=proto, state=state, bytes_out=number["bytes_toserver"], bytes_in=number["bytes_toclient"],
        packets=number["pkts_toserver"] + number["pkts_toclient"],
        **{name: record[name] for name in ("app_proto", "flow_id", "community_id") if name in record},
    )  # fmt: skip
    start = time_of(flow["start"], "ns", received, field="flow.start") if "start" in flow else logged
    return Said(FLOW, start, body)
