"""The outbox: everything that still has to go up, on disk (SQLite, WAL), each rank in order.

What came from a local stream and how far that stream has been taken are written in one transaction, synced: after a
kill or a power cut it continues behind what it holds, nothing twice, nothing left out. All calls block; one at a time.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from s4.runtime.own_file import OwnFile
from s4.runtime.uplink.chunk import Draft, Parcel
from s4.runtime.uplink.ranks import FIRST_TO_GO, Rank

_ROOM_AFTER: Final = 0.95
"""When the bound is reached, so much of it is left in use: giving up a little at a time would never end."""
_PAGES: Final = ("page_count", "freelist_count", "page_size")
_NEXT_NUMBER: Final = (
    "UPDATE line SET number = number + 1, chunks = chunks + 1, count = count + ?, bytes = bytes + ? "
    "WHERE rank = ? RETURNING number"
)
_WAITING: Final = """
SELECT rank, number, chunks, count, bytes,
    coalesce((SELECT queued FROM chunk WHERE chunk.rank = line.rank ORDER BY number LIMIT 1), 0) FROM line
"""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS taken (stream TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS line (
    rank INTEGER PRIMARY KEY, number INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0, lost_bytes INTEGER NOT NULL DEFAULT 0, lost_from INTEGER NOT NULL DEFAULT 0,
    lost_until INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS chunk (
    rank INTEGER NOT NULL, number INTEGER NOT NULL, queued INTEGER NOT NULL, count INTEGER NOT NULL,
    size INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (rank, number));
"""


class Waiting(msgspec.Struct, frozen=True):
    """What waits in one rank. `oldest`: clock ns at which its oldest chunk was put in, 0 when there is none."""

    chunks: int = 0
    count: int = 0
    bytes: int = 0
    oldest: int = 0


class Lost(msgspec.Struct, frozen=True):
    """What was given up of one rank since the outbox was made: facts or readings, bytes, and when the last gap began
    and ended (clock ns at which those chunks were put in).
    """

    rank: Rank
    count: int
    bytes: int
    since: int
    until: int


