"""Derived ids: the same producer and the same inputs give the same id, so a repeat can be dropped.

An id is 128 bits of BLAKE2b over length-prefixed parts, written in Crockford's base 32 (26 characters),
behind the first letters of its word: `det-3M7…`. The chance of any two of 10^12 ids colliding is 10^-15.
"""

from __future__ import annotations

import hashlib
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHARACTERS: Final = 26

Part = str | int | float | bytes


def derive_id(prefix: str, *parts: Part) -> str:
    """The id of what `parts` produced.

    Every part is prefixed with its type and length, so that ("ab", "c") and ("a", "bc") differ.

    >>> derive_id("det", "video", 1, "cam-07", 42) == derive_id("det", "video", 1, "cam-07", 42)
    True
    >>> derive_id("det", "ab", "c") == derive_id("det", "a", "bc")
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return f"{prefix}-{_base32(int.from_bytes(digest.digest(), 'big'))}"


def _base32(number: int) -> str:
    letters = []
    for _ in range(_CHARACTERS):
        number, digit = divmod(number, 32)
        letters.append(_ALPHABET[digit])
    return "".join(reversed(letters))
