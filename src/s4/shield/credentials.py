"""Who may come in: the credentials of devices, users and edge sites, in one file of the data folder.

The file holds digests only (`shield.secret`). Whoever changes it writes a new file beside it, syncs it and moves it
into place, under a lock, so that a reader sees the old file or the new one, whole, also after a power cut. A running
s4 notices a change made by the command line at its next look.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from s4.core.clock import Clock
from s4.core.errors import ConfigError, InputError
from s4.core.subjects import check_name
from s4.shield.roles import Role, role_named
from s4.shield.secret import bcrypt_of, matches, new_secret, sha256_of

Holder = Literal["device", "user", "site"]
_ON_THE_BUS: Final = ("device", "site")
"""Holders whose secret the bus checks, with bcrypt."""
MOST: Final = 100_000
LONGEST_NAME: Final = 100
_NOBODY: Final = "0" * 64


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One device, user or edge site and the digests of its secret.

    `id`: the device's or site's id or the user's sign-in name; `name`: what people call them; `role`: of a user;
    `bcrypt`: of a device or site, for NATS; `created`, `changed`, `revoked`: ns UTC, `revoked` is 0 while it is valid.
    """

    holder: Holder
    id: str
    sha256: str
    created: int
    changed: int
    name: str = ""
    role: Role | None = None
    bcrypt: str = ""
    revoked: int = 0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    credentials: tuple[Credential, ...]


_Key = tuple[Holder, str]
_Stamp = tuple[int, int, int]


class Credentials:
    """The credential file. Secrets are returned once, by `add_…` and `rotate`, and never again.

    Safe to use from several threads and processes: each change reads, changes and replaces the file under a lock.
    `verify` costs one `stat` and one SHA-256 (about 10 µs).
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._seen: tuple[_Stamp | None, dict[_Key, Credential]] = (None, {})

    def add_device(self, device: str, name: str = "") -> str:
        """Let a device in; returns its secret. Raises `InputError` when it is there already."""
        return self._add("device", device, name, None)

    def add_site(self, site: str, name: str = "") -> str:
        """Let an edge site in; returns its secret. Raises `InputError` when it is there already."""
        return self._add("site", site, name, None)

    def add_user(self, user: str, role: str, name: str = "") -> str:
        """Let a person in; returns the secret. Raises `InputError` for an unknown role or a user who is there."""
        return self._add("user", user, name, role_named(role))

    def rotate(self, holder: Holder, who: str) -> str:
        """A new secret; the old one is worth nothing from now on. Also lets a revoked one in again."""
        with self._change() as rows:
            old, secret = _find(rows, holder, who), new_secret()
            digest = bcrypt_of(secret) if holder in _ON_THE_BUS else ""
            rows[holder, who] = msgspec.structs.replace(
                old, sha256=sha256_of(secret), bcrypt=digest, changed=self._clock.now(), revoked=0
            )
        return secret

    def revoke(self, holder: Holder, who: str) -> None:
        """Shut out from now on. The row stays, so that it can be seen when that happened."""
        with self._change() as rows:
            now = self._clock.now()
            rows[holder, who] = msgspec.structs.replace(_find(rows, holder, who), revoked=now, changed=now)

    def list(self, holder: Holder) -> tuple[Credential, ...]:
        """Every device, every user or every site, revoked ones too, by id."""
        rows = self._rows()
        return tuple(rows[key] for key in sorted(rows) if key[0] == holder)

    def verify(self, holder: Holder, who: str, secret: str) -> Credential | None:
        """The credential if the secret is right and valid, else None.

        Takes as long for an unknown name as for a wrong secret.
        """
        row = self._rows().get((holder, who))
        right = matches(secret, row.sha256 if row else _NOBODY)
        return row if row and right and not row.revoked else None

    def revoked(self, holder: Holder, who: str) -> bool:
        """Whether somebody who proved earlier who they are has been shut out since."""
        row = self._rows().get((holder, who))
        return row is not None and row.revoked > 0

    def _add(self, holder: Holder, who: str, name: str, role: Role | None) -> str:
        check_name(who, field=holder)
        if len(name) > LONGEST_NAME:
            raise InputError(f"is longer than {LONGEST_NAME} characters", field="name")
        with self._change() as rows:
            if (holder, who) in rows:
                raise InputError(f"the {holder} {who!r} is there already (rotate gives it a new secret)", field=holder)
            if len(rows) >= MOST:
                raise InputError(f"there are {MOST} credentials already", field=holder)
            secret, now = new_secret(), self._clock.now()
            digest = bcrypt_of(secret) if holder in _ON_THE_BUS else ""
            rows[holder, who] = Credential(holder, who, sha256_of(secret), now, now, name, role, digest)
        return secret

    def _rows(self) -> dict[_Key, Credential]:
        stamp = _stamp(self._path)
        if stamp != self._seen[0] or stamp is None:
            self._seen = (stamp, _read(self._path) if stamp else {})
        return self._seen[1]

    @contextmanager
    def _change(self) -> Iterator[dict[_Key, Credential]]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            rows = _read(self._path) if self._path.exists() else {}
            yield rows
            _replace(self._path, rows)
        finally:
            os.close(lock)


def _find(rows: dict[_Key, Credential], holder: Holder, who: str) -> Credential:
    if (holder, who) not in rows:
        raise InputError(f"there is no {holder} {who[:70]!r}", field=holder)
    return rows[holder, who]


def _stamp(path: Path) -> _Stamp | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _read(path: Path) -> dict[_Key, Credential]:
    if path.stat().st_mode & 0o077:
        raise ConfigError("others may read it; take that away (chmod 600)", file=str(path))
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not a credential file of s4 ({error})", file=str(path)) from error
    return {(row.holder, row.id): row for row in file.credentials}


def _replace(path: Path, rows: dict[_Key, Credential]) -> None:
    data = msgspec.json.format(msgspec.json.encode(_File(1, tuple(rows[key] for key in sorted(rows)))))
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # the file of an attempt that was cut off may have had other rights
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # or the move itself may be lost with the power
    finally:
        os.close(folder)
