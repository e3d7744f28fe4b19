"""The key pair of a person who may open originals (X25519, RFC 7748).

The public half stands in the city's description: with it an edge site seals what only that person can unseal. The
private half is a file of that person's, behind a passphrase (scrypt, RFC 7914), that no machine of the city ever needs:
whoever takes the machines takes nothing that opens anything.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from s4.core.errors import AccessError, InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

PREFIX: Final = "s4pub1-"
LEAST_PASSPHRASE: Final = 12  # characters
SCRYPT_N: Final = 1 << 17  # 128 MiB and about half a second for each guess
_LARGEST: Final = 10_000
_BOX: Final = 48


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person's key file holds. `public`: the public half as text; `salt`, `n`: of scrypt (r = 8, p = 1); `box`:
    the private half, encrypted (ChaCha20-Poly1305) under what scrypt makes of the passphrase.
    """

    format: Literal["s4-person-key-1"]
    public: str
    salt: Annotated[bytes, Meta(min_length=16, max_length=64)]
    n: Annotated[int, Meta(ge=1 << 14, le=1 << 20)]
    box: Annotated[bytes, Meta(min_length=_BOX, max_length=_BOX)]


def make_key(path: Path, passphrase: str, n: int = SCRYPT_N) -> str:
    """Write a new key to `path` (which must not exist), readable by its owner only; returns the public half as text.

    Raises `InputError` for a passphrase of fewer than twelve characters, or when the file cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    if len(passphrase) < LEAST_PASSPHRASE:
        raise InputError(f"must have at least {LEAST_PASSPHRASE} characters", field="passphrase")
    key = X25519PrivateKey.generate()
    public, salt = public_text(key.public_key().public_bytes_raw()), os.urandom(16)
    box = _cipher(passphrase, salt, n).encrypt(bytes(12), key.private_bytes_raw(), public.encode())
    data = msgspec.json.format(msgspec.json.encode(KeyFile("s4-person-key-1", public, salt, n, box)))
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - by descriptor
            file.write(data + b"\n")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=str(path)) from error
    return public


def read_key(path: Path, passphrase: str) -> X25519PrivateKey:
    """The private half in a file. Raises `InputError` for a file that is none, `AccessError` for a wrong passphrase."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    try:
        with path.open("rb") as file:
            kept = msgspec.json.decode(file.read(_LARGEST), type=KeyFile)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no key of a person: {error}", file=str(path)) from error
    if kept.n & (kept.n - 1):
        raise InputError("n must be a power of two", file=str(path), field="n")
    try:
        raw = _cipher(passphrase, kept.salt, kept.n).decrypt(bytes(12), kept.box, kept.public.encode())
    except InvalidTag:
        raise AccessError(f"the passphrase of {path} is wrong, or the file was changed") from None
    return X25519PrivateKey.from_private_bytes(raw)


def public_text(raw: bytes) -> str:
    """The public half as it stands in a city's description.

    >>> public_text(bytes(32))[:12]
    's4pub1-AAAAA'
    """
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def public_raw(text: str) -> bytes:
    """The public half, 32 bytes, from its text. Raises `InputError`.

    >>> public_raw(public_text(b"7" * 32)) == b"7" * 32
    True
    """
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX) + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not text.startswith(PREFIX) or len(raw) != 32 or public_text(raw) != text:
        raise InputError(f"is no public key of a person ({PREFIX}… and 43 characters): {text[:60]!r}")
    return raw


def _cipher(passphrase: str, salt: bytes, n: int) -> ChaCha20Poly1305:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    derived = Scrypt(salt=salt, length=32, n=n, r=8, p=1).derive(passphrase.encode("utf-8", "surrogatepass"))
    return ChaCha20Poly1305(derived)
