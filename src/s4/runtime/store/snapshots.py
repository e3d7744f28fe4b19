"""Snapshots of the stages: their private state and how far in each stream it takes account of, as one row."""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine, delete, insert, select

from s4.runtime.store.schema import snapshot


class Snapshot(msgspec.Struct, frozen=True):
    """`positions`: stream → sequence of the last message in `state`; `time`: clock ns of the last step."""

    stage: str
    version: str
    time: int
    positions: dict[str, int]
    state: bytes


class Snapshots:
    """Load and save, each in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, stage: str) -> Snapshot | None:
        """The last snapshot of `stage`, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(snapshot).where(snapshot.c.stage == stage)).first()
        if row is None:
            return None
        return Snapshot(row.stage, row.version, row.time, msgspec.json.decode(row.positions), row.state)

    def save(self, taken: Snapshot) -> None:
        """Replace the snapshot of its stage."""
        values = msgspec.structs.asdict(taken) | {"positions": msgspec.json.encode(taken.positions).decode()}
        with self._engine.begin() as connection:
            connection.execute(delete(snapshot).where(snapshot.c.stage == taken.stage))
            connection.execute(insert(snapshot).values(**values))
