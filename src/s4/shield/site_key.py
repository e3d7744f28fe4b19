"""The key of a site: made at its first start, it signs the evidence that comes about there (Ed25519, RFC 8032).

The private half is a file that only its owner can read; whoever holds it can sign in the site's name. The public half
lies beside it. Keep a copy of that somewhere else: a signature proves that the site made something only to who knows
its key from another hand.
"""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from s4.core.errors import InputError, ServiceError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE: Final = "evidence.key"
PUBLIC: Final = "evidence.pub"
_LARGEST: Final = 10_000


class SiteKey:
    """The key in `folder`, made there when first needed. Raises `ServiceError` when it cannot be read or made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes."""
        return self._key.sign(data)

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

        path = self._folder / PRIVATE
        try:
            if not path.exists():
                _make(path)
            key = load_pem_private_key(path.read_bytes(), None)
            if not isinstance(key, Ed25519PrivateKey):
                raise ServiceError(f"the key {path} is not an Ed25519 key")
            pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (self._folder / PUBLIC).write_bytes(pem)
        except (OSError, ValueError, TypeError) as error:
            raise ServiceError(f"the key {path} cannot be used: {error}") from error
        return key


def _make(path: Path) -> None:
    """Whole or not at all, and whoever comes second takes the first one's."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - by descriptor
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(new)
    new.unlink()


def read_public(path: Path) -> bytes:
    """The public half in a PEM file, 32 bytes. Raises `InputError` for a file that holds no Ed25519 key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(_LARGEST))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError("holds no public key", file=str(path)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("holds no Ed25519 key", file=str(path))
    return key.public_bytes_raw()


def verified(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of `data` by the holder of the key whose public half (32 bytes) is `public`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
