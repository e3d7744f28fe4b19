"""What the hub has taken of each site, durably: the last number of each rank, and up to where its own streams hold
nothing that is not in here. SQLite, synced: it is written before a site is told that it may forget.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from s4.core.errors import ServiceError

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


class Ledger:
    """One file. All calls block; one at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same rights
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise ServiceError(f"the ledger {path} cannot be used: {error}") from error

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
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                rows = [(*way, last) for way, last in taken.items()]
                self._db.executemany("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)", rows)
                self._db.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?)", list(reached.items()))
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise ServiceError(f"the ledger {self._path} does not take anything: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
