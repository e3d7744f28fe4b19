"""MQTT topic filters: whether a topic matches, and what the wildcards stood for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from s4.core.errors import InputError
from s4.sensing.services.parsed import Parsed

Command = tuple[str, bytes]
"""A topic and what is to be published there."""


class TopicFormat(Protocol):
    """Understands the messages of one kind of gateway."""

    def read(self, topic: str, payload: bytes, received: int, *, retained: bool) -> Parsed:
        """What a message says. Raises `InputError` when it cannot be used at all."""

    def asks(self) -> Sequence[Command]:
        """What the protocol wants sent back since the last call."""


def check_filter(text: str) -> str:
    """Raise `InputError` unless `text` is a topic filter: `a/+/b`, `a/#`.

    >>> check_filter("air/+/state")
    'air/+/state'
    """
    levels = text.split("/")
    wrong = not text or len(text.encode()) > 1_024 or "\0" in text
    wrong |= any("#" in level and (level != "#" or place != len(levels) - 1) for place, level in enumerate(levels))
    wrong |= any("+" in level and level != "+" for level in levels)
    if wrong:
        raise InputError(f"{text[:70]!r} is no topic filter (+ stands for one whole level, # for all at the end)")
    return text


def match(pattern: str, topic: str) -> tuple[str, ...] | None:
    """What each wildcard of the filter `pattern` stands for in `topic`; None when they do not match.

    >>> match("air/+/#", "air/north/hall/co2")
    ('north', 'hall/co2')
    """
    wild = list[str]()
    levels, wanted = topic.split("/"), pattern.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return None
    for place, level in enumerate(wanted):
        if level == "#":
            return (*wild, "/".join(levels[place:]))
        if place >= len(levels) or level not in {"+", levels[place]}:
            return None
        if level == "+":
            wild.append(levels[place])
    return tuple(wild) if len(levels) == len(wanted) else None
