"""Syslog: messages as they are, and a listener that real senders write to by UDP, TCP and TLS."""

import asyncio
import contextlib
import logging
import logging.handlers
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.clock import parse_time
from s4.core.errors import ConfigError, InputError
from s4.runtime.sockets import free_port
from s4.sensing.services.parsed import Parsed
from s4.sensing.services.syslog_message import Framer, parse_syslog
from tests.sensing.services.stand import at_work, make_door, read_or_reason, reasons
from tests.support.mosquitto import certificates

MODERN = (
    b'<165>1 2026-05-01T18:00:00.000003-07:00 gate-2 evntslog 8710 ID47 [exampleSDID@32473 iut="3" '
    b'eventSource="a \\"b\\" \\] \\\\"][x@1] \xef\xbb\xbfAn application event'
)
ELDER = b"<34>Oct 11 22:14:15 mymachine su[42]: 'su root' failed for lonvick on /dev/pts/8"


def test_a_modern_message() -> None:
    said = parse_syslog(MODERN)
    assert said.time == parse_time("2026-05-02T01:00:00.000003Z")
    assert said.body == {
        "facility": "local4", "severity": "notice", "app": "evntslog", "process": "8710", "id": "ID47",
        "host": "gate-2",
        "data": {"exampleSDID@32473": {"iut": "3", "eventSource": 'a "b" ] \\'}, "x@1": {}},
        "message": "An application event",
    }  # fmt: skip
    bare = parse_syslog(b"<0>1 - - - - - -")
    assert (bare.time, bare.host, bare.body) == (None, "", {"facility": "kern", "severity": "emergency", "message": ""})


def test_an_elder_message() -> None:
    said = parse_syslog(ELDER)
    assert (said.time, said.host) == (None, "mymachine")
    assert (said.body["app"], said.body["process"], said.body["stamp"]) == ("su", "42", "Oct 11 22:14:15")
    assert said.body["message"].startswith("'su root' failed")
    assert parse_syslog(b"<13>just words").body["message"] == "just words"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"hello", "priority"),
        (b"<192>1 - - - - - -", "priority"),
        (b"<1>1 soon - - - - -", "'soon' is not"),
        (b"<1>1 2026-05-01T18:00:00 - - - - -", "names no time zone"),
        (b"<1>1 - - - - - [a b=c]", "has structured data that is not closed"),
        (b"<1>1 - - - - - x", "no structured data"),
        (b"<1>1 - - - - - -x", "no blank"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        parse_syslog(data)


NAME = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='="]'), min_size=1, max_size=32)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda one: not one.startswith("\ufeff"))


