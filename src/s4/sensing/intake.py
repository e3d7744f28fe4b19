"""The body of one ingest request → what is taken from it, and what is refused line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from s4.core.city import City
from s4.core.errors import CapacityError, InputError
from s4.core.model import Observation
from s4.core.ports import Produced
from s4.core.register import Register
from s4.sensing.channels import Channels, Columns
from s4.sensing.device import Profile, Profiles
from s4.sensing.judge import Judge
from s4.sensing.notices import Notices
from s4.sensing.payload import (
    NAMED,
    ONE_NAMED,
    WRONG,
    Event,
    NamedReading,
    instant,
    observe,
    parse_items,
    parse_named,
    parse_typed_named,
)

if TYPE_CHECKING:
    from s4.sensing.arrow import Rows

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
ARROW: Final = "application/vnd.apache.arrow.stream"
MOST_REASONS: Final = 100
MOST_RECORDS: Final = 262_144


class Refusal(msgspec.Struct, frozen=True):
    """One refused record: `line` counts lines, list items or rows from 1."""

    line: int
    field: str
    reason: str


class Taken(NamedTuple):
    """What came of one body. `refusals`: the first `MOST_REASONS` of `refused`."""

    produced: Sequence[Produced]
    accepted: int
    refusals: Sequence[Refusal]
    refused: int


class Refusals:
    """Counts what is refused and keeps the first reasons.

    >>> refusals = Refusals()
    >>> refusals.add(3, InputError("is not a number", field="value"))
    >>> refusals.total, refusals.first[0].line
    (1, 3)
    """

    def __init__(self) -> None:
        self.total = 0
        self.first: list[Refusal] = []

    @property
    def full(self) -> bool:
        """Whether no further reasons are kept, so that none need be made."""
        return len(self.first) >= MOST_REASONS

    def add(self, line: int, error: InputError) -> None:
        """Refuse a record for that reason."""
        self.total += 1
        if not self.full:
            self.first.append(Refusal(line, error.field or "", error.reason))


class Intake:
    """Reads bodies of the three media types. One for all devices of a city; safe to use from several threads.

    Raises `InputError` for a body that cannot be read at all; a bad record in it is only left out.
    """

    def __init__(self, city: City, register: Register | None = None) -> None:
        register = register or Register(city)
        self.profiles = Profiles(city, register)
        self.notices = Notices(city, register)
        self._channels = Channels()
        self._judge = Judge(self._channels, self.notices)

    def take(self, profile: Profile, media_type: str, body: bytes, received: int) -> Taken:
        """Read `body`, which came from the device of `profile` at `received` (ns UTC)."""
        if media_type == ARROW:
            return self._arrow(profile, body, received)
        if body.count(b"{") > MOST_RECORDS:
            raise CapacityError(f"more than {MOST_RECORDS} objects in one request; send them in parts")
        return (self._ndjson if media_type == NDJSON else self._json)(profile, body, received)

    def _json(self, profile: Profile, body: bytes, received: int) -> Taken:
        if not body.lstrip().startswith(b"["):
            return self._singly(profile, [(1, body)], received)
        try:
            readings = NAMED.decode(body)
        except WRONG:
            return self._singly(profile, enumerate(parse_items(body), start=1), received)
        return self._readings(profile, readings, range(1, len(readings) + 1), received)

    def _ndjson(self, profile: Profile, body: bytes, received: int) -> Taken:
        lines = [(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line and line.strip()]
        try:
            readings = ONE_NAMED.decode_lines(body)
        except WRONG:
            return self._singly(profile, lines, received)
        if len(readings) != len(lines):
            return self._singly(profile, lines, received)
        return self._readings(profile, readings, [number for number, _ in lines], received)

    def _singly(self, profile: Profile, items: Iterable[tuple[int, bytes]], received: int) -> Taken:
        """One by one, because at least one is an event or is wrong."""
        readings, lines = list[NamedReading](), list[int]()
        events, refusals = list[Observation](), Refusals()
        for line, text in items:
            try:
                item = self._named(profile, text)
                if isinstance(item, NamedReading):
                    readings.append(item)
                    lines.append(line)
                else:
                    events.append(observe(profile, item[0], item[1], text, received))
            except InputError as error:
                self._refuse(profile, line, error, refusals)
        taken = self._readings(profile, readings, lines, received, refusals)
        return taken._replace(produced=[*taken.produced, *events], accepted=taken.accepted + len(events))

    @staticmethod
    def _named(profile: Profile, text: bytes) -> NamedReading | tuple[str, Event]:
        """One record; what the profile calls a `bool` or a `string` may be one."""
        if profile.spec is None:
            return parse_named(text)
        try:
            return parse_named(text)
        except InputError as error:
            found = parse_typed_named(profile.spec, text)
            if found is None:
                raise error from None
            return found

    def _refuse(self, profile: Profile, line: int, error: InputError, refusals: Refusals) -> None:
        refusals.add(line, error)
        self.notices.refused(profile.device, error.reason)

    def _readings(
        self,
        profile: Profile,
        readings: Sequence[NamedReading],
        lines: Sequence[int],
        received: int,
        refusals: Refusals | None = None,
    ) -> Taken:
        refusals = Refusals() if refusals is None else refusals
        rows = list[tuple[int, int, float, int]]()
        code = self._channels.code
        for line, one in zip(lines, readings, strict=True):
            try:
                rows.append((code(profile, one.property, one.unit), instant(one.time, received), one.value, line))
            except InputError as error:
                self._refuse(profile, line, error, refusals)
        codes, times, values, kept_lines = zip(*rows, strict=True) if rows else ((), (), (), ())
        sent = Columns(np.array(codes, np.int32), np.array(times, np.int64), np.array(values, np.float64))
        return self._judged(sent, np.array(kept_lines, np.int64), received, refusals)

    def _judged(self, sent: Columns, lines: NDArray[np.int64], received: int, refusals: Refusals) -> Taken:
        judged = self._judge.take(sent, np.full(len(sent.code), received, np.int64))
        for i, error in judged.refused:
            refusals.add(int(lines[i]), error)
        refusals.total += judged.wrong - len(judged.refused)
        produced = self._channels.batches(judged.kept, received)
        return Taken(produced, len(sent.code) - judged.wrong, refusals.first, refusals.total)

    def _arrow(self, profile: Profile, body: bytes, received: int) -> Taken:
        from s4.sensing.arrow import read_stream

        refusals, parts, before = Refusals(), list[Taken](), 0
        for rows in read_stream(body, received):
            parts.append(self._table(profile, rows, before, received, refusals))
            before += len(rows.channel)
        produced = [batch for part in parts for batch in part.produced]
        return Taken(produced, sum(part.accepted for part in parts), refusals.first, refusals.total)

    def _table(self, profile: Profile, rows: Rows, before: int, received: int, refusals: Refusals) -> Taken:
        codes, wrong = list[int](), dict[int, InputError]()
        for i, (name, unit) in enumerate(rows.channels):
            try:
                codes.append(self._channels.code(profile, name, unit))
            except InputError as error:
                codes.append(-1)
                wrong[i] = error
        sent = Columns(np.array(codes, np.int32)[rows.channel], rows.time, rows.value)
        lines = np.arange(before + 1, before + 1 + len(sent.code))
        if wrong:
            bad = sent.code < 0
            for i in np.flatnonzero(bad).tolist():
                self._refuse(profile, int(lines[i]), wrong[int(rows.channel[i])], refusals)
            sent, lines = sent.take(~bad), lines[~bad]
        return self._judged(sent, lines, received, refusals)
