"""A real PostgreSQL server of our own: a fresh one in a temporary folder, on a free port of this machine."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from s4.runtime.sockets import free_port

READY_WITHIN_S = 30.0
# The servers live for one test run, so they need not survive a power cut.
SETTINGS = ("fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", "max_connections=50")


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `port` on 127.0.0.1; the superuser is `s4`."""

    port: int
    password: str

    def url(self, database: str, driver: str = "postgresql+psycopg") -> str:
        """The address of a database, as SQLAlchemy writes it."""
        return f"{driver}://s4:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self) -> psycopg.Connection:
        """A connection to the server's own database, each statement committed by itself."""
        return psycopg.connect(self.url("postgres", "postgresql"), autocommit=True, connect_timeout=5)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A new empty database, by its address; dropped afterwards, whoever is still connected."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def as_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as the user that its package made."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def postgres_server(programs: Path) -> Iterator[PostgresServer]:
    """Start a server, stop it afterwards and remove its files. Takes about two seconds."""
    folder = Path(tempfile.mkdtemp(prefix="s4-postgres-"))
    user = as_user()
    server = PostgresServer(free_port(), secrets.token_urlsafe(16))
    try:
        (folder / "password").write_text(server.password)
        if user:
            for path in (folder, folder / "password"):
                shutil.chown(path, user)
        initialise(programs, folder, user)
        with running(programs, folder, user, server):
            yield server
    finally:
        shutil.rmtree(folder)


def initialise(programs: Path, folder: Path, user: str | None) -> None:
    """Make the server's data folder, with a password for its one user."""
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "s4",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
    ]
    command += ["--locale=C", "--no-sync", f"--pwfile={folder / 'password'}"]
    subprocess.run(command, user=user, cwd=folder, capture_output=True, check=True, timeout=60)


@contextmanager
def running(programs: Path, folder: Path, user: str | None, server: PostgresServer) -> Iterator[None]:
    """Run the server until the block ends."""
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-p", str(server.port), "-k", folder]
    command += [word for setting in SETTINGS for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until_ready(server, process, folder / "log")
        yield
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: end the sessions, then stop
        process.wait(timeout=30)


def wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server takes connections; fail with its log if it does not."""
    deadline = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
