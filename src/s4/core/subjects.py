"""Where a fact stands on the bus: `s4.<city>.<site>.<word>.<kind>`; and a device's two MQTT topics.

A device speaks on `s4/in/<device>/<property>` and listens on `s4/out/<device>/<action>`; its credential allows
nothing else.
"""

from __future__ import annotations

import re
from typing import Final

from s4.core.errors import InputError

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
MQTT_IN: Final = "s4.in"
MQTT_OUT: Final = "s4.out"
ACK: Final = "ack"
"""The property on which a device answers a command."""
SYSTEM: Final = "s4"
"""The source of what s4 says of a device by itself."""
DEVICE_STATE: Final = "s4.device"
DEVICE_NOTICE: Final = "s4.notice"
RULE_STATE: Final = "s4.rule"
"""Properties of what s4 says by itself: how a device is doing (edge), what of it was refused or held back (sensing),
how a rule is doing (edge).
"""


def check_name(name: str, *, field: str) -> str:
    """A city, site, device or asset id: 1–64 of a–z, 0–9, `-`, `_`. Raises `InputError` naming the field.

    >>> check_name("cam-01", field="source[0].id")
    'cam-01'
    """
    if not NAME.fullmatch(name):
        raise InputError(f"{name[:70]!r} is not a name (1 to 64 of a-z, 0-9, - and _)", field=field)
    return name


def token(text: str) -> str:
    """Any text → one safe subject token: dots, blanks and wildcards become `_`.

    >>> token("eve.alert")
    'eve_alert'
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)[:64] or "any"


def subject(city: str, site: str, word: str, kind: str) -> str:
    """The subject of one fact.

    >>> subject("bilbao", "square", "detection", "unattended_object")
    's4.bilbao.square.detection.unattended_object'
    """
    return f"s4.{city}.{token(site)}.{word}.{token(kind)}"


def every(city: str, word: str) -> str:
    """The filter that takes every fact of one word in a city."""
    return f"s4.{city}.*.{word}.>"


def device_topic(device: str, action: str) -> str:
    """The MQTT topic on which `device` hears `action`.

    >>> device_topic("gate-2", "set")
    's4/out/gate-2/set'
    """
    return f"s4/out/{device}/{token(action)}"


def mqtt_subject(topic: str) -> str:
    """An MQTT topic → the subject that NATS gives it: `/` becomes `.`, and `.` becomes `//`.

    >>> mqtt_subject("s4/in/co2-1/pm2.5")
    's4.in.co2-1.pm2//5'
    """
    return ".".join(level.replace(".", "//") for level in topic.split("/"))


def mqtt_topic(where: str) -> str:
    """The way back of `mqtt_subject`.

    >>> mqtt_topic("s4.in.co2-1.pm2//5")
    's4/in/co2-1/pm2.5'
    """
    return where.replace("//", "\0").replace(".", "/").replace("\0", ".")
