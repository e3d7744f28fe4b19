"""One engine per process: SQLite by default, PostgreSQL by URL, each told to sync before it says "committed"."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from s4.core.errors import ServiceError
from s4.runtime.address import without_password
from s4.runtime.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

_NEWEST = "0001"


def store_url(url: str | None, data_dir: Path) -> str:
    """The SQLAlchemy URL: as given (`postgresql://…` gets the psycopg driver), else SQLite in the data folder.

    >>> store_url(None, Path("/var/lib/s4"))
    'sqlite:////var/lib/s4/s4.sqlite'
    >>> store_url("postgresql://db/city", Path("."))
    'postgresql+psycopg://db/city'
    """
    if not url:
        return f"sqlite:///{data_dir.absolute() / 's4.sqlite'}"
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgresql", "postgres") else url


def open_engine(url: str) -> Engine:
    """Connect and bring the tables up to date. Raises `ServiceError` that says why it could not."""
    arguments: dict[str, Any] = {"timeout": 30} if url.startswith("sqlite") else {"connect_timeout": 10}
    try:
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_size=4)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _configure_sqlite)
        with engine.begin() as connection:
            _migrate(connection)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ServiceError(f"the store at {without_password(url)} cannot be used: {reason}") from error
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # FULL: a commit is on the disk when it returns, also after a power cut; WAL: readers never wait for it.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(connection: Connection) -> None:
    """A new store is made at once; Alembic (slow to import) is only asked when an older one is found."""
    if not inspect(connection).has_table("alembic_version"):
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": _NEWEST})
        return
    if connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == _NEWEST:
        return
    from alembic import command

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for an open connection (also for making new migrations)."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config
