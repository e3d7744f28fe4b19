"""Secrets: made here, shown once, kept only as digests.

A secret is 256 random bits, so a plain SHA-256 of it is as hard to turn back as the secret is to guess: stretching
(bcrypt, Argon2) protects secrets that people choose, and there are none here. NATS wants bcrypt for MQTT passwords, so
a device has that too, at the lowest cost bcrypt knows (4, about 2 ms): a higher one would only slow down a thousand
devices that connect again at once, since 2^256 guesses are out of reach at any cost.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

SECRET_BYTES: Final = 32
BCRYPT_COST: Final = 4
LONGEST: Final = 512
"""Longer texts are not secrets of ours and are not even hashed."""


def new_secret() -> str:
    """256 random bits as 43 characters that are safe in an address, a header and an MQTT password."""
    return secrets.token_urlsafe(SECRET_BYTES)


def sha256_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex.

    >>> sha256_of("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def bcrypt_of(secret: str) -> str:
    """The bcrypt that a NATS server compares an MQTT password with."""
    import bcrypt

    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(BCRYPT_COST)).decode()


def matches(secret: str, digest: str) -> bool:
    """Whether `digest` is that of `secret`, in a time that does not depend on where they differ.

    >>> matches("open", sha256_of("open")), matches("shut", sha256_of("open"))
    (True, False)
    """
    return len(secret) <= LONGEST and hmac.compare_digest(sha256_of(secret), digest)
