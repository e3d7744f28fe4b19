"""The stage that runs the city's rules in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from msgspec import structs

from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError, InputError
from s4.core.logs import get_logger
from s4.core.model import Command, Detection, Observation, ObservationBatch, Word
from s4.core.model.command import RULE_PUT, RULE_REMOVE
from s4.core.ports import Card, Context, Produced, Room, Stage
from s4.core.rules import RuleState, SqlRule, told
from s4.core.snapshot import pack, unpack
from s4.core.subjects import SYSTEM
from s4.edge.queries.book import Book, BookState, PutOut
from s4.edge.queries.saying import Happening, Sayings
from s4.edge.queries.spec import check_added, check_rule, load_queries

_AHEAD_NS: Final = 60 * NS_PER_S
_VERSION: Final = 1
_AGAIN_NS: Final = 600 * NS_PER_S
_TELL_NS: Final = 10 * NS_PER_S

log = get_logger(__name__)


class _State(msgspec.Struct, frozen=True):
    added: dict[str, str]
    removed: list[str]
    book: BookState
    going_on: list[Happening]


class Queries(Stage):
    """Rules in SQL from the city's rules file (`city.rules`), and those that people add, change and remove while it
    runs (`rule.put`, `rule.remove`), which win over the file's.

    Cost: 60 ns a reading for rules over columns, in batches of 1,024 and more; see `Bank` and `Rowwise`.
    """

    card = Card(
        name="queries",
        version="1",
        title="Rules in SQL",
        purpose="State what the city's own rules in SQL find in readings and events.",
        legal_basis="No personal data in readings; events as their source declares them.",
        limits="A reading later than its rule's tolerance, or over 60 s in the future, is counted and left.",
    )
    room: ClassVar[Room] = "edge"
    consumes = (ObservationBatch, Observation, Command)
    produces = (Detection, ObservationBatch, Observation, Command)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = dict(context.options)
        name = options.pop("rules", "") or context.city.city.rules
        if options:
            raise ConfigError(f"unknown option {min(options)!r}", field=f"city.stages.queries.{min(options)}")
        self._file = {rule.id: rule for rule in load_queries(Path(context.folder) / str(name))} if name else {}
        self._added: dict[str, str] = {}
        self._removed: set[str] = set()
        self._told: dict[str, RuleState] = {}
        self._told_at = 0
        self.book = Book()
        for rule in self._file.values():
            self.book.add(rule)
        self.sayings = Sayings(context.city)

    def step(self, facts: Sequence[Word], now: int) -> list[Produced]:
        """What the rules make of readings and events; without any, what the passing of time makes known."""
        said: list[Produced] = []
        batches: list[ObservationBatch] = []
        for fact in facts:
            if isinstance(fact, ObservationBatch):
                batches.append(fact)
                continue
            said += self._read(batches, now)
            batches = []
            if isinstance(fact, Observation):
                said += self._say(self.book.take(fact)) if fact.source != SYSTEM else []
            elif isinstance(fact, Command):
                self._obey(fact)
        said += self._read(batches, now)
        if facts:
            return said
        out: list[Produced] = [*self._say(self.book.advance(now)), *self.sayings.pass_time(self.book.specs, now)]
        return out + self._states(now)

    def _states(self, now: int) -> list[Produced]:
        """Every 10 s, how those rules are doing of which there is something new, and every 10 min of all. After a
        restart some of it is said again.
        """
        if now // _TELL_NS == self._told_at // _TELL_NS:
            return []
        again = now // _AGAIN_NS > self._told_at // _AGAIN_NS
        states = {name: self._state(rule) for name, rule in self.book.specs.items()}
        gone = {name: structs.replace(state, gone=True) for name, state in self._told.items() if name not in states}
        new = {name: state for name, state in states.items() if again or self._told.get(name) != state}
        self._told, self._told_at = states, now
        return [told(state, self.context.city.site[0].id, now) for state in (gone | new).values()]

    def _state(self, rule: SqlRule) -> RuleState:
        book, added = self.book, rule.id in self._added
        why = book.why.get(rule.id, "")
        return RuleState(
            rule.id, rule, "people" if added else "file", "rows" if why else "columns", why, book.counts(rule.id),
            book.reason(rule.id),
        )  # fmt: skip

    def _read(self, batches: list[ObservationBatch], now: int) -> list[Produced]:
        """Series that rules derived are not read by rules again: no circle can begin."""
        derived = {spec.series.property for spec in self.book.specs.values() if spec.series is not None}
        told = [batch for batch in batches if not derived or not any(one.property in derived for one in batch.series)]
        return self._say(self.book.feed(told, now + _AHEAD_NS)) if told else []

    def _say(self, made: Iterable[PutOut]) -> list[Produced]:
        return [fact for one in made for fact in self.sayings.say(self.book.specs[one.rule], one)]

    def _obey(self, command: Command) -> None:
        if command.state != "approved" or command.action not in (RULE_PUT, RULE_REMOVE):
            return
        if command.action == RULE_REMOVE:
            self._remove(command.target)
            return
        try:
            self._put(str(command.parameters.get("definition", "")))
        except InputError as error:  # whoever decides is told by the page before; this one came another way
            log.warning("a rule was not taken in", rule=command.target, reason=str(error))

    def _remove(self, name: str) -> None:
        self.book.remove(name)
        self._added.pop(name, None)
        if name in self._file:
            self._removed.add(name)

    def _put(self, definition: str) -> None:
        try:
            rule = msgspec.json.decode(definition, type=SqlRule)
        except msgspec.DecodeError as error:
            raise InputError(f"not a rule: {error}", field="definition") from error
        check_rule(rule)
        check_added(rule)
        self.book.add(rule)
        self._added[rule.id] = definition
        self._removed.discard(rule.id)

    @property
    def gather_s(self) -> float:
        """Without rules there is nothing to be quick about."""
        return 0.0 if self.book.specs else 0.25

    def snapshot(self) -> bytes:
        """Which rules were added and removed, and everything that rules remember."""
        going_on = list(self.sayings.going_on.values())
        state = _State(self._added, sorted(self._removed), self.book.snapshot(), going_on)
        return pack(state, "queries", _VERSION)

    def restore(self, state: bytes) -> None:
        """Take up where `snapshot` stood; rules that have changed since begin anew."""
        kept = unpack(state, _State, "queries", _VERSION)
        for definition in kept.added.values():
            self._put(definition)
        for name in kept.removed:
            self._remove(name)
        self.book.restore(kept.book)
        self.sayings.going_on = {(one.rule, one.source): one for one in kept.going_on}
