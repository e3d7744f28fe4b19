"""Decode: what devices sent by MQTT → readings as columns, and events. The first step of the street."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

import numpy as np

from s4.core.errors import InputError
from s4.core.model import Observation, ObservationBatch, Raw, Word
from s4.core.ports import Card, Context, Produced, Reject, Stage
from s4.core.register import Register
from s4.core.subjects import ACK
from s4.sensing.channels import Channels, Columns
from s4.sensing.device import Profile, Profiles, UnknownDeviceError
from s4.sensing.flood import Flood
from s4.sensing.judge import Judge
from s4.sensing.notices import Notices
from s4.sensing.payload import (
    NUMBERS,
    WRONG,
    Event,
    SentReading,
    instant,
    observe,
    parse_item,
    parse_items,
    parse_typed,
)

_DIGITS: Final = frozenset(b"-0123456789")
_LONGEST_NUMBER: Final = 64
Row = tuple[int, int, float, Raw]
"""A reading before it is judged: code of its channel, time, value as sent, and where it came from."""


class Decode(Stage):
    """Raw messages of devices → one `ObservationBatch` a site, and an `Observation` for each event or answer.

    What cannot be read is kept aside for `rejects`, with the reason, and the rest of the batch goes on.
    Cost: about 2 µs a message that is a bare number, 4 µs one that is an object, 25 µs an event.
    """

    card: ClassVar = Card(
        name="decode",
        version="1",
        title="Decoder of device messages",
        purpose="Turns what sensors send into readings with unit and time, and refuses what cannot be true.",
        limits="Numbers and JSON only; what the profile, range or clock of a device cannot be true for is refused.",
    )
    room: ClassVar = "sensing"
    consumes: ClassVar = (Raw,)
    produces: ClassVar = (ObservationBatch, Observation)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._register = context.register or Register(context.city)
        self._profiles = Profiles(context.city, self._register)
        self._notices = Notices(context.city, self._register)
        self._flood = Flood(self._most, self._notices)
        self._channels = Channels()
        self._judge = Judge(self._channels, self._notices)
        self._codes: dict[tuple[str, str], int] = {}
        self._generation = 0
        self._rejects: list[Reject] = []

    def rejects(self) -> Sequence[Reject]:
        """What was refused since the last call."""
        out, self._rejects = self._rejects, []
        return out

    def step(self, facts: Sequence[Word], now: int) -> Sequence[Produced]:
        """Decode a batch of `Raw`; a message's time is when it was received. `now` only says when to tell of devices
        that were refused something.
        """
        if self._generation != self._profiles.generation:
            self._generation, self._codes = self._profiles.generation, {}
        raws = self._flood.kept([fact for fact in facts if isinstance(fact, Raw)])
        plain, other = self._sort(raws)
        rows, events = list(self._numbers(plain)), list[Observation]()
        for raw in other:
            self._one(raw, rows, events)
        if plain and other:  # which of the two ways a message took must not show
            order = {id(raw): n for n, raw in enumerate(raws)}
            rows.sort(key=lambda row: order[id(row[3])])
        return [*self._judged(rows), *events, *self._notices.tell(now)]

    def _most(self, device: str) -> float | None:
        known = self._register.of(device)
        return known.profile.most_per_s if known is not None and known.profile is not None else None

    def _sort(self, raws: Iterable[Raw]) -> tuple[list[tuple[int, Raw]], list[Raw]]:
        """Messages that look like a bare number of a known channel, with its code; and the others."""
        plain, other = list[tuple[int, Raw]](), list[Raw]()
        known = self._codes.get
        for raw in raws:
            code = known((raw.device, raw.topic))
            payload = raw.payload
            if code is not None and payload and payload[0] in _DIGITS and len(payload) <= _LONGEST_NUMBER:
                plain.append((code, raw))
            else:
                other.append(raw)
        return plain, other

    def _numbers(self, plain: list[tuple[int, Raw]]) -> Iterable[Row]:
        """Decode all bare numbers as one JSON list. A list of n numbers can only come from n payloads of one
        number each, since every payload adds at least one and nothing but a number can be in the list.
        """
        try:
            values = NUMBERS.decode(b"[" + b",".join([raw.payload for _, raw in plain]) + b"]")
        except WRONG:
            values = []
        if len(values) != len(plain):
            return self._numbers_singly(plain)
        return [(code, raw.received, value, raw) for (code, raw), value in zip(plain, values, strict=True)]

    def _numbers_singly(self, plain: list[tuple[int, Raw]]) -> Iterable[Row]:
        for code, raw in plain:
            try:
                item = parse_item(raw.payload)
            except InputError as error:
                self._refuse(raw, error)
                continue
            if isinstance(item, SentReading):
                yield code, raw.received, item.value, raw

    def _one(self, raw: Raw, rows: list[Row], events: list[Observation]) -> None:
        try:
            if raw.topic != ACK and raw.payload.lstrip().startswith(b"["):
                self._list(raw, rows)
                return
            profile = self._profiles.of(raw.device)
            item = self._item(profile, raw)
            if isinstance(item, SentReading):
                rows.append(self._row(raw, item))
            else:
                events.append(observe(profile, raw.topic, item, raw.payload, raw.received))
        except UnknownDeviceError as error:
            self._hold(raw, error)
        except InputError as error:
            self._refuse(raw, error)

    @staticmethod
    def _item(profile: Profile, raw: Raw) -> SentReading | Event:
        found = profile.spec.resource(raw.topic) if profile.spec is not None else None
        if found is not None and found.type in ("bool", "string"):
            return parse_typed(found, raw.payload)
        return parse_item(raw.payload)

    def _hold(self, raw: Raw, error: InputError) -> None:
        """A device with a credential that nobody has described or let in: a person has to."""
        if self._register.standing(raw.device) == "rejected":
            self._notices.refused(raw.device, "a person keeps it out")
        elif self._notices.held(raw.device, "", raw.topic, raw.payload[:80].decode(errors="replace")):
            self._rejects.append((raw, error))

    def _refuse(self, raw: Raw, error: InputError) -> None:
        self._rejects.append((raw, error))
        self._notices.refused(raw.device, f"{raw.topic[:64]}: {error.reason}")

    def _list(self, raw: Raw, rows: list[Row]) -> None:
        for number, text in enumerate(parse_items(raw.payload), start=1):
            try:
                item = parse_item(text)
                if not isinstance(item, SentReading):
                    raise InputError("a list holds readings only; send an event by itself")
                rows.append(self._row(raw, item))
            except UnknownDeviceError:
                raise
            except InputError as error:
                self._refuse(raw, error.at(line=number))

    def _row(self, raw: Raw, item: SentReading) -> Row:
        if raw.topic == ACK:
            raise InputError("an answer to a command is an object that names the command")
        code = self._channels.code(self._profiles.of(raw.device), raw.topic, item.unit)
        if item.unit is None:
            self._codes[raw.device, raw.topic] = code
        return code, instant(item.time, raw.received), item.value, raw

    def _judged(self, rows: list[Row]) -> list[ObservationBatch]:
        if not rows:
            return []
        codes, times, values, raws = zip(*rows, strict=True)
        sent = Columns(np.array(codes, np.int32), np.array(times, np.int64), np.array(values, np.float64))
        received = np.array([raw.received for raw in raws], np.int64)
        judged = self._judge.take(sent, received)
        self._rejects += [(raws[i], reason) for i, reason in judged.refused]
        return self._channels.batches(judged.kept, int(received.max()))
