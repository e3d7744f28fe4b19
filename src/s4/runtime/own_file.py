"""A small SQLite file of our own beside the store: what a process must not forget, and nobody else reads."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final, Literal

from s4.core.errors import ServiceError

WAL_BYTES: Final = 4 << 20
"""How much the write-ahead log may keep on disk besides the file."""


class OwnFile:
    """One file in WAL mode, readable by its owner only. All calls block; one at a time, from any thread.

    `what` names it in complaints; `schema` makes its tables; `sync`: `FULL` when what was committed must outlive a
    power cut too, `NORMAL` when a kill is enough; `cache_kib`: memory for pages.
    """

    what: ClassVar[str]
    schema: ClassVar[str]
    sync: ClassVar[Literal["NORMAL", "FULL"]]
    cache_kib: ClassVar[int] = 1000

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same rights
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            for pragma in (
                "auto_vacuum=INCREMENTAL", "journal_mode=WAL", f"synchronous={self.sync}",
                f"journal_size_limit={WAL_BYTES}", f"cache_size=-{self.cache_kib}",
            ):  # fmt: skip
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(self.schema)
        except (sqlite3.Error, OSError) as error:
            raise ServiceError(f"the {self.what} {path} cannot be used: {error}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together, or nothing of it. Raises `ServiceError`."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
                self._committed()
            except sqlite3.Error as error:
                raise ServiceError(f"the {self.what} {self.path} does not take anything: {error}") from error

    def _committed(self) -> None:
        """Called after each commit, before anybody else may read or write."""

    def _shrink(self, pages: int) -> None:
        """Give up to so many free pages back to the disk."""
        with self._lock:
            self._db.executescript(f"PRAGMA incremental_vacuum({pages})")  # `execute` would take a single page

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
