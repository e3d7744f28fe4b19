"""What an export keeps on disk (SQLite, WAL): how far each stream is dealt with, what was spilled, what became of it.

A position moves in the same transaction in which its rows go to disk, or leave it: a kill -9 loses nothing and leaves
at most rows that are sent again. All calls block; one at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from s4.runtime.own_file import OwnFile

_VACUUM_PAGES: Final = 500
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS count (name TEXT PRIMARY KEY, rows INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS taken (stream TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    number INTEGER PRIMARY KEY AUTOINCREMENT, queued INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    body BLOB NOT NULL);
"""


class Chunk(msgspec.Struct, frozen=True):
    """Rows that wait on disk. `number`: its place in the order (0 before it has one); `queued`: clock ns of its oldest
    row's arrival.
    """

    queued: int
    rows: int
    body: bytes
    number: int = 0


class Spilled(msgspec.Struct, frozen=True):
    """How much waits on disk. `oldest`: clock ns at which the oldest of it came, 0 when there is nothing."""

    chunks: int = 0
    rows: int = 0
    bytes: int = 0
    oldest: int = 0


class SpillBox(OwnFile):
    """One file. `max_bytes`: how much may wait in it."""

    what, schema, sync = "queue", _SCHEMA, "NORMAL"

    def __init__(self, path: Path, max_bytes: int) -> None:
        super().__init__(path)
        self.max_bytes = max_bytes

    def note(self, name: str, value: str | None = None) -> str:
        """What was noted under `name` ("" = nothing); `value` is noted in its place."""
        with self._transaction() as db:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            if value is not None:
                db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
        return str(row[0]) if row else ""

    def position(self, stream: str) -> int | None:
        """Up to which sequence `stream` is dealt with; None before it was ever read."""
        with self._lock:
            row = self._db.execute("SELECT position FROM taken WHERE stream = ?", (stream,)).fetchone()
        return int(row[0]) if row else None

    def put(self, chunks: Sequence[Chunk], positions: Mapping[str, int]) -> list[int]:
        """Keep chunks behind all others and move the positions; returns the chunks' numbers. Cost: 5 ms a MiB."""
        numbers = []
        with self._transaction() as db:
            for one in chunks:
                row = (one.queued, one.rows, len(one.body), one.body)
                done = db.execute("INSERT INTO chunk (queued, rows, bytes, body) VALUES (?, ?, ?, ?)", row)
                numbers.append(int(done.lastrowid or 0))
            _move(db, positions)
        return numbers

    def read(self, behind: int) -> Chunk | None:
        """The first chunk behind number `behind`."""
        query = "SELECT queued, rows, body, number FROM chunk WHERE number > ? ORDER BY number LIMIT 1"
        with self._lock:
            row = self._db.execute(query, (behind,)).fetchone()
        return Chunk(*row) if row else None

    def settle(self, numbers: Sequence[int], positions: Mapping[str, int], counts: Mapping[str, int]) -> None:
        """These chunks, and the streams up to these positions, are dealt with; `counts` says how."""
        with self._transaction() as db:
            db.executemany("DELETE FROM chunk WHERE number = ?", [(number,) for number in numbers])
            _move(db, positions)
            _count(db, counts)
        if numbers:
            self._shrink(_VACUUM_PAGES)

    def make_room(self, behind: int) -> int:
        """Give up the oldest chunks behind number `behind` until no more than the bound waits; returns their rows."""
        with self._transaction() as db:
            excess = _waiting(db).bytes - self.max_bytes
            until = rows = 0
            query = "SELECT number, rows, bytes FROM chunk WHERE number > ? ORDER BY number"
            for number, count, size in db.execute(query, (behind,)):
                if excess <= 0:
                    break
                until, rows, excess = number, rows + count, excess - size
            if until:
                db.execute("DELETE FROM chunk WHERE number > ? AND number <= ?", (behind, until))
                _count(db, {"dropped": rows})
        return rows

    def waiting(self) -> Spilled:
        """How much waits here. Cost: about 20 µs a thousand chunks."""
        with self._lock:
            return _waiting(self._db)

    def counts(self) -> dict[str, int]:
        """What became of how many rows since the file was made."""
        with self._lock:
            return dict(self._db.execute("SELECT name, rows FROM count").fetchall())


def _move(db: sqlite3.Connection, positions: Mapping[str, int]) -> None:
    query = (
        "INSERT INTO taken VALUES (?, ?) ON CONFLICT (stream) DO UPDATE SET position = max(position, excluded.position)"
    )
    db.executemany(query, list(positions.items()))


def _count(db: sqlite3.Connection, counts: Mapping[str, int]) -> None:
    query = "INSERT INTO count VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET rows = rows + excluded.rows"
    db.executemany(query, [(name, rows) for name, rows in counts.items() if rows])


def _waiting(db: sqlite3.Connection) -> Spilled:
    query = "SELECT count(*), coalesce(sum(rows), 0), coalesce(sum(bytes), 0), coalesce(min(queued), 0) FROM chunk"
    return Spilled(*db.execute(query).fetchone())