class Outbox(OwnFile):
    """One file. `max_bytes`: how much disk it may take (its pages; the write-ahead log comes to 4 MiB more).

    Synced at every commit: a number that was ever sent must never be given to something else, also after a power cut.
    """

    what, schema, sync, cache_kib = "outbox", _SCHEMA, "FULL", 4000

    def __init__(self, path: Path, max_bytes: int) -> None:
        super().__init__(path)
        self.max_bytes = max_bytes
        self._waiting: Mapping[Rank, Waiting] = {}
        self.given: Mapping[Rank, int] = {}
        """The number given last, by rank."""
        self.id = self._identity()

    def _identity(self) -> str:
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('outbox', ?)", (secrets.token_hex(8),))
            db.executemany("INSERT OR IGNORE INTO line (rank) VALUES (?)", [(rank,) for rank in Rank])
            return str(db.execute("SELECT value FROM meta WHERE name = 'outbox'").fetchone()[0])

    def _committed(self) -> None:
        rows = self._db.execute(_WAITING).fetchall()
        self._waiting = {Rank(rank): Waiting(*rest) for rank, _, *rest in rows}
        self.given = {Rank(rank): number for rank, number, *_ in rows}

    @staticmethod
    def _take_out(db: sqlite3.Connection, rank: Rank, until: int) -> tuple[int, int, int, int]:
        """Delete chunks up to a number; returns (facts or readings, bytes, oldest, newest) of what they were."""
        chosen = "FROM chunk WHERE rank = ? AND number <= ?"
        summed = f"SELECT count(*), coalesce(sum(count), 0), coalesce(sum(bytes), 0), min(queued), max(queued) {chosen}"
        chunks, count, size, since, last = db.execute(summed, (rank, until)).fetchone()
        if chunks:
            db.execute(f"DELETE {chosen}", (rank, until))
            query = "UPDATE line SET chunks = chunks - ?, count = count - ?, bytes = bytes - ? WHERE rank = ?"
            db.execute(query, (chunks, count, size, rank))
        return count, size, since or 0, last or 0

    def position(self, stream: str) -> int:
        """How far `stream` has been taken: the sequence on the local bus; 0 at the beginning."""
        with self._lock:
            row = self._db.execute("SELECT position FROM taken WHERE stream = ?", (stream,)).fetchone()
        return int(row[0]) if row else 0

    def put(self, drafts: Sequence[Draft], stream: str, position: int, now: int) -> None:
        """Keep chunks that came from `stream` up to `position`; makes room for them by giving up others if it must.
        Cost: one synced commit (about 1 ms) + 5 ms a MiB.
        """
        with self._transaction() as db:
            for draft in drafts:
                (number,) = db.execute(_NEXT_NUMBER, (draft.count, len(draft.body), draft.rank)).fetchone()
                row = (draft.rank, number, now, draft.count, draft.size, len(draft.body), draft.body)
                db.execute("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT OR REPLACE INTO taken VALUES (?, ?)", (stream, position))
            self._make_room(db)

    def _used(self) -> int:
        pages, free, size = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in _PAGES)
        return int((pages - free) * size)

    def _make_room(self, db: sqlite3.Connection) -> None:
        """Give up the first to go, oldest first, until there is room again."""
        if self._used() <= self.max_bytes:
            return
        for rank in FIRST_TO_GO:
            excess = self._used() - int(self.max_bytes * _ROOM_AFTER)
            while excess > 0 and (until := self._oldest_worth(db, rank, excess)):
                self._give_up(db, rank, until)
                excess = self._used() - int(self.max_bytes * _ROOM_AFTER)

    @staticmethod
    def _oldest_worth(db: sqlite3.Connection, rank: Rank, excess: int) -> int:
        """The number up to which the rank has to go to free `excess` bytes; 0 when it is empty."""
        until = 0
        for number, size in db.execute("SELECT number, bytes FROM chunk WHERE rank = ? ORDER BY number", (rank,)):
            until, excess = int(number), excess - int(size)
            if excess <= 0:
                break
        return until

    def _give_up(self, db: sqlite3.Connection, rank: Rank, until: int) -> None:
        count, size, since, last = self._take_out(db, rank, until)
        db.execute(
            "UPDATE line SET lost = lost + ?, lost_bytes = lost_bytes + ?, lost_until = ?, "
            "lost_from = CASE WHEN told = lost OR lost_from = 0 THEN ? ELSE lost_from END WHERE rank = ?",
            (count, size, last, since, rank),
        )

    def refuse(self, rank: Rank, count: int, size: int, now: int) -> None:
        """Count something that can never be sent as given up."""
        query = "UPDATE line SET lost = lost + ?, lost_bytes = lost_bytes + ?, lost_from = ?, lost_until = ?"
        with self._transaction() as db:
            db.execute(f"{query} WHERE rank = ?", (count, size, now, now, rank))

    def read(self, rank: Rank, behind: int, most_bytes: int) -> list[Parcel]:
        """The chunks of a rank behind number `behind`, in order: at least one if there is any, then as many as fit."""
        found: list[Parcel] = []
        query = "SELECT number, count, size, bytes, body FROM chunk WHERE rank = ? AND number > ? ORDER BY number"
        with self._lock:
            rows = self._db.execute(query, (rank, behind))
            for number, count, size, taken, body in rows:
                if found and taken > most_bytes:
                    break
                most_bytes -= taken
                found.append(Parcel(self.id, rank, number, behind, count, size, body))
                behind = number
            rows.close()
        return found

    def settle(self, last: Mapping[Rank, int]) -> None:
        """The hub has everything of these ranks up to these numbers: it need not be kept any longer."""
        with self._transaction() as db:
            for rank, number in last.items():
                self._take_out(db, rank, number)
                db.execute("UPDATE line SET settled = max(settled, ?) WHERE rank = ?", (number, rank))

    def numbers(self) -> Mapping[Rank, tuple[int, int]]:
        """By rank: up to which number the hub has everything, and the number given last."""
        with self._lock:
            rows = self._db.execute("SELECT rank, settled, number FROM line").fetchall()
        return {Rank(rank): (settled, number) for rank, settled, number in rows}

    def rename(self) -> None:
        """Become another outbox in the hub's eyes, as a file that was brought back from an older copy has to."""
        with self._transaction() as db:
            db.execute("UPDATE meta SET value = ? WHERE name = 'outbox'", (fresh := secrets.token_hex(8),))
            db.execute("UPDATE line SET settled = 0")
        self.id = fresh

    def tidy(self) -> None:
        """Give a little of what is free back to the disk. Cost: at most about 10 ms."""
        self._shrink(2000)

    def waiting(self) -> Mapping[Rank, Waiting]:
        """What waits, by rank, since the last change. Costs nothing."""
        return self._waiting

    def untold(self) -> list[Lost]:
        """Of the ranks that have lost more than the hub was told: what they have lost in all."""
        query = "SELECT rank, lost, lost_bytes, lost_from, lost_until FROM line WHERE lost > told ORDER BY rank"
        with self._lock:
            return [Lost(Rank(rank), *rest) for rank, *rest in self._db.execute(query).fetchall()]

    def told(self, lost: Sequence[Lost]) -> None:
        """This has been reported, durably."""
        with self._transaction() as db:
            db.executemany("UPDATE line SET told = ? WHERE rank = ?", [(one.count, one.rank) for one in lost])
