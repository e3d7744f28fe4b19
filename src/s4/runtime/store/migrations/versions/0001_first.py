"""The first tables: fact, audit, snapshot."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables as they stood at version 0.1."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "fact",
        sa.Column("cursor", number, primary_key=True, autoincrement=True),
        sa.Column("word", sa.String(32), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("id", "revision", name="fact_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("fact_known", "fact", ["word", "superseded", "cursor"])
    op.create_index("fact_kind", "fact", ["word", "kind", "superseded", "cursor"])
    op.create_index("fact_time", "fact", ["word", "time"])
    op.create_index("fact_incident", "fact", ["incident"])
    op.create_table(
        "audit",
        sa.Column("number", number, primary_key=True, autoincrement=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(128), nullable=False),
        sa.Column("target", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("audit_target", "audit", ["target"])
    op.create_table(
        "snapshot",
        sa.Column("stage", sa.String(128), primary_key=True),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("positions", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("snapshot", "audit", "fact"):
        op.drop_table(table)
