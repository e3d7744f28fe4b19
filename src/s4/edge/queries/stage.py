"""The stage that runs the city's rules in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final

import msgspec
import structlog

from s4.core.clock import NS_PER_S
from s4.core.errors import ConfigError, InputError
from s4.core.model import Command, Detection, Observation, ObservationBatch, Word
from s4.core.model.command import RULE_PUT, RULE_REMOVE
from s4.core.ports import Card, Context, Produced, Room, Stage
from s4.core.snapshot import pack, unpack
from s4.edge.queries.book import Book, BookState, PutOut
from s4.edge.queries.saying import Happening, Sayings
from s4.edge.queries.spec import Query, load_queries, parse_queries

_AHEAD_NS: Final = 60 * NS_PER_S
_VERSION: Final = 1

log = structlog.get_logger(__name__)


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
    produces = (Detection, ObservationBatch, Command)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        options = dict(context.options)
        name = options.pop("rules", "") or context.city.city.rules
        if options:
            raise ConfigError(f"unknown option {min(options)!r}", field=f"city.stages.queries.{min(options)}")
        self._file = {query.id: query for query in load_queries(Path(context.folder) / str(name))} if name else {}
        self._added: dict[str, str] = {}
        self._removed: set[str] = set()
        self.book = Book()
        for query in self._file.values():
            self.book.add(query)
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
                said += self._say(self.book.take(fact))
            elif isinstance(fact, Command):
                self._obey(fact)
        said += self._read(batches, now)
        return said if facts else [*self._say(self.book.advance(now)), *self.sayings.pass_time(self.book.specs, now)]

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
        for query in parse_queries(definition, file="definition"):
            check_added(query)
            self.book.add(query)
            self._added[query.id] = definition
            self._removed.discard(query.id)

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


def check_added(query: Query) -> None:
    """Raise `ConfigError` for what only a rule of the city's own file may do."""
    if query.command is not None:
        raise ConfigError("only a rule of the city's own file may give commands", field="query.command")
