"""The vault: a folder of evidence. Every piece lies there under its name, hashed, with a signed proof beside it.

A proof says, in one line of JSON, what the file is, when and where it came about and what its SHA-256 is, and carries
the site's signature of exactly that line. It holds as long as the private key was not lost; it does not prove that
what the camera was shown was real.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from s4.core.errors import InputError, ServiceError
from s4.core.model import Evidence
from s4.core.ports import Vault
from s4.shield.site_key import SiteKey, verified

PROOF: Final = ".proof.json"
_DRAFT: Final = ".draft-"
_NOTE: Final = ".note"
_NEW: Final = ".new"
_MOST_LEFT: Final = 64
_LARGEST_PROOF: Final = 65_536


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: the evidence as the facts refer to it, its `size` in bytes, and whose observation it is."""

    evidence: Evidence
    size: int
    city: str
    source: str


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`statement`: a `Statement` in JSON, exactly as it was signed; `signature` (Ed25519) and `key`, its public half:
    base64.
    """

    statement: str
    signature: bytes
    key: bytes


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    data: bytes


class EvidenceVault(Vault):
    """The evidence of `city` in `folder`. `key` signs. What was left unfinished by an earlier run, and of which nothing
    is noted, is deleted.
    """

    def __init__(self, folder: Path, key: SiteKey, city: str) -> None:
        self._folder, self._key, self._city = folder, key, city
        self._left = self._leftovers()

    def draft(self, suffix: str) -> Path:
        """See `Vault`."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServiceError(f"the folder of evidence {self._folder} cannot be made: {error}") from error
        return self._folder / f"{_DRAFT}{uuid4().hex}{suffix}"

    def note(self, draft: Path, source: str, data: bytes) -> None:
        """See `Vault`."""
        try:
            _write(draft.with_name(draft.name + _NEW), msgspec.json.encode(_Note(source, data)), _note_path(draft))
        except OSError as error:
            raise ServiceError(f"a draft of evidence cannot be noted: {error}") from error

    def unfinished(self, source: str) -> list[tuple[Path, bytes]]:
        """See `Vault`."""
        found = [(path, note.data) for path, note in self._left if note.source == source]
        self._left = [one for one in self._left if one[1].source != source]
        return found

    def discard(self, draft: Path) -> None:
        """See `Vault`."""
        draft.unlink(missing_ok=True)
        _note_path(draft).unlink(missing_ok=True)

    def keep(self, draft: Path, evidence: Evidence, source: str) -> Evidence:
        """See `Vault`. The proof is written first: without one there is no evidence."""
        try:
            with draft.open("rb+") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
                os.fchmod(file.fileno(), 0o600)
                os.fsync(file.fileno())
            kept = msgspec.structs.replace(evidence, sha256=digest)
            self._prove(Statement(kept, size, self._city, source))
            draft.rename(self._folder / kept.ref)
        except OSError as error:
            raise ServiceError(f"the evidence {evidence.ref} cannot be kept: {error}") from error
        finally:
            self.discard(draft)
        return kept

    def sources(self) -> set[str]:
        """See `Vault`."""
        return {statement.source for _, statement in self._statements()}

    def forget(self, before: int, source: str, *, originals: bool = False) -> int:
        """See `Vault`. A proof that cannot be read is left alone, and what it is of."""
        old = [path for path, one in self._kept(source, originals=originals) if one.evidence.end < before]
        for path in old:
            _delete(path)
        return len(old)

    def trim(self, most_bytes: int, source: str) -> int:
        """See `Vault`."""
        kept = sorted(self._kept(source, originals=True), key=lambda one: one[1].evidence.end)
        excess, gone = sum(statement.size for _, statement in kept) - most_bytes, 0
        while excess > 0 and gone < len(kept):
            path, statement = kept[gone]
            _delete(path)
            excess -= statement.size
            gone += 1
        return gone

    def _kept(self, source: str, *, originals: bool) -> list[tuple[Path, Statement]]:
        return [
            (path, statement)
            for path, statement in self._statements()
            if statement.source == source and statement.evidence.anonymised is not originals
        ]

    def _statements(self) -> Iterator[tuple[Path, Statement]]:
        """What lies there; a proof that cannot be read is passed over."""
        for path in sorted(self._folder.glob(f"*{PROOF}")):
            with contextlib.suppress(InputError, OSError):
                yield path.with_name(path.name.removesuffix(PROOF)), statement_of(read_proof(path))

    def _leftovers(self) -> list[tuple[Path, _Note]]:
        """The drafts of an earlier run of which something is noted, at most the 64 newest; all others are deleted."""
        noted = {_note_path(path): path for path in self._folder.glob(f"{_DRAFT}*") if path.suffix != _NOTE}
        left = [(path, note) for place, path in noted.items() if (note := _read_note(place)) is not None]
        left = sorted(left, key=lambda one: _changed(one[0]))[-_MOST_LEFT:]
        wanted = {name for path, _ in left for name in (path, _note_path(path))}
        for path in self._folder.glob(f"{_DRAFT}*"):
            if path not in wanted:
                path.unlink(missing_ok=True)
        return left

    def _prove(self, statement: Statement) -> None:
        text = msgspec.json.encode(statement, order="deterministic")
        proof = Proof(text.decode(), self._key.sign(text), self._key.public)
        _write(self.draft(PROOF), msgspec.json.encode(proof), proof_path(self._folder / statement.evidence.ref))


def _write(new: Path, data: bytes, path: Path) -> None:
    """Write `new`, sync it, and let it take the place of `path`."""
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - by descriptor
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        proof_path(path).unlink(missing_ok=True)


def _note_path(draft: Path) -> Path:
    return draft.with_name(draft.name + _NOTE)


def _read_note(path: Path) -> _Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def proof_path(path: Path) -> Path:
    """Where the proof of a piece of evidence lies.

    >>> proof_path(Path("evidence/clip.mp4")).name
    'clip.mp4.proof.json'
    """
    return path.with_name(path.name + PROOF)


def read_proof(path: Path) -> Proof:
    """The proof in a file. Raises `InputError` for one that is none, `OSError` when it cannot be read."""
    with path.open("rb") as file:
        data = file.read(_LARGEST_PROOF + 1)
    try:
        if len(data) > _LARGEST_PROOF:
            raise InputError("is too long for a proof", file=str(path))
        return msgspec.json.decode(data, type=Proof)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no proof: {error}", file=str(path)) from error


def statement_of(proof: Proof) -> Statement:
    """What a proof says, whether it is true or not. Raises `InputError`."""
    try:
        return msgspec.json.decode(proof.statement, type=Statement)
    except msgspec.DecodeError as error:
        raise InputError(f"is no proof: {error}", field="statement") from error


def check(path: Path, public: bytes) -> Statement:
    """What the proof beside a piece of evidence says, once it is clear that the site whose key's public half is
    `public` signed it and that the file is unchanged since. Raises `InputError` with the reason otherwise.
    """
    try:
        proof = read_proof(proof_path(path))
        with path.open("rb") as file:
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    if not verified(public, proof.signature, proof.statement.encode()):
        raise InputError("was not signed with this key", file=str(path))
    statement = statement_of(proof)
    if (statement.evidence.ref, statement.evidence.sha256, statement.size) != (path.name, digest, size):
        raise InputError("is not the file that was signed", file=str(path))
    return statement
