"""What an edge site must not forget of what came down: which orders were begun, and how far it has read decisions."""

from __future__ import annotations

from typing import Final, cast

from s4.core.model.command import CommandState
from s4.runtime.own_file import OwnFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS begun (
    number INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL UNIQUE, state TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), cursor INTEGER NOT NULL);
"""
_MOST: Final = 10_000
"""Orders that are remembered; a command expires long before so many others were given."""
_UNKNOWN: Final = ("sent", "the site was started again while this was carried out; it is not done twice")


class Remembered(OwnFile):
    """One file; synced, since a power cut must not make a gate move twice either."""

    what, schema, sync = "file of what came down", _SCHEMA, "FULL"

    def begin(self, command: str) -> tuple[CommandState, str] | None:
        """Write down that it is begun. What became of it, when it was begun before. Raises `ServiceError`."""
        with self._transaction() as db:
            row = db.execute("SELECT state, detail FROM begun WHERE command = ?", (command,)).fetchone()
            if row is not None:
                return cast("CommandState", row[0]), row[1]
            db.execute("INSERT INTO begun (command, state, detail) VALUES (?, ?, ?)", (command, *_UNKNOWN))
            db.execute("DELETE FROM begun WHERE number <= (SELECT max(number) FROM begun) - ?", (_MOST,))
        return None

    def end(self, command: str, state: CommandState, detail: str) -> None:
        """Write down what became of it; what certainly did not reach the device may be begun again."""
        with self._transaction() as db:
            if state == "approved":
                db.execute("DELETE FROM begun WHERE command = ?", (command,))
            else:
                db.execute("UPDATE begun SET state = ?, detail = ? WHERE command = ?", (state, detail, command))

    def place(self) -> int:
        """The hub's cursor up to which its decisions are here."""
        with self._lock:
            row = self._db.execute("SELECT cursor FROM place").fetchone()
        return int(row[0]) if row else 0

    def reach(self, cursor: int) -> None:
        """They are here up to `cursor`."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (cursor,))
