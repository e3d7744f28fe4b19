"""Sealed: a file that is encrypted as it is written, and that two people of different offices open only together.

Each file has a key of its own, made of two random shares. One share is sealed to every data-protection officer's public
key, the other to every supervisor's; none of it stays with the machine that writes, which cannot read what it wrote.

Layout: `MAGIC`; the length (4 bytes, big endian) and JSON of a `Header`; then records, each its length (4 bytes) and a
ChaCha20-Poly1305 ciphertext (RFC 8439) under a nonce that counts the records and says which is the last (the STREAM
construction, Hoang et al. 2015). So a record that was changed, moved, taken out or comes from another file is noticed,
and a file that was cut off too. The header goes into the key: changed, nothing opens.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Annotated, Final, Literal, Self, get_args

import msgspec
from msgspec import Meta

from s4.core.errors import AccessError, InputError, ServiceError
from s4.shield.person_key import public_raw, public_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

Office = Literal["dpo", "supervisor"]
"""Who holds a share: data protection, and those in charge of operations."""
OFFICES: Final[tuple[Office, ...]] = get_args(Office)
ORIGINAL: Final = ".original"
"""How the name of a sealed original ends."""
MAGIC: Final = b"s4 sealed 1\n"
MOST_HOLDERS: Final = 8  # for each office: deputies
LARGEST_RECORD: Final = 16 << 20
_LARGEST_HEADER: Final = 65_536
_TAG: Final = 16
_SHARE: Final = 32


class Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A share for one person. `holder`: their public key as text; `once`: a public key made for this alone; `box`: the
    share, encrypted under what both keys agree on.
    """

    holder: str
    once: Annotated[bytes, Meta(min_length=32, max_length=32)]
    box: Annotated[bytes, Meta(min_length=_SHARE + _TAG, max_length=_SHARE + _TAG)]


class Half(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One share: whose office it belongs to, its SHA-256 (it is random: nothing follows from that), and its wraps."""

    office: Office
    sha256: str
    wraps: Annotated[tuple[Wrapped, ...], Meta(min_length=1, max_length=MOST_HOLDERS)]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed: `ref`: the evidence it is the original of; `source`: the camera; `start`: ns UTC; `until`: it is
    to be deleted then (ns UTC), and is not opened any more.
    """

    ref: str
    source: str
    start: int
    until: int


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What anybody may read of a sealed file."""

    about: About
    halves: tuple[Half, Half]

    def half(self, office: Office) -> Half:
        """The half of an office. Raises `InputError` for a header without one."""
        for half in self.halves:
            if half.office == office:
                return half
        raise InputError(f"has no half of the {office}")


class Sealer:
    """Writes a sealed file; use it in `with`, or call `close`. What is not closed can be opened, up to where it ends,
    and is said to be cut short. Cost: about 0.1 ms for a record of 60 kB.

    Raises `ServiceError` when the file cannot be written.
    """

    def __init__(self, path: Path, about: About, holders: Mapping[Office, Sequence[str]]) -> None:
        shares = {office: os.urandom(_SHARE) for office in OFFICES}
        dpo, supervisor = (_half(about, office, shares[office], holders[office]) for office in OFFICES)
        header = msgspec.json.encode(Header(about, (dpo, supervisor)))
        self._cipher, self._count = _cipher(shares, header), 0
        self._path, self._held = path, b""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._trouble(error) from error
        self._file: IO[bytes] = os.fdopen(descriptor, "wb", buffering=0)
        self._put(MAGIC + len(header).to_bytes(4, "big") + header)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, data: bytes) -> None:
        """The next record, 0 to 16 MiB. It is on its way to the disk, encrypted, when this returns."""
        if len(data) > LARGEST_RECORD:
            raise InputError(f"is larger than {LARGEST_RECORD} bytes", field="record")
        self._record(data, last=False)

    def close(self) -> None:
        """Say that this is the end; a second time nothing happens."""
        if not self._file.closed:
            try:
                self._record(b"", last=True)
            finally:
                self._file.close()

    def abandon(self) -> None:
        """Write no more; what there is stays, cut short."""
        self._file.close()

    def _record(self, data: bytes, *, last: bool) -> None:
        box = self._cipher.encrypt(_nonce(self._count, last=last), data, None)
        self._count += 1
        self._put(len(box).to_bytes(4, "big") + box)

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._file.close()
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> ServiceError:
        return ServiceError(f"the original {self._path.name} cannot be written: {error.strerror or error}")


def unwrap(header: Header, office: Office, key: X25519PrivateKey) -> bytes:
    """The share of an office, with the private key of one of its holders. Raises `AccessError` when it is nobody's of
    them, `InputError` when the share was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    own = public_text(key.public_key().public_bytes_raw())
    for wrap in header.half(office).wraps:
        if wrap.holder == own:
            try:
                agreed = key.exchange(X25519PublicKey.from_public_bytes(wrap.once))
                return _box(agreed, wrap.once, own, header.about, office).decrypt(bytes(12), wrap.box, None)
            except (InvalidTag, ValueError):
                raise InputError("the share was changed since it was sealed") from None
    raise AccessError(f"this key is none of those of the {office} to whom it was sealed")


def fits(header: Header, office: Office, share: bytes) -> bool:
    """Whether that is the share of that office, in a time that does not depend on where it differs."""
    return hmac.compare_digest(hashlib.sha256(share).hexdigest(), header.half(office).sha256)


def read_header(path: Path) -> Header:
    """What anybody may read of a sealed file. Raises `InputError` for a file that is none."""
    with _opened(path) as file:
        return _parsed(_header_bytes(file, path), path)


def unseal(path: Path, shares: Mapping[Office, bytes]) -> Iterator[bytes]:
    """The records, in order, each once it is sure that it is what was written there.

    Raises `InputError`: with these shares nothing opens, something was changed, or (at the end) the file is cut short.
    """
    from cryptography.exceptions import InvalidTag

    with _opened(path) as file:
        raw = _header_bytes(file, path)
        _parsed(raw, path)
        cipher, count, last = _cipher(shares, raw), 0, False
        while not last:
            box = _next(file, count, path)
            try:
                data, last = _decrypted(cipher, box, count)
            except InvalidTag:
                raise InputError(f"was changed at record {count}, or the shares are wrong", file=str(path)) from None
            count += 1
            if not last:
                yield data
        if file.read(1):
            raise InputError("goes on after its end", file=str(path))


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(path)) from error