@given(st.integers(0, 191), NAME, st.dictionaries(NAME, st.dictionaries(NAME, TEXT, max_size=3), max_size=3), TEXT)
def test_what_is_written_by_the_rules_is_read_back(
    priority: int, host: str, data: dict[str, dict[str, str]], message: str
) -> None:
    def quoted(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")

    parts = ["[" + name + "".join(f' {k}="{quoted(v)}"' for k, v in of.items()) + "]" for name, of in data.items()]
    said = parse_syslog(f"<{priority}>1 - {host} - - - {''.join(parts) or '-'} {message}".encode())
    assert said.host == ("" if host == "-" else host)
    assert said.body.get("data", {}) == data
    assert said.body["message"] == message.rstrip("\r\n\0")


@given(
    st.binary(max_size=80)
    | st.builds(lambda b, i: MODERN[:i] + b + MODERN[i:], st.binary(max_size=4), st.integers(0, 99))
)
def test_any_bytes(data: bytes) -> None:
    def read() -> Parsed:
        parsed = Parsed()
        said = parse_syslog(data)
        parsed.event(said.host, "syslog", said.body, said.time)
        return parsed

    read_or_reason(read)


MESSAGE = st.text("<>abc0 ", min_size=1, max_size=20).map(lambda one: "<1>" + one)


@given(st.lists(st.tuples(MESSAGE, st.booleans()), max_size=10), st.lists(st.integers(1, 9), min_size=1))
def test_frames_however_they_are_cut(messages: list[tuple[str, bool]], cuts: list[int]) -> None:
    stream = "".join(f"{len(text)} {text}" if counted else f"{text}\n" for text, counted in messages).encode()
    framer, got, at = Framer(200), list[bytes](), 0
    while at < len(stream):
        step = cuts[at % len(cuts)]
        got += framer.feed(stream[at : at + step])
        at += step
    assert got == [text.encode() for text, _ in messages]


@given(st.binary(max_size=300))
def test_a_framer_holds_little(data: bytes) -> None:
    framer = Framer(50)
    try:
        framer.feed(data)
    except InputError:
        return
    assert len(framer.rest()) <= 70


async def send_tcp(port: int, data: bytes, tls: ssl.SSLContext | None = None) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(data)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def send_udp(port: int, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for data in datagrams:
            one.sendto(data, ("127.0.0.1", port))


async def test_by_udp_and_tcp_from_senders_of_others() -> None:
    """Python's own handler (RFC 3164 style), and `logger` of util-linux (RFC 5424) where it is there."""
    udp, tcp = free_port(kind=socket.SOCK_DGRAM), free_port()
    door = make_door("syslog", {"udp": udp, "tcp": tcp, "device": "hostname"})
    async with at_work(door) as record:
        await record.up()
        handler = logging.handlers.SysLogHandler(("127.0.0.1", udp), facility="local0")
        handler.emit(logging.makeLogRecord({"msg": "door forced", "levelno": logging.ERROR, "levelname": "ERROR"}))
        handler.close()
        await record.until(lambda: record.bodies("127-0-0-1", "syslog"))
        if program := shutil.which("logger"):
            for kind in (["-d", "-P", str(udp)], ["-T", "-P", str(tcp)], ["-T", "--octet-count", "-P", str(tcp)]):
                command = [
                    program,
                    *kind,
                    "-n",
                    "127.0.0.1",
                    "--rfc5424=notq",
                    "-p",
                    "auth.alert",
                    "-t",
                    "pam",
                    "by logger",
                ]
                await asyncio.to_thread(subprocess.run, command, check=True, timeout=20)
            await record.until(lambda: sum(one.body["message"] == "by logger" for one in record.events) == 3)
    assert record.bodies("127-0-0-1", "syslog")[0]["severity"] == "error"
    assert {one.body["severity"] for one in record.events if one.body["message"] == "by logger"} <= {"alert"}
    assert reasons(door) == []


async def test_framing_and_what_is_wrong_in_between() -> None:
    tcp = free_port()
    now = b"<13>1 - - - - - - %d"
    door = make_door("syslog", {"tcp": tcp, "device": "source", "largest": 480})
    async with at_work(door) as record:
        await record.up()
        await send_tcp(tcp, b"%d %b" % (len(now % 1), now % 1) + now % 2 + b"\nnonsense\n" + now % 3)
        await record.until(lambda: len(record.events) == 3)
        await send_tcp(tcp, b"<13>" + b"x" * 600)
        await send_tcp(tcp, b"999999999 <13>")
        await send_tcp(tcp, now % 4 + b"\n")
        await record.until(lambda: len(record.events) == 4)
    assert [one.body["message"] for one in record.events] == ["1", "2", "3", "4"]
    assert sorted(reasons(door)) == [
        "127.0.0.1: does not begin with a priority such as <34>",
        "127.0.0.1: is longer than 480 bytes",
        "127.0.0.1: is longer than 480 bytes",
    ]


async def test_tls_with_a_certificate_of_the_sender(tmp_path: Path) -> None:
    ca, cert, key = certificates(tmp_path)
    tcp = free_port()
    options = {"tcp": tcp, "cert_file": "cert.pem", "key_file": "key.pem", "ca_file": "ca.pem"}
    stranger = ssl.create_default_context(cafile=str(ca))
    known = ssl.create_default_context(cafile=str(ca))
    known.load_cert_chain(cert, key)
    async with at_work(make_door("syslog", options, folder=tmp_path)) as record:
        await record.up()
        with contextlib.suppress(OSError):  # with TLS 1.3 the refusal may come after what was written
            await send_tcp(tcp, ELDER + b"\n", stranger)
        await send_tcp(tcp, b"<13>1 - gate-2 - - - - opened\n", known)
        await record.until(lambda: record.events)
        assert [one.source for one in record.events] == ["gate-2"]


async def test_only_networks_that_are_allowed() -> None:
    udp, tcp = free_port(kind=socket.SOCK_DGRAM), free_port()
    door = make_door("syslog", {"udp": udp, "tcp": tcp, "allow": ["10.0.0.0/8"]})
    async with at_work(door) as record:
        await record.up()
        send_udp(udp, ELDER, ELDER)
        await send_tcp(tcp, ELDER)
        await asyncio.sleep(0.3)
        assert record.events == []
    assert reasons(door) == [
        "127.0.0.1: is in none of the networks that are heard (allow)"
    ]  # once, though it came thrice


async def test_a_flood_by_udp_is_bounded_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4.sensing.services.syslog.MOST_WAITING", 100)
    udp = free_port(kind=socket.SOCK_DGRAM)
    door = make_door("syslog", {"udp": udp, "rate_per_s": 200.0, "device": "source"})
    async with at_work(door) as record:
        await record.up()
        for _ in range(30):
            send_udp(udp, *[b"<13>1 - - - - - - x"] * 500)
            await asyncio.sleep(0.02)
        await asyncio.sleep(2.0)
        assert len(record.events) < 2_000
    said = reasons(door)
    assert said
    assert all("came faster than they could be taken" in one for one in said)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "name a port"),
        ({"udp": 70_000}, "udp"),
        ({"udp": 514, "allow": ["10.0.0.1/8"]}, "allow: 10.0.0.1/8 has host bits set"),
        ({"tcp": 6514, "cert_file": "nothing"}, "cert_file: the certificates cannot be used"),
        ({"udp": 514, "device": "name"}, "device"),
    ],
)
def test_bad_settings_are_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make_door("syslog", options)
