"""The vault: a folder of evidence. Every piece lies there under its name, hashed, with a signed proof beside it.

A proof says, in one line of JSON, what the file is, when and where it came about and what its SHA-256 is, and carries
the site's signature of exactly that line. It holds as long as the private key was not lost; it does not prove that
what the camera was shown was real.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
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


class EvidenceVault(Vault):
    """The evidence of `city` in `folder`. `key` signs. What was left unfinished by an earlier run is deleted."""

    def __init__(self, folder: Path, key: SiteKey, city: str) -> None:
        self._folder, self._key, self._city = folder, key, city
        for leftover in folder.glob(f"{_DRAFT}*"):
            leftover.unlink(missing_ok=True)

    def draft(self, suffix: str) -> Path:
        """See `Vault`."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServiceError(f"the folder of evidence {self._folder} cannot be made: {error}") from error
        return self._folder / f"{_DRAFT}{uuid4().hex}{suffix}"

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
            draft.unlink(missing_ok=True)
        return kept

    def forget(self, before: int, source: str) -> int:
        """See `Vault`. A proof that cannot be read is left alone, and what it is of."""
        forgotten = 0
        for path in sorted(self._folder.glob(f"*{PROOF}")):
            with contextlib.suppress(InputError, OSError):
                statement = statement_of(read_proof(path))
                if statement.source == source and statement.evidence.end < before:
                    path.with_name(path.name.removesuffix(PROOF)).unlink(missing_ok=True)
                    path.unlink()
                    forgotten += 1
        return forgotten

    def _prove(self, statement: Statement) -> None:
        text = msgspec.json.encode(statement, order="deterministic")
        proof = Proof(text.decode(), self._key.sign(text), self._key.public)
        new = self.draft(PROOF)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - by descriptor
            file.write(msgspec.json.encode(proof))
            file.flush()
            os.fsync(file.fileno())
        new.rename(proof_path(self._folder / statement.evidence.ref))


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
