"""SOAP as far as ONVIF's events need it: envelopes with a digest of the password, and answers without surprises.

Sources: ONVIF Core Specification, "Event handling" (WS-BaseNotification pull points) and "Authentication"; OASIS
WS-Security UsernameToken Profile 1.1.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from s4.core.clock import format_time, parse_time
from s4.core.errors import InputError

LARGEST: Final = 1 << 20
MOST_ITEMS: Final = 100
DEEPEST: Final = 32
EVENTS: Final = "http://www.onvif.org/ver10/events/wsdl"
ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
_NOTIFY: Final = "http://docs.oasis-open.org/wsn/b-2"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_PREFIX: Final = re.compile(r"[\w.-]+:")


class Notification(NamedTuple):
    """What a device reports. `topic`: levels with slashes, without prefixes; `time`: ns UTC."""

    topic: str
    time: int | None
    operation: str
    source: dict[str, str]
    data: dict[str, str]


def digest(nonce: bytes, created: str, password: str) -> str:
    """The password's digest of the UsernameToken profile: it proves the password without telling it.

    >>> digest(b"nonce", "2026-05-01T18:00:00Z", "secret")
    'XoXM2KkNGsrcdyV+AKqVjmUZmZ8='
    """
    whole = hashlib.sha1(nonce + created.encode() + password.encode())  # noqa: S324 - the profile allows no other
    return base64.b64encode(whole.digest()).decode()


def envelope(action: str, to: str, body: str, user: str, password: str, now: int) -> bytes:
    """A request: `body` is XML that we wrote ourselves."""
    security = ""
    if user:
        nonce, created = secrets.token_bytes(16), format_time(now)
        security = (
            f'<Security s:mustUnderstand="1" xmlns="{_SECURITY}wssecurity-secext-1.0.xsd"><UsernameToken>'
            f"<Username>{escape(user)}</Username>"
            f'<Password Type="{_SECURITY}username-token-profile-1.0#PasswordDigest">'
            f"{digest(nonce, created, password)}</Password>"
            f'<Nonce EncodingType="{_SECURITY}soap-message-security-1.0#Base64Binary">'
            f"{base64.b64encode(nonce).decode()}</Nonce>"
            f'<Created xmlns="{_SECURITY}wssecurity-utility-1.0.xsd">{created}</Created></UsernameToken></Security>'
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{_ADDRESSING}"><s:Header>'
        f"<a:Action>{escape(action)}</a:Action><a:To>{escape(to)}</a:To>{security}</s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def create(lifetime_s: int) -> tuple[str, str]:
    """The action and body that ask for a pull point."""
    body = f'<CreatePullPointSubscription xmlns="{EVENTS}"><InitialTerminationTime>PT{lifetime_s}S'
    return f"{EVENTS}/EventPortType/CreatePullPointSubscriptionRequest", (
        body + "</InitialTerminationTime></CreatePullPointSubscription>"
    )


def pull(wait_s: int, most: int) -> tuple[str, str]:
    """The action and body that ask for what has happened, waiting for it up to `wait_s`."""
    body = f'<PullMessages xmlns="{EVENTS}"><Timeout>PT{wait_s}S</Timeout><MessageLimit>{most}</MessageLimit>'
    return f"{EVENTS}/PullPointSubscription/PullMessagesRequest", body + "</PullMessages>"


def renew(lifetime_s: int) -> tuple[str, str]:
    """The action and body that keep a pull point."""
    body = f'<Renew xmlns="{_NOTIFY}"><TerminationTime>PT{lifetime_s}S</TerminationTime></Renew>'
    return "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest", body


def unsubscribe() -> tuple[str, str]:
    """The action and body that give a pull point back."""
    return "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest", (
        f'<Unsubscribe xmlns="{_NOTIFY}"/>'
    )


def read(data: bytes) -> Element:
    """An envelope → its root. Raises `InputError` for XML that is broken, too long, or declares entities."""
    if len(data) > LARGEST:
        raise InputError(f"is longer than {LARGEST} bytes")
    try:
        _check(data)
        return fromstring(data)  # noqa: S314 - without a document type there is nothing to expand or to fetch
    except (ParseError, ExpatError, ValueError) as error:
        raise InputError(f"is no sound XML ({error})"[:200].replace("\n", " ")) from error


def parse(data: bytes) -> Element:
    """An answer → its body. Raises `InputError`: as `read`, for what is no envelope, and for a fault."""
    body = read(data).find(f"{{{ENVELOPE}}}Body")
    if body is None:
        raise InputError("is no SOAP envelope")
    fault = body.find(f"{{{ENVELOPE}}}Fault")
    if fault is not None:
        raise InputError(f"the device answers: {_fault(fault)}")
    return body


def _check(data: bytes) -> None:
    """Read without building anything. Raises `InputError` for a document type, and for what nests too deeply."""
    parser, depth = ParserCreate(), 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        del name, attributes
        depth += 1
        if depth > DEEPEST:
            raise InputError(f"nests deeper than {DEEPEST} levels")

    def end(name: str) -> None:
        nonlocal depth
        del name
        depth -= 1

    def document_type(*declared: object) -> None:
        raise InputError(f"declares a document type ({str(declared[0])[:30]}), which SOAP forbids")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = document_type
    parser.Parse(data, True)


def _fault(fault: Element) -> str:
    words = [text.strip() for text in fault.itertext() if text.strip()]
    return " ".join(words)[:200].replace("\n", " ") or "a fault without words"


def subscription_address(body: Element) -> str:
    """Where the pull point is that was created. Raises `InputError`."""
    found = body.find(f".//{{{EVENTS}}}SubscriptionReference/{{{_ADDRESSING}}}Address")
    text = (found.text or "").strip() if found is not None else ""
    if not re.fullmatch(r"https?://\S{1,1000}", text):
        raise InputError("names no address of the subscription")
    return text


def notifications(body: Element) -> list[Notification | InputError]:
    """What was pulled; a complaint in place of one that cannot be read."""
    out: list[Notification | InputError] = []
    for one in body.iter(f"{{{_NOTIFY}}}NotificationMessage"):
        try:
            out.append(_notification(one))
        except InputError as error:
            out.append(error)
    return out


def _notification(one: Element) -> Notification:
    topic, message = one.find(f"{{{_NOTIFY}}}Topic"), one.find(f".//{{{_SCHEMA}}}Message")
    if topic is None or not (topic.text or "").strip() or message is None:
        raise InputError("is a notification without topic or message")
    levels = "/".join(_PREFIX.sub("", level.strip()) for level in (topic.text or "").split("/"))
    when = message.get("UtcTime")
    if when is not None and not re.search(r"(Z|[+-]\d\d:\d\d)$", when):
        when += "Z"  # the attribute is UTC by its name, and some devices leave the letter out
    time = None if when is None else parse_time(when, field="UtcTime")
    return Notification(levels, time, message.get("PropertyOperation", "")[:40], _items(message, "Source"),
                        _items(message, "Data"))  # fmt: skip


def _items(message: Element, part: str) -> dict[str, str]:
    found = message.find(f"{{{_SCHEMA}}}{part}")
    items: list[Any] = [] if found is None else found.findall(f"{{{_SCHEMA}}}SimpleItem")
    if len(items) > MOST_ITEMS:
        raise InputError(f"has more than {MOST_ITEMS} items")
    return {str(item.get("Name", ""))[:100]: str(item.get("Value", ""))[:1_000] for item in items}