def _header_bytes(file: IO[bytes], path: Path) -> bytes:
    start = file.read(len(MAGIC) + 4)
    size = int.from_bytes(start[len(MAGIC) :], "big")
    if not start.startswith(MAGIC) or len(start) != len(MAGIC) + 4 or size > _LARGEST_HEADER:
        raise InputError("is no sealed file", file=str(path))
    raw = file.read(size)
    if len(raw) != size:
        raise InputError("is cut off in its header", file=str(path))
    return raw


def _parsed(raw: bytes, path: Path) -> Header:
    try:
        return msgspec.json.decode(raw, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no sealed file: {error}", file=str(path)) from error


def _next(file: IO[bytes], count: int, path: Path) -> bytes:
    prefix = file.read(4)
    size = int.from_bytes(prefix, "big")
    if size > LARGEST_RECORD + _TAG:
        raise InputError(f"was changed at record {count}", file=str(path))
    box = file.read(size)
    if len(prefix) < 4 or len(box) < size:
        raise InputError(f"is cut short after {count} records", file=str(path))
    return box


def _decrypted(cipher: ChaCha20Poly1305, box: bytes, count: int) -> tuple[bytes, bool]:
    """The record, and whether it is the last: an empty one may be either, any other is not."""
    if len(box) == _TAG:
        from cryptography.exceptions import InvalidTag

        try:
            return cipher.decrypt(_nonce(count, last=True), box, None), True
        except InvalidTag:
            pass
    return cipher.decrypt(_nonce(count, last=False), box, None), False


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([last])


def _half(about: About, office: Office, share: bytes, holders: Sequence[str]) -> Half:
    return Half(office, hashlib.sha256(share).hexdigest(), tuple(_wrap(about, office, share, one) for one in holders))


def _wrap(about: About, office: Office, share: bytes, holder: str) -> Wrapped:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    agreed = once.exchange(X25519PublicKey.from_public_bytes(public_raw(holder)))
    return Wrapped(holder, public, _box(agreed, public, holder, about, office).encrypt(bytes(12), share, None))


def _box(agreed: bytes, once: bytes, holder: str, about: About, office: Office) -> ChaCha20Poly1305:
    """The cipher for one share; its key is used for that alone, so that the nonce may be zero."""
    return _derived(
        agreed, b"s4 share\0" + office.encode() + b"\0" + once + holder.encode() + msgspec.json.encode(about)
    )


def _cipher(shares: Mapping[Office, bytes], header: bytes) -> ChaCha20Poly1305:
    together = b"".join(shares[office] for office in OFFICES)
    return _derived(together, b"s4 records\0" + hashlib.sha256(header).digest())


def _derived(secret: bytes, about: bytes) -> ChaCha20Poly1305:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=32, salt=None, info=about).derive(secret))
