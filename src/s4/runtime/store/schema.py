"""The tables. `migrations/` brings an older store up to this; `tests/runtime` checks that both agree.

Facts are append-only: a change is a new revision. `superseded` says when a later revision became known, so that
"as it was known at T" is one indexed comparison: recorded ≤ T < superseded.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

FOREVER: Final = 2**63 - 1
"""`superseded` of the current revision."""

metadata: Final = MetaData()

_Cursor = BigInteger().with_variant(Integer, "sqlite")

fact: Final = Table(
    "fact",
    metadata,
    Column("cursor", _Cursor, primary_key=True, autoincrement=True),
    Column("word", String(32), nullable=False),
    Column("id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("site", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("incident", String(64), nullable=False, default=""),
    Column("time", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("superseded", BigInteger, nullable=False, default=FOREVER),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("id", "revision", name="fact_once"),
    Index("fact_known", "word", "superseded", "cursor"),
    Index("fact_kind", "word", "kind", "superseded", "cursor"),
    Index("fact_time", "word", "time"),
    Index("fact_incident", "incident"),
    sqlite_autoincrement=True,
)

audit: Final = Table(
    "audit",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(128), nullable=False),
    Column("target", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Index("audit_target", "target"),
)

snapshot: Final = Table(
    "snapshot",
    metadata,
    Column("stage", String(128), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("positions", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
)
