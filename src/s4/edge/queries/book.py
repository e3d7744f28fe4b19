"""The rules at work: those that fit over columns, all others row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from s4.core.clock import NS_PER_MS
from s4.core.model import Observation, ObservationBatch
from s4.core.rules import SqlRule
from s4.edge.queries.rowbank import RowBank
from s4.edge.queries.rowwise import Rowwise
from s4.edge.queries.sheet import READINGS, STREAMS, Sheet
from s4.edge.queries.spec import select_of, times_of
from s4.edge.sql.columnar.bank import Bank, Rule
from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.query import Emission
from s4.edge.sql.columnar.vectorise import NotColumnar


class PutOut(NamedTuple):
    """One row that a rule put out, and when: ms since the epoch, by the rule's own understanding of time."""

    rule: str
    time: int
    row: dict[str, Any]


class BookState(msgspec.Struct, frozen=True):
    """Of each rule its text; the banks' states by how they understand time; the others' by rule."""

    rules: dict[str, str]
    banks: dict[str, bytes]
    rowwise: dict[str, bytes]


class Book:
    """Rules by id. Cost of adding one: 1 ms. `left`: readings that no rule was shown, because they are not finite or
    far in the future.
    """

    def __init__(self) -> None:
        self.specs: dict[str, SqlRule] = {}
        self.why: dict[str, str] = {}
        self.left = 0
        self._sheet = Sheet()
        self._banks = {"event": Bank(), "arrival": Bank()}
        self._rowwise = RowBank()

    def add(self, spec: SqlRule) -> None:
        """Take a checked rule in; it sees what comes from now on. One of the same id is replaced, and forgotten.
        Raises `InputError` when it cannot be run, and leaves everything as it was.
        """
        ready = self._made_ready(spec)
        self.remove(spec.id)
        if isinstance(ready, Rowwise):
            self._rowwise.add(spec.id, ready)
        else:
            self._banks[spec.time].add(spec.id, ready)
        self.specs[spec.id] = spec

    def _made_ready(self, spec: SqlRule) -> Rule | Rowwise:
        rule = _rule(spec)
        try:
            Bank().add(spec.id, rule)  # in a bank of its own: one that does not fit must leave nothing behind
        except NotColumnar as reason:
            self.why[spec.id] = str(reason)
            return Rowwise(spec)
        self.why.pop(spec.id, None)
        return rule

    def remove(self, name: str) -> None:
        """Take a rule away, if it is there."""
        if self.specs.pop(name, None) is None:
            return
        if not self._rowwise.remove(name):
            for bank in self._banks.values():
                if name in bank:
                    bank.remove(name)

    def feed(self, batches: Sequence[ObservationBatch], last_ns: int) -> list[PutOut]:
        """Readings come in; those that claim to be later than `last_ns` are left."""
        if not batches or not self.specs:
            return []
        frame, arrived = self._sheet.frame(batches, last_ns)
        self.left += sum(len(batch) for batch in batches) - len(frame)
        return self.read(frame, Frame(arrived, frame.columns))

    def read(self, frame: Frame, arrived: Frame) -> list[PutOut]:
        """Readings come in, by their own times and by those of their arrival."""
        out = list(_told(self._banks["event"].feed(READINGS, frame)))
        out += _told(self._banks["arrival"].feed(READINGS, arrived))
        return out + [PutOut(name, *made) for name, made in self._rowwise.feed(frame, arrived)]

    def take(self, event: Observation) -> list[PutOut]:
        """An event comes in."""
        return [PutOut(name, *made) for name, made in self._rowwise.take(event)]

    def advance(self, now_ns: int) -> list[PutOut]:
        """Tell the time."""
        now = now_ns // NS_PER_MS
        out = [made for bank in self._banks.values() for made in _told(bank.advance(now))]
        return out + [PutOut(name, *made) for name, made in self._rowwise.advance(now)]

    def counts(self, name: str) -> dict[str, int]:
        """What became of the rows of a rule (see `Bank.counts`)."""
        rule = self._rowwise.rules.get(name)
        return rule.counts() if rule is not None else self._banks[self.specs[name].time].counts(name)

    def reason(self, name: str) -> str:
        """Why a row of a rule could last not be used; "" when none was refused, or it runs over columns."""
        rule = self._rowwise.rules.get(name)
        return rule.reason() if rule is not None else ""

    def snapshot(self) -> BookState:
        """The whole state, with the rules that it belongs to."""
        rules = {name: spec.fingerprint() for name, spec in self.specs.items()}
        banks = {time: bank.snapshot() for time, bank in self._banks.items()}
        return BookState(rules, banks, {name: rule.query.snapshot() for name, rule in self._rowwise.rules.items()})

    def restore(self, state: BookState) -> None:
        """Go on from a snapshot: with the same rules as then; those that have changed since begin anew."""
        same = {name: spec for name, spec in self.specs.items() if state.rules.get(name) == spec.fingerprint()}
        for time in self._banks:
            self._restore_bank(time, state.banks.get(time, b""), same)
        for name, rule in self._rowwise.rules.items():
            if name in same and name in state.rowwise:
                rule.query.restore(state.rowwise[name])

    def _restore_bank(self, time: str, kept: bytes, same: Mapping[str, SqlRule]) -> None:
        there = {n: s for n, s in self.specs.items() if s.time == time and n not in self._rowwise.rules}
        old = {name: _rule(spec) for name, spec in there.items() if name in same}
        self._banks[time] = Bank.restored(kept, old) if kept else Bank()
        for name, spec in there.items():
            if name not in self._banks[time]:
                self._banks[time].add(name, _rule(spec))


def _rule(spec: SqlRule) -> Rule:
    select = select_of(spec.sql)
    return Rule(select, STREAMS[select.source.name], times_of(spec))


def _told(emissions: Iterator[tuple[str, Emission]]) -> Iterator[PutOut]:
    for name, emission in emissions:
        for time, row in zip(emission.time.tolist(), emission.rows(), strict=True):
            yield PutOut(name, time, row)
