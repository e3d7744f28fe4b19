"""One syslog message: RFC 5424, or its elder RFC 3164 as far as that can be told; and how a stream is cut into them.

Sources: RFC 5424 section 6; RFC 3164 section 4; RFC 6587 section 3.4 (octet counting, line ends).
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from s4.core.clock import parse_time
from s4.core.errors import InputError

SEVERITY: Final = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
FACILITY: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
MOST_PARAMETERS: Final = 256

_PRI: Final = re.compile(r"<(0|[1-9][0-9]{0,2})>")
_HEAD: Final = re.compile(
    r"1 (?P<time>\S{1,64}) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<process>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
)
_ELDER: Final = re.compile(
    r"(?P<stamp>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<host>[!-~]{1,255}) (?P<rest>.*)", re.DOTALL
)
_TAG: Final = re.compile(r"(?P<app>[A-Za-z0-9_./-]{1,48})(?:\[(?P<process>[^\]]{1,128})\])?: ?")
_ELEMENT: Final = re.compile(r'\[([^\s="\]]{1,32})')
_PARAMETER: Final = re.compile(r' ([^\s="\]]{1,32})="((?:[^"\\\]]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(["\\\]])')
_FRAME: Final = re.compile(rb"([1-9][0-9]{0,8}) ")


class Message(NamedTuple):
    """What a message says. `time`: ns UTC, None when it says none with a zone; `host`: empty when unsaid."""

    time: int | None
    host: str
    body: dict[str, Any]


def parse_syslog(data: bytes) -> Message:
    """One message. Raises `InputError`. Cost: about 15 µs.

    >>> parse_syslog(b"<34>1 2026-05-01T18:00:00Z gate-2 sshd 42 - - Failed password").body["severity"]
    'critical'
    """
    text = data.decode("utf-8", "backslashreplace").rstrip("\r\n\0")
    found = _PRI.match(text)
    if found is None or int(found[1]) > 191:
        raise InputError("does not begin with a priority such as <34>")
    body = {"facility": FACILITY[int(found[1]) // 8], "severity": SEVERITY[int(found[1]) % 8]}
    head = _HEAD.match(text, found.end())
    return _modern(text, head, body) if head is not None else _elder(text[found.end() :], body)


def _modern(text: str, head: re.Match[str], body: dict[str, Any]) -> Message:
    for name in ("app", "process", "id"):
        if head[name] != "-":
            body[name] = head[name]
    host = "" if head["host"] == "-" else head["host"]
    data, end = _structured(text, head.end())
    if data:
        body["data"] = data
    if end < len(text) and text[end] != " ":
        raise InputError("has no blank between structured data and message", column=end + 1)
    body["message"] = text[end + 1 :].removeprefix("\ufeff")
    if host:
        body["host"] = host
    return Message(None if head["time"] == "-" else parse_time(head["time"], field="timestamp"), host, body)


def _structured(text: str, at: int) -> tuple[dict[str, dict[str, str]], int]:
    """The structured data from `at` on, and where it ends."""
    if text.startswith("-", at):
        return {}, at + 1
    found: dict[str, dict[str, str]] = {}
    many = 0
    while element := _ELEMENT.match(text, at):
        parameters = found.setdefault(element[1], {})
        at = element.end()
        while one := _PARAMETER.match(text, at):
            parameters[one[1]] = _ESCAPE.sub(r"\1", one[2])
            at, many = one.end(), many + 1
            if many > MOST_PARAMETERS:
                raise InputError(f"has more than {MOST_PARAMETERS} structured parameters")
        if not text.startswith("]", at):
            raise InputError("has structured data that is not closed", column=at + 1)
        at += 1
    if not found:
        raise InputError("has no structured data, nor the hyphen for none", column=at + 1)
    return found, at


def _elder(text: str, body: dict[str, Any]) -> Message:
    """RFC 3164: its time has no year and no zone, so it is kept as text and the message is true when it arrived."""
    host = ""
    if (found := _ELDER.match(text)) is not None:
        host, text = found["host"], found["rest"]
        body |= {"stamp": found["stamp"], "host": host}
    if (tag := _TAG.match(text)) is not None:
        body["app"], text = tag["app"], text[tag.end() :]
        if tag["process"]:
            body["process"] = tag["process"]
    body["message"] = text
    return Message(None, host, body)


class Framer:
    r"""Cuts a TCP stream into messages, counted by octets or ended by line ends, as each sender likes.

    Raises `InputError` from `feed` when a message is longer than `largest`: the stream cannot be followed further.

    >>> list(Framer(100).feed(b"5 <1>ab<2>c\n"))
    [b'<1>ab', b'<2>c']
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """What has become whole with these bytes."""
        self._held += data
        out = list[bytes]()
        while self._held:
            counted = _FRAME.match(self._held)
            if counted is not None:
                begin, end = counted.end(), counted.end() + int(counted[1])
                self._bound(end - begin)
            else:
                begin, end = 0, self._held.find(b"\n") + 1
                self._bound(end or len(self._held))
            if end == 0 or end > len(self._held):
                break
            if message := self._held[begin:end].rstrip(b"\r\n\0"):
                out.append(message)
            self._held = self._held[end:]
        return out

    def rest(self) -> bytes:
        """What came last without an end, when the sender has closed."""
        return self._held

    def _bound(self, length: int) -> None:
        if length > self._largest:
            raise InputError(f"is longer than {self._largest} bytes")
