"""The last step: AES-256-GCM (NIST SP 800-38D) in an envelope that names the key.

| bytes | what |
|---|---|
| 4 | `S4E1` |
| 1 | length n of the key's name |
| n | the key's name, UTF-8 |
| 12 | the nonce: random, new for each message |
| rest | the ciphertext and behind it the tag of 16 bytes |

Everything before the nonce is authenticated too: another name in front of the same bytes does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Final

from s4.core.errors import ConfigError, InputError
from s4.core.export import Encryption

MAGIC: Final = b"S4E1"
SUFFIX: Final = ".s4e"
MEDIA_TYPE: Final = "application/octet-stream"
_KEY, _NONCE, _TAG = 32, 12, 16


def seal(body: bytes, key: bytes, key_id: str) -> bytes:
    """`body`, encrypted under `key` (32 bytes). Cost: 1 ms a MiB.

    >>> open_envelope(seal(b"door open", bytes(32), "2026-11"), {"2026-11": bytes(32)})
    b'door open'
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    name = key_id.encode()
    head, nonce = MAGIC + bytes([len(name)]) + name, os.urandom(_NONCE)
    return head + nonce + AESGCM(key).encrypt(nonce, body, head)


def open_envelope(envelope: bytes, keys: dict[str, bytes]) -> bytes:
    """What was sealed, by the keys one has (name → 32 bytes). Raises `InputError` when it cannot be opened."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    begin = 5 + (envelope[4] if len(envelope) > 4 else 0)
    head, nonce, rest = envelope[:begin], envelope[begin : begin + _NONCE], envelope[begin + _NONCE :]
    if head[:4] != MAGIC or len(rest) < _TAG:
        raise InputError("is not an envelope of s4")
    key = keys.get(head[5:].decode(errors="replace"))
    if key is None:
        raise InputError(f"is sealed with the key {head[5:].decode(errors='replace')[:64]!r}, which is not here")
    try:
        return AESGCM(key).decrypt(nonce, rest, head)
    except InvalidTag as error:
        raise InputError("was changed, or sealed with another key of that name") from error


def read_key(encryption: Encryption, folder: str, field: str) -> bytes:
    """The key: 64 hex digits or base64, from a file or the environment. Raises `ConfigError`, never naming the key."""
    if encryption.key_env:
        field, text = f"{field}.key_env", os.environ.get(encryption.key_env, "")
    else:
        path, field = Path(folder) / encryption.key_file, f"{field}.key_file"
        try:
            text = path.read_bytes()[:1024].decode("ascii", "replace")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({error.strerror})", field=field) from error
    text = text.strip()
    try:
        key = bytes.fromhex(text) if re.fullmatch(r"[0-9A-Fa-f]{64}", text) else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY:
        raise ConfigError("holds no key of 32 bytes, as 64 hex digits or base64", field=field)
    return key
