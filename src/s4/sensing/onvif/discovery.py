"""Which cameras there are in this network: one question to all (WS-Discovery), and the answers of a few seconds.

Sources: OASIS WS-Discovery (April 2005 draft, as ONVIF uses it), SOAP-over-UDP 1.1, ONVIF Core Specification, "Device
discovery". Nothing is sent again: whoever did not hear asks once more.
"""

from __future__ import annotations

import re
import socket
import time
import uuid
from typing import Final, NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from s4.core.errors import InputError, ServiceError
from s4.sensing.services import soap

EVERYBODY: Final = ("239.255.255.250", 3702)
MOST: Final = 512
_DATAGRAM: Final = 65_535
_ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_NETWORK: Final = "http://www.onvif.org/ver10/network/wsdl"
_SCOPE: Final = "onvif://www.onvif.org/"
_URL: Final = re.compile(r"https?://[^\s/@]+(/\S*)?")


class Device(NamedTuple):
    """A device that answered. `id`: its endpoint's name (mostly `urn:uuid:…`); `urls`: of its device service, the one
    under the address that answered first; `name`, `hardware`, `location`: as it says, may be empty; `host`: who
    answered.
    """

    id: str
    urls: tuple[str, ...]
    name: str
    hardware: str
    location: str
    host: str


def discover(wait_s: float = 3.0, *, to: tuple[str, int] = EVERYBODY, interface: str = "") -> list[Device]:
    """Ask, wait, and return who answered, in the order of their addresses. `interface`: the address of our own by which
    to ask, empty for the machine's usual one. Answers that are none are left out, as are repeats.

    Raises `ServiceError` when nothing can be sent.
    """
    ask = f"urn:uuid:{uuid.uuid4()}"
    found: dict[str, Device] = {}
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            if interface:
                line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            line.bind((interface, 0))
            line.sendto(probe(ask), to)
            _gather(line, ask, wait_s, found)
    except OSError as error:
        raise ServiceError(f"cameras cannot be looked for ({error.strerror or error})") from error
    return sorted(found.values(), key=lambda device: (device.host, device.id))


def probe(ask: str) -> bytes:
    """The question, named `ask`, to every network video transmitter."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{soap.ENVELOPE}" xmlns:a="{_ADDRESSING}" '
        f'xmlns:d="{_DISCOVERY}" xmlns:n="{_NETWORK}"><s:Header><a:MessageID>{ask}</a:MessageID>'
        '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
        f'<a:Action s:mustUnderstand="1">{_DISCOVERY}/Probe</a:Action></s:Header>'
        "<s:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def answers(data: bytes, ask: str, host: str) -> list[Device]:
    """The devices that a datagram from `host` names, if it answers `ask`.

    Raises `InputError` for what is no answer of WS-Discovery.
    """
    root = soap.read(data)
    related = root.find(f".//{{{_ADDRESSING}}}RelatesTo")
    if related is None or (related.text or "").strip() != ask:
        raise InputError("answers another question")
    matches = root.findall(f".//{{{_DISCOVERY}}}ProbeMatch")[:MOST]
    return [device for match in matches if (device := _device(match, host)).urls]


def _gather(line: socket.socket, ask: str, wait_s: float, found: dict[str, Device]) -> None:
    until = time.monotonic() + wait_s
    while (left := until - time.monotonic()) > 0 and len(found) < MOST:
        line.settimeout(left)
        try:
            data, (host, *_) = line.recvfrom(_DATAGRAM)
            for device in answers(data, ask, host):
                found.setdefault(device.id, device)
        except (TimeoutError, InputError):  # silence, or somebody's noise: neither is a device
            continue


def _device(match: Element, host: str) -> Device:
    addresses = [url[:1000] for url in _text(match, f"{{{_DISCOVERY}}}XAddrs").split() if _URL.fullmatch(url)]
    urls = sorted(addresses[:16], key=lambda url: f"//{host}" not in url)
    name = _text(match, f"{{{_ADDRESSING}}}EndpointReference/{{{_ADDRESSING}}}Address")[:200]
    scopes = _text(match, f"{{{_DISCOVERY}}}Scopes").split()
    said = {part: _scope(scopes, part) for part in ("name", "hardware", "location")}
    return Device(name or (urls[0] if urls else ""), tuple(urls), **said, host=host)


def _scope(scopes: list[str], part: str) -> str:
    """What the scopes say of `part`, several values with commas: `onvif://www.onvif.org/name/Front%20door`."""
    start = f"{_SCOPE}{part}/"
    values = [unquote(scope[len(start) :]) for scope in scopes if scope.startswith(start)]
    return " ".join(", ".join(values).split())[:200]


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""
