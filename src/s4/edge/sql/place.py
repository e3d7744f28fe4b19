"""Where an expression is evaluated: a row, its group and window, and what the rule knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from s4.edge.sql.rows import Line

Value = Any


class Span(msgspec.Struct, frozen=True):
    """A window that was triggered: from `start` to `end`, ms."""

    start: int
    end: int


class Hits(msgspec.Struct):
    """How often a condition was met, and when last, ms; by rows, and by whole groups."""

    rows: int = 0
    row_at: int = 0
    groups: int = 0
    group_at: int = 0


class Setting(msgspec.Struct):
    """What a rule knows wherever it is evaluated. `now`: its clock, ms."""

    name: str
    started: int
    now: int


class Place:
    """One row (of a group, if `group` is given) and everything that functions may ask about it."""

    __slots__ = ("_members", "aliases", "group", "hits_of", "index", "numbers", "row", "setting", "span")

    def __init__(self, row: Line | None, setting: Setting, span: Span | None, group: list[Line] | None = None) -> None:
        self.row, self.setting, self.span, self.group = row, setting, span, group
        self.aliases: dict[str, Value] = {}
        self.index = 1
        self.numbers: Mapping[int, int] = {}
        self.hits_of: Hits = _NO_HITS
        self._members: list[Place] | None = None

    def members(self) -> list[Place]:
        """A place for each row of the group; a row without a group is a group of its own."""
        if self.group is None:
            return [self]
        if self._members is None:
            self._members = [Place(row, self.setting, self.span) for row in self.group]
        return self._members

    def window(self) -> tuple[int, int] | None:
        """The window's start and end, ms since the epoch."""
        return None if self.span is None else (self.span.start, self.span.end)

    def trigger(self) -> int | None:
        """When the window was triggered, ms."""
        return None if self.span is None else self.span.end

    def event_time(self) -> int:
        """The row's time, or the window's end for a group, ms."""
        if (self.group is not None or self.row is None) and self.span is not None:
            return self.span.end
        return self.setting.now if self.row is None else self.row.at

    def now(self) -> int:
        """The rule's clock, ms."""
        return self.setting.now

    def rule(self) -> str:
        """The rule's name."""
        return self.setting.name

    def started(self) -> int:
        """When the rule started, ms."""
        return self.setting.started

    def number(self) -> int:
        """The row's place among those that are put out together, from 1."""
        return self.index

    def meta(self, key: str, stream: str) -> Value:
        """Metadata of the row; of the first joined row that has it when no stream is said."""
        for part in self.row.parts if self.row is not None else ():
            if stream in ("", part.stream):
                if key == "*":
                    return dict(part.meta)
                if key in part.meta:
                    return part.meta[key]
        return None

    def hits(self) -> tuple[int, int, int, int]:
        """(rows that passed, ms of the last of them, emissions so far, ms of the last of them)."""
        hits = self.hits_of
        return hits.rows, hits.row_at, hits.groups, hits.group_at


_NO_HITS = Hits()
Reader = Callable[[Place], Value]
"""A compiled expression."""
