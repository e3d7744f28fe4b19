"""The bounds of the HTTP door: sizes, rates, how many at once; and the secrets it has already seen to be right."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
import zlib
from collections.abc import Callable
from typing import Final

import msgspec

from s4.core.errors import CapacityError, InputError

MIB: Final = 1 << 20
MOST_MEMBERS: Final = 64
LONGEST_SECRET: Final = 512
KNOWN_FOR_S: Final = 1.0
MOST_WAITING: Final = 64


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one request and of one device.

    `sent_bytes`: body as sent; `plain_bytes`: body after decompression; `rate_per_s`, `burst`: records a second and
    in one go, by device; `at_once`: requests of one device at the same time; `body_s`: longest time to send a body.
    """

    sent_bytes: int = 8 * MIB
    plain_bytes: int = 32 * MIB
    rate_per_s: float = 500_000.0
    burst: float = 2_000_000.0
    at_once: int = 4
    body_s: float = 30.0


class TokenBucket:
    """A rate bound that allows bursts: `rate` tokens a second flow in, `burst` fit.

    What a request costs is only known once it is read, so it may overdraw; the next waits until that is made good.

    >>> bucket = TokenBucket(rate=10.0, burst=20.0)
    >>> bucket.spend(30.0)
    >>> 0.9 < bucket.wait_s() <= 1.0
    True
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, time.monotonic()

    def _refill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now

    def wait_s(self) -> float:
        """Seconds until it is not overdrawn; 0 when something may be spent now."""
        self._refill()
        return max(0.0, -self._tokens / self._rate)

    def spend(self, cost: float) -> None:
        """Take `cost` tokens out, into debt if need be."""
        self._refill()
        self._tokens -= cost


def gunzip(data: bytes, limit: int) -> bytes:
    """Decompress gzip, never holding more than `limit` bytes of the result.

    Raises `CapacityError` when there is more, `InputError` when it is damaged or cut short.
    """
    parts, total, members = list[bytes](), 0, 0
    while data:
        members += 1
        if members > MOST_MEMBERS:
            raise InputError(f"has more than {MOST_MEMBERS} gzip members")
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(data, limit - total + 1)
        except zlib.error as error:
            raise InputError("is not sound gzip") from error
        total += len(part)
        if total > limit:
            raise CapacityError(f"more than {limit} bytes after decompression")
        if not member.eof:
            raise InputError("is gzip that was cut short")
        parts.append(part)
        data = member.unused_data
    return b"".join(parts)


Verify = Callable[[str, str], bool]
"""Whether a device's secret is right. May be slow on purpose (a password hash)."""


class Credentials:
    """Checks device secrets, and remembers the right ones for `KNOWN_FOR_S`, as a keyed digest, so that the slow
    check is not paid at every request. A secret that was withdrawn is refused at the latest after that time.
    """

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self._key = os.urandom(32)
        self._known: dict[str, tuple[bytes, float]] = {}
        self._gate = asyncio.Semaphore(1)
        self._waiting = 0

    async def check(self, device: str, secret: str) -> bool:
        """Whether `secret` is the one of `device`. Raises `CapacityError` when too many are being checked."""
        if not 0 < len(secret) <= LONGEST_SECRET:
            return False
        digest = hashlib.blake2b(secret.encode(), key=self._key, digest_size=32).digest()
        known, until = self._known.get(device, (b"", 0.0))
        if hmac.compare_digest(known, digest) and time.monotonic() < until:
            return True
        if self._waiting >= MOST_WAITING:
            raise CapacityError("too many credentials are being checked; try again")
        right = await self._ask(device, secret)
        if right:
            self._known[device] = (digest, time.monotonic() + KNOWN_FOR_S)
        return right

    async def _ask(self, device: str, secret: str) -> bool:
        self._waiting += 1
        try:
            async with self._gate:
                return await asyncio.to_thread(self._verify, device, secret)
        finally:
            self._waiting -= 1
