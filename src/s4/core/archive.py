"""What rooms may ask of memory: facts as they were known at any instant, readings, the live feed, the audit log.

The runtime implements these; the picture reads them. Two times matter and are never mixed up: the time a fact is
*about* (`fact.time`) and the time at which s4 *knew* it (`recorded`). "As it was at T" means: known by T.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from s4.core.devices import DeviceState
from s4.core.model import Fact, Observation, ObservationBatch
from s4.core.rules import RuleState

if TYPE_CHECKING:
    from pyarrow import RecordBatch

F = TypeVar("F", bound=Fact)


class Recorded(msgspec.Struct, frozen=True):
    """A fact and when it became known. `cursor` grows with every fact recorded; a reader resumes from it."""

    cursor: int
    recorded: int
    word: str
    fact: Fact


class AuditEntry(msgspec.Struct, frozen=True):
    """One line of the audit log. `hash` is over this entry and the one before it (`shield.audit`)."""

    number: int
    time: int
    actor: str
    action: str
    target: str
    reason: str
    detail: str
    previous: str
    hash: str


class SourceState(msgspec.Struct, frozen=True):
    """How a source is doing. `last_seen`, `last_time`: ns UTC at which s4 last heard, and what time it spoke of
    (0 = never); `accepted`, `rejected`: observations since the start; `state`: `fresh`, `stale` (older than its
    `fresh_s`), `silent` (three times older, or never heard), `event` (speaks only when something happens); `detail`:
    the last complaint about it.
    """

    source: str
    state: str
    last_seen: int
    last_time: int
    accepted: int
    rejected: int
    detail: str = ""


class Archive(Protocol):
    """Facts and decisions, committed to SQL. All calls block; async callers use a thread."""

    def record(self, facts: Sequence[Fact], now: int) -> list[Recorded]:
        """Commit `facts`, known at `now`; returns only those that were not there yet. Safe once it returns."""

    def known(
        self, word: type[F], *, at: int | None = None, site: str | None = None, kind: str | None = None,
        limit: int = 1000,
    ) -> list[F]:  # fmt: skip
        """The last revision of each fact of `word` as known at `at` (None = now), newest first.

        `kind`: only those whose kind (action, role: `core.model.kind_token`) is this.
        """

    def one(self, word: type[F], fact: str, *, at: int | None = None) -> F | None:
        """The last revision of one fact as known at `at`, or None."""

    def revisions(self, fact: str, *, at: int | None = None) -> list[Recorded]:
        """Every revision of one fact known at `at`, oldest first."""

    def about(self, incident: str, *, at: int | None = None) -> list[Recorded]:
        """Every revision of every fact that names this incident, and its detections, oldest first."""

    def newest(self) -> int:
        """The cursor of the newest fact recorded, 0 when there is none."""

    def count(self, word: type[Fact], *, start: int, end: int, bins: int) -> list[int]:
        """How many facts of `word` are about each of `bins` equal parts of [start, end) ns."""

    def decide(self, facts: Sequence[Fact], entry: tuple[str, str, str, str, str], now: int) -> list[Recorded]:
        """Commit facts and the audit entry (actor, action, target, reason, detail) in one transaction."""

    def audit(self, *, target: str | None = None, limit: int = 1000) -> list[AuditEntry]:
        """Audit entries, oldest first."""


class Readings(Protocol):
    """The history of numeric observations."""

    def series(self) -> list[tuple[str, str, str]]:
        """(source, property, unit) of every series there is."""

    def window(
        self, source: str, property: str, start: int, end: int, points: int
    ) -> list[tuple[int, float, float, float]]:
        """(time ns, mean, min, max) in at most `points` equal bins of [start, end) that hold readings."""

    def replay(self, start: int, end: int, property: str = "") -> Iterator[RecordBatch]:
        """The readings of [start, end) ns, of one property if it is named, in order of time: Arrow record batches of
        `source`, `property`, `unit`, `site` (string), `value` (float64), `time` (int64, ns).
        """

    def events(self, start: int, end: int) -> Iterator[list[Observation]]:
        """The observations of [start, end) ns that are not numbers, each once, in order of time, some at a time."""


class Feed(Protocol):
    """What is new, live."""

    def facts(self, after: int) -> AsyncIterator[Recorded]:
        """Facts recorded after the cursor, each once, in order, until cancelled."""

    def sources(self) -> list[SourceState]:
        """How every source is doing now."""

    def devices(self) -> list[DeviceState]:
        """How every device is doing, as supervision last said."""

    def rules(self) -> list[tuple[int, RuleState]]:
        """How every rule in SQL is doing, and when (ns UTC) the edge last said so."""


class Publisher(Protocol):
    """The one door by which a person's decision enters: recorded, audited, then published by the runner."""

    async def decide(self, facts: Sequence[Fact], actor: str, action: str, target: str, reason: str) -> None:
        """Returns once the decision is committed. Raises `ConflictError` when somebody decided first."""

    async def take(self, batches: Sequence[ObservationBatch | Fact]) -> None:
        """Record observations that came in by HTTP; returns once they are recorded."""
