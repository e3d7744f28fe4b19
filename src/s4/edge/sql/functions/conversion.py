"""One type of value into another; texts and bytes into each other."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from s4.edge.sql.functions import coerce
from s4.edge.sql.functions.checks import both, literal, must_be, takes
from s4.edge.sql.functions.function import Function, FunctionError, Value
from s4.edge.sql.functions.timestamps import instant, milliseconds

FAMILY: Final = "conversion"
TYPES: Final = ("bigint", "float", "string", "boolean", "datetime", "bytea")
_METHODS: Final = ("zlib", "gzip", "flate", "zstd")
_WINDOW_BITS: Final = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16, "flate": -zlib.MAX_WBITS}
_LONGEST_HEX: Final = 16
_HIGHEST_CODE: Final = 2**31
_MOST_SIGNED: Final = 2**63


def _bigint(value: Value) -> int:
    if isinstance(value, str):
        return coerce.whole_of_text(value)
    return int(value) if isinstance(value, bool) else 0 if value is None else coerce.cut(value)


def _float(value: Value) -> float:
    if isinstance(value, str):
        return coerce.float_of_text(value)
    return float(value) if isinstance(value, bool) else 0.0 if value is None else coerce.number(value)


def _boolean(value: Value) -> bool:
    if isinstance(value, str):
        return coerce.truth_of_text(value)
    return bool(value) if value is None or isinstance(value, bool) else coerce.number(value) != 0


def _bytea(value: Value) -> bytes:
    return value if isinstance(value, bytes) else _from_base64(coerce.string(value))


_CASTS: Final[dict[str, Callable[[Value], Value]]] = {
    "bigint": _bigint,
    "float": _float,
    "string": coerce.convertible,
    "boolean": _boolean,
    "datetime": lambda value: milliseconds(instant(value)),
    "bytea": _bytea,
}


def cast(value: Value, to: Value) -> Value:
    """The value as another type. Raises `FunctionError` when it has no form in that type.

    >>> cast("0x10", "bigint"), cast(1.2, "string"), cast("1", "boolean")
    (16, '1.2', True)
    """
    way = _CASTS.get(coerce.string(to))
    if way is None:
        raise FunctionError(f"the type must be one of {', '.join(TYPES)}")
    return way(value)


def _chr(value: Value) -> int:
    if isinstance(value, str):
        if len(value) != 1 or not value.isascii():
            raise FunctionError("needs just one character")
        return ord(value)
    code = coerce.cut(value)
    if not -_HIGHEST_CODE <= code < _HIGHEST_CODE:
        raise FunctionError("there is no character of that code")
    return code


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(coerce.bounded(text).replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError("the string is no base64") from None


def _base64_only(method: Value) -> None:
    if coerce.string(method).lower() != "base64":
        raise FunctionError("the encoding must be base64")


def _encode(value: Value, method: Value) -> str:
    _base64_only(method)
    return base64.b64encode(coerce.utf8(coerce.bounded(coerce.string(value)))).decode()


def _decode(value: Value, method: Value) -> bytes:
    _base64_only(method)
    return _from_base64(coerce.string(value))


def _payload(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    return coerce.utf8(coerce.bounded(coerce.string(value)))


def _method(value: Value) -> str:
    name = coerce.text(value)
    if name not in _METHODS:
        raise FunctionError(f"the method must be one of {', '.join(_METHODS)}")
    return name


def _compress(value: Value, method: Value) -> bytes:
    payload, name = _payload(value), _method(method)
    if name == "zstd":
        import pyarrow

        return bytes(pyarrow.compress(payload, codec="zstd", asbytes=True))
    packer = zlib.compressobj(wbits=_WINDOW_BITS[name])
    return packer.compress(payload) + packer.flush()


def _decompress(value: Value, method: Value) -> bytes:
    payload, name = _payload(value), _method(method)
    unpacked = _unzstd(payload) if name == "zstd" else _inflate(payload, _WINDOW_BITS[name])
    if len(unpacked) > coerce.LONGEST:
        raise FunctionError(f"unpacked, it is longer than {coerce.LONGEST} bytes")
    return unpacked


def _inflate(payload: bytes, window_bits: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=window_bits)
    try:
        unpacked = unpacker.decompress(payload, coerce.LONGEST + 1)
    except zlib.error:
        raise FunctionError("the data was not packed that way") from None
    if not unpacker.eof and len(unpacked) <= coerce.LONGEST:
        raise FunctionError("the packed data ends too early")
    return unpacked


def _unzstd(payload: bytes) -> bytes:
    import pyarrow

    try:
        with pyarrow.CompressedInputStream(pyarrow.BufferReader(payload), "zstd") as stream:
            return bytes(stream.read(coerce.LONGEST + 1))
    except (OSError, pyarrow.ArrowException):
        raise FunctionError("the data was not packed that way") from None


def _hex2dec(value: Value) -> int:
    body = coerce.string(value).removeprefix("0x")
    sign, figures = (body[:1], body[1:]) if body[:1] in ("-", "+") else ("", body)
    if not 0 < len(figures) <= _LONGEST_HEX or not figures.isascii() or not figures.isalnum():
        raise FunctionError("the string holds no hexadecimal number of 64 bits")
    try:
        number = int(f"{sign}{figures}", 16)
    except ValueError:
        raise FunctionError("the string holds no hexadecimal number of 64 bits") from None
    if not -_MOST_SIGNED <= number < _MOST_SIGNED:
        raise FunctionError("the string holds no hexadecimal number of 64 bits")
    return number


def _dec2hex(value: Value) -> str:
    number = coerce.whole(value)
    return coerce.bounded(f"0x{number:x}")


def _make(name: str, call: Callable[..., Value], text: str, count: int = 1, **more: Any) -> Function:
    return Function(name, FAMILY, "scalar", call, text, count, count, **more)


_CODED: Final = both(takes("string"), must_be(1, "string", "a string"), literal(1, "base64"))

FUNCTIONS: Final[Sequence[Function]] = (
    _make(
        "cast", cast,
        "The value as another type: `bigint` (fractions cut off), `float`, `string`, `boolean`, `bytea` (from base64),"
        " `datetime` (ms since 1970).",
        2, check=both(takes("any", "string"), literal(1, *TYPES)),
    ),
    _make(
        "chr", _chr, "The code of the character (of a text), or of the number, as a bigint.",
        check=takes("code"),
    ),
    _make("compress", _compress, "The text or bytes packed by `zlib`, `gzip`, `flate` or `zstd`, as bytes.", 2,
          check=takes("string")),
    _make("dec2hex", _dec2hex, "The whole number in hexadecimal, after `0x`.", check=None),
    _make("decode", _decode, "The bytes of a text in base64.", 2, check=_CODED),
    _make("decompress", _decompress, "The packed bytes unpacked, up to 1,000,000 bytes.", 2, check=takes("string")),
    _make("encode", _encode, "The text in base64.", 2, check=_CODED),
    _make("hex2dec", _hex2dec, "The whole number that a text in hexadecimal holds, with or without `0x`.",
          check=takes("string")),
)  # fmt: skip
