"""Fingerprints of a text, in hexadecimal."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import takes
from s4.edge.sql.functions.function import Function, Value

FAMILY: Final = "hash"


def _digest(make: Callable[..., Any], value: Value) -> str:
    return str(make(coerce.utf8(coerce.text(value)), usedforsecurity=False).hexdigest())


def _crc32(value: Value) -> str:
    return f"{zlib.crc32(coerce.utf8(coerce.text(value))):x}"


def _make(name: str, call: Callable[[Value], str], said: str) -> Function:
    return Function(name, FAMILY, "scalar", call, said, check=takes("string"))


FUNCTIONS: Final[Sequence[Function]] = (
    _make("crc32", _crc32, "The CRC-32 (IEEE) of the text."),
    _make("md5", partial(_digest, hashlib.md5), "The MD5 of the text: to tell texts apart, not to protect them."),
    _make("sha1", partial(_digest, hashlib.sha1), "The SHA-1 of the text: to tell texts apart, not to protect them."),
    _make("sha256", partial(_digest, hashlib.sha256), "The SHA-256 of the text."),
    _make("sha384", partial(_digest, hashlib.sha384), "The SHA-384 of the text."),
    _make("sha512", partial(_digest, hashlib.sha512), "The SHA-512 of the text."),
)
