"""Zeek's connection log, tab-separated or JSON. Source: Zeek documentation, `base/protocols/conn/main.zeek`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from s4.core.errors import InputError
from s4.sensing.flow import FLOW, check_count, flow_body
from s4.sensing.formats import Said, read_object, time_of

_NEEDED: Final = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto")
_TIME: Final = re.compile(r"(\d{1,10})(?:\.(\d{1,9}))?")
_NUMBERS: Final = frozenset({"id.orig_p", "id.resp_p", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts"})
_SEPARATOR: Final = re.compile(r"\\x([0-9a-fA-F]{2})")


class ZeekConn:
    """Each connection becomes a `flow` (see `flow_body`), timed by its first packet.

    A tab-separated log names its columns in its header, so the header must have been read before the first line.
    """

    def __init__(self) -> None:
        self._separator, self._unset, self._empty = "\t", "-", "(empty)"
        self._fields: list[str] = []

    def read(self, text: bytes, received: int) -> Said | None:
        """One line → one connection; None for header lines."""
        if not text.strip():
            return None
        if text.startswith(b"{"):
            return _said(read_object(text), "s", received)
        try:
            line = text.decode()
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text") from error
        if line.startswith("#"):
            self._header(line[1:])
            return None
        return _said(self._row(line), "ns", received)

    def _header(self, line: str) -> None:
        if line.startswith("separator "):  # the one header line that cannot use the separator
            code = _SEPARATOR.fullmatch(line.removeprefix("separator ").strip())
            self._separator = chr(int(code[1], 16)) if code else line.removeprefix("separator ").strip() or "\t"
            return
        name, _, rest = line.partition(self._separator)
        if name == "unset_field":
            self._unset = rest
        elif name == "empty_field":
            self._empty = rest
        elif name == "fields":
            self._fields = rest.split(self._separator)

    def _row(self, line: str) -> dict[str, object]:
        if not self._fields:
            raise InputError("stands before the header line #fields that names its columns")
        cells = line.split(self._separator)
        if len(cells) != len(self._fields):
            raise InputError(f"has {len(cells)} columns, not the {len(self._fields)} that #fields names")
        given = zip(self._fields, cells, strict=True)
        return {name: _value(name, cell) for name, cell in given if cell not in {self._unset, self._empty}}


def _value(name: str, cell: str) -> object:
    if name == "ts":
        match = _TIME.fullmatch(cell)
        return int(match[1] + (match[2] or "").ljust(9, "0")) if match else cell
    if name in _NUMBERS and cell.isdecimal():
        return int(cell[:20])
    return cell


def _said(fields: Mapping[str, object], unit: str, received: int) -> Said:
    """`unit`: of a `ts` that is a number. In a tab-separated log it is read exactly, to ns; JSON has float seconds."""
    for name in _NEEDED:
        if name not in fields:
            raise InputError("is missing", field=name)
    proto, state = fields["proto"], fields.get("conn_state", "")
    if not isinstance(proto, str) or not isinstance(state, str):
        raise InputError("is no text", field="conn_state" if isinstance(proto, str) else "proto")
    count = {
        name: check_count(fields.get(name, 0), field=name)
        for name in ("orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts")
    }
    extra = {name: fields[name] for name in ("uid", "service") if isinstance(fields.get(name), str)}
    body = flow_body(
        src=(fields["id.orig_h"], fields["id.orig_p"]), dest=(fields["id.resp_h"], fields["id.resp_p"]),
        proto=proto, state=state, bytes_out=count["orig_bytes"], bytes_in=count["resp_bytes"],
        packets=count["orig_pkts"] + count["resp_pkts"], **extra,
    )  # fmt: skip
    return Said(FLOW, time_of(fields["ts"], unit, received, field="ts"), body)
