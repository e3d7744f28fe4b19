"""What the hub has taken of each site, durably: the last number of each rank, and up to where its own streams hold
nothing that is not in here. SQLite, synced: it is written before a site is told that it may forget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from s4.runtime.own_file import OwnFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS taken (
    site TEXT NOT NULL, outbox TEXT NOT NULL, rank INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (site, outbox, rank));
CREATE TABLE IF NOT EXISTS reached (stream TEXT PRIMARY KEY, position INTEGER NOT NULL);
"""


class Way(NamedTuple):
    """One rank of one outbox of one site: what has an order of its own."""

    site: str
    outbox: str
    rank: int


class Ledger(OwnFile):
    """One file."""

    what, schema, sync = "ledger", _SCHEMA, "FULL"

    def taken(self) -> dict[Way, int]:
        """The last number taken on each way."""
        with self._lock:
            rows = self._db.execute("SELECT site, outbox, rank, last FROM taken").fetchall()
        return {Way(site, outbox, rank): last for site, outbox, rank, last in rows}

    def reached(self) -> dict[str, int]:
        """Up to which sequence of each stream everything that sites sent is in `taken`."""
        with self._lock:
            return dict(self._db.execute("SELECT stream, position FROM reached").fetchall())

    def write(self, taken: Mapping[Way, int], reached: Mapping[str, int]) -> None:
        """Both in one transaction; synced when it returns. Raises `ServiceError`."""
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)", [(*way, n) for way, n in taken.items()])
            db.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?)", list(reached.items()))
