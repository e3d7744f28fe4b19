"""Derived ids: the same producer and the same inputs give the same id, so a repeat can be dropped.

An id is 128 bits of BLAKE2b over length-prefixed parts, written in Crockford's base 32 (26 characters),
behind the first letters of its word: `det-3M7…`. The chance of any two of 10^12 ids colliding is 10^-15.
"""

from __future__ import annotations

import hashlib
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS: Final = tuple(range(120, -1, -10))

Part = str | int | float | bytes


def derive_id(prefix: str, *parts: Part) -> str:
    """The id of what `parts` produced.

    Every part is prefixed with its type and length, so that ("ab", "c") and ("a", "bc") differ.

    >>> derive_id("det", "video", 1, "cam-07", 42) == derive_id("det", "video", 1, "cam-07", 42)
    True
    >>> derive_id("det", "ab", "c") == derive_id("det", "a", "bc")
    False
    """
    return Deriver(prefix).of(*parts)


class Deriver:
    """`derive_id` for many ids that begin with the same parts. Cost: about 4 µs an id.

    >>> Deriver("det", "video", 1).of("cam-07", 42) == derive_id("det", "video", 1, "cam-07", 42)
    True
    """

    def __init__(self, prefix: str, *parts: Part) -> None:
        self._prefix = prefix
        self._digest = hashlib.blake2b(digest_size=16)
        self._digest.update(_prefixed(parts))

    def of(self, *parts: Part) -> str:
        """The id of what the common parts and these produced."""
        digest = self._digest.copy()
        digest.update(_prefixed(parts))
        return f"{self._prefix}-{_base32(int.from_bytes(digest.digest(), 'big'))}"


def _prefixed(parts: tuple[Part, ...]) -> bytes:
    encoded = [part if isinstance(part, bytes) else repr(part).encode() for part in parts]
    return b"".join([len(data).to_bytes(8, "big") + data for data in encoded])


def _base32(number: int) -> str:
    """128 bits → 26 characters, two at a time."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
