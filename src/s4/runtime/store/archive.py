"""`core.archive.Archive` on SQL: facts as they were known at any instant, decisions with their audit entry."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
from sqlalchemy import Connection, Engine, and_, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from s4.core.archive import AuditEntry, Recorded
from s4.core.errors import ConflictError, ServiceError
from s4.core.model import WORD_OF, Command, Fact, Incident, kind_token, revision_of
from s4.runtime.store.schema import FOREVER, audit, fact
from s4.runtime.wire import decode_fact, encode_fact
from s4.shield.audit import seal

F = TypeVar("F", bound=Fact)
_LOCK: Final = 0x53_34_41_43
"""PostgreSQL's advisory lock under which facts are numbered, so that a reader of cursors never misses one."""
_MOST_PER_QUERY: Final = 400


class SqlArchive:
    """Facts and decisions on one engine. `on_record` is called, from the recording thread, after each commit."""

    def __init__(self, engine: Engine, on_record: Callable[[Sequence[Recorded]], None] | None = None) -> None:
        self._engine = engine
        self.on_record = on_record
        self._write = threading.Lock()  # SQLite has one writer; queueing here is kinder than its busy wait

    def record(self, facts: Sequence[Fact], now: int) -> list[Recorded]:
        """See `Archive.record`. Cost: one synced commit (about 0.5 ms) + 30 µs a fact."""
        return self._commit(facts, None, now) if facts else []

    def decide(self, facts: Sequence[Fact], entry: tuple[str, str, str, str, str], now: int) -> list[Recorded]:
        """See `Archive.decide`. Raises `ConflictError` when one of the revisions was already there."""
        return self._commit(facts, entry, now)

    def _commit(self, facts: Sequence[Fact], entry: tuple[str, str, str, str, str] | None, now: int) -> list[Recorded]:
        with self._write:
            try:
                with self._engine.begin() as connection:
                    if connection.dialect.name == "postgresql":
                        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                    else:  # take the file's write lock before looking, or another process may write in between
                        connection.execute(text("BEGIN IMMEDIATE"))
                    new = self._insert(connection, facts, now)
                    if entry is not None:
                        if len(new) != len(facts):
                            raise ConflictError("somebody else decided this meanwhile; look again")
                        _append_audit(connection, entry, now)
            except IntegrityError as error:
                raise ConflictError("somebody else recorded this at the same instant") from error
            except OperationalError as error:
                raise ServiceError(f"the store does not answer: {str(error.orig).splitlines()[0]}") from error
        if new and self.on_record:
            self.on_record(new)
        return new

    @staticmethod
    def _insert(connection: Connection, facts: Sequence[Fact], now: int) -> list[Recorded]:
        """Four statements at most, however many facts: what is there, what is superseded, what is new."""
        unique = {(f.id, revision_of(f)): f for f in facts}
        newest = _newest_revisions(connection, {name for name, _ in unique})
        there = _there(connection, [key for key in unique if key[1] <= newest.get(key[0], -1)])
        fresh = {key: f for key, f in unique.items() if key not in there}
        if not fresh:
            return []
        latest = dict(newest)
        for name, revision in fresh:
            latest[name] = max(latest.get(name, -1), revision)
        _supersede(connection, [name for name, revision in newest.items() if latest[name] > revision], now)
        rows = [_row(f, now, FOREVER if revision == latest[name] else now) for (name, revision), f in fresh.items()]
        statement = insert(fact).returning(fact.c.cursor, sort_by_parameter_order=True)
        cursors = connection.execute(statement, rows).scalars()
        return [Recorded(c, now, WORD_OF[type(f)], f) for c, f in zip(cursors, fresh.values(), strict=True)]

    def known(
        self, word: type[F], *, at: int | None = None, site: str | None = None, kind: str | None = None,
        limit: int = 1000,
    ) -> list[F]:  # fmt: skip
        """See `Archive.known`."""
        query = select(fact.c.body).where(fact.c.word == WORD_OF[word], _as_of(at))
        if site is not None:
            query = query.where(fact.c.site == site)
        if kind is not None:
            query = query.where(fact.c.kind == kind[:64])
        return [_typed(word, body) for (body,) in self._rows(query.order_by(fact.c.cursor.desc()).limit(limit))]

    def one(self, word: type[F], fact_key: str, *, at: int | None = None) -> F | None:
        """See `Archive.one`."""
        query = select(fact.c.body).where(fact.c.id == fact_key, fact.c.word == WORD_OF[word], _as_of(at))
        return next((_typed(word, body) for (body,) in self._rows(query)), None)

    def revisions(self, fact_key: str, *, at: int | None = None) -> list[Recorded]:
        """See `Archive.revisions`."""
        return self._recorded(fact.c.id == fact_key, at)

    def about(self, incident: str, *, at: int | None = None) -> list[Recorded]:
        """See `Archive.about`."""
        head = self.one(Incident, incident, at=at)
        detections = [line.detection for line in head.story] if head else []
        return self._recorded(or_(fact.c.id.in_([incident, *detections]), fact.c.incident == incident), at)

    def after(self, cursor: int, limit: int = 1000) -> list[Recorded]:
        """Facts recorded after `cursor`, in order: what the live feed reads."""
        query = select(fact.c.cursor, fact.c.recorded, fact.c.word, fact.c.body).where(fact.c.cursor > cursor)
        return _decode(self._rows(query.order_by(fact.c.cursor).limit(limit)))

    def commands(self, cursor: int, actions: Sequence[str], limit: int) -> list[Recorded]:
        """Commands of these actions recorded after `cursor`, every revision, in order."""
        query = (
            select(fact.c.cursor, fact.c.recorded, fact.c.word, fact.c.body)
            .where(fact.c.cursor > cursor, fact.c.word == WORD_OF[Command], fact.c.kind.in_(actions))
            .order_by(fact.c.cursor)
        )
        return _decode(self._rows(query.limit(limit)))

    def since(self, instant: int) -> list[Recorded]:
        """Facts that became known at `instant` (ns) or later, in order."""
        query = select(fact.c.cursor, fact.c.recorded, fact.c.word, fact.c.body).where(fact.c.recorded >= instant)
        return _decode(self._rows(query.order_by(fact.c.cursor)))

    def newest(self) -> int:
        """The cursor of the fact recorded last (0 when there is none)."""
        return int(self._rows(select(func.coalesce(func.max(fact.c.cursor), 0)))[0][0])

    def count(self, word: type[Fact], *, start: int, end: int, bins: int) -> list[int]:
        """See `Archive.count`."""
        width = max((end - start) // bins, 1)
        part = (fact.c.time - start) // width
        query = (
            select(part.label("part"), func.count())
            .where(fact.c.word == WORD_OF[word], fact.c.time >= start, fact.c.time < end)
            .group_by("part")
        )
        counts = [0] * bins
        for index, number in self._rows(query):
            counts[min(int(index), bins - 1)] += int(number)
        return counts

    def audit(self, *, target: str | None = None, limit: int = 1000) -> list[AuditEntry]:
        """See `Archive.audit`: the newest `limit` entries, oldest first."""
        query = select(audit).order_by(audit.c.number.desc()).limit(limit)
        if target is not None:
            query = query.where(audit.c.target == target)
        return [AuditEntry(*row) for row in reversed(self._rows(query))]

    def _recorded(self, condition: Any, at: int | None) -> list[Recorded]:
        query = select(fact.c.cursor, fact.c.recorded, fact.c.word, fact.c.body).where(condition)
        if at is not None:
            query = query.where(fact.c.recorded <= at)
        return _decode(self._rows(query.order_by(fact.c.cursor)))

    def _rows(self, query: Any) -> Sequence[Any]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(query).all()
        except OperationalError as error:
            raise ServiceError(f"the store does not answer: {str(error.orig).splitlines()[0]}") from error


def _as_of(at: int | None) -> Any:
    if at is None:
        return fact.c.superseded == FOREVER
    return and_(fact.c.recorded <= at, fact.c.superseded > at)


def _row(item: Fact, now: int, superseded: int) -> dict[str, Any]:
    return {
        "word": WORD_OF[type(item)],
        "id": item.id,
        "revision": revision_of(item),
        "site": item.site,
        "kind": kind_token(item)[:64],
        "incident": getattr(item, "incident", ""),
        "time": item.time,
        "recorded": now,
        "superseded": superseded,
        "body": encode_fact(item),
    }


def _there(connection: Connection, keys: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Every revision that is stored of the facts named in `keys`."""
    found: set[tuple[str, int]] = set()
    for ids in _parts(sorted({name for name, _ in keys})):
        rows = connection.execute(select(fact.c.id, fact.c.revision).where(fact.c.id.in_(ids)))
        found.update((row[0], row[1]) for row in rows)
    return found


def _newest_revisions(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for part in _parts(sorted(names)):
        query = select(fact.c.id, func.max(fact.c.revision)).where(fact.c.id.in_(part)).group_by(fact.c.id)
        newest.update({row[0]: row[1] for row in connection.execute(query)})
    return newest


def _supersede(connection: Connection, names: list[str], now: int) -> None:
    for part in _parts(names):
        current = and_(fact.c.id.in_(part), fact.c.superseded == FOREVER)
        connection.execute(update(fact).where(current).values(superseded=now))


def _append_audit(connection: Connection, entry: tuple[str, str, str, str, str], now: int) -> None:
    actor, action, target, reason, detail = entry
    row = connection.execute(select(audit).order_by(audit.c.number.desc()).limit(1)).first()
    last = AuditEntry(*row) if row else None
    sealed = seal(last, time=now, actor=actor, action=action, target=target, reason=reason, detail=detail)
    connection.execute(insert(audit).values(**msgspec.structs.asdict(sealed)))


def _typed(word: type[F], body: bytes) -> F:
    return cast("F", decode_fact(WORD_OF[word], body))


def _decode(rows: Sequence[Any]) -> list[Recorded]:
    return [Recorded(cursor, recorded, word, decode_fact(word, body)) for cursor, recorded, word, body in rows]


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[i : i + _MOST_PER_QUERY] for i in range(0, len(ids), _MOST_PER_QUERY))
